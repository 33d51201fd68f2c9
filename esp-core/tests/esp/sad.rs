//! The database of inbound SAs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use esp_core::{Discard, InboundSa, OutboundSa, SaParams, Sad, SadError, Spi};

use crate::common::{ends, gcm, ip, ipv4, seal, tunnel4};

fn with_spi(spi: u32) -> SaParams {
    let key: Vec<u8> = (1..).take(20).collect();
    SaParams::new(Spi::new(spi).unwrap(), gcm(), &key, &[])
        .unwrap()
        .with_tunnel(tunnel4())
}

fn sa(spi: u32) -> (OutboundSa, Arc<InboundSa>) {
    let (outbound, inbound) = ends(&with_spi(spi));
    (outbound, Arc::new(inbound))
}

#[test]
fn packets_find_their_sa() {
    let sad = Sad::new(8);
    let mut reader = sad.reader();
    let ends: Vec<_> = (0..100).map(|slot| sa(0x5500_0000 + slot)).collect();
    for (_, inbound) in &ends {
        sad.insert(inbound.clone()).unwrap();
    }
    assert_eq!(sad.len(), 100);
    for (outbound, _) in &ends {
        let mut wire = seal(outbound, &ipv4(b"payload"));
        let opened = reader.open_packet(&mut wire).unwrap();
        assert_eq!(opened.spi, outbound.spi());
        assert_eq!(opened.inner, ipv4(b"payload"));
    }
}

#[test]
fn an_spi_is_compared_as_a_whole() {
    let sad = Sad::new(4);
    let mut reader = sad.reader();
    sad.insert(sa(0x5500_0003).1).unwrap();
    assert!(reader.inbound(Spi::new(0x5500_0003).unwrap()).is_some());
    assert!(reader.inbound(Spi::new(0x5500_0013).unwrap()).is_none());
    assert_eq!(sad.insert(sa(0x6600_0003).1), Err(SadError::Taken));
    let (outbound, _) = sa(0x6600_0003);
    let mut wire = seal(&outbound, &ipv4(b"x"));
    assert_eq!(reader.open_packet(&mut wire), Err(Discard::UnknownSpi));
    assert_eq!(reader.open_packet(&mut [0; 9]), Err(Discard::Malformed));
    assert_eq!(sad.audit().of(Discard::UnknownSpi), 1);
    assert_eq!(sad.audit().total(), 2);
}

#[test]
fn a_removed_sa_opens_nothing_more_for_anyone() {
    let sad = Sad::new(8);
    let mut reader = sad.reader();
    let (outbound, inbound) = sa(0x5500_0001);
    sad.insert(inbound.clone()).unwrap();
    let mut wire = seal(&outbound, &ipv4(b"x"));
    assert!(reader.open_packet(&mut wire.clone()).is_ok());
    assert!(sad.remove(outbound.spi()).is_some());
    assert!(sad.remove(outbound.spi()).is_none());
    assert_eq!(
        reader.open_packet(&mut wire.clone()),
        Err(Discard::UnknownSpi)
    );
    assert_eq!(inbound.open_packet(&mut wire), Err(Discard::Expired));
    drop(inbound);
    assert!(sad.is_empty());
    sad.insert(sa(0x5500_0001).1).unwrap();
    assert!(reader.inbound(outbound.spi()).is_some());
}

#[test]
fn reserved_spis_are_kept_until_the_database_is_full() {
    let provider = crypto_core::ring::provider();
    let sad = Sad::new(6);
    let mut spis: Vec<Spi> = (0..64)
        .map(|_| sad.reserve(&*provider.random).unwrap())
        .collect();
    assert_eq!(sad.reserve(&*provider.random), Err(SadError::Full));
    assert!(sad.reader().inbound(spis[0]).is_none());
    assert_eq!(
        sad.insert(sa(0x7700_0000).1).is_err(),
        spis[0].value() != 0x7700_0000
    );
    sad.insert(sa(spis[7].value()).1).unwrap();
    assert!(sad.remove(spis[8]).is_none(), "there was no SA yet");
    let again = sad.reserve(&*provider.random).unwrap();
    assert_eq!(again.value() % 64, spis[8].value() % 64);
    spis.sort();
    spis.dedup();
    assert_eq!(spis.len(), 64);
}

