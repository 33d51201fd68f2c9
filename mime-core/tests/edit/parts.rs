//! Bodies and parts: replaced, inserted, removed.

use alloc::borrow::Cow;

use mime_core::edit::{Misuse, Place};
use mime_core::{Config, DefectCode, Limits, Message};

use crate::{edited, field, refused};

const MIXED: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n\
    pre\r\n--B \t\r\nA: 1\r\n\r\none\r\n--B\r\n\r\ntwo\r\n--B--\r\nepi\r\n";

/// RFC 2049, appendix A: a multipart in a multipart, a message, and all of it with LF alone.
const COMPLEX: &str = "MIME-Version: 1.0\nFrom: Nathaniel Borenstein <nsb@nsb.fv.com>\n\
    To: Ned Freed <ned@innosoft.com>\nDate: Fri, 07 Oct 1994 16:15:05 -0700 (PDT)\n\
    Subject: A multipart example\nContent-Type: multipart/mixed;\n              boundary=unique-boundary-1\n\n\
    This is the preamble area of a multipart message.\n\
    --unique-boundary-1\n\n  ... Some text appears here ...\n\
    --unique-boundary-1\nContent-type: text/plain; charset=US-ASCII\n\nThis could have been part of the previous part.\n\
    --unique-boundary-1\nContent-Type: multipart/parallel; boundary=unique-boundary-2\n\n\
    --unique-boundary-2\nContent-Type: audio/basic\nContent-Transfer-Encoding: base64\n\n  ... base64 ...\n\
    --unique-boundary-2\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n  ... base64 ...\n\
    --unique-boundary-2--\n\n--unique-boundary-1\nContent-Type: message/rfc822\n\n\
    From: (mailbox in US-ASCII)\nTo: (address in US-ASCII)\nSubject: (subject in US-ASCII)\n\
    Content-Type: Text/plain; charset=ISO-8859-1\nContent-Transfer-Encoding: Quoted-printable\n\n\
    \x20 ... Additional text in ISO-8859-1 goes here ...\n\n--unique-boundary-1--\n";

fn bodies(raw: &str) -> Vec<String> {
    let message = Message::parse(raw.as_bytes());
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    message.leaves().map(|leaf| text(leaf.body())).collect()
}

#[test]
fn a_body_is_replaced_and_nothing_else() {
    let out = edited(MIXED, |it| it.replace_body(1, &b"new\r\n"[..]));
    assert_eq!(out, MIXED.replace("one", "new\r\n"));
    let out = edited(MIXED, |it| it.replace_body(0, &b"all"[..]));
    assert_eq!(out.split_once("\r\n\r\n").unwrap().1, "all");
}

#[test]
fn untouched_octets_are_borrowed_and_new_ones_are_moved() {
    let message = Message::parse(MIXED.as_bytes());
    let mut editor = message.edit();
    let new = vec![b'n'; 1_000];
    let place = new.as_ptr();
    editor.replace_body(1, new).unwrap();
    let edited = editor.finish();
    assert_eq!(edited.octets(), MIXED.len() - 3 + 1_000);
    let mut tx = bytes::BytesMut::from("before");
    edited.extend(&mut tx);
    assert_eq!(&tx[6..], &edited.to_vec()[..]);
    let pieces: Vec<_> = edited.into_iter().collect();
    assert_eq!(pieces.len(), 3);
    assert!(matches!(&pieces[1], Cow::Owned(new) if new.as_ptr() == place));
    let old: Vec<_> = [&pieces[0], &pieces[2]].map(|it| it.as_ptr()).into();
    assert_eq!(
        old,
        [
            MIXED.as_ptr(),
            MIXED[MIXED.find("\r\n--B\r\n").unwrap()..].as_ptr()
        ]
    );
}

#[test]
fn what_stays_together_is_one_piece() {
    let message = Message::parse(MIXED.as_bytes());
    let mut editor = message.edit();
    editor.add_field(0, Place::End, field("X", "1")).unwrap();
    editor.add_field(1, Place::Top, field("X", "1")).unwrap();
    editor.replace_body(1, &b""[..]).unwrap();
    let edited = editor.finish();
    let pieces: Vec<_> = edited.pieces().map(<[u8]>::len).collect();
    let end = MIXED.find("\r\n\r\n").unwrap() + 2;
    let part = MIXED.find("A: 1").unwrap();
    assert_eq!(pieces, [end, 6, part - end, 6, 8, MIXED.len() - part - 11]);
}

