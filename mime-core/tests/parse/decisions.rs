//! Every row of `docs/decisions.md`, by the name of its test.

use mime_core::{Config, DefectCode, Kind, Message, TransferEncoding};

use crate::reading::{defects, found, joined, outline, whole};

/// A multipart with this body.
fn mixed(body: &str) -> String {
    format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n{body}")
}

fn only(input: &str, code: DefectCode) -> String {
    let places = found(input, code);
    assert_eq!(
        places.len(),
        1,
        "{code:?} in {:?}",
        defects(input.as_bytes(), Config::new())
    );
    places[0].to_owned()
}

#[test]
fn every_row_of_the_table_has_its_test() {
    let here = include_str!("decisions.rs");
    let table = include_str!("../../docs/decisions.md");
    let mut rows = 0;
    for row in table
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("| `"))
    {
        let name = row.rsplit('`').nth(1).unwrap();
        assert!(here.contains(&format!("fn {name}()")), "{name}");
        rows += 1;
    }
    assert!(rows > 40, "{rows}");
}

// Lines.

#[test]
fn a_bare_lf_ends_a_line() {
    let input = "A: 1\nB: 2\r\n\nx";
    assert_eq!(
        outline(input),
        ["field A: 1\\n", "field B: 2\\r\\n", "header \\n", "body x"]
    );
    assert_eq!(only(input, DefectCode::BareLf), "\n");
}

#[test]
fn a_bare_lf_is_an_octet_when_lines_are_strict() {
    let notes = whole(b"A: 1\nB: 2\r\n\r\nx\n", Config::new().with_strict_lines());
    assert_eq!(notes[1].1, b"A: 1\nB: 2\r\n");
    let mixed = mixed("\n--B\r\n\r\nx\n--B--\r\n").replace("B\r\n\r\n\n", "B\r\n\r\n");
    let notes = whole(mixed.as_bytes(), Config::new().with_strict_lines());
    let body: Vec<_> = notes.iter().filter(|note| note.0 == "body").collect();
    assert_eq!(body[0].1, b"x\n--B--\r\n");
}

#[test]
fn a_bare_cr_never_ends_a_line() {
    let input = "A: 1\rB: 2\r\n\r\nx\r--y\r";
    assert_eq!(
        outline(input),
        [
            "field A: 1\\rB: 2\\r\\n",
            "header \\r\\n",
            "body x\\r--y\\r"
        ]
    );
    assert_eq!(
        found(input, DefectCode::BareCr),
        ["\r", "\r"],
        "one in the header, one in the body"
    );
    let input = mixed("--B\r\n\r\nx\r--B--");
    assert!(outline(&input).contains(&"body x\\r--B--".into()));
}

#[test]
fn nul_is_kept_and_reported() {
    assert_eq!(only("A: 1\r\n\r\na\0b\0", DefectCode::Nul), "\0");
    let binary = "Content-Transfer-Encoding: binary\r\n\r\na\0b";
    assert!(found(binary, DefectCode::Nul).is_empty());
}

#[test]
fn a_line_over_998_octets_is_reported() {
    for (len, reports) in [(998, 0), (999, 1), (5_000, 1)] {
        let line = "x".repeat(len);
        let input = format!("A: 1\r\n\r\nshort\r\n{line}\r\nshort\r\n");
        assert_eq!(found(&input, DefectCode::LongLine).len(), reports, "{len}");
        let input = format!("A: 1\r\n\r\nshort\r\n{line}");
        assert_eq!(found(&input, DefectCode::LongLine).len(), reports, "{len}");
    }
}

#[test]
fn eight_bit_octets_in_a_7bit_body_are_reported() {
    let codes = |input: &str| -> Vec<_> {
        defects(input.as_bytes(), Config::new())
            .iter()
            .map(|defect| (defect.code, defect.at))
            .collect()
    };
    assert_eq!(
        codes("A: 1\r\n\r\naéé"),
        [(DefectCode::EightBitInSevenBit, 9)]
    );
    assert_eq!(
        codes("MIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n\r\né"),
        []
    );
}

// Fields.

#[test]
fn white_space_before_the_colon_is_not_in_the_name() {
    let input = "Subject \t: x\r\n\r\n";
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.root().field("subject").unwrap().value(), b" x");
    assert_eq!(only(input, DefectCode::SpaceBeforeColon), " \t");
}

