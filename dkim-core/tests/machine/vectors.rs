//! Messages with signatures of others: appendix A of RFC 6376 and of RFC 8463.

use crate::host::{Zone, config, verify, verify_chunks};
use dkim_core::{Reason, wire::Algorithm};

/// Records, an empty line, a message; lines end with LF in the file and with CRLF in mail.
pub(crate) fn split(vector: &str) -> (Zone, String) {
    let (records, message) = vector.split_once("\n\n").unwrap();
    let pair = |line: &str| {
        let (name, record) = line.split_once(' ').unwrap();
        (name.to_owned(), record.to_owned())
    };
    (
        records.lines().map(pair).collect(),
        message.replace('\n', "\r\n"),
    )
}

pub(crate) fn rfc6376() -> (Zone, String) {
    split(include_str!("../vectors/rfc6376_a.txt"))
}

pub(crate) fn rfc8463() -> (Zone, String) {
    split(include_str!("../vectors/rfc8463_a.txt"))
}

#[test]
fn rfc_6376_appendix_a_passes() {
    let (zone, message) = rfc6376();
    let outcome = verify(config(), &zone, &message);
    assert_eq!(outcome.results(), [Ok(())]);
    let verdict = &outcome.verdicts[0];
    assert_eq!(verdict.key.unwrap().bits, 1024);
    let signature = verdict.signature.as_ref().unwrap();
    assert_eq!(
        signature.identity.as_deref(),
        Some("joe@football.example.com")
    );
    assert_eq!(outcome.end, Some(Ok(())));
    assert_eq!(outcome.bare, None);
}

#[test]
fn rfc_8463_appendix_a_passes_twice() {
    let (zone, message) = rfc8463();
    let outcome = verify(config(), &zone, &message);
    assert_eq!(outcome.results(), [Ok(()), Ok(())]);
    let algorithms: Vec<_> = outcome
        .verdicts
        .iter()
        .map(|verdict| verdict.signature.as_ref().unwrap().algorithm)
        .collect();
    assert_eq!(algorithms, [Algorithm::Ed25519Sha256, Algorithm::RsaSha256]);
}

#[test]
fn no_octet_of_what_is_signed_can_change() {
    let (zone, message) = rfc6376();
    for at in 0..message.len() {
        let mut wrong = message.clone().into_bytes();
        wrong[at] ^= 0x02;
        let outcome = verify_chunks(config(), crate::host::NOW, &zone, [&wrong[..]]);
        let passes = outcome.results() == [Ok(())];
        // Of the header that is simple, every octet is signed; the case of the names in h= and of the name of the
        // signature itself does not matter to the choice of fields, but is signed too.
        assert!(!passes, "octet {at} changed and it passes");
    }
}

#[test]
fn a_body_that_changed_is_told_from_a_header_that_changed() {
    let (zone, message) = rfc8463();
    let body = message.replace("game", "match");
    let expected = [Err(Reason::BodyMismatch), Err(Reason::BodyMismatch)];
    assert_eq!(verify(config(), &zone, &body).results(), expected);
    let header = message.replace("dinner", "supper");
    let expected = [
        Err(Reason::SignatureMismatch),
        Err(Reason::SignatureMismatch),
    ];
    assert_eq!(verify(config(), &zone, &header).results(), expected);
}

#[test]
fn white_space_changes_nothing_that_is_relaxed() {
    let (zone, message) = rfc8463();
    let other = message
        .replace("Subject: Is", "SUBJECT :\r\n\tIs")
        .replace("We lost the game.  Are", "We \t lost the game. Are")
        .replace("Joe.\r\n\r\n", "Joe.\t \r\n \r\n\r\n\r\n");
    assert_eq!(verify(config(), &zone, &other).results(), [Ok(()), Ok(())]);
}

#[test]
fn a_line_end_that_became_bare_is_a_change() {
    let (zone, message) = rfc8463();
    for (from, to) in [
        ("Hi.\r\n", "Hi.\n"),
        ("Hi.\r\n", "Hi.\r\r\n"),
        ("Joe.\r\n\r\n", "Joe.\r\n\n"),
    ] {
        let outcome = verify(config(), &zone, &message.replace(from, to));
        assert_eq!(
            outcome.results(),
            [Err(Reason::BodyMismatch), Err(Reason::BodyMismatch)]
        );
        assert!(outcome.bare.unwrap().first.is_some());
    }
}