#[test]
fn a_part_is_replaced_inserted_and_removed() {
    let part = &b"N: 1\r\n\r\nnew"[..];
    let out = edited(MIXED, |it| it.replace_part(1, part));
    assert_eq!(out, MIXED.replace("A: 1\r\n\r\none", "N: 1\r\n\r\nnew"));
    let out = edited(MIXED, |it| it.remove_part(1));
    assert_eq!(out, MIXED.replace("\r\n--B \t\r\nA: 1\r\n\r\none", ""));
    let out = edited(MIXED, |it| it.remove_part(2));
    assert_eq!(out, MIXED.replace("\r\n--B\r\n\r\ntwo", ""));
    let insert = |at| edited(MIXED, |it| it.insert_part(0, at, part));
    let new = "\r\n--B\r\nN: 1\r\n\r\nnew";
    assert_eq!(
        insert(0),
        MIXED.replace("\r\n--B \t", &format!("{new}\r\n--B \t"))
    );
    assert_eq!(
        insert(1),
        MIXED.replace("\r\n--B\r\n", &format!("{new}\r\n--B\r\n"))
    );
    assert_eq!(
        insert(2),
        MIXED.replace("\r\n--B--", &format!("{new}\r\n--B--"))
    );
    assert_eq!(
        refused(MIXED, |it| it.insert_part(0, 3, part)),
        Misuse::NoPlace
    );
    assert_eq!(
        refused(MIXED, |it| it.insert_part(1, 0, part)),
        Misuse::NoPlace
    );
}

#[test]
fn parts_inserted_at_one_place_stay_in_order() {
    let out = edited(MIXED, |it| {
        it.insert_part(0, 1, &b"\r\n1"[..])?;
        it.insert_part(0, 1, &b"\r\n2"[..])?;
        it.insert_part(0, 2, &b"\r\n3"[..])?;
        it.insert_part(0, 2, &b"\r\n4"[..])
    });
    assert_eq!(bodies(&out), ["one", "1", "2", "two", "3", "4"]);
}

#[test]
fn the_example_of_rfc_2049_is_edited_in_its_own_line_ends() {
    let out = edited(COMPLEX, |it| {
        it.remove_part(4)?;
        it.insert_part(3, 2, &b"Content-Type: image/png\n\nnew"[..])?;
        it.replace_body(7, &b"inside"[..])?;
        it.set_field(7, field("Subject", "a;\r\n b"))
    });
    let expected = COMPLEX
        .replace("--unique-boundary-2\nContent-Type: audio/basic\nContent-Transfer-Encoding: base64\n\n  ... base64 ...\n", "")
        .replace(
            "\n--unique-boundary-2--",
            "\n--unique-boundary-2\nContent-Type: image/png\n\nnew\n--unique-boundary-2--",
        )
        .replace("  ... Additional text in ISO-8859-1 goes here ...\n", "inside")
        .replace("Subject: (subject in US-ASCII)", "Subject: a;\n b");
    assert_eq!(out, expected);
    let unedited = edited(COMPLEX, |_| Ok(()));
    assert_eq!(unedited, COMPLEX);
}

#[test]
fn a_body_after_a_header_that_a_delimiter_cut_gets_its_lines() {
    let raw =
        "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nA: 1\r\n--B\r\nC: 2\r\n--B--";
    let out = edited(raw, |it| it.replace_body(1, &b"x"[..]));
    assert_eq!(out, raw.replacen("A: 1\r\n", "A: 1\r\n\r\nx\r\n", 1));
    let out = edited(raw, |it| it.replace_part(1, &b"N: 1"[..]));
    assert_eq!(out, raw.replacen("A: 1\r\n", "N: 1\r\n\r\n", 1));
    let out = edited(raw, |it| it.insert_part(0, 1, &b"\r\nx"[..]));
    assert_eq!(out, raw.replacen("A: 1\r\n", "A: 1\r\n--B\r\n\r\nx\r\n", 1));
    let out = edited(raw, |it| it.remove_part(2));
    assert_eq!(out, raw.replacen("--B\r\nC: 2\r\n", "", 1));
}

