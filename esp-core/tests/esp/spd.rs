//! Policies: order, ranges, fragments, and what may arrive.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use esp_core::{
    Action, Addresses, BadSpd, Discard, MAX_RULES, PolicyId, PortRange, Ports, Rule, Selector, Spd,
    Verdict,
};
use proptest::prelude::*;

use crate::common::{ip, ipv4, ipv6};

fn prefix(text: &str, bits: u32) -> Addresses {
    Addresses::prefix(ip(text), bits)
}

/// What the RFC says: one rule after the other.
fn linear(rules: &[Rule], selector: &Selector) -> Action {
    let address = |addresses: &Addresses, address: IpAddr| match addresses {
        Addresses::Range(range) => {
            range.contains(&address) && range.start().is_ipv4() == address.is_ipv4()
        }
        Addresses::Any | _ => true,
    };
    let ports = |ports: &PortRange, known: Option<u16>| match ports {
        PortRange::Range(range) => known.is_some_and(|port| range.contains(&port)),
        PortRange::Opaque => selector.ports == Ports::Opaque,
        PortRange::Any | _ => true,
    };
    let (local, remote) = match selector.ports {
        Ports::Known { local, remote } => (Some(local), Some(remote)),
        Ports::Opaque | Ports::None | _ => (None, None),
    };
    rules
        .iter()
        .find(|rule| {
            address(&rule.local, selector.local)
                && address(&rule.remote, selector.remote)
                && rule
                    .protocol
                    .is_none_or(|protocol| protocol == selector.protocol)
                && ports(&rule.local_ports, local)
                && ports(&rule.remote_ports, remote)
        })
        .map_or(Action::Discard, |rule| rule.action)
}

#[test]
fn the_first_match_wins_and_without_one_nothing_passes() {
    let all = prefix("10.0.0.0", 8);
    let mut ssh = Rule::new(prefix("10.1.0.0", 16), all.clone(), Action::Bypass);
    (ssh.protocol, ssh.remote_ports) = (Some(6), PortRange::Range(22..=22));
    let rules = [
        ssh,
        Rule::new(prefix("10.1.0.0", 16), all, Action::Protect(PolicyId(1))),
    ];
    let spd = Spd::new(&rules).unwrap();
    let to = |local: &str, port| {
        let ports = Ports::Known {
            local: 5555,
            remote: port,
        };
        spd.action(&Selector::new(ip(local), ip("10.9.9.9"), 6, ports))
    };
    assert_eq!(to("10.1.2.3", 22), Action::Bypass);
    assert_eq!(to("10.1.2.3", 23), Action::Protect(PolicyId(1)));
    assert_eq!(to("10.2.2.3", 22), Action::Discard);
    let mapped = to("::ffff:10.1.2.3", 22);
    assert_eq!(mapped, Action::Discard, "a mapped address is another one");
    assert_eq!(
        Spd::new(&[])
            .unwrap()
            .action(&Selector::new(ip("10.0.0.1"), ip("::1"), 6, Ports::Opaque)),
        Action::Discard
    );
}

#[test]
fn packets_tell_their_selectors_in_both_directions() {
    let packet = ipv4(b"x");
    let known = |local, remote| Ports::Known { local, remote };
    let (one, two) = (ip("10.1.0.1"), ip("10.2.0.1"));
    let outbound = Selector::new(one, two, 17, known(12_345, 53));
    assert_eq!(Selector::outbound(&packet), Some(outbound));
    let inbound = Selector::new(two, one, 17, known(53, 12_345));
    assert_eq!(Selector::inbound(&packet), Some(inbound));
    let six = Selector::outbound(&ipv6(b"x")).unwrap();
    assert_eq!((six.local, six.ports), (ip("fd00::1"), known(12_345, 53)));
    let mut ping = ipv4(b"x");
    ping[9] = 1;
    ping[20..22].copy_from_slice(&[8, 0]);
    let ports = Selector::outbound(&ping).unwrap().ports;
    assert_eq!(ports, known(0x0800, 0x0800));
    assert_eq!(Selector::outbound(&packet[..20]), None);
}

#[test]
fn the_ports_of_later_fragments_are_opaque() {
    let mut packet = ipv4(b"12345678");
    packet[6] = 0x20;
    let first = Selector::outbound(&packet).unwrap().ports;
    assert!(matches!(first, Ports::Known { .. }));
    packet[7] = 1;
    assert_eq!(Selector::outbound(&packet).unwrap().ports, Ports::Opaque);
    let mut packet = ipv6(b"12345678");
    packet[6] = 44;
    packet.splice(40..40, [17, 0, 0, 1, 0, 0, 0, 9]);
    packet[5] += 8;
    let first = Selector::outbound(&packet).unwrap().ports;
    assert!(matches!(first, Ports::Known { .. }));
    packet[43] = 8;
    assert_eq!(Selector::outbound(&packet).unwrap().ports, Ports::Opaque);
}

#[test]
fn what_arrives_must_come_by_the_sa_of_its_policy() {
    let policy = |number| Action::Protect(PolicyId(number));
    let rules = [
        Rule::new(prefix("10.2.0.0", 16), prefix("10.1.0.0", 16), policy(1)),
        Rule::new(prefix("10.2.0.0", 16), prefix("10.3.0.0", 16), policy(2)),
        Rule::new(Addresses::Any, prefix("fd00::", 8), Action::Bypass),
    ];
    let spd = Spd::new(&rules).unwrap();
    let packet = ipv4(b"x");
    assert_eq!(spd.check_inbound(&packet, Some(PolicyId(1))), Ok(()));
    let mismatch = Err(Discard::SelectorMismatch);
    assert_eq!(
        spd.check_inbound(&packet, Some(PolicyId(2))),
        mismatch,
        "wrong tunnel"
    );
    assert_eq!(spd.check_inbound(&packet, None), mismatch, "in clear");
    assert_eq!(spd.check_inbound(&ipv6(b"x"), None), Ok(()));
    assert_eq!(spd.check_inbound(&ipv6(b"x"), Some(PolicyId(1))), mismatch);
    assert_eq!(spd.check_inbound(&[], None), Err(Discard::BadInner));
}

