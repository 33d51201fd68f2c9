//! `message/partial` and `message/external-body`: parameters, reassembly, phantoms.
#![cfg(test)]

use mime_core::field::{self, Access};
use mime_core::message::{Incomplete, reassemble, transparent_fields};
use mime_core::{DefectCode, Kind, Message};
use proptest::prelude::*;

/// RFC 2046, section 5.2.2.2.
const FIRST: &str = "X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
    Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 1 of 2)\r\n\
    Message-ID: <id1@host.com>\r\nMIME-Version: 1.0\r\n\
    Content-type: message/partial; id=\"ABC@host.com\";\r\n              number=1; total=2\r\n\r\n\
    X-Weird-Header-1: Bar\r\nX-Weird-Header-2: Hello\r\nMessage-ID: <anotherid@foo.com>\r\n\
    Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n\
    Content-transfer-encoding: base64\r\n\r\n\
    \x20 ... first half of encoded audio data goes here ...\r\n";
const SECOND: &str = "From: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
    Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 2 of 2)\r\n\
    MIME-Version: 1.0\r\nMessage-ID: <id2@host.com>\r\nContent-type: message/partial;\r\n\
    \x20             id=\"ABC@host.com\"; number=2; total=2\r\n\r\n\
    \x20 ... second half of encoded audio data goes here ...\r\n";
const WHOLE: &str = "X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
    Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nMessage-ID: <anotherid@foo.com>\r\n\
    Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n\
    Content-transfer-encoding: base64\r\n\r\n\
    \x20 ... first half of encoded audio data goes here ...\r\n\
    \x20 ... second half of encoded audio data goes here ...\r\n";

fn join(octets: &[impl AsRef<[u8]>]) -> Result<Vec<u8>, Incomplete> {
    let messages: Vec<_> = octets
        .iter()
        .map(|it| Message::parse(it.as_ref()))
        .collect();
    let parts: Vec<_> = messages.iter().map(Message::root).collect();
    reassemble(&parts).map(|whole| whole.to_vec())
}

/// A fragment with these parameters and this body.
fn fragment(parameters: &str, body: &str) -> String {
    format!("MIME-Version: 1.0\r\nContent-Type: message/partial; {parameters}\r\n\r\n{body}")
}

#[test]
fn the_example_of_rfc_2046_is_reassembled_in_any_order() {
    assert_eq!(join(&[FIRST, SECOND]).unwrap(), WHOLE.as_bytes());
    assert_eq!(join(&[SECOND, FIRST]).unwrap(), WHOLE.as_bytes());
}

#[test]
fn a_fragment_that_came_twice_counts_once() {
    assert_eq!(join(&[SECOND, FIRST, SECOND]).unwrap(), WHOLE.as_bytes());
    let other = SECOND.replace("second", "another");
    assert_eq!(
        join(&[FIRST, SECOND, &other]),
        Err(Incomplete::Conflict { number: 2 })
    );
}

#[test]
fn only_a_whole_set_is_reassembled() {
    let inner = "A: 1\r\n\r\nx\r\n";
    let (one, two, three) = (
        fragment("id=a; number=1", inner),
        fragment("id=a; number=2", "y\r\n"),
        fragment("id=a; number=3; total=3", "z\r\n"),
    );
    let join = |list: &[&String]| join(&list.iter().map(|it| it.as_bytes()).collect::<Vec<_>>());
    assert!(join(&[&one, &two, &three]).is_ok());
    assert_eq!(join(&[]), Err(Incomplete::Missing { number: 1 }));
    assert_eq!(
        join(&[&two, &three]),
        Err(Incomplete::Missing { number: 1 })
    );
    assert_eq!(
        join(&[&one, &three]),
        Err(Incomplete::Missing { number: 2 })
    );
    assert_eq!(join(&[&one, &two]), Err(Incomplete::NoTotal));
    let early = fragment("id=a; number=1; total=3", inner);
    assert_eq!(
        join(&[&early, &two]),
        Err(Incomplete::Missing { number: 3 })
    );
    let short = fragment("id=a; number=1; total=2", inner);
    assert_eq!(
        join(&[&short, &two, &three]),
        Err(Incomplete::OtherTotal { index: 2 })
    );
    let beyond = fragment("id=a; number=4", "");
    assert_eq!(
        join(&[&beyond, &one, &two, &three]),
        Err(Incomplete::OtherTotal { index: 0 })
    );
    let other = fragment("id=b; number=2", "y\r\n");
    assert_eq!(join(&[&one, &other]), Err(Incomplete::OtherId { index: 1 }));
    let none = fragment("id=a", "y\r\n");
    assert_eq!(
        join(&[&one, &none]),
        Err(Incomplete::NotPartial { index: 1 })
    );
    let encoded = two.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    assert_eq!(
        join(&[&one, &encoded]),
        Err(Incomplete::Encoded { index: 1 })
    );
}