#[test]
fn a_line_break_that_goes_with_a_part_is_made_up_for() {
    let raw =
        "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B\r\nC: 2\r\n--B--";
    let out = edited(raw, |it| it.remove_part(2));
    assert_eq!(
        out,
        raw.replacen("\r\n--B\r\nC: 2\r\n--B--", "\r\n--B--", 1)
    );
    let out = edited(raw, |it| it.remove_part(1));
    assert_eq!(bodies(&out), [""]);
}

#[test]
fn a_part_is_added_to_a_multipart_that_nothing_closes() {
    let raw = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n";
    let out = edited(raw, |it| it.insert_part(0, 1, &b"\r\ny"[..]));
    assert_eq!(out, format!("{raw}\r\n--B\r\n\r\ny"));
    assert_eq!(bodies(&out), ["x\r\n", "y"]);
}

#[test]
fn a_multipart_without_parts_gets_one_before_its_close_delimiter() {
    let raw = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B--";
    let out = edited(raw, |it| it.insert_part(0, 0, &b"\r\ny"[..]));
    assert_eq!(out, raw.replace("--B--", "--B\r\n\r\ny\r\n--B--"));
}

#[test]
fn a_multipart_without_delimiters_is_a_leaf() {
    let header = "Content-Type: multipart/mixed; boundary=B\r\n";
    for rest in ["", "\r\n", "\r\npre"] {
        let raw = format!("{header}{rest}");
        let new = &b"\r\ny"[..];
        assert_eq!(
            refused(&raw, |it| it.insert_part(0, 0, new)),
            Misuse::NoPlace
        );
        let out = edited(&raw, |it| it.replace_body(0, &b"--B\r\n\r\ny\r\n--B--"[..]));
        assert_eq!(bodies(&out), ["y"]);
    }
}

#[test]
fn new_octets_with_an_enclosing_boundary_are_refused() {
    for octets in [
        "--B",
        "x\r\n--B\r\n",
        "x\n--B--",
        "x\r--B",
        "x\r\n--Bigger\r\n",
        "x\r\n--B--more",
        "a: 1\r\n\r\n--B \t\r\n",
    ] {
        assert_eq!(
            refused(MIXED, |it| it.replace_body(1, octets.as_bytes().to_vec())),
            Misuse::Boundary,
            "{octets:?}"
        );
        assert_eq!(
            refused(MIXED, |it| it.replace_part(1, octets.as_bytes().to_vec())),
            Misuse::Boundary
        );
        assert_eq!(
            refused(MIXED, |it| it.insert_part(0, 1, octets.as_bytes().to_vec())),
            Misuse::Boundary
        );
        edited(MIXED, |it| it.replace_body(0, octets.as_bytes().to_vec()));
    }
    for octets in ["x --B", "-B", "--", "--b", "---B"] {
        let out = edited(MIXED, |it| it.replace_body(1, octets.as_bytes().to_vec()));
        assert_eq!(bodies(&out), [octets, "two"]);
    }
}

#[test]
fn a_new_multipart_that_could_take_a_delimiter_around_it_is_refused() {
    for boundary in ["B", "B--", "Bx"] {
        let part = format!("Content-Type: multipart/mixed; boundary={boundary}\r\n\r\nopen");
        assert_eq!(
            refused(MIXED, |it| it.insert_part(0, 1, part.into_bytes())),
            Misuse::Boundary
        );
    }
    let wide = MIXED
        .replace("boundary=B", "boundary=B--")
        .replace("--B", "--B--");
    let part = "Content-Type: multipart/mixed; boundary=B\r\n\r\nopen";
    assert_eq!(
        refused(&wide, |it| it.replace_part(1, part.as_bytes().to_vec())),
        Misuse::Boundary
    );
    let nested = format!("Content-Type: message/rfc822\r\n\r\n{part}");
    assert_eq!(
        refused(&wide, |it| it.replace_part(1, nested.into_bytes())),
        Misuse::Boundary
    );
    let embedded = MIXED.replace("A: 1", "Content-Type: message/rfc822");
    assert_eq!(
        refused(&embedded, |it| it.replace_body(1, part.as_bytes().to_vec())),
        Misuse::Boundary
    );
    let out = edited(&embedded, |it| {
        it.replace_body(
            1,
            part.replace("=B", "=C")
                .replace("open", "--C\r\n\r\nopen")
                .into_bytes(),
        )
    });
    assert_eq!(bodies(&out), ["open", "two"]);
}

