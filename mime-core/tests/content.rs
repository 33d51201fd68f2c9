//! What a message holds: fields by name, decoded bodies, text, what is shown and what is attached.
#![cfg(test)]

extern crate alloc;

use alloc::borrow::Cow;

use mime_core::message::{TooLong, Unread};
use mime_core::{Charset, Config, DefectCode, Kind, Message, Part};
use proptest::prelude::*;

fn part(header: &str, body: &[u8]) -> Vec<u8> {
    let mut octets = format!("MIME-Version: 1.0\r\n{header}\r\n\r\n").into_bytes();
    octets.extend_from_slice(body);
    octets
}

/// A tree in one line: `mixed(text/plain, related(text/html, image/png))`. A star marks an attachment, a name
/// follows an equals sign.
fn tree(spec: &str) -> String {
    let mut out = String::from("MIME-Version: 1.0\r\n");
    let (mut open, mut count) = (Vec::new(), 0);
    let mut rest = spec;
    while !rest.is_empty() {
        let end = rest.find(['(', ')', ',']).unwrap_or(rest.len());
        let word = rest[..end].trim();
        let next = rest[end..].chars().next();
        rest = rest.get(end + 1..).unwrap_or_default();
        if !word.is_empty() {
            if let Some(outer) = open.last() {
                out += &format!("\r\n--{outer}\r\n");
            }
            if next == Some('(') {
                count += 1;
                let boundary = format!("b{count}x");
                out += &format!("Content-Type: multipart/{word}; boundary={boundary}\r\n\r\n");
                open.push(boundary);
            } else {
                let (word, name) = word.split_once('=').unwrap_or((word, ""));
                let (word, attached) = word.strip_suffix('*').map_or((word, false), |w| (w, true));
                let name = if name.is_empty() {
                    String::new()
                } else {
                    format!("; filename={name}")
                };
                let kind = if attached { "attachment" } else { "inline" };
                out +=
                    &format!("Content-Type: {word}\r\nContent-Disposition: {kind}{name}\r\n\r\n");
                out += if word == "message/rfc822" {
                    "Subject: in\r\n\r\nx"
                } else {
                    "x"
                };
            }
        }
        if next == Some(')') {
            out += &format!("\r\n--{}--\r\n", open.pop().unwrap());
        }
    }
    out
}

/// The three lists as leaves by letter, in the order of the message.
fn lists(spec: &str) -> [String; 3] {
    let octets = tree(spec);
    let message = Message::parse(octets.as_bytes());
    let leaves: Vec<usize> = message
        .parts()
        .filter(|part| part.kind() != Kind::Multipart)
        .filter(|part| !matches!(part.role(), mime_core::Role::Embedded))
        .map(|part| part.index())
        .collect();
    let letter = |part: &Part<'_, '_>| {
        let at = leaves
            .iter()
            .position(|leaf| *leaf == part.index())
            .unwrap();
        char::from(b'A' + u8::try_from(at).unwrap())
    };
    let bodies = message.bodies();
    [&bodies.text, &bodies.html, &bodies.attachments].map(|list| list.iter().map(letter).collect())
}

#[test]
fn the_example_of_rfc_8621_is_sorted_as_it_says() {
    let example = "mixed(text/plain, mixed(alternative(mixed(text/plain, image/jpeg, text/plain), \
        related(text/html, image/jpeg)), image/jpeg*, application/x-excel, message/rfc822), text/plain)";
    // Its K is our J, its J our I, and so on: it leaves the letter I out.
    assert_eq!(lists(example), ["ABCDJ", "AEJ", "CFGHI"]);
}

#[test]
fn a_lone_body_is_both_forms() {
    assert_eq!(lists("text/plain"), ["A", "A", ""]);
    assert_eq!(lists("text/html"), ["A", "A", ""]);
    assert_eq!(lists("image/png"), ["A", "A", ""]);
    assert_eq!(lists("application/pdf"), ["", "", "A"]);
    assert_eq!(lists("text/plain*"), ["", "", "A"]);
}

#[test]
fn an_alternative_of_one_form_is_shown_in_both_lists() {
    assert_eq!(lists("alternative(text/html)"), ["A", "A", ""]);
    assert_eq!(lists("alternative(text/plain)"), ["A", "A", ""]);
    assert_eq!(lists("alternative(text/plain, text/html)"), ["A", "B", ""]);
    assert_eq!(
        lists("alternative(text/plain, text/html, text/calendar)"),
        ["A", "B", "C"]
    );
    assert_eq!(
        lists("alternative(related(text/html, image/png))"),
        ["A", "A", "B"]
    );
}

