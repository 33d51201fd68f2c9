//! The ARC test suite of ValiMail.

use std::collections::BTreeMap;

use dkim_core::arc::ChainStatus;

use crate::host::{Zone, config, verify};

/// Where the suite and the RFCs differ: the suite's result, ours, and why.
const DIFFERENCES: &[(&str, ChainStatus, ChainStatus, &str)] = &[
    (
        "ams_fields_a_sha1",
        ChainStatus::Pass,
        ChainStatus::Fail,
        "RFC 8301 section 3.1: rsa-sha1 is not verified",
    ),
    (
        "as_fields_a_sha1",
        ChainStatus::Pass,
        ChainStatus::Fail,
        "RFC 8301 section 3.1: rsa-sha1 is not verified",
    ),
    (
        "ams_fields_h_empty",
        ChainStatus::Pass,
        ChainStatus::Fail,
        "RFC 6376 section 3.5: h= names a field at least; section 5.4: From is signed",
    ),
    (
        "ams_fields_h_mis_hdr",
        ChainStatus::Pass,
        ChainStatus::Fail,
        "RFC 6376 section 3.5: no name in h= is empty",
    ),
];

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) status: ChainStatus,
    pub(crate) zone: Zone,
    pub(crate) message: String,
}

fn part<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("==== {name}\n")).unwrap();
    rest.split_once("==== ").map_or(rest, |(part, _)| part)
}

fn zones(text: &str) -> BTreeMap<&str, Zone> {
    let mut zones: BTreeMap<&str, Zone> = BTreeMap::new();
    for line in part(text, "zones").lines() {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().unwrap();
        let zone = zones.entry(word()).or_default();
        zone.insert(word().to_owned(), word().to_owned());
    }
    zones
}

pub(crate) fn cases() -> Vec<Case> {
    let text = include_str!("../../vectors/arc_test_suite.txt");
    let mut fields: Vec<String> = Vec::new();
    for line in part(text, "fields").lines() {
        match fields.last_mut() {
            Some(field) if line.starts_with([' ', '\t']) => *field += &format!("{line}\r\n"),
            _ => fields.push(format!("{line}\r\n")),
        }
    }
    let bodies: Vec<&str> = part(text, "bodies").split("----\n").collect();
    let zones = zones(text);
    let case = |line: &'static str| {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap();
        let (name, status, zone, body) = (word(), word(), word(), word());
        let header: String = words
            .map(|field| &*fields[field.parse::<usize>().unwrap()])
            .collect();
        let body = body
            .parse()
            .map(|body: usize| bodies[body].replace('\n', "\r\n"));
        Case {
            name,
            status: match status {
                "none" => ChainStatus::None,
                "pass" => ChainStatus::Pass,
                "fail" => ChainStatus::Fail,
                other => panic!("{other}"),
            },
            zone: zones[zone].clone(),
            message: body.map_or(header.clone(), |body| format!("{header}\r\n{body}")),
        }
    };
    part(text, "tests").lines().map(case).collect()
}

pub(crate) fn case(name: &str) -> Case {
    cases().into_iter().find(|case| case.name == name).unwrap()
}

#[test]
fn the_suite_finds_what_the_rfc_asks_for() {
    let cases = cases();
    assert_eq!(cases.len(), 170);
    let mut wrong = Vec::new();
    let mut differences = 0;
    for case in &cases {
        // Some messages of the suite have MIME-Version twice, and sign it once.
        let config = config().with_arc().with_unsigned_duplicates();
        let chain = verify(config, &case.zone, &case.message).chain.unwrap();
        let difference = DIFFERENCES.iter().find(|(name, ..)| *name == case.name);
        if let Some((_, theirs, ours, _)) = difference {
            assert_eq!(
                (case.status, chain.status()),
                (*theirs, *ours),
                "{}",
                case.name
            );
            differences += 1;
        } else if chain.status() != case.status {
            wrong.push(format!("{}: {} {:?}", case.name, case.status, chain.result));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(differences, DIFFERENCES.len());
}