#[test]
fn ranges_that_are_none_and_too_many_rules_are_refused() {
    let any = || Rule::new(Addresses::Any, Addresses::Any, Action::Bypass);
    let mut backwards = any();
    backwards.local = Addresses::Range(ip("10.0.0.2")..=ip("10.0.0.1"));
    let mut mixed = any();
    mixed.remote = Addresses::Range(ip("10.0.0.2")..=ip("fd00::1"));
    for bad in [backwards, mixed] {
        assert_eq!(Spd::new(&[any(), bad]).unwrap_err(), BadSpd::BadRange(1));
    }
    assert!(Spd::new(&vec![any(); MAX_RULES]).is_ok());
    assert_eq!(
        Spd::new(&vec![any(); MAX_RULES + 1]).unwrap_err(),
        BadSpd::TooMany
    );
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0_u8..4, 0_u8..4).prop_map(|(a, b)| Ipv4Addr::new(10, a, 0, b).into()),
        (0_u16..4).prop_map(|a| Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, a).into()),
    ]
}

fn addresses() -> impl Strategy<Value = Addresses> {
    prop_oneof![
        Just(Addresses::Any),
        (
            address(),
            prop::sample::select(vec![0, 14, 16, 30, 32, 127, 128])
        )
            .prop_map(|(address, bits)| Addresses::prefix(address, bits)),
    ]
}

fn port_range() -> impl Strategy<Value = PortRange> {
    prop_oneof![
        Just(PortRange::Any),
        Just(PortRange::Opaque),
        (0_u16..5, 0_u16..5).prop_map(|(a, b)| PortRange::Range(a.min(b)..=a.max(b))),
        Just(PortRange::Range(0..=u16::MAX)),
    ]
}

fn ports() -> impl Strategy<Value = Ports> {
    prop_oneof![
        (0_u16..6, 0_u16..6).prop_map(|(local, remote)| Ports::Known { local, remote }),
        Just(Ports::Opaque),
        Just(Ports::None),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (
        addresses(),
        addresses(),
        prop::option::of(prop::sample::select(vec![6, 17, 255])),
        port_range(),
        port_range(),
        any::<u32>(),
    );
    let rule = rule.prop_map(
        |(local, remote, protocol, local_ports, remote_ports, number)| {
            let mut rule = Rule::new(local, remote, Action::Protect(PolicyId(number)));
            (rule.protocol, rule.local_ports, rule.remote_ports) =
                (protocol, local_ports, remote_ports);
            rule
        },
    );
    prop::collection::vec(rule, 0..150)
}

proptest! {
    #[test]
    fn a_lookup_finds_what_reading_one_by_one_finds(
        rules in rules(),
        packets in prop::collection::vec((address(), address(), prop::sample::select(vec![6, 17, 1]), ports()), 50),
    ) {
        let spd = Spd::new(&rules).unwrap();
        for (local, remote, protocol, ports) in packets {
            let selector = Selector::new(local, remote, protocol, ports);
            prop_assert_eq!(spd.action(&selector), linear(&rules, &selector));
        }
    }

    #[test]
    fn no_octets_make_a_selector_panic(octets in prop::collection::vec(any::<u8>(), 0..100), six: bool) {
        let mut octets = octets;
        let len = octets.len();
        if let [first, _, hi, lo, hi6, lo6, ..] = &mut octets[..] {
            *first = if six { 0x60 } else { 0x45 };
            [*hi, *lo] = u16::try_from(len).unwrap().to_be_bytes();
            if six {
                [*hi6, *lo6] = u16::try_from(len.saturating_sub(40)).unwrap().to_be_bytes();
            }
        }
        let _ = Selector::outbound(&octets);
        let _ = Selector::inbound(&octets);
    }
}

#[test]
fn a_policy_without_an_sa_asks_for_one_and_lets_nothing_pass() {
    let rules = [
        Rule::new(
            Addresses::Any,
            prefix("10.2.0.0", 16),
            Action::Protect(PolicyId(7)),
        ),
        Rule::new(Addresses::Any, prefix("10.3.0.0", 16), Action::Bypass),
    ];
    let spd = Spd::new(&rules).unwrap();
    let selector = Selector::outbound(&ipv4(b"x")).unwrap();
    let Verdict::Acquire(acquire) = spd.outbound(&selector, |_| None::<u8>) else {
        panic!("there is no SA");
    };
    assert_eq!((acquire.policy, acquire.selector), (PolicyId(7), selector));
    let found = spd.outbound(&selector, |policy| (policy == PolicyId(7)).then_some("SA"));
    assert_eq!(found, Verdict::Protect("SA"));

    let never = |_| -> Option<u8> { panic!("only a policy that protects has SAs") };
    let mut other = selector;
    other.remote = ip("10.3.0.1");
    assert_eq!(spd.outbound(&other, never), Verdict::Bypass);
    other.remote = ip("10.4.0.1");
    assert_eq!(spd.outbound(&other, never), Verdict::Discard);
}
