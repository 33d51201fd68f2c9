//! What is valid and yet not accepted, and what the key says.

use dkim_core::{
    BodyLength, Class, Reason, SignerConfig, VerifierConfig,
    canon::Canonicalization,
    wire::{KeyError, KeyRecord, Malformed},
};

use crate::host::{
    MESSAGE, NOW, Zone, config, ed25519, identity, provider, rsa, sign, verify, verify_chunks,
};

/// A signed message, with its zone.
fn signed(change: impl Fn(SignerConfig) -> SignerConfig) -> (Zone, String) {
    let mut zone = Zone::new();
    let identities = vec![identity("sel", &ed25519(), &mut zone)];
    let signer = change(SignerConfig::new(provider(), identities).unwrap());
    let fields = sign(signer, MESSAGE).unwrap();
    (zone, fields + MESSAGE)
}

fn same(config: SignerConfig) -> SignerConfig {
    config
}

fn one(config: VerifierConfig, zone: &Zone, message: &str) -> Result<(), Reason> {
    let results = verify(config, zone, message).results();
    assert_eq!(results.len(), 1);
    results[0].clone()
}

#[test]
fn a_second_from_that_is_not_signed_is_refused_unless_it_was_oversigned() {
    let (zone, message) = signed(|config| config.with_fields(&["From", "Subject"], &[]).unwrap());
    let twice = format!("From: Eve <eve@example.net>\r\n{message}");
    let reason = Reason::UnsignedDuplicate("From".into());
    assert_eq!(one(config(), &zone, &twice), Err(reason));
    assert_eq!(
        one(config().with_unsigned_duplicates(), &zone, &twice),
        Ok(())
    );
    let (zone, message) = signed(same);
    let twice = format!("From: Eve <eve@example.net>\r\n{message}");
    let lax = config().with_unsigned_duplicates();
    assert_eq!(one(lax, &zone, &twice), Err(Reason::SignatureMismatch));
}

#[test]
fn required_fields_must_be_signed_where_the_message_has_them() {
    let (zone, message) = signed(|config| config.with_fields(&["From"], &[]).unwrap());
    let strict = || config().with_required_fields(&["Subject", "Cc"]);
    assert_eq!(
        one(strict(), &zone, &message),
        Err(Reason::FieldNotSigned("Subject".into()))
    );
    let (zone, message) = signed(|config| config.with_fields(&["From", "subject"], &[]).unwrap());
    assert_eq!(one(strict(), &zone, &message), Ok(()));
}

#[test]
fn a_body_length_counts_canonical_octets_and_its_worth_is_the_hosts_choice() {
    let (zone, message) = signed(SignerConfig::with_body_length);
    let longer = format!("{message}More.\r\n");
    let shorter = message.replace("Joe.\r\n", "");
    let with = |policy| config().with_body_length(policy);
    for policy in [BodyLength::Whole, BodyLength::Part] {
        assert_eq!(one(with(policy), &zone, &message), Ok(()));
        assert_eq!(
            one(with(policy), &zone, &shorter),
            Err(Reason::BodyTooShort)
        );
    }
    assert_eq!(
        one(with(BodyLength::Refuse), &zone, &message),
        Err(Reason::BodyLength)
    );
    let refused = one(with(BodyLength::Whole), &zone, &longer);
    assert_eq!(
        refused,
        Err(Reason::UnsignedBody(9)),
        "an empty line was cut off, and is back"
    );
    let outcome = verify(with(BodyLength::Part), &zone, &longer);
    assert_eq!(outcome.results(), [Ok(())]);
    let coverage = outcome.verdicts[0].coverage.unwrap();
    assert_eq!((coverage.signed, coverage.total), (34, 43));
}

#[test]
fn a_length_of_zero_is_not_no_length() {
    let mut zone = Zone::new();
    let key = ed25519();
    let identities = vec![identity("sel", &key, &mut zone)];
    let signer = SignerConfig::new(provider(), identities)
        .unwrap()
        .with_body_length();
    let (header, _) = MESSAGE.split_once("\r\n\r\n").unwrap();
    let empty = format!("{header}\r\n\r\n");
    let message = sign(signer, &empty).unwrap() + &empty;
    assert!(message.contains("l=0;"));
    assert_eq!(one(config(), &zone, &message), Ok(()));
    let more = format!("{message}x");
    assert_eq!(one(config(), &zone, &more), Err(Reason::UnsignedBody(3)));
}

#[test]
fn signatures_expire_and_come_from_the_past() {
    let (zone, message) = signed(|config| config.with_lifetime(1000));
    let at = |now, config| verify_chunks(config, now, &zone, [message.as_bytes()]).results();
    assert_eq!(at(NOW + 1300, config()), [Ok(())]);
    assert_eq!(at(NOW + 1301, config()), [Err(Reason::Expired)]);
    assert_eq!(at(NOW + 1301, config().with_expired_signatures()), [Ok(())]);
    assert_eq!(at(NOW - 300, config()), [Ok(())]);
    assert_eq!(at(NOW - 301, config()), [Err(Reason::SignedInFuture)]);
    assert_eq!(
        at(NOW + 1001, config().with_clock_skew(0)),
        [Err(Reason::Expired)]
    );
}

