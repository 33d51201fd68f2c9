//! Policies beside the rules read one by one.

use std::{hint::black_box, net::IpAddr};

use esp_core::{Action, Addresses, MAX_RULES, PolicyId, PortRange, Ports, Rule, Selector, Spd};

use super::COUNT;
use crate::{
    measure::{Budget, Turn, interleave, time},
    row::{Bar, Bench, Row, Unit},
};

const RULES: u32 = 1000;
const _: () = assert!(RULES as usize <= MAX_RULES);

const UDP: u8 = 17;

pub(super) fn bench() -> Bench {
    Bench::new("esp/spd-1000".to_owned(), &["lookup"], |budget| {
        vec![lookup(budget)]
    })
}

/// The network of a rule.
fn remote(number: u32) -> [u8; 4] {
    let [_, _, high, low] = number.to_be_bytes();
    [172, high, low, 0]
}

fn rules() -> Vec<Rule> {
    (0..RULES)
        .map(|number| {
            let local = Addresses::prefix([10, 1, 0, 0].into(), 16);
            let remote = Addresses::prefix(remote(number).into(), 24);
            let mut rule = Rule::new(local, remote, Action::Protect(PolicyId(number)));
            rule.protocol = Some(UDP);
            rule.remote_ports = PortRange::Range(1000..=2000);
            rule
        })
        .collect()
}

/// One selector for each of [`COUNT`] rules, spread over all.
fn selectors() -> Vec<Selector> {
    (0..COUNT as u32)
        .map(|place| {
            let [a, b, c, _] = remote(place * 389 % RULES);
            let ports = Ports::Known {
                local: 999,
                remote: 1500,
            };
            Selector::new([10, 1, 2, 3].into(), [a, b, c, 9].into(), UDP, ports)
        })
        .collect()
}

/// The first rule that matches, by looking at each.
fn linear(rules: &[Rule], selector: &Selector) -> Action {
    let within = |addresses: &Addresses, address: &IpAddr| match addresses {
        Addresses::Range(range) => range.contains(address),
        _ => true,
    };
    let known = |range: &PortRange, port: u16| match range {
        PortRange::Range(range) => range.contains(&port),
        PortRange::Any => true,
        _ => false,
    };
    let Ports::Known { local, remote } = selector.ports else {
        return Action::Discard;
    };
    let found = rules.iter().find(|rule| {
        within(&rule.local, &selector.local)
            && within(&rule.remote, &selector.remote)
            && rule
                .protocol
                .is_none_or(|protocol| protocol == selector.protocol)
            && known(&rule.local_ports, local)
            && known(&rule.remote_ports, remote)
    });
    found.map_or(Action::Discard, |rule| rule.action)
}

fn lookup(budget: &Budget) -> Row {
    let (rules, selectors) = (rules(), selectors());
    let spd = Spd::new(&rules).expect("good rules");
    for selector in &selectors {
        assert_eq!(spd.action(selector), linear(&rules, selector));
        assert_ne!(spd.action(selector), Action::Discard);
    }
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            [time(|| {
                for selector in &selectors {
                    black_box(spd.action(black_box(selector)));
                }
            })]
        }),
        Box::new(|| {
            [time(|| {
                for selector in &selectors {
                    black_box(linear(&rules, black_box(selector)));
                }
            })]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    drop(turns);
    let detail = format!(
        "{:.0} ns, rule by rule {:.0} ns",
        samples.median(0, 0) / COUNT as f64,
        samples.median(1, 0) / COUNT as f64
    );
    Row::ratio("lookup", samples.ratio(1, 0, 0), Unit::TimesFaster)
        .with_bar(Bar::AtLeast(1.0))
        .with_detail(detail)
}