#[test]
fn the_header_inside_must_end_in_the_first_fragment() {
    let first = fragment("id=a; number=1; total=2", "Subject: x\r\n");
    let second = fragment("id=a; number=2; total=2", "\r\ny\r\n");
    assert_eq!(join(&[&first, &second]), Err(Incomplete::OpenHeader));
    let alone = fragment("id=a; number=1; total=1", "Subject: x\r\n");
    assert_eq!(join(&[&alone]).unwrap(), b"Subject: x\r\n\r\n");
}

#[test]
fn parameters_of_a_fragment_are_typed_and_judged() {
    let read = |value: &'static str| {
        let mut codes = Vec::new();
        let partial = field::partial(value.as_bytes(), &mut |code, range| {
            codes.push((code, &value[range]));
        });
        (partial.map(|it| (it.number, it.total)), codes)
    };
    let good = "Message/Partial; number=2; total=3; id=\"oc=jpbe0M2Yt4s@thumper.bellcore.com\"";
    assert_eq!(read(good), (Some((2, Some(3))), vec![]));
    let largest = "message/partial; id=a; number=4294967295";
    assert_eq!(read(largest).0, Some((u32::MAX, None)));
    let beyond = "message/partial; id=a; number=4294967296";
    assert_eq!(
        read(beyond),
        (
            None,
            vec![(DefectCode::InvalidParameter, "number=4294967296")]
        )
    );
    for number in ["0", "+1", "-1", "1x", "\"\""] {
        let value: &'static str = format!("message/partial; id=a; number={number}").leak();
        let (partial, codes) = read(value);
        assert_eq!(
            (partial, codes[0].0),
            (None, DefectCode::InvalidParameter),
            "{number}"
        );
    }
    for value in ["message/partial; id=a", "message/partial; number=1"] {
        assert_eq!(
            read(value),
            (None, vec![(DefectCode::MissingParameter, value)])
        );
    }
    let few = "message/partial; id=a; number=3; total=2";
    assert_eq!(
        read(few),
        (None, vec![(DefectCode::InvalidParameter, "total=2")])
    );
    assert_eq!(read("text/plain; id=a; number=1"), (None, vec![]));
}

/// RFC 2046, section 5.2.3.7; the semicolon after `mail-server` is missing there as well.
const EXTERNAL: &str = "From: Whomever\r\nSubject: whatever\r\nMIME-Version: 1.0\r\n\
    Message-ID: <id1@host.com>\r\nContent-Type: multipart/alternative; boundary=42\r\n\
    Content-ID: <id001@guppylake.bellcore.com>\r\n\r\n\
    --42\r\nContent-Type: message/external-body; name=\"BodyFormats.ps\";\r\n\
    \x20             site=\"thumper.bellcore.com\"; mode=\"image\";\r\n\
    \x20             access-type=ANON-FTP; directory=\"pub\";\r\n\
    \x20             expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\r\n\r\n\
    Content-type: application/postscript\r\nContent-ID: <id42@guppylake.bellcore.com>\r\n\r\n\
    --42\r\nContent-Type: message/external-body; access-type=local-file;\r\n\
    \x20             name=\"/u/nsb/writing/rfcs/RFC-MIME.ps\";\r\n\
    \x20             site=\"thumper.bellcore.com\";\r\n\
    \x20             expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\r\n\r\n\
    Content-type: application/postscript\r\nContent-ID: <id42@guppylake.bellcore.com>\r\n\r\n\
    --42\r\nContent-Type: message/external-body;\r\n\
    \x20             access-type=mail-server\r\n\
    \x20             server=\"listserv@bogus.bitnet\";\r\n\
    \x20             expiration=\"Fri, 14 Jun 1991 19:13:14 -0400 (EDT)\"\r\n\r\n\
    Content-type: application/postscript\r\nContent-ID: <id42@guppylake.bellcore.com>\r\n\r\n\
    get RFC-MIME.DOC\r\n\r\n--42--\r\n";