#[test]
fn a_text_with_a_name_is_a_file_unless_it_comes_first() {
    assert_eq!(
        lists("mixed(text/plain=a.txt, text/plain=b.txt)"),
        ["A", "A", "B"]
    );
    assert_eq!(
        lists("mixed(text/plain, image/png=c.png)"),
        ["AB", "AB", ""]
    );
}

#[test]
fn only_the_root_of_a_related_is_shown() {
    assert_eq!(
        lists("related(text/html, image/png, text/plain)"),
        ["A", "A", "BC"]
    );
    assert_eq!(
        lists("related(alternative(text/plain, text/html), image/png)"),
        ["A", "B", "C"]
    );
}

#[test]
fn a_form_that_an_inner_alternative_adds_too_late_is_attached() {
    assert_eq!(
        lists("alternative(mixed(text/html, alternative(text/plain, text/html)))"),
        ["AC", "AC", "B"],
        "no list takes the plain text, and it is not lost"
    );
}

#[test]
fn an_embedded_message_has_lists_of_its_own() {
    let octets = tree("mixed(text/plain, message/rfc822)");
    let message = Message::parse(octets.as_bytes());
    let attached: Vec<_> = message.attachments().collect();
    assert_eq!(attached.len(), 1);
    let inner = attached[0].bodies();
    assert_eq!(inner.text.len(), 1);
    assert_eq!(inner.text[0].body(), b"x");
    assert_eq!(
        attached[0].children().next().unwrap().subject().unwrap(),
        "in"
    );
}

#[test]
fn fields_are_typed_when_they_are_asked_for() {
    let message = Message::parse(
        "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\nTo: a@b, c@d\r\nSubject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\
         Subject: second\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\nMessage-ID: <1@b>\r\n\
         In-Reply-To: <0@b>\r\nReferences: <x@b> <0@b>\r\nSender: s@b\r\nReply-To: r@b\r\nCc: cc@b\r\n\
         Bcc: bcc@b\r\nContent-ID: <part@b>\r\nContent-Description: what\r\n\r\n"
            .as_bytes(),
    );
    let root = message.root();
    assert_eq!(root.subject().unwrap(), "grüße", "the first one counts");
    let from = &root.from()[0];
    assert_eq!(from.mailboxes()[0].name.as_deref(), Some("Jörg"));
    assert_eq!(root.to().len(), 2);
    for (list, local) in [
        (root.sender(), "s"),
        (root.reply_to(), "r"),
        (root.cc(), "cc"),
        (root.bcc(), "bcc"),
    ] {
        assert_eq!(
            list[0].mailboxes()[0].address.as_ref().unwrap().local,
            local
        );
    }
    let date = root.date().unwrap();
    assert_eq!((date.unix, date.offset), (880_127_706, -360));
    assert_eq!(root.message_id().unwrap(), "1@b");
    assert_eq!(root.in_reply_to(), ["0@b"]);
    assert_eq!(root.references(), ["x@b", "0@b"]);
    assert_eq!(root.content_id().unwrap(), "part@b");
    assert_eq!(root.description().unwrap(), "what");
    let none = Message::parse(b"");
    assert!(none.root().subject().is_none() && none.root().from().is_empty());
    assert!(none.root().date().is_none() && none.root().message_id().is_none());
}

#[test]
fn a_file_is_named_by_its_disposition_then_by_its_media_type() {
    let name = |header: &str| {
        let octets = part(header, b"");
        Message::parse(&octets)
            .root()
            .filename()
            .map(Cow::into_owned)
    };
    let both = "Content-Type: a/b; name=b.txt\r\nContent-Disposition: attachment; filename=a.txt";
    assert_eq!(name(both).unwrap(), "a.txt");
    assert_eq!(name("Content-Type: a/b; name=b.txt").unwrap(), "b.txt");
    let extended = "Content-Disposition: attachment; filename=a; filename*=utf-8''%C3%A9";
    assert_eq!(name(extended).unwrap(), "é");
    assert_eq!(name("Content-Type: a/b"), None);
}

#[test]
fn content_is_decoded_and_defects_say_where_in_the_message() {
    let octets = part("Content-Transfer-Encoding: base64", b"SGVs!bG8=\r\n");
    let message = Message::parse(&octets);
    let content = message.root().decoded(100).unwrap();
    assert_eq!(&*content.octets, b"Hello");
    let [defect] = content.defects[..] else {
        panic!("{:?}", content.defects)
    };
    assert_eq!(defect.code, DefectCode::Base64Junk);
    assert_eq!(octets[usize::try_from(defect.at).unwrap()], b'!');
    assert_eq!(defect.len, 1);
}

