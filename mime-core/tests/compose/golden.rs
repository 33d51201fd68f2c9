//! Whole messages, octet by octet.

use mime_core::compose::{
    Address, Disposition, Draft, Header, MediaType, Part, RawField, Slot, Wording,
};

use crate::driving::{compose, draft, drive, eight, media_type, seven};
use crate::tree::Bodies;

fn header() -> Header {
    Header::new(Wording::EncodedWords)
        .with_from(&[Address::new("J\u{f6}rg Doe", "joerg@example.org")])
        .unwrap()
        .with_to(&[
            Address::new("Doe, Jane", "jane@example.org"),
            "k@example.org".into(),
        ])
        .unwrap()
        .with_subject("Gr\u{fc}\u{df}e von hier")
        .unwrap()
        .with_date(1_700_000_000, Some(60))
        .unwrap()
        .with_message_id("1@example.org")
        .unwrap()
}

const HEADER: &str = "From: =?utf-8?q?J=C3=B6rg_Doe?= <joerg@example.org>\r\n\
    To: \"Doe, Jane\" <jane@example.org>, k@example.org\r\n\
    Subject: =?utf-8?b?R3LDvMOfZQ==?= von hier\r\n\
    Date: Tue, 14 Nov 2023 23:13:20 +0100\r\n\
    Message-ID: <1@example.org>\r\n\
    MIME-Version: 1.0\r\n";

const BOUNDARY: &str = "=_0123456789ABCDEF0123456789ABCDEF";

#[track_caller]
fn assert_text(octets: &[u8], expected: &str) {
    assert_eq!(String::from_utf8_lossy(octets), expected);
}

#[test]
fn a_text_is_a_message() {
    let sent = compose(&seven(), Draft::new(header(), Part::plain("Hello\n"))).unwrap();
    let rest = "Content-Type: text/plain; charset=us-ascii\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Hello\r\n";
    assert_text(&sent, &format!("{HEADER}{rest}"));
}

#[test]
fn an_alternative_with_an_attachment() {
    let body = Part::alternative(vec![
        Part::plain("Gr\u{fc}\u{df}e"),
        Part::html("<p>Gr\u{fc}\u{df}e</p>\n"),
    ]);
    let file = Disposition::attachment()
        .with_filename("\u{fc}.bin")
        .unwrap();
    let file = Part::octets(media_type("application/octet-stream"), Slot(7))
        .with_disposition(&file)
        .unwrap();
    let mixed = Part::mixed(vec![body, file]);
    let bodies = Bodies::from([(Slot(7), vec![0, 1, 2, 3])]);
    let sent = drive(&eight(), draft(mixed), &bodies, 3).sent;
    let expected = "Subject: x\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"1#\"\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        --1#\r\n\
        Content-Type: multipart/alternative;\r\n boundary=\"2#\"\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        --2#\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        Gr\u{fc}\u{df}e\r\n\
        --2#\r\n\
        Content-Type: text/html; charset=utf-8\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        <p>Gr\u{fc}\u{df}e</p>\r\n\
        \r\n\
        --2#--\r\n\
        --1#\r\n\
        Content-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename*=utf-8''%C3%BC.bin\r\n\
        \r\n\
        AAECAw==\r\n\
        --1#--\r\n";
    assert_text(&sent, &expected.replace('#', BOUNDARY));
}

#[test]
fn a_signed_entity_is_copied_and_an_embedded_message_has_its_own_header() {
    let signed = MediaType::new("multipart/signed")
        .unwrap()
        .with("protocol", "application/pkcs7-signature")
        .unwrap()
        .with("micalg", "sha-256")
        .unwrap();
    let entity = "Content-Type: text/plain\r\n\r\nsigned \r\n";
    let signature = Part::octets(media_type("application/pkcs7-signature"), &b"sig"[..]);
    let inner = draft(Part::multipart(
        signed,
        vec![Part::verbatim(entity), signature],
    ));
    let outer = Part::message(inner)
        .with_description("forwarded", Wording::EncodedWords)
        .unwrap();
    let sent = compose(&seven(), draft(outer)).unwrap();
    let expected = "Subject: x\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: message/rfc822\r\n\
        Content-Description: forwarded\r\n\
        \r\n\
        Subject: x\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
        micalg=sha-256; boundary=\"1#\"\r\n\
        \r\n\
        --1#\r\n\
        Content-Type: text/plain\r\n\
        \r\n\
        signed \r\n\
        \r\n\
        --1#\r\n\
        Content-Type: application/pkcs7-signature\r\n\
        Content-Transfer-Encoding: base64\r\n\
        \r\n\
        c2ln\r\n\
        --1#--\r\n";
    assert_text(&sent, &expected.replace('#', BOUNDARY));
}

#[test]
fn smtputf8_writes_fields_as_they_are_and_embeds_global_messages() {
    let inner = Header::new(Wording::Utf8)
        .with_subject("Gr\u{fc}\u{df}e")
        .unwrap();
    let inner = Part::message(Draft::new(inner, Part::plain("x")));
    let outer = Header::new(Wording::Utf8)
        .with_to(&[Address::new("J\u{f6}rg", "j\u{f6}rg@b\u{fc}cher.example")])
        .unwrap();
    let sent = compose(&eight().with_smtputf8(), Draft::new(outer, inner)).unwrap();
    assert_text(
        &sent,
        "To: J\u{f6}rg <j\u{f6}rg@b\u{fc}cher.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: message/global\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         Subject: Gr\u{fc}\u{df}e\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         Content-Transfer-Encoding: 7bit\r\n\
         \r\n\
         x",
    );
}

#[test]
fn flowed_text_is_broken_softly() {
    let words = "word ".repeat(20);
    let sent = compose(
        &seven(),
        draft(Part::flowed(format!("{words}end\n> quoted\n"))),
    )
    .unwrap();
    let first = "word ".repeat(15);
    let rest = "word ".repeat(5);
    let expected = format!(
        "Subject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; format=flowed; charset=us-ascii\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n{first}\r\n{rest}end\r\n> quoted\r\n"
    );
    assert_text(&sent, &expected);
}

#[test]
fn a_field_is_written_as_it_is_and_an_entity_can_be_the_message() {
    let field = RawField::new("X-Spam", "yes;\r\n\tscore=1").unwrap();
    let header = Header::new(Wording::EncodedWords)
        .with_field(&field)
        .unwrap();
    let entity = Part::verbatim("Content-Type: text/plain\r\n\r\nx");
    let sent = compose(&seven(), Draft::new(header, entity)).unwrap();
    assert_text(
        &sent,
        "X-Spam: yes;\r\n\tscore=1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nx",
    );
}