#[test]
fn ambiguous_boundaries_keep_their_parts() {
    let raw = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\
        Content-Type: multipart/mixed; boundary=B--\r\n\r\n--B--\r\n\r\nx\r\n--B----\r\n--B--";
    let message = Message::parse(raw.as_bytes());
    let codes: Vec<_> = message.defects().iter().map(|it| it.code).collect();
    assert!(codes.contains(&DefectCode::AmbiguousBoundary));
    let new = &b"\r\ny"[..];
    assert_eq!(
        refused(raw, |it| it.insert_part(0, 1, new)),
        Misuse::Ambiguous
    );
    assert_eq!(refused(raw, |it| it.remove_part(2)), Misuse::Ambiguous);
    let out = edited(raw, |it| it.replace_body(2, new));
    assert_eq!(out, raw.replace("\r\nx\r\n", "\r\n\r\ny\r\n"));
}

#[test]
fn a_boundary_that_no_line_can_hold_takes_no_parts() {
    let raw = "Content-Type: multipart/mixed; boundary*=''a%0Db\r\n\r\n--a\rb\r\n\r\nx";
    assert_eq!(
        refused(raw, |it| it.insert_part(0, 0, &b"\r\ny"[..])),
        Misuse::Ambiguous
    );
}

#[test]
fn a_bare_lf_takes_no_cr_that_ends_a_body() {
    let raw = MIXED.replace("\r\n", "\n");
    let out = edited(&raw, |it| it.replace_body(1, &b"x\r"[..]));
    assert_eq!(out, raw.replace("one\n", "x\r\r\n"));
    assert_eq!(bodies(&out), ["x\r", "two"]);
    let out = edited(&raw, |it| it.insert_part(0, 1, &b"\nx\r"[..]));
    assert_eq!(bodies(&out), ["one", "x\r", "two"]);
    let out = edited(MIXED, |it| it.replace_body(1, &b"x\r"[..]));
    assert_eq!(bodies(&out), ["x\r", "two"]);
    let raw = MIXED
        .replace("one", "one\r")
        .replace("\r\n--B--", "\n--B--");
    let out = edited(&raw, |it| it.remove_part(2));
    assert_eq!(bodies(&out), ["one\r"], "nor one that was there before");
}

#[test]
fn a_part_that_begins_like_an_mbox_would_lose_its_header() {
    let part = &b"From a@b now\r\nA: 1\r\n\r\nx"[..];
    assert_eq!(
        refused(MIXED, |it| it.replace_part(1, part)),
        Misuse::MboxLine
    );
    assert_eq!(
        refused(MIXED, |it| it.insert_part(0, 0, part)),
        Misuse::MboxLine
    );
}

#[test]
fn only_parts_of_multiparts_come_and_go() {
    let raw = "Content-Type: message/rfc822\r\n\r\nA: 1\r\n\r\nx";
    assert_eq!(refused(raw, |it| it.remove_part(0)), Misuse::NotAPart);
    assert_eq!(refused(raw, |it| it.remove_part(1)), Misuse::NotAPart);
    assert_eq!(
        refused(raw, |it| it.replace_part(0, &b"x"[..])),
        Misuse::NotAPart
    );
    assert_eq!(
        refused(raw, |it| it.insert_part(0, 0, &b"x"[..])),
        Misuse::NoPlace
    );
    let out = edited(raw, |it| it.replace_part(1, &b"B: 2\r\n\r\ny"[..]));
    assert_eq!(out, "Content-Type: message/rfc822\r\n\r\nB: 2\r\n\r\ny");
}