#[test]
fn a_reader_that_missed_many_changes_catches_up() {
    let sad = Sad::new(4);
    let (mut early, spi) = (sad.reader(), Spi::new(0x5500_0001).unwrap());
    for _ in 0..2_000 {
        sad.insert(sa(spi.value()).1).unwrap();
        sad.remove(spi).unwrap();
    }
    assert!(early.inbound(spi).is_none());
    sad.insert(sa(spi.value()).1).unwrap();
    assert!(early.inbound(spi).is_some());
}

#[test]
fn groups_are_found_by_the_longest_match() {
    let sad = Sad::new(4);
    let mut reader = sad.reader();
    let (group, one, other) = (ip("239.1.2.3"), ip("10.0.0.1"), ip("10.0.0.2"));
    let [unicast, any, own] = [0x5500_0001; 3].map(|spi| sa(spi).1);
    let spi = unicast.spi();
    sad.insert(unicast.clone()).unwrap();
    sad.insert_group(group, None, any.clone()).unwrap();
    sad.insert_group(group, Some(one), own.clone()).unwrap();
    let refused = sad.insert_group(group, None, any.clone());
    assert_eq!(refused, Err(SadError::Taken));
    for (destination, source, expected) in [
        (group, one, &own),
        (group, other, &any),
        (ip("10.0.0.9"), one, &unicast),
    ] {
        let found = reader.inbound_to(spi, destination, source).unwrap();
        assert!(std::ptr::eq(found, &raw const **expected));
    }
    sad.remove_group(spi, group, Some(one)).unwrap();
    let found = reader.inbound_to(spi, group, one).unwrap();
    assert!(std::ptr::eq(found, &raw const *any));
}

#[test]
fn a_batch_is_opened_in_order() {
    let sad = Sad::new(8);
    let mut reader = sad.reader();
    let ends: Vec<_> = (0..70).map(|slot| sa(0x5500_0000 + slot)).collect();
    for (_, inbound) in ends.iter().skip(1) {
        sad.insert(inbound.clone()).unwrap();
    }
    let mut wires: Vec<Vec<u8>> = ends
        .iter()
        .map(|(outbound, _)| seal(outbound, &ipv4(b"payload")))
        .collect();
    let mut packets: Vec<&mut [u8]> = wires.iter_mut().map(Vec::as_mut_slice).collect();
    let mut places = Vec::new();
    reader.open_batch(&mut packets, |place, result| {
        places.push(place);
        assert_eq!(result.is_ok(), place > 0);
    });
    assert!(places.into_iter().eq(0..70));
}

#[test]
fn a_batch_finds_what_each_packet_finds_alone() {
    let sad = Sad::new(8);
    let mut reader = sad.reader();
    let (ours, inbound) = sa(0x5500_0001);
    // Its slot is that of the first, its SPI is not.
    let (stranger, _) = sa(0x5600_0001);
    sad.insert(inbound).unwrap();
    for with_groups in [false, true] {
        if with_groups {
            let (_, member) = sa(0x5700_0001);
            sad.insert_group(ip("224.0.0.1"), None, member).unwrap();
        }
        let mut wires = [
            seal(&stranger, &ipv4(b"payload")),
            seal(&ours, &ipv4(b"payload")),
            vec![0; 40],
            seal(&ours, &ipv4(b"payload")),
        ];
        let mut packets: Vec<&mut [u8]> = wires.iter_mut().map(Vec::as_mut_slice).collect();
        let mut found = Vec::new();
        reader.open_batch(&mut packets, |_, result| {
            found.push(result.map(|opened| opened.spi.value()));
        });
        let (unknown, malformed) = (Err(Discard::UnknownSpi), Err(Discard::Malformed));
        let ours = Ok(0x5500_0001);
        assert_eq!(found, [unknown, ours, malformed, ours], "{with_groups}");
    }
}

#[test]
fn lookups_go_on_while_others_add_and_remove() {
    let sad = Sad::new(6);
    let (outbound, stays) = sa(0x5500_0000);
    sad.insert(stays).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 1..3 {
            let (sad, done) = (&sad, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    for slot in 1..20 {
                        let spi = 0x5500_0000 + thread * 20 + slot;
                        sad.insert(sa(spi).1).unwrap();
                        assert!(sad.remove(Spi::new(spi).unwrap()).is_some());
                    }
                }
            });
        }
        let mut reader = sad.reader();
        for _ in 0..5_000 {
            let mut wire = seal(&outbound, &ipv4(b"payload"));
            assert!(reader.open_packet(&mut wire).is_ok());
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(sad.len(), 1);
}
