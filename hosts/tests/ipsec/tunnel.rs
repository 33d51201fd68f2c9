//! Two hosts of ours.

use std::{collections::BTreeSet, thread, time::Duration};

use crate::{
    host::{Ended, Host, Kind, instant, set_routes, write_configs},
    net::{Net, is_wanted},
    relay::{Faults, Relay},
    traffic::{numbered, ping, stream},
};

const MEBIBYTE: usize = 1 << 20;

/// One of a hundred is lost, and more happens to others.
const SPOILED: Faults = Faults {
    lost: 10,
    doubled: 20,
    altered: 5,
    late: 50,
};

struct Pair {
    net: Net,
    relay: Relay,
    hosts: [Host; 2],
    configs: [std::path::PathBuf; 2],
    _folder: tempfile::TempDir,
}

impl Pair {
    fn start(kind: Kind, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let net = Net::new();
        let relay = Relay::start(&net, 7);
        let configs = write_configs(folder.path(), more);
        let hosts = [("a", &configs[0]), ("b", &configs[1])].map(|(place, config)| {
            let host = Host::start(&net, place, kind, config);
            set_routes(&net, place);
            host
        });
        Self {
            net,
            relay,
            hosts,
            configs,
            _folder: folder,
        }
    }
}

/// What left one host and did not reach the other is accounted for, by the link and by the other's counters.
fn assert_adds_up(relay: &Relay, from: usize, sender: &Ended, receiver: &Ended) {
    let way = relay.way(from);
    let context = format!("{sender:?}\n{receiver:?}");
    assert_eq!(sender.count("/out/unsent"), 0, "{context}");
    assert_eq!(sender.count("/out/packets"), way.received, "{context}");
    assert_eq!(sender.count("/out/keepalives"), way.others, "{context}");
    assert_eq!(way.reused, 0, "{context}");
    assert_eq!(receiver.count("/in/datagrams"), way.sent, "{context}");
    assert_eq!(receiver.count("/in/keepalives"), way.others, "{context}");
    let (lost, altered) = (way.lost.len() as u64, way.altered.len() as u64);
    assert_eq!(
        receiver.count("/in/packets"),
        way.received - lost - altered,
        "{context}"
    );
    let refused = "/in/discarded";
    assert_eq!(
        receiver.count(&format!("{refused}/replayed"))
            + receiver.count(&format!("{refused}/too_old")),
        way.doubled + way.replayed,
        "{context}"
    );
    assert_eq!(receiver.count(&format!("{refused}/not_authentic")), altered);
    assert_eq!(
        receiver.sum(refused),
        way.doubled + way.replayed + altered,
        "{context}"
    );
}

fn a_tunnel_carries_what_it_should(kind: Kind) {
    let Pair {
        net,
        relay,
        hosts,
        _folder,
        ..
    } = Pair::start(kind, "keepalive = 0");

    // A good link: everything comes through, up to the MTU, in both families.
    assert_eq!(ping(&net, "a", "10.2.0.1", 10, &[]), 10);
    assert_eq!(ping(&net, "b", "fd00:1::1", 10, &["-s", "1300"]), 10);
    // Longer packets arrive in fragments of the inner protocol.
    assert_eq!(ping(&net, "a", "10.2.0.1", 3, &["-s", "4000"]), 3);
    stream(&net, "a", ("b", "10.2.0.1:7001"), 16 * MEBIBYTE);
    stream(&net, "b", ("a", "[fd00:1::1]:7002"), 16 * MEBIBYTE);

    // A bad link: TCP gets through, and of numbered datagrams exactly those that the link spoiled are missing.
    relay.spoil(SPOILED);
    let gone = || {
        let way = relay.way(0);
        way.lost.len() + way.altered.len()
    };
    let begun = gone();
    let numbers = numbered(&net, 20_000, gone);
    let distinct: BTreeSet<u32> = numbers.iter().copied().collect();
    assert_eq!(numbers.len(), distinct.len(), "delivered twice");
    let spoiled = gone() - begun;
    assert!((200..400).contains(&spoiled), "{spoiled}");
    assert_eq!(numbers.len(), 20_000 - spoiled);
    assert!(!numbers.is_sorted(), "nothing was reordered");
    stream(&net, "a", ("b", "10.2.0.1:7003"), 2 * MEBIBYTE);
    stream(&net, "b", ("a", "10.1.0.1:7004"), 2 * MEBIBYTE);

    // What was seen before is refused, however it is sent again.
    relay.spoil(Faults::default());
    let before = relay.way(0).received;
    relay.replay(0, 3);
    relay.replay(1, 3);
    // The window moves beyond all that was spoiled.
    assert_eq!(numbered(&net, 3000, gone).len(), 3000);
    assert!(relay.way(0).received >= before + 3000);

    let [a, b] = hosts.map(Host::end);
    assert_eq!([a.status, b.status], [Some(0); 2], "{a:?} {b:?}");
    assert_adds_up(&relay, 0, &a, &b);
    assert_adds_up(&relay, 1, &b, &a);
    assert_eq!(b.count("/in/lost"), gone() as u64);
}