#[test]
fn white_space_inside_a_name_makes_no_known_name() {
    let input = "Fr om: x\r\n\r\n";
    let message = Message::parse(input.as_bytes());
    assert!(message.root().field("From").is_none());
    assert!(message.root().field("Fr om").is_some());
    assert_eq!(only(input, DefectCode::SpaceInName), " ");
}

#[test]
fn an_odd_octet_in_a_name_is_reported() {
    assert_eq!(only("A\u{1}b: x\r\n\r\n", DefectCode::InvalidName), "\u{1}");
}

#[test]
fn an_empty_name_is_a_field() {
    let input = ": x\r\nA: 1\r\n\r\n";
    assert_eq!(outline(input)[0], "field : x\\r\\n");
    assert_eq!(only(input, DefectCode::EmptyName), "");
}

#[test]
fn a_line_without_a_colon_begins_the_body() {
    let input = "A: 1\r\nhello\r\nB: 2\r\n";
    assert_eq!(
        outline(input),
        ["field A: 1\\r\\n", "body hello\\r\\nB: 2\\r\\n"]
    );
    assert_eq!(only(input, DefectCode::MissingBlankLine), "hello");
}

#[test]
fn a_header_may_be_all_there_is() {
    assert_eq!(outline("A: 1"), ["field A: 1"]);
    assert!(defects(b"A: 1\r\n", Config::new()).is_empty());
}

#[test]
fn a_continuation_of_white_space_alone_continues() {
    let input = "A: 1\r\n \t\r\n b\r\nB: 2\r\n\r\n";
    assert_eq!(outline(input)[0], "field A: 1\\r\\n \\t\\r\\n b\\r\\n");
    assert_eq!(only(input, DefectCode::BlankContinuation), " \t\r\n");
}

#[test]
fn white_space_before_the_first_field_belongs_to_its_name() {
    let input = " Subject: x\r\n\r\n";
    assert!(
        Message::parse(input.as_bytes())
            .root()
            .field("Subject")
            .is_none()
    );
    assert_eq!(only(input, DefectCode::NothingToContinue), " ");
}

#[test]
fn a_byte_order_mark_belongs_to_the_first_name() {
    let input = "\u{feff}Subject: x\r\n\r\n";
    assert!(
        Message::parse(input.as_bytes())
            .root()
            .field("Subject")
            .is_none()
    );
    assert_eq!(only(input, DefectCode::ByteOrderMark), "\u{feff}");
}

#[test]
fn eight_bit_octets_in_a_field_are_reported() {
    let input = "Subject: é\r\n\r\n";
    let codes: Vec<_> = defects(input.as_bytes(), Config::new())
        .iter()
        .map(|d| d.code)
        .collect();
    assert_eq!(codes, [DefectCode::EightBitInField]);
}

#[test]
fn an_mbox_line_is_no_field() {
    let input = "From a@b Mon Jan  1 00:00:00 2024\r\nA: 1\r\n\r\n";
    assert_eq!(
        outline(input)[0],
        "mbox From a@b Mon Jan  1 00:00:00 2024\\r\\n"
    );
    assert_eq!(found(input, DefectCode::MboxLine).len(), 1);
    assert_eq!(outline("From : a@b\r\n\r\n")[0], "field From : a@b\\r\\n");
}

#[test]
fn the_first_of_duplicate_fields_counts() {
    let input = "MIME-Version: 1.0\r\nContent-Type: text/html\r\ncontent-type: multipart/mixed; \
        boundary=B\r\nFrom: a@b\r\nFrom: c@d\r\n\r\n--B\r\n";
    let message = Message::parse(input.as_bytes());
    assert!(message.root().media_type().is("text", "html"));
    assert_eq!(message.root().kind(), Kind::Leaf);
    let places = found(input, DefectCode::DuplicateField);
    assert_eq!(
        places,
        [
            "content-type: multipart/mixed; boundary=B\r\n",
            "From: c@d\r\n"
        ]
    );
}

#[test]
fn the_first_of_duplicate_parameters_counts() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=A; boundary=B\r\n\r\n\
        --A\r\n\r\n1\r\n--B\r\n\r\n2\r\n--A--";
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().body(), b"1\r\n--B\r\n\r\n2");
    assert_eq!(found(input, DefectCode::DuplicateParameter).len(), 1);
}

#[test]
fn a_boundary_may_come_in_sections() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary*1=2; boundary*0=1\r\n\
        \r\n--12\r\n\r\nx\r\n--12--";
    assert_eq!(
        Message::parse(input.as_bytes()).part(1).unwrap().body(),
        b"x"
    );
}

