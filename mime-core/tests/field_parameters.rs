//! Media types, dispositions and parameters: RFC 2045, RFC 2183, RFC 2231, and the table of decisions.
#![cfg(test)]

use mime_core::DefectCode;
use mime_core::field::{MAX_PARAMETERS, MediaType, disposition, media_type};

fn read(value: &str) -> (MediaType<'_>, Vec<DefectCode>) {
    let mut defects = Vec::new();
    let media_type = media_type(value.as_bytes(), &mut |code, range| {
        assert!(
            range.start <= range.end && range.end <= value.len(),
            "{value} {code:?}"
        );
        defects.push(code);
    });
    (media_type, defects)
}

fn text(value: &str, name: &str) -> (Option<String>, Vec<DefectCode>) {
    let (media_type, defects) = read(value);
    (media_type.text(name).map(Into::into), defects)
}

fn some(text: &str, defects: &[DefectCode]) -> (Option<String>, Vec<DefectCode>) {
    (Some(text.into()), defects.to_vec())
}

#[test]
fn type_and_subtype_in_any_case_with_comments() {
    let (html, defects) = read(" (x) Text (y) / (z) HTML ; charset=us-ascii (Plain text)");
    assert!(html.is("text", "html") && html.is("text", "*") && html.is_valid());
    assert_eq!(html.parameter("Charset").as_deref(), Some(&b"us-ascii"[..]));
    assert_eq!(defects, []);
}

#[test]
fn what_is_no_media_type_is_not_valid() {
    for value in [
        "",
        "text",
        "text/",
        "/plain",
        "text/plain/x",
        ";charset=x",
        "te=xt/plain",
    ] {
        let (media_type, defects) = read(value);
        assert!(!media_type.is_valid(), "{value}");
        assert_eq!(
            defects.last(),
            Some(&DefectCode::InvalidMediaType),
            "{value}"
        );
    }
}

#[test]
fn examples_of_rfc_2231() {
    let url = "message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/\"";
    assert_eq!(text(url, "url"), some("ftp://cs.utk.edu/pub/", &[]));
    let title = "application/x-stuff;\r\n title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
    assert_eq!(text(title, "title"), some("This is ***fun***", &[]));
    assert_eq!(
        read(title).0.parameters().language("title").as_deref(),
        Some("en-us")
    );
    let both = "application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n \
                title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"";
    assert_eq!(
        text(both, "title"),
        some("This is even more ***fun*** isn't it!", &[])
    );
}

#[test]
fn sections_are_taken_in_numeric_order() {
    assert_eq!(
        text("a/b; n*1=b; n*10=x; n*0=a; n*2=c", "n").0.as_deref(),
        Some("abc")
    );
}

#[test]
fn a_gap_ends_the_value_and_a_missing_first_section_makes_none() {
    assert_eq!(
        text("a/b; n*0=a; n*2=c", "n"),
        some("a", &[DefectCode::MissingSection])
    );
    assert_eq!(
        text("a/b; n*1=b", "n"),
        (None, vec![DefectCode::MissingSection])
    );
}

#[test]
fn neighbouring_encoded_sections_are_joined_before_they_are_decoded() {
    assert_eq!(
        text("a/b; n*0*=utf-8''%E2%98; n*1*=%95; n*2=%95", "n"),
        some("☕%95", &[])
    );
}

#[test]
fn the_charset_is_that_of_section_0_only() {
    let (text, _) = text("a/b; n*0*=iso-8859-1'en'%E9; n*1*=utf-8'en'%E9", "n");
    assert_eq!(text.as_deref(), Some("éutf-8'en'é"));
}

#[test]
fn an_extended_parameter_beats_a_plain_one_when_it_decodes() {
    let conflict = [DefectCode::ConflictingParameter];
    assert_eq!(
        text("a/b; n=x; n*=utf-8''%C3%A9", "n"),
        some("é", &conflict)
    );
    let unknown = [DefectCode::ConflictingParameter, DefectCode::UnknownCharset];
    assert_eq!(text("a/b; n=x; n*=x-none''%E9", "n"), some("x", &unknown));
}