#[test]
fn a_key_limits_what_it_is_used_for() {
    let (zone, message) = signed(same);
    let (name, record) = zone.first_key_value().unwrap();
    let with = |tags: &str| {
        let record = record.replace("v=DKIM1;", &format!("v=DKIM1; {tags};"));
        one(config(), &Zone::from([(name.clone(), record)]), &message)
    };
    assert_eq!(with("n=note"), Ok(()));
    assert_eq!(with("h=sha1"), Err(Reason::KeyHash));
    assert_eq!(with("s=tlsrpt"), Err(Reason::KeyService));
    assert_eq!(with("t=s"), Ok(()));
    let revoked = Zone::from([(name.clone(), "v=DKIM1; p=".to_owned())]);
    assert_eq!(
        one(config(), &revoked, &message),
        Err(KeyError::Revoked.into())
    );
    let other = Zone::from([(name.clone(), KeyRecord::text(&*rsa()).unwrap())]);
    assert_eq!(one(config(), &other, &message), Err(Reason::KeyType));
    let wrong = Zone::from([(name.clone(), KeyRecord::text(&*ed25519()).unwrap())]);
    assert_eq!(
        one(config(), &wrong, &message),
        Err(Reason::SignatureMismatch)
    );
    let broken = Zone::from([(name.clone(), "v=DKIM1; p=*".to_owned())]);
    assert_eq!(
        one(config(), &broken, &message),
        Err(KeyError::from(Malformed::Value("p")).into())
    );
    assert_eq!(one(config(), &Zone::new(), &message), Err(Reason::NoKey));
}

#[test]
fn a_strict_key_allows_no_subdomain_and_a_testing_one_is_told() {
    let mut zone = Zone::new();
    let own = identity("sel", &ed25519(), &mut zone)
        .with_identity("joe@sub.example.org")
        .unwrap();
    let signer = SignerConfig::new(provider(), vec![own]).unwrap();
    let message = sign(signer, MESSAGE).unwrap() + MESSAGE;
    assert_eq!(one(config(), &zone, &message), Ok(()));
    zone.values_mut().for_each(|record| *record += "; t=y:s");
    let outcome = verify(config(), &zone, &message);
    assert_eq!(outcome.results(), [Err(Reason::StrictIdentity)]);
    assert!(outcome.verdicts[0].key.unwrap().testing);
}

#[test]
fn short_keys_are_never_valid_and_longer_ones_may_be_asked_for() {
    let (zone, message) = crate::vectors::rfc6376();
    let asked = config().with_min_rsa_bits(2048);
    let reason = one(asked, &zone, &message).unwrap_err();
    assert_eq!(
        (reason.class(), reason),
        (Class::Policy, Reason::ShortKey(1024))
    );
    assert_eq!(Reason::ShortKey(1023).class(), Class::PermError);
    assert_eq!(
        one(config().with_min_rsa_bits(512), &zone, &message),
        Ok(())
    );
}

#[test]
fn what_breaks_a_rule_of_the_field_costs_no_lookup() {
    let (zone, message) = signed(same);
    for (from, to, class) in [
        ("v=1;", "v=2;", Class::PermError),
        ("v=1;", "v=1; v=1;", Class::Neutral),
        ("a=ed25519-sha256", "a=rsa-sha1", Class::PermError),
        ("h=From", "h=X-From", Class::Neutral),
        ("d=example.org", "d=org", Class::Neutral),
        ("c=relaxed", "c=strict", Class::PermError),
    ] {
        // The only names left in h= are those that the change leaves.
        let changed = message.replacen(from, to, 1);
        let changed = if to == "h=X-From" {
            changed.replacen("From:From", "From:;From", 1)
        } else {
            changed
        };
        let changed = changed.replacen("X-From:From:", "X-From:;", 1);
        let outcome = verify(config(), &zone, &changed);
        assert_eq!(outcome.verdicts.len(), 1);
        assert_eq!(
            outcome.verdicts[0].class(),
            class,
            "{to}: {:?}",
            outcome.verdicts[0]
        );
        assert!(outcome.names.is_empty(), "{to}");
    }
}

#[test]
fn every_canonicalization_verifies() {
    for header in [Canonicalization::Simple, Canonicalization::Relaxed] {
        for body in [Canonicalization::Simple, Canonicalization::Relaxed] {
            let (zone, message) = signed(|config| config.with_canonicalization(header, body));
            assert_eq!(one(config(), &zone, &message), Ok(()));
            let spaced = message.replace("lost  the", "lost the");
            let expected = match body {
                Canonicalization::Simple => Err(Reason::BodyMismatch),
                Canonicalization::Relaxed => Ok(()),
            };
            assert_eq!(one(config(), &zone, &spaced), expected);
        }
    }
}