#[test]
fn content_that_is_not_encoded_is_borrowed() {
    let octets = part("Content-Type: text/plain", b"plain");
    let message = Message::parse(&octets);
    let content = message.root().decoded(5).unwrap();
    assert!(matches!(content.octets, Cow::Borrowed(b"plain")));
    assert!(content.defects.is_empty());
}

#[test]
fn the_limit_counts_octets_of_content() {
    for (encoding, body) in [
        ("7bit", &b"Hello"[..]),
        ("base64", b"SGVsbG8="),
        ("quoted-printable", b"He=6C=6Co"),
    ] {
        let octets = part(&format!("Content-Transfer-Encoding: {encoding}"), body);
        let message = Message::parse(&octets);
        assert_eq!(&*message.root().decoded(5).unwrap().octets, b"Hello");
        assert_eq!(message.root().decoded(4), Err(TooLong { max: 4 }));
        assert_eq!(message.root().text(5).unwrap().text, "Hello");
        assert_eq!(message.root().text(4), Err(TooLong { max: 4 }));
    }
}

#[test]
fn an_unknown_encoding_leaves_the_octets_as_they_are() {
    let octets = part("Content-Transfer-Encoding: x-zip", b"=41");
    let message = Message::parse(&octets);
    assert_eq!(&*message.root().decoded(9).unwrap().octets, b"=41");
}

#[test]
fn text_is_decoded_from_the_charset_it_claims() {
    let header = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable";
    let octets = part(header, b"caf=E9");
    let message = Message::parse(&octets);
    let text = message.root().text(10).unwrap();
    assert_eq!(text.text, "café");
    assert_eq!(text.charset, Some(Charset::WINDOWS_1252));
    assert!(text.defects.is_empty());
}

#[test]
fn an_unknown_charset_is_reported_where_it_stands() {
    let header = "Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: 8bit";
    let octets = part(header, b"caf\xe9");
    let message = Message::parse(&octets);
    let text = message.root().text(10).unwrap();
    assert_eq!((&*text.text, text.charset), ("café", None));
    let codes: Vec<_> = text.defects.iter().map(|it| it.code).collect();
    assert_eq!(
        codes,
        [DefectCode::UnknownCharset, DefectCode::UndecodableText]
    );
    let at = usize::try_from(text.defects[0].at).unwrap();
    assert!(octets[at..].starts_with(b"Content-Type"));
}

#[test]
fn text_that_is_not_in_its_charset_is_reported() {
    let header = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit";
    let octets = part(header, b"a\xffb");
    let message = Message::parse(&octets);
    let text = message.root().text(10).unwrap();
    assert_eq!(text.text, "a\u{fffd}b");
    assert_eq!(text.defects[0].code, DefectCode::UndecodableText);
    assert_eq!(
        (text.defects[0].at, text.defects[0].len),
        (octets.len() as u64 - 3, 3)
    );
}

fn base64(octets: &[u8]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    let mut encoder = mime_core::decode::Base64Encoder::new();
    encoder.extend(octets, &mut out);
    encoder.finish_into(&mut out);
    out.to_vec()
}

fn under_base64(media_type: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64");
    part(&header, &base64(content))
}

#[test]
fn an_encoded_message_is_read_as_a_new_root() {
    let inner = part("Subject: in", b"hello");
    let octets = under_base64("message/rfc822", &inner);
    let outer = Message::parse(&octets);
    assert_eq!(outer.root().kind(), Kind::Leaf);
    let read = outer.root().encoded_message(1000).unwrap();
    assert_eq!(read.octets(), inner);
    assert!(read.defects().is_empty());
    assert_eq!(read.message().root().subject().unwrap(), "in");
    assert_eq!(read.message().root().body(), b"hello");
}

#[test]
fn an_encoded_multipart_keeps_its_header_but_for_the_encoding() {
    let octets = under_base64(
        "multipart/mixed; boundary=B",
        b"--B\r\n\r\none\r\n--B--\r\n",
    );
    let outer = Message::parse(&octets);
    let read = outer.root().encoded_message(1000).unwrap();
    let message = read.message();
    assert_eq!(message.root().kind(), Kind::Multipart);
    assert!(message.root().field("Content-Transfer-Encoding").is_none());
    assert!(message.root().field("MIME-Version").is_some());
    assert_eq!(message.part(1).unwrap().body(), b"one");
    assert!(message.defects().is_empty(), "{:?}", message.defects());
}

