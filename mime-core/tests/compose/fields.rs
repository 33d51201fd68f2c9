//! What strangers put into fields stays where it was put.

use mime_core::compose::Config;
use mime_core::compose::{
    Address, Disposition, Draft, Header, Mailbox, MediaType, Misuse, Part, Profile, RawField,
    Wording,
};

use crate::driving::{compose, draft, media_type, seven};

/// Attempts to end a field, a header or a line.
const ATTACKS: [&str; 9] = [
    "x\r\nBcc: evil@example.org",
    "x\nBcc: evil@example.org",
    "x\rBcc: evil@example.org",
    "x\r\n\r\n<script>",
    "x\n\nbody",
    "\r\n",
    "x\r\n ",
    "x\0",
    "x\u{7f}",
];

fn header() -> Header {
    Header::new(Wording::EncodedWords)
}

#[test]
fn no_constructor_lets_a_line_break_or_a_control_through() {
    for attack in ATTACKS {
        let address = format!("{attack}@example.org");
        let domain = format!("a@{attack}");
        let mailbox = Mailbox {
            name: "",
            address: &domain,
        };
        let named = Mailbox {
            name: attack,
            address: "a@b",
        };
        let kind = format!("text/{attack}");
        let refused = [
            header().with_subject(attack).is_err(),
            header().with_text("X-Text", attack).is_err(),
            header().with_text(attack, "x").is_err(),
            header().with_addresses(attack, &["a@b".into()]).is_err(),
            header().with_from(&[Address::new(attack, "a@b")]).is_err(),
            header().with_from(&[Address::new("", &address)]).is_err(),
            header().with_to(&[Address::Mailbox(mailbox)]).is_err(),
            header().with_to(&[Address::group(attack, &[])]).is_err(),
            header()
                .with_to(&[Address::group("g", &[mailbox])])
                .is_err(),
            header().with_to(&[Address::group("g", &[named])]).is_err(),
            header().with_message_id(&address).is_err(),
            header().with_message_id(&domain).is_err(),
            header()
                .with_message_ids("References", &["a@b", &domain])
                .is_err(),
            header().with_date_field(attack, 0, None).is_err(),
            RawField::new("X-Raw", attack).is_err(),
            RawField::new(attack, "x").is_err(),
            MediaType::new(&kind).is_err(),
            media_type("a/b").with(attack, "x").is_err(),
            media_type("a/b").with("x", attack).is_err(),
            Disposition::new(attack).is_err(),
            Disposition::inline().with(attack, "x").is_err(),
            Disposition::attachment().with_filename(attack).is_err(),
            Part::plain("").with_content_id(&domain).is_err(),
            Part::plain("")
                .with_description(attack, Wording::Utf8)
                .is_err(),
        ];
        assert_eq!(refused, [true; 24], "{attack:?}");
    }
}

#[test]
fn what_the_composer_writes_nobody_else_does() {
    for name in ["Content-Type", "content-transfer-encoding", "MIME-Version"] {
        let field = RawField::new(name, "x").unwrap();
        assert_eq!(header().with_field(&field).unwrap_err(), Misuse::Reserved);
        assert_eq!(header().with_text(name, "x").unwrap_err(), Misuse::Reserved);
        assert_eq!(
            Part::plain("").with_field(&field).unwrap_err(),
            Misuse::Reserved
        );
    }
}

#[test]
fn a_field_that_occurs_once_is_written_once() {
    let twice = header()
        .with_subject("x")
        .unwrap()
        .with_text("SUBJECT", "y");
    assert_eq!(twice.unwrap_err(), Misuse::Duplicate);
    let inline = Disposition::inline();
    let twice = Part::plain("")
        .with_disposition(&inline)
        .unwrap()
        .with_disposition(&inline);
    assert_eq!(twice.unwrap_err(), Misuse::Duplicate);
    let described = header().with_text("Content-Description", "x").unwrap();
    let part = Part::plain("")
        .with_description("y", Wording::EncodedWords)
        .unwrap();
    let collision = compose(&seven(), Draft::new(described, part));
    assert_eq!(collision, Err(Misuse::Duplicate), "on both sides");
}

#[test]
fn utf_8_in_fields_needs_smtputf8_which_needs_8bitmime() {
    let message = || {
        let header = Header::new(Wording::Utf8).with_subject("\u{e9}").unwrap();
        Draft::new(header, Part::plain("x"))
    };
    let inside = || draft(Part::mixed(vec![Part::message(message())]));
    let described = || {
        let part = Part::plain("x").with_description("\u{e9}", Wording::Utf8);
        draft(Part::mixed(vec![part.unwrap()]))
    };
    for message in [&message as &dyn Fn() -> Draft, &inside, &described] {
        let eight = Config::new(Profile::EightBitMime);
        assert_eq!(compose(&eight, message()), Err(Misuse::NotAscii));
        assert!(compose(&eight.with_smtputf8(), message()).is_ok());
        let seven = seven().with_smtputf8();
        assert_eq!(compose(&seven, message()), Err(Misuse::Utf8NeedsEightBit));
    }
}

#[test]
fn a_body_and_its_media_type_suit_each_other() {
    let wrong = [
        Part::text(media_type("multipart/mixed"), "x"),
        Part::octets(media_type("Multipart/x"), "x"),
        Part::octets(media_type("message/rfc822"), "x"),
        Part::text(media_type("MESSAGE/GLOBAL"), "x"),
        Part::multipart(media_type("text/plain"), vec![Part::plain("x")]),
    ];
    for part in wrong {
        assert_eq!(compose(&seven(), draft(part)), Err(Misuse::WrongMediaType));
    }
    assert!(
        compose(
            &seven(),
            draft(Part::text(media_type("message/delivery-status"), "x"))
        )
        .is_ok()
    );
    assert_eq!(
        compose(&seven(), draft(Part::mixed(vec![]))),
        Err(Misuse::EmptyMultipart)
    );
    let field = RawField::new("X-A", "b").unwrap();
    let verbatim = Part::verbatim("").with_field(&field);
    assert_eq!(verbatim.unwrap_err(), Misuse::VerbatimHeader);
}