#[test]
fn the_example_of_rfc_2046_says_where_its_body_is() {
    let message = Message::parse(EXTERNAL.as_bytes());
    let bodies: Vec<_> = message
        .leaves()
        .map(|part| part.external_body().unwrap())
        .collect();
    let Access::AnonFtp(file) = &bodies[0].access else {
        panic!("{:?}", bodies[0])
    };
    assert_eq!(
        (
            &*file.name,
            &*file.site,
            file.directory.as_deref(),
            file.mode.as_deref()
        ),
        (
            "BodyFormats.ps",
            "thumper.bellcore.com",
            Some("pub"),
            Some("image")
        )
    );
    let Access::LocalFile { name, site } = &bodies[1].access else {
        panic!("{:?}", bodies[1])
    };
    assert_eq!(name, "/u/nsb/writing/rfcs/RFC-MIME.ps");
    assert_eq!(site.as_deref(), Some("thumper.bellcore.com"));
    let Access::MailServer { server, subject } = &bodies[2].access else {
        panic!("{:?}", bodies[2])
    };
    assert_eq!((&**server, subject), ("listserv@bogus.bitnet", &None));
    for body in &bodies {
        assert_eq!(body.expiration.unwrap().unix, 676_941_194);
        assert!(!body.writable && body.size.is_none());
    }
}

#[test]
fn a_phantom_has_the_header_of_data_that_is_elsewhere() {
    let message = Message::parse(EXTERNAL.as_bytes());
    for leaf in message.leaves() {
        assert_eq!(leaf.kind(), Kind::Leaf);
        let phantom = leaf.phantom().unwrap();
        assert!(phantom.root().media_type().is("application", "postscript"));
        assert_eq!(leaf.external_id().unwrap(), "id42@guppylake.bellcore.com");
    }
    let last = message.leaves().last().unwrap();
    assert_eq!(
        last.phantom().unwrap().root().body(),
        b"get RFC-MIME.DOC\r\n"
    );
    assert!(message.root().phantom().is_none());
}

#[test]
fn a_phantom_is_never_shown_as_content() {
    let octets = "MIME-Version: 1.0\r\nContent-Type: message/external-body; access-type=url;\r\n\
        \x20url=\"http://a.example/\r\n b/ c\"\r\n\r\nContent-Type: text/plain\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nTHIS IS NOT REALLY THE BODY!\r\n";
    let message = Message::parse(octets.as_bytes());
    let bodies = message.bodies();
    assert!(bodies.text.is_empty() && bodies.html.is_empty());
    assert_eq!(bodies.attachments.len(), 1);
    let external = message.root().external_body().unwrap();
    assert_eq!(external.access, Access::Url("http://a.example/b/c".into()));
    let phantom = message.root().phantom().unwrap();
    assert_eq!(phantom.root().body(), b"THIS IS NOT REALLY THE BODY!\r\n");
}