#[test]
fn a_new_root_has_what_is_left_of_the_depth() {
    // Three messages in one another, each under base64: entities at depth 0, 1, 2 and 3.
    let mut octets = part("Subject: in", b"hello");
    for _ in 0..3 {
        octets = under_base64("message/rfc822", &octets);
    }
    let depth = |max: u32| {
        let mut limits = *Config::new().limits();
        limits.max_depth = max;
        let mut config = Config::new().with_limits(limits);
        let (mut octets, mut depth) = (octets.clone(), 0);
        loop {
            let message = Message::parse_with(&octets, config);
            match message.root().encoded_message(10_000) {
                Ok(read) => {
                    config = read.config();
                    octets = read.octets().to_vec();
                    depth += 1;
                }
                Err(end) => return (depth, end),
            }
        }
    };
    assert_eq!(depth(3), (3, Unread::NotEncoded));
    assert_eq!(depth(2), (2, Unread::TooDeep));
    assert_eq!(depth(0), (0, Unread::TooDeep));
}

#[test]
fn a_part_spends_the_depth_it_stands_at() {
    let inner = under_base64("message/rfc822", b"Subject: in\r\n\r\nx");
    let inner = String::from_utf8(inner).unwrap();
    let octets = format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n{inner}\r\n--B--"
    );
    let read = |max: u32| {
        let mut limits = *Config::new().limits();
        limits.max_depth = max;
        let message = Message::parse_with(octets.as_bytes(), Config::new().with_limits(limits));
        let part = message.part(1).unwrap();
        part.encoded_message(1000)
            .map(|it| it.config().limits().max_depth)
    };
    assert_eq!(read(2), Ok(0));
    assert_eq!(read(1), Err(Unread::TooDeep));
}

#[test]
fn what_is_no_encoded_composite_is_not_read_as_one() {
    for octets in [
        part("Content-Type: message/rfc822", b"Subject: in\r\n\r\nx"),
        under_base64("text/plain", b"Subject: in\r\n\r\nx"),
        under_base64("message/partial; id=a; number=1", b"x"),
    ] {
        let message = Message::parse(&octets);
        assert_eq!(
            message.root().encoded_message(1000).unwrap_err(),
            Unread::NotEncoded
        );
    }
    let octets = under_base64("message/rfc822", b"Subject: in\r\n\r\nx");
    assert_eq!(
        Message::parse(&octets)
            .root()
            .encoded_message(15)
            .unwrap_err(),
        Unread::TooLong(TooLong { max: 15 })
    );
    assert!(Message::parse(&octets).root().encoded_message(16).is_ok());
}

proptest! {
    #[test]
    fn every_leaf_is_in_a_list(choices in proptest::collection::vec(0usize..8, 1..20)) {
        let leaves = ["text/plain", "text/html", "image/png", "application/pdf", "text/plain=n"];
        let (mut spec, mut open) = (String::from("mixed("), 1);
        for choice in choices {
            match choice {
                5 => { spec += "alternative("; open += 1; }
                6 => { spec += "related("; open += 1; }
                7 if open > 1 => { spec += "text/plain),"; open -= 1; }
                leaf => { spec += leaves.get(leaf).unwrap_or(&"text/html"); spec += ","; }
            }
        }
        spec += "text/plain";
        spec += &")".repeat(open);
        let octets = tree(&spec);
        let message = Message::parse(octets.as_bytes());
        let bodies = message.bodies();
        for leaf in message.leaves() {
            let holds = |list: &[Part<'_, '_>]| list.iter().filter(|it| it.index() == leaf.index()).count();
            let counts = [&bodies.text, &bodies.html, &bodies.attachments].map(|list| holds(list));
            prop_assert!(counts.iter().sum::<usize>() > 0, "{}: {}", spec, leaf.index());
            prop_assert!(counts.iter().all(|count| *count <= 1), "{}: {}", spec, leaf.index());
        }
    }

    #[test]
    fn pieces_and_the_whole_are_the_same_content(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for encoding in ["7bit", "binary", "base64", "quoted-printable", "x-uuencode", "other"] {
            let octets = part(&format!("Content-Transfer-Encoding: {encoding}"), &body);
            let message = Message::parse(&octets);
            let mut pieces = Vec::new();
            let problems = message.root().decode(|piece| pieces.extend_from_slice(piece));
            let whole = message.root().decoded(usize::MAX).unwrap();
            prop_assert_eq!(&*whole.octets, &pieces[..]);
            prop_assert_eq!(problems.iter().count(), whole.defects.len());
            let within = |defect: &mime_core::Defect| defect.at + defect.len <= octets.len() as u64;
            prop_assert!(whole.defects.iter().all(within));
            prop_assert!(message.root().text(usize::MAX).is_ok());
        }
    }
}