#[test]
fn mime_fields_count_without_mime_version() {
    let input = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--";
    assert_eq!(Message::parse(input.as_bytes()).parts().count(), 2);
    assert_eq!(found(input, DefectCode::NoMimeVersion).len(), 1);
    assert!(found("From: a@b\r\n\r\n", DefectCode::NoMimeVersion).is_empty());
}

#[test]
fn a_media_type_that_is_none_is_plain_text() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart; boundary=B\r\n\r\n--B\r\n";
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.root().kind(), Kind::Leaf);
    assert!(message.root().media_type().is("text", "plain"));
    assert_eq!(found(input, DefectCode::InvalidMediaType).len(), 1);
}

#[test]
fn an_unknown_encoding_makes_an_opaque_leaf() {
    let input = "MIME-Version: 1.0\r\nContent-Transfer-Encoding: base46\r\n\r\nx";
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.root().encoding(), TransferEncoding::Unknown);
    assert_eq!(only(input, DefectCode::UnknownEncoding), " base46");
}

// Delimiters.

#[test]
fn the_line_break_before_a_delimiter_belongs_to_it() {
    let input = mixed("pre\r\n--B\r\n\r\none\r\n\r\n--B\r\nA: 1\r\n\r\ntwo\r\n--B--\r\nepi");
    assert_eq!(
        outline(&input)[2..],
        [
            "header \\r\\n",
            "preamble pre",
            "delimiter \\r\\n--B\\r\\n",
            "header \\r\\n",
            "body one\\r\\n",
            "delimiter \\r\\n--B\\r\\n",
            "field A: 1\\r\\n",
            "header \\r\\n",
            "body two",
            "delimiter \\r\\n--B--",
            "epilogue \\r\\nepi",
        ]
    );
}

#[test]
fn the_empty_line_right_before_a_delimiter_belongs_to_it() {
    let input = mixed("--B\r\nA: 1\r\n\r\n--B--");
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().raw(), b"A: 1\r\n");
    assert!(message.defects().is_empty(), "{:?}", message.defects());
}

#[test]
fn the_empty_line_before_the_first_delimiter_ends_the_header() {
    let message = mixed("--B\r\n\r\n--B--");
    let message = Message::parse(message.as_bytes());
    assert!(message.root().header().ends_with(b"=B\r\n\r\n"));
}

#[test]
fn the_line_end_of_a_close_delimiter_belongs_to_what_follows() {
    let inner = "Content-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--C--";
    let input = mixed(&format!("--B\r\n{inner}\r\n--B--\r\n"));
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().raw(), inner.as_bytes());
}

#[test]
fn white_space_after_a_delimiter_is_padding() {
    let input = mixed("--B \t\r\n\r\nx\r\n--B-- \t\r\n");
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().body(), b"x");
    assert!(message.defects().is_empty());
}

#[test]
fn a_delimiter_that_goes_on_is_text() {
    let input = mixed("--B\r\n\r\n--Bx\r\n--B\r\r\nx\r\n--B--");
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().body(), b"--Bx\r\n--B\r\r\nx");
    assert_eq!(
        found(&input, DefectCode::TextAfterDelimiter),
        ["--Bx", "--B\r"]
    );
}

#[test]
fn a_close_delimiter_that_goes_on_is_text() {
    let input = mixed("--B\r\n\r\nx\r\n--B--more\r\ny\r\n--B--");
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().body(), b"x\r\n--B--more\r\ny");
    assert_eq!(only(&input, DefectCode::TextAfterClose), "--B--more");
}

#[test]
fn a_delimiter_begins_its_line() {
    let input = mixed("--B\r\n\r\nx --B\r\n --B\r\n--B--");
    assert_eq!(
        Message::parse(input.as_bytes()).part(1).unwrap().body(),
        b"x --B\r\n --B"
    );
}

#[test]
fn a_delimiter_of_an_outer_multipart_closes_the_inner_ones() {
    let input = mixed(
        "--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n--C\r\n\r\nx\r\n--B\r\n\r\ny\r\n--B--",
    );
    let message = Message::parse(input.as_bytes());
    let bodies: Vec<_> = message.leaves().map(|part| part.body()).collect();
    assert_eq!(bodies, [b"x", b"y"]);
    assert_eq!(only(&input, DefectCode::MissingClose), "");
}

#[test]
fn the_innermost_of_equal_boundaries_is_meant() {
    let input = mixed(
        "--B\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny",
    );
    let message = Message::parse(input.as_bytes());
    let depths: Vec<_> = message.leaves().map(|part| part.depth()).collect();
    assert_eq!(depths, [2, 1]);
    assert_eq!(found(&input, DefectCode::AmbiguousBoundary).len(), 1);
}