#[test]
fn parameters_of_an_external_body_are_typed_and_judged() {
    let read = |value: &'static str| {
        let mut codes = Vec::new();
        let read = field::external_body(value.as_bytes(), &mut |code, range| {
            codes.push((code, &value[range]));
        });
        (read, codes)
    };
    let (body, codes) = read(
        "message/external-body; access-type=TFTP; name=n; site=s; size=18446744073709551615; \
         permission=Read-Write",
    );
    let body = body.unwrap();
    assert!(matches!(body.access, Access::Tftp(_)));
    assert_eq!((body.size, body.writable), (Some(u64::MAX), true));
    assert!(codes.is_empty());
    let (body, codes) = read(
        "message/external-body; access-type=x-mine; size=18446744073709551616; permission=all; \
         expiration=never",
    );
    assert_eq!(body.unwrap().access, Access::Other("x-mine".into()));
    let places: Vec<_> = codes.iter().map(|it| it.1).collect();
    assert_eq!(
        places,
        [
            "expiration=never",
            "size=18446744073709551616",
            "permission=all"
        ]
    );
    for value in [
        "message/external-body",
        "message/external-body; access-type=ftp; name=a",
        "message/external-body; access-type=tftp; site=a",
        "message/external-body; access-type=local-file",
        "message/external-body; access-type=mail-server",
        "message/external-body; access-type=url",
    ] {
        assert_eq!(
            read(value),
            (None, vec![(DefectCode::MissingParameter, value)])
        );
    }
    assert_eq!(
        read("message/external-body; access-type=content-id")
            .0
            .unwrap()
            .access,
        Access::ContentId
    );
}

#[test]
fn the_fields_of_an_external_body_are_merged_as_those_of_fragments() {
    let octets = "From: a@b\r\nSubject: out\r\nMIME-Version: 1.0\r\n\
        Content-Type: message/external-body; access-type=x\r\n\r\n\
        From: not@this\r\nSubject: in\r\nContent-Type: image/png\r\nENCRYPTED: x\r\n\r\n";
    let message = Message::parse(octets.as_bytes());
    let phantom = message.root().phantom().unwrap();
    let merged: Vec<_> = transparent_fields(&message.root(), &phantom.root())
        .map(|field| String::from_utf8_lossy(field.raw()).into_owned())
        .collect();
    assert_eq!(
        merged,
        [
            "From: a@b\r\n",
            "Subject: in\r\n",
            "Content-Type: image/png\r\n",
            "ENCRYPTED: x\r\n"
        ]
    );
}

proptest! {
    #[test]
    fn what_is_cut_between_lines_is_put_together_again(
        lines in proptest::collection::vec("[ -~]{0,20}", 1..20),
        cuts in proptest::collection::vec(any::<bool>(), 20),
        turn in any::<usize>(),
    ) {
        let whole = format!("Subject: in\r\nContent-Type: text/plain\r\n\r\n{}\r\n", lines.join("\r\n"));
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        let mut bodies = vec![format!("{head}\r\n\r\n")];
        for (line, cut) in body.split_inclusive("\r\n").zip(cuts) {
            if cut {
                bodies.push(String::new());
            }
            bodies.last_mut().unwrap().push_str(line);
        }
        let total = bodies.len();
        let mut fragments: Vec<_> = bodies.iter().enumerate()
            .map(|(at, body)| fragment(&format!("id=a; number={}; total={total}", at + 1), body))
            .collect();
        fragments.rotate_left(turn % total);
        prop_assert_eq!(join(&fragments).unwrap(), whole.into_bytes());
    }

    #[test]
    fn no_octets_break_reassembly(input in proptest::collection::vec(any::<u8>(), 0..80)) {
        let mut octets = b"Content-Type: message/partial; id=a; number=1; total=1\r\n\r\n".to_vec();
        octets.extend_from_slice(&input);
        let joined = join(&[&octets]).unwrap();
        let message = Message::parse(&octets);
        let inner = Message::parse_with(message.root().body(), mime_core::Config::new().with_headers_only());
        prop_assert!(joined.ends_with(inner.root().body()));
        let sink = &mut |_, _: core::ops::Range<usize>| {};
        field::partial(&input, sink);
        field::external_body(&input, sink);
    }
}