#[test]
fn a_multipart_keeps_a_part() {
    let message = Message::parse(MIXED.as_bytes());
    let mut editor = message.edit();
    editor.remove_part(1).unwrap();
    assert_eq!(editor.remove_part(2), Err(Misuse::EmptyMultipart));
    editor.insert_part(0, 2, &b"\r\nnew"[..]).unwrap();
    editor.remove_part(2).unwrap();
    let out = editor.finish().to_vec();
    assert_eq!(bodies(core::str::from_utf8(&out).unwrap()), ["new"]);
}

#[test]
fn what_is_given_up_is_not_edited_and_what_is_edited_is_not_given_up() {
    let message = Message::parse(COMPLEX.as_bytes());
    let new = || field("X", "1");
    let mut editor = message.edit();
    editor.remove_part(3).unwrap();
    assert_eq!(
        editor.add_field(3, Place::Top, new()),
        Err(Misuse::Conflict)
    );
    assert_eq!(editor.replace_body(4, &b"x"[..]), Err(Misuse::Conflict));
    assert_eq!(editor.insert_part(3, 0, &b"x"[..]), Err(Misuse::Conflict));
    assert_eq!(editor.remove_part(3), Err(Misuse::Conflict));
    editor.insert_part(0, 3, &b"\r\nx"[..]).unwrap();
    assert_eq!(editor.replace_body(0, &b"x"[..]), Err(Misuse::Conflict));

    let mut editor = message.edit();
    editor.add_field(4, Place::Top, new()).unwrap();
    for part in [0, 3] {
        assert_eq!(editor.replace_body(part, &b"x"[..]), Err(Misuse::Conflict));
    }
    assert_eq!(editor.remove_part(3), Err(Misuse::Conflict));
    assert_eq!(editor.remove_part(4), Err(Misuse::Conflict));
    editor.replace_body(4, &b"x"[..]).unwrap();
    assert_eq!(editor.replace_body(4, &b"y"[..]), Err(Misuse::Conflict));

    let mut editor = message.edit();
    editor
        .replace_body(3, &b"--unique-boundary-2--"[..])
        .unwrap();
    assert_eq!(editor.insert_part(3, 0, &b"x"[..]), Err(Misuse::Conflict));
    assert_eq!(
        editor.add_field(5, Place::Top, new()),
        Err(Misuse::Conflict)
    );
    editor.add_field(3, Place::Top, new()).unwrap();
}

#[test]
fn what_was_refused_is_no_edit() {
    let raw = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nx\r\n--B--";
    let message = Message::parse(raw.as_bytes());
    let mut editor = message.edit();
    assert_eq!(editor.remove_part(1), Err(Misuse::EmptyMultipart));
    assert_eq!(editor.insert_part(0, 2, &b"x"[..]), Err(Misuse::NoPlace));
    assert_eq!(editor.replace_part(1, &b"--B"[..]), Err(Misuse::Boundary));
    assert_eq!(editor.replace_body(0, &b"all"[..]), Ok(()));
}

#[test]
fn beyond_the_limit_of_parts_nothing_comes_or_goes() {
    for (max, verdict) in [(3, Ok(())), (2, Err(Misuse::Opaque))] {
        let mut limits = Limits::default();
        limits.max_parts = max;
        let message = Message::parse_with(MIXED.as_bytes(), Config::new().with_limits(limits));
        assert_eq!(message.edit().insert_part(0, 0, &b"\r\nx"[..]), verdict);
        assert_eq!(message.edit().remove_part(1), verdict);
        assert_eq!(message.edit().replace_body(1, &b"x"[..]), Ok(()));
    }
}

#[test]
fn a_body_may_be_taken_from_a_header_only_message() {
    assert_eq!(
        edited("A: 1", |it| it.replace_body(0, &b"x"[..])),
        "A: 1\r\n\r\nx"
    );
    assert_eq!(
        edited("", |it| it.replace_body(0, &b"a: 1"[..])),
        "\r\na: 1"
    );
    let raw = "A: 1\r\nno field";
    assert_eq!(
        edited(raw, |it| it.replace_body(0, &b"b: 2"[..])),
        "A: 1\r\n\r\nb: 2",
        "or the body would be a field"
    );
}