#[test]
fn the_first_of_several_counts() {
    let (media_type, defects) = read("multipart/mixed; boundary=a; Boundary=b");
    assert_eq!(media_type.parameter("boundary").as_deref(), Some(&b"a"[..]));
    assert_eq!(defects, [DefectCode::DuplicateParameter]);
}

#[test]
fn quoted_strings_lose_backslashes_and_line_breaks() {
    assert_eq!(
        text("a/b; n=\"a \\\"b\\\"\r\n c\"", "n"),
        some("a \"b\" c", &[])
    );
}

#[test]
fn values_without_their_quotes_are_read_and_reported() {
    assert_eq!(
        text("a/b; n=my file.pdf; m=1", "n"),
        some("my file.pdf", &[DefectCode::UnquotedParameter])
    );
    let (media_type, defects) = read("multipart/mixed; boundary==_x:y?");
    assert_eq!(
        media_type.parameter("boundary").as_deref(),
        Some(&b"=_x:y?"[..])
    );
    assert_eq!(defects, [DefectCode::UnquotedParameter]);
}

#[test]
fn a_missing_semicolon_is_forgiven() {
    assert_eq!(
        text("a/b; x=1\r\n n=2", "n"),
        some("2", &[DefectCode::MissingSemicolon])
    );
    assert_eq!(
        text("a/b n=2", "n"),
        some("2", &[DefectCode::MissingSemicolon])
    );
}

#[test]
fn what_is_no_parameter_is_skipped() {
    assert_eq!(
        text("a/b;; junk \"x;y\"; n=2;", "n"),
        some("2", &[DefectCode::ParameterWithoutValue])
    );
}

#[test]
fn an_unclosed_quoted_string_runs_to_the_end() {
    assert_eq!(
        text("a/b; n=\"x; m=y", "n"),
        some("x; m=y", &[DefectCode::UnclosedQuotedString])
    );
}

#[test]
fn encoded_words_in_parameters_are_decoded_in_text_and_not_in_octets() {
    let value = "a/b; n=\"=?utf-8?q?=C3=A9?=.png\"";
    assert_eq!(text(value, "n").0.as_deref(), Some("é.png"));
    assert_eq!(
        read(value).0.parameter("n").as_deref(),
        Some(&b"=?utf-8?q?=C3=A9?=.png"[..])
    );
}

#[test]
fn stars_without_meaning_stay_in_the_name() {
    for name in ["n*01", "n*x", "n*1*2", "*n", "n**"] {
        let value = format!("a/b; {name}=v");
        let (media_type, defects) = read(&value);
        assert_eq!(media_type.text("n"), None, "{name}");
        assert_eq!(media_type.text(name).as_deref(), Some("v"), "{name}");
        assert_eq!(defects, [DefectCode::InvalidParameterName], "{name}");
    }
}

#[test]
fn so_many_parameters_and_no_more() {
    for (count, defects) in [
        (MAX_PARAMETERS, vec![]),
        (MAX_PARAMETERS + 1, vec![DefectCode::TooManyParameters]),
    ] {
        let value: String = (0..count).map(|n| format!("; p{n}=v")).collect();
        let value = format!("a/b{value}");
        let (media_type, found) = read(&value);
        assert_eq!(found, defects);
        let last = format!("p{}", count - 1);
        assert_eq!(media_type.text(&last).is_some(), defects.is_empty());
    }
}

#[test]
fn dispositions() {
    let mut defects = Vec::new();
    let value = b"Attachment; filename=\"genome.jpeg\";\r\n modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\"";
    let attachment = disposition(value, &mut |code, _| defects.push(code));
    assert!(attachment.is("attachment") && attachment.is_attachment());
    assert_eq!(attachment.filename().as_deref(), Some("genome.jpeg"));
    assert_eq!(defects, []);
    assert!(!disposition(b"inline", &mut |_, _| {}).is_attachment());
    assert!(disposition(b"unknown", &mut |_, _| {}).is_attachment());
    let nameless = disposition(b" filename=x", &mut |code, _| defects.push(code));
    assert_eq!(
        (nameless.kind(), nameless.filename().as_deref()),
        (&b""[..], Some("x"))
    );
    assert!(defects.contains(&DefectCode::StrayText));
}