#[test]
fn a_multipart_that_begins_is_meant_before_those_around_it() {
    let input = mixed(
        "--B\r\nContent-Type: multipart/mixed; boundary=B--\r\n\r\n--B--\r\n\r\nx\r\n--B----\r\n--B--",
    );
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(2).unwrap().body(), b"x");
    assert!(found(&input, DefectCode::MissingClose).is_empty());
}

#[test]
fn a_boundary_that_begins_like_another_is_compared_as_a_whole() {
    let input = mixed(
        "--B\r\nContent-Type: multipart/mixed; boundary=BC\r\n\r\n--BC\r\n\r\nx\r\n--BC--\r\n--B--",
    );
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(2).unwrap().body(), b"x");
    assert_eq!(found(&input, DefectCode::AmbiguousBoundary).len(), 1);
    assert!(found(&input, DefectCode::MissingClose).is_empty());
}

#[test]
fn a_missing_close_delimiter_is_reported() {
    let input = mixed("--B\r\n\r\nx");
    assert_eq!(
        Message::parse(input.as_bytes()).part(1).unwrap().body(),
        b"x"
    );
    assert_eq!(only(&input, DefectCode::MissingClose), "");
}

#[test]
fn a_multipart_without_delimiters_is_all_preamble() {
    let input = mixed("x\r\ny");
    assert_eq!(outline(&input)[3..], ["preamble x\\r\\ny"]);
    assert_eq!(only(&input, DefectCode::MissingDelimiter), "x\r\ny");
}

#[test]
fn a_multipart_without_delimiters_is_a_leaf_of_a_message() {
    let input = mixed("x\r\ny");
    let message = Message::parse(input.as_bytes());
    let leaves: Vec<_> = message.leaves().map(|part| part.body()).collect();
    assert_eq!(leaves, [b"x\r\ny"]);
    assert_eq!(message.root().kind(), Kind::Leaf);
}

#[test]
fn a_delimiter_after_the_close_is_epilogue() {
    let input = mixed("--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny");
    assert_eq!(Message::parse(input.as_bytes()).parts().count(), 2);
    assert_eq!(only(&input, DefectCode::DelimiterAfterClose), "--B");
    assert_eq!(only(&input, DefectCode::ContentAfterClose), "--B\r\n\r\ny");
}

#[test]
fn text_after_the_close_is_reported() {
    let input = mixed("--B\r\n\r\nx\r\n--B--\r\n \r\nmore\r\n");
    assert_eq!(only(&input, DefectCode::ContentAfterClose), "more\r\n");
    assert!(
        found(
            &mixed("--B\r\n\r\n--B--\r\n \r\n"),
            DefectCode::ContentAfterClose
        )
        .is_empty()
    );
}

#[test]
fn a_delimiter_cuts_a_header() {
    let input = mixed("--B\r\nA: 1\r\n--B--");
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.part(1).unwrap().header(), b"A: 1\r\n");
    assert_eq!(message.part(1).unwrap().body(), b"");
    assert_eq!(only(&input, DefectCode::HeaderCut), "");
}

#[test]
fn a_part_may_begin_at_the_end() {
    let input = mixed("--B\r\n");
    assert_eq!(Message::parse(input.as_bytes()).parts().count(), 2);
    assert_eq!(only(&input, DefectCode::MissingClose), "");
}

// Boundaries.

#[test]
fn a_multipart_without_a_boundary_is_a_leaf() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n\r\n--B\r\n";
    assert_eq!(Message::parse(input.as_bytes()).root().kind(), Kind::Leaf);
    assert_eq!(found(input, DefectCode::MissingBoundary).len(), 1);
}

#[test]
fn a_multipart_with_an_empty_boundary_is_a_leaf() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\" \"\r\n\r\n--\r\n";
    assert_eq!(Message::parse(input.as_bytes()).root().kind(), Kind::Leaf);
    assert_eq!(found(input, DefectCode::EmptyBoundary).len(), 1);
}

#[test]
fn a_boundary_over_70_octets_is_used() {
    for (len, reports) in [(70, 0), (71, 1)] {
        let boundary = "b".repeat(len);
        let input = mixed("--B\r\n\r\nx\r\n--B--")
            .replace("=B", &format!("={boundary}"))
            .replace("--B", &format!("--{boundary}"));
        assert_eq!(
            Message::parse(input.as_bytes()).part(1).unwrap().body(),
            b"x"
        );
        assert_eq!(found(&input, DefectCode::LongBoundary).len(), reports);
    }
}

