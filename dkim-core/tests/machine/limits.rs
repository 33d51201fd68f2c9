//! Each limit at its value and one beyond.

use dkim_core::{Class, Error, Limits, Reason, SignerConfig};

use crate::host::{MESSAGE, Zone, config, ed25519, identity, provider, rsa, sign, verify};
use crate::vectors::rfc6376;

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn octets_and_fields_of_the_header() {
    let header = MESSAGE.split_once("\r\n\r\n").unwrap().0.len() + 2;
    let with = |octets, fields| {
        let limits = limits(|limits| (limits.max_header, limits.max_fields) = (octets, fields));
        verify(config().with_limits(limits), &Zone::new(), MESSAGE).end
    };
    assert_eq!(with(header, 4), Some(Ok(())));
    assert_eq!(with(header - 1, 4), Some(Err(Error::HeaderTooLong)));
    assert_eq!(with(header, 3), Some(Err(Error::TooManyFields)));
}

#[test]
fn signatures_beyond_the_limit_cost_nothing_and_are_told() {
    let (zone, message) = rfc6376();
    let (field, _) = message.split_once("Received:").unwrap();
    let three = format!("{field}{field}{message}");
    let with = |most| {
        let limits = limits(|limits| limits.max_signatures = most);
        verify(config().with_limits(limits), &zone, &three)
    };
    assert_eq!(with(3).results(), [Ok(()), Ok(()), Ok(())]);
    let outcome = with(2);
    assert_eq!(
        outcome.results(),
        [Ok(()), Ok(()), Err(Reason::TooManySignatures)]
    );
    assert!(with(0).names.is_empty());
}

#[test]
fn octets_of_a_signature_and_names_in_it() {
    let (zone, message) = rfc6376();
    let (field, _) = message.split_once("Received:").unwrap();
    let with = |octets, names| {
        let limits = limits(|limits| {
            (limits.max_signature_field, limits.max_signed_fields) = (octets, names);
        });
        verify(config().with_limits(limits), &zone, &message).results()
    };
    assert_eq!(with(field.len(), 6), [Ok(())]);
    assert_eq!(with(field.len() - 1, 6), [Err(Reason::FieldTooLong)]);
    assert_eq!(with(field.len(), 5), [Err(Reason::TooManySignedFields)]);
}

#[test]
fn octets_of_a_record_and_bits_of_a_key() {
    let mut zone = Zone::new();
    let identities = vec![identity("sel", &rsa(), &mut zone)];
    let signer = SignerConfig::new(provider(), identities).unwrap();
    let message = sign(signer, MESSAGE).unwrap() + MESSAGE;
    let record = zone.values().next().unwrap().len();
    let with = |octets, bits| {
        let limits = limits(|limits| (limits.max_key_record, limits.max_rsa_bits) = (octets, bits));
        verify(config().with_limits(limits), &zone, &message).results()
    };
    assert_eq!(with(record, 2048), [Ok(())]);
    assert_eq!(with(record - 1, 2048), [Err(Reason::KeyTooLong)]);
    assert_eq!(with(record, 2047), [Err(Reason::LongKey(2048))]);
    assert_eq!(Reason::LongKey(2048).class(), Class::Policy);
}

#[test]
fn a_signer_has_the_limits_of_the_header_too() {
    let mut zone = Zone::new();
    let signer = |fields| {
        let identities = vec![identity("sel", &ed25519(), &mut Zone::new())];
        let limits = limits(|limits| limits.max_fields = fields);
        SignerConfig::new(provider(), identities)
            .unwrap()
            .with_limits(limits)
    };
    zone.clear();
    assert!(sign(signer(4), MESSAGE).is_ok());
    assert_eq!(sign(signer(3), MESSAGE), Err(Error::TooManyFields));
}
