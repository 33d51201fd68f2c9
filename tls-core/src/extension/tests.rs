//! Every extension: what is offered is read, what is answered is read, and no strict prefix of it is.

use alloc::{vec, vec::Vec};

use crypto_core::{Digest, Group};
use pki_types::ServerName;

use super::{
    alpn, certificate_authorities, cookie, key_share, pre_shared_key, pre_shared_key::PskIdentity,
    psk_key_exchange_modes, put, server_name, signature_algorithms, supported_groups,
    supported_versions,
};
use crate::wire::{ExtensionType, Extensions, Reader, SignatureScheme, U16List};

/// The body of the one extension that `write` writes.
fn body(kind: ExtensionType, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    let mut reader = Reader::new(&out);
    assert_eq!(reader.u16(), Ok(kind.0));
    let body = reader.vector16(0).unwrap().to_vec();
    assert!(reader.is_empty());
    body
}

/// Asserts that `read` takes the whole body, and neither a strict prefix of it nor more.
fn whole_or_nothing(body: &[u8], read: impl Fn(&[u8]) -> bool) {
    assert!(read(body));
    for len in 0..body.len() {
        assert!(!read(&body[..len]), "{len} octets of {}", body.len());
    }
    assert!(!read(&[body, &[0]].concat()), "an octet behind it");
}

fn octets_of(extensions: &[(ExtensionType, &[u8])]) -> Vec<u8> {
    let mut list = Vec::new();
    for (kind, body) in extensions {
        put(&mut list, *kind, |out| out.extend_from_slice(body));
    }
    [&u16::try_from(list.len()).unwrap().to_be_bytes()[..], &list].concat()
}

#[test]
fn server_name_is_read_as_it_was_offered() {
    let kind = ExtensionType::SERVER_NAME;
    for (name, sent) in [
        ("server.example", "server.example"),
        ("server.example.", "server.example"),
    ] {
        let name = ServerName::try_from(name).unwrap();
        let body = body(kind, |out| server_name::offer(&name, out));
        let read = server_name::read_offer(Some(&body)).unwrap().unwrap();
        assert_eq!(read.as_ref(), sent);
        whole_or_nothing(&body, |body| server_name::read_offer(Some(body)).is_ok());
    }
    let mut out = Vec::new();
    server_name::offer(&ServerName::try_from("192.0.2.1").unwrap(), &mut out);
    assert!(out.is_empty(), "addresses are never sent");
    whole_or_nothing(&[], |body| server_name::read_answer(Some(body)).is_ok());
    assert!(server_name::read_offer(None).unwrap().is_none());
}

#[test]
fn alpn_is_read_as_it_was_offered() {
    let kind = ExtensionType::ALPN;
    let names = [b"h2".to_vec(), b"http/1.1".to_vec()];
    let offer = body(kind, |out| alpn::offer(&names, out));
    let list = alpn::read_offer(Some(&offer)).unwrap().unwrap();
    assert_eq!(list.iter().collect::<Vec<_>>(), names);
    whole_or_nothing(&offer, |body| alpn::read_offer(Some(body)).is_ok());
    let chosen = alpn::choose(&names[1..], Some(list)).unwrap().unwrap();
    let answer = body(kind, |out| alpn::answer(chosen, out));
    assert_eq!(
        alpn::read_answer(&names, Some(&answer)).unwrap(),
        Some(&b"http/1.1"[..])
    );
    whole_or_nothing(&answer, |body| {
        alpn::read_answer(&names, Some(body)).is_ok()
    });
    assert!(
        alpn::read_answer(&names, Some(&offer)).is_err(),
        "an answer is one name"
    );
    let mut none = Vec::new();
    alpn::offer(&[], &mut none);
    assert!(none.is_empty());
}

#[test]
fn groups_schemes_and_versions_are_read_as_they_were_offered() {
    let groups = [Group::X25519, Group(0xfafa)];
    let offer = body(ExtensionType::SUPPORTED_GROUPS, |out| {
        supported_groups::offer(&groups, out)
    });
    let read = supported_groups::read_offer(Some(&offer)).unwrap();
    assert_eq!(read.iter().map(Group).collect::<Vec<_>>(), groups);
    whole_or_nothing(&offer, |body| {
        supported_groups::read_offer(Some(body)).is_ok()
    });
    whole_or_nothing(&offer, |body| {
        supported_groups::read_answer(Some(body)).is_ok()
    });
    assert!(supported_groups::read_offer(None).is_err());

    let schemes = [SignatureScheme::ED25519, SignatureScheme(0xfafa)];
    let kind = ExtensionType::SIGNATURE_ALGORITHMS;
    let offer = body(kind, |out| signature_algorithms::offer(&schemes, out));
    let read = signature_algorithms::read_offer(Some(&offer)).unwrap();
    assert_eq!(
        read.iter().map(SignatureScheme).collect::<Vec<_>>(),
        schemes
    );
    whole_or_nothing(&offer, |body| {
        signature_algorithms::read_offer(Some(body)).is_ok()
    });
    whole_or_nothing(&offer, |body| {
        signature_algorithms::read_offer_cert(Some(body)).is_ok()
    });

    let offer = body(ExtensionType::SUPPORTED_VERSIONS, supported_versions::offer);
    whole_or_nothing(&offer, |body| {
        supported_versions::read_offer(Some(body)).is_ok()
    });
    let answer = body(
        ExtensionType::SUPPORTED_VERSIONS,
        supported_versions::answer,
    );
    whole_or_nothing(&answer, |body| {
        supported_versions::read_answer(Some(body)).is_ok()
    });
}