#[test]
fn white_space_at_the_end_of_a_boundary_is_dropped() {
    let input = mixed("--B\r\n\r\nx\r\n--B--").replace("=B", "=\"B \"");
    assert_eq!(
        Message::parse(input.as_bytes()).part(1).unwrap().body(),
        b"x"
    );
    assert_eq!(found(&input, DefectCode::InvalidBoundary).len(), 1);
}

// Composites.

/// How many entities there are, by default and under the option for encoded composites; one defect tells why.
fn under(encoding: &str, media_type: &str) -> [usize; 2] {
    let input = format!(
        "MIME-Version: 1.0\r\nContent-Transfer-Encoding: {encoding}\r\nContent-Type: {media_type}\r\n\r\n\
         --B\r\n\r\nx\r\n--B--"
    );
    assert_eq!(found(&input, DefectCode::EncodedComposite).len(), 1);
    [Config::new(), Config::new().with_encoded_composites()].map(|config| {
        let message = Message::parse_with(input.as_bytes(), config);
        message.parts().count()
    })
}

#[test]
fn a_multipart_that_says_it_is_encoded_is_read_as_it_is() {
    for encoding in ["base64", "quoted-printable", "x-uuencode"] {
        assert_eq!(under(encoding, "multipart/mixed; boundary=B"), [2, 2]);
    }
}

#[test]
fn a_multipart_that_is_really_encoded_has_no_delimiters() {
    let input = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nLS1CDQoNCngNCi0tQi0t";
    let message = Message::parse(input.as_bytes());
    assert_eq!(message.root().kind(), Kind::Leaf);
    assert_eq!(
        only(input, DefectCode::MissingDelimiter),
        "LS1CDQoNCngNCi0tQi0t"
    );
    let inside = message.root().encoded_message(100).unwrap();
    assert_eq!(inside.message().part(1).unwrap().body(), b"x");
}

#[test]
fn an_encoded_message_is_a_leaf() {
    for media_type in ["message/rfc822", "message/global"] {
        assert_eq!(under("base64", media_type), [1, 2]);
        assert_eq!(under("quoted-printable", media_type), [1, 2]);
    }
}

#[test]
fn a_composite_under_an_unknown_encoding_is_a_leaf() {
    assert_eq!(under("x-other", "multipart/mixed; boundary=B"), [1, 2]);
    assert_eq!(under("x-other", "message/rfc822"), [1, 2]);
}

#[test]
fn a_part_of_a_digest_is_a_message() {
    let input = mixed(
        "--B\r\n\r\nSubject: x\r\n\r\ny\r\n--B\r\nContent-Type: text/plain\r\n\r\nz\r\n--B--",
    )
    .replace("mixed", "digest");
    let message = Message::parse(input.as_bytes());
    let kinds: Vec<_> = message.parts().map(|part| part.kind()).collect();
    assert_eq!(
        kinds,
        [Kind::Multipart, Kind::Message, Kind::Leaf, Kind::Leaf]
    );
    assert_eq!(
        message.part(2).unwrap().field("Subject").unwrap().value(),
        b" x"
    );
    assert!(
        message
            .part(1)
            .unwrap()
            .media_type()
            .is("message", "rfc822")
    );
}

#[test]
fn fragments_and_references_are_leaves() {
    for media_type in [
        "message/partial",
        "message/external-body",
        "message/delivery-status",
    ] {
        let input = format!("MIME-Version: 1.0\r\nContent-Type: {media_type}\r\n\r\nA: 1\r\n\r\nx");
        assert_eq!(Message::parse(input.as_bytes()).parts().count(), 1);
    }
}

#[test]
fn headers_only_leaves_one_body() {
    let input = mixed("--B\r\n\r\nx\r\n--B--");
    let notes = whole(input.as_bytes(), Config::new().with_headers_only());
    assert_eq!(joined(&notes), input.as_bytes());
    let body: Vec<_> = notes.iter().filter(|note| note.0 == "body").collect();
    assert_eq!(body[0].1, b"--B\r\n\r\nx\r\n--B--");
}

#[test]
fn an_option_reads_an_encoded_composite_without_decoding_it() {
    let input = "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp5";
    let message = Message::parse_with(input.as_bytes(), Config::new().with_encoded_composites());
    assert_eq!(message.part(1).unwrap().body(), b"U3ViamVjdDogeA0KDQp5");
}