#[test]
fn a_tunnel_on_threads_carries_what_it_should() {
    if is_wanted("a tunnel on threads") {
        a_tunnel_carries_what_it_should(Kind::Threads);
    }
}

#[test]
fn a_tunnel_on_tokio_carries_what_it_should() {
    if is_wanted("a tunnel on tokio") {
        a_tunnel_carries_what_it_should(Kind::Tokio);
    }
}

#[test]
fn no_sequence_number_is_used_twice_under_a_key() {
    if !is_wanted("hosts that start again") {
        return;
    }
    let Pair {
        net,
        relay,
        hosts: [a, b],
        configs,
        _folder,
    } = Pair::start(Kind::Threads, "keepalive = 1");
    let highest = || relay.way(0).sequences.last().copied().unwrap();
    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    assert_eq!(highest(), 5);

    // In silence there are keepalives, which have no number.
    let begun = instant();
    while relay.way(0).others == 0 || relay.way(1).others == 0 {
        assert!(begun.elapsed() < Duration::from_secs(5), "no keepalives");
        thread::sleep(Duration::from_millis(20));
    }

    // After a good end the numbers go on without a gap.
    let ended = a.end();
    assert_eq!(ended.count("/out/sequence"), 5);
    assert!(ended.count("/out/keepalives") > 0 && ended.count("/in/keepalives") > 0);
    let a = Host::start(&net, "a", Kind::Tokio, &configs[0]);
    set_routes(&net, "a");
    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    assert_eq!(highest(), 10);

    // After a crash they go on behind all that may have been used.
    a.kill();
    let a = Host::start(&net, "a", Kind::Threads, &configs[0]);
    set_routes(&net, "a");
    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    assert!(highest() > 1 << 20, "{}", highest());
    assert_eq!(relay.way(0).reused, 0);

    // What was accepted before a start is still known.
    a.end();
    let a = Host::start(&net, "a", Kind::Threads, &configs[0]);
    set_routes(&net, "a");
    relay.replay(1, 1);
    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    let again = a.end();
    assert_eq!(again.count("/in/packets"), 5, "{again:?}");
    assert_eq!(again.sum("/in/discarded"), 15, "{again:?}");
    drop(b);
}

#[test]
fn a_lifetime_is_told_and_then_kept() {
    if !is_wanted("lifetimes") {
        return;
    }
    let more = "soft = { packets = 5 }\nhard = { packets = 10 }";
    let Pair {
        net,
        hosts: [a, b],
        relay,
        _folder,
        ..
    } = Pair::start(Kind::Tokio, more);
    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    a.hears("out: the soft lifetime is over");
    b.hears("in: the soft lifetime is over");
    assert!(ping(&net, "a", "10.2.0.1", 6, &[]) <= 5);
    for ended in [a.ended(), b.ended()] {
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.told.contains("the SA has expired"), "{ended:?}");
    }
    assert_eq!(relay.way(0).received, 10);
}