#[test]
fn a_cookie_comes_back_as_it_was_given() {
    let given = body(ExtensionType::COOKIE, |out| cookie::answer(b"crumbs", out));
    assert_eq!(
        cookie::read_answer(Some(&given)).unwrap(),
        Some(&b"crumbs"[..])
    );
    let back = body(ExtensionType::COOKIE, |out| cookie::offer(b"crumbs", out));
    assert_eq!(given, back);
    whole_or_nothing(&back, |body| cookie::read_offer(Some(body)).is_ok());
    assert!(
        cookie::read_offer(Some(&[0, 0])).is_err(),
        "an empty cookie"
    );
}

#[test]
fn authorities_are_read_as_they_were_offered() {
    let kind = ExtensionType::CERTIFICATE_AUTHORITIES;
    let names = [vec![0x30, 0], vec![0x30, 1, 7]];
    let offer = body(kind, |out| certificate_authorities::offer(&names, out));
    assert_eq!(
        certificate_authorities::read_offer(Some(&offer)).unwrap(),
        names
    );
    whole_or_nothing(&offer, |body| {
        certificate_authorities::read_offer(Some(body)).is_ok()
    });
    assert!(
        certificate_authorities::read_offer(None)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn shares_stand_in_the_order_of_their_groups_and_once() {
    let kind = ExtensionType::KEY_SHARE;
    let answer = body(kind, |out| key_share::answer(Group::X25519, &[7; 32], out));
    assert_eq!(
        key_share::read_answer(Some(&answer)).unwrap(),
        (Group::X25519, &[7; 32][..])
    );
    whole_or_nothing(&answer, |body| key_share::read_answer(Some(body)).is_ok());
    let retry = body(kind, |out| key_share::answer_retry(Group::SECP384R1, out));
    assert_eq!(
        key_share::read_answer_retry(Some(&retry)).unwrap(),
        Some(Group::SECP384R1)
    );
    whole_or_nothing(&retry, |body| {
        key_share::read_answer_retry(Some(body)).is_ok()
    });

    let groups = U16List::new(&[0, 1, 0, 2, 0, 3]).unwrap();
    let shares = |order: &[u8]| {
        let entries: Vec<u8> = order
            .iter()
            .flat_map(|group| [0, *group, 0, 1, *group])
            .collect();
        [
            &u16::try_from(entries.len()).unwrap().to_be_bytes()[..],
            &entries,
        ]
        .concat()
    };
    for (order, fine) in [
        (&[][..], true),
        (&[1], true),
        (&[1, 2, 3], true),
        (&[1, 3], true),
        (&[3, 1], false),
        (&[1, 1], false),
        (&[4], false),
    ] {
        let offer = shares(order);
        let read = key_share::read_offer(&offer, groups);
        assert_eq!(read.is_ok(), fine, "{order:?}");
        if let Ok(shares) = read {
            assert_eq!(shares.iter().count(), order.len());
            assert_eq!(shares.get(Group(2)).is_some(), order.contains(&2));
        }
    }
    whole_or_nothing(&shares(&[1, 2]), |body| {
        key_share::read_offer(body, groups).is_ok()
    });
}

#[test]
fn a_psk_is_offered_last_with_a_binder_in_the_room_left_for_it() {
    let kind = ExtensionType::PRE_SHARED_KEY;
    let psk = PskIdentity {
        identity: b"ticket",
        obfuscated_ticket_age: 0x0102_0304,
    };
    let mut offer = body(kind, |out| pre_shared_key::offer(psk, 32, out));
    pre_shared_key::bind(&mut offer, &Digest::new(&[9; 32]).unwrap());
    let read = |body: &[u8]| {
        let octets = octets_of(&[(kind, body)]);
        let extensions = Extensions::parse(&mut Reader::new(&octets)).unwrap();
        let offer = pre_shared_key::read_offer(extensions).map(Option::unwrap);
        offer.map(|offer| {
            assert_eq!(offer.binders_len(), pre_shared_key::binders_len(32));
            let (identity, binder) = offer.iter().next().unwrap();
            assert_eq!((identity, binder), (psk, &[9; 32][..]));
            assert_eq!(offer.iter().count(), 1);
        })
    };
    whole_or_nothing(&offer, |body| read(body).is_ok());

    let octets = octets_of(&[(kind, &offer), (ExtensionType::COOKIE, b"")]);
    let extensions = Extensions::parse(&mut Reader::new(&octets)).unwrap();
    assert!(
        pre_shared_key::read_offer(extensions).is_err(),
        "it must be the last"
    );

    let answer = body(kind, |out| pre_shared_key::answer(7, out));
    assert_eq!(pre_shared_key::read_answer(Some(&answer)).unwrap(), Some(7));
    whole_or_nothing(&answer, |body| {
        pre_shared_key::read_answer(Some(body)).is_ok()
    });
}

#[test]
fn of_the_psk_modes_only_the_one_with_key_agreement_is_spoken() {
    use psk_key_exchange_modes::{Modes, offer, read_offer};
    let sent = body(ExtensionType::PSK_KEY_EXCHANGE_MODES, offer);
    assert_eq!(read_offer(Some(&sent)).unwrap(), Modes::DheKe);
    assert_eq!(read_offer(Some(&[1, 0])).unwrap(), Modes::Others);
    assert_eq!(read_offer(Some(&[2, 0, 1])).unwrap(), Modes::DheKe);
    assert_eq!(read_offer(None).unwrap(), Modes::Absent);
    whole_or_nothing(&sent, |body| read_offer(Some(body)).is_ok());
}
