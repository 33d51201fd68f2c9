//! The test suites of SPF: openspf's for RFC 7208 and RFC 4408, and mail-auth's. `.ci/corpora` fetches them; without
//! it, without `SECUREWIRE_CORPORA`, there is nothing to run.
#![cfg(test)]
#![cfg(feature = "spf")]
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::std_instead_of_alloc,
    reason = "a test looks at what it is about, and reads files anyway"
)]

use core::{net::IpAddr, time::Duration};
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use crypto_core::UnixTime;
use dkim_core::{
    Answer, LookupQuestion, RecordKind,
    spf::{Spf, SpfConfig, SpfEvent, SpfResult, SpfVerdict},
};
use serde_json::Value;

/// Cases that are decided otherwise here, with the reason.
const DIFFERENCES: &str = include_str!("differences.txt");

struct Zone<'v>(HashMap<&'v str, &'v [Value]>);

impl<'v> Zone<'v> {
    /// The records of a kind, through aliases; `None` where there is no such name, an error for a time-out.
    fn find(&self, name: &str, kind: &str, depth: usize) -> Result<Option<Vec<&'v Value>>, ()> {
        // What mail-auth's cases call names whose servers fail.
        if name.contains("_dns_error.") {
            return Err(());
        }
        let Some(rows) = self.0.get(name) else {
            return Ok(None);
        };
        let of = |kind: &str| {
            let rows = rows.iter().filter(|row| row[0] == kind);
            rows.map(|row| &row[1]).collect::<Vec<_>>()
        };
        let own = of(kind);
        if !own.is_empty() {
            return Ok(Some(own));
        }
        if rows.iter().any(|row| row[0] == "TIMEOUT") {
            return Err(());
        }
        match of("CNAME").first() {
            Some(alias) if depth < 8 => {
                let alias = alias.as_str().unwrap().trim_end_matches('.');
                self.find(&alias.to_ascii_lowercase(), kind, depth + 1)
            }
            Some(_) => Err(()),
            None => Ok(Some(own)),
        }
    }

    fn answer(&self, question: LookupQuestion) -> Answer {
        let found = match self.find(question.name(), question.kind().as_str(), 0) {
            Err(()) => return question.unavailable(),
            Ok(None) => return question.no_domain(),
            Ok(Some(found)) if found.is_empty() => return question.no_data(),
            Ok(Some(found)) => found,
        };
        let text = |value: &&Value| value.as_str().unwrap().to_owned();
        match question.kind() {
            RecordKind::Txt => question.records(found.iter().map(|strings| {
                let strings = strings.as_array().unwrap().iter();
                strings.map(|string| latin1(string.as_str().unwrap()))
            })),
            RecordKind::A | RecordKind::Aaaa => {
                let addresses = found.iter().map(|value| text(value).parse::<IpAddr>());
                question.addresses(addresses.map(Result::unwrap))
            }
            RecordKind::Mx => question.exchanges(found.iter().map(|value| {
                let value = text(value);
                let (preference, name) = value.split_once(' ').unwrap();
                (preference.parse().unwrap(), name.to_owned())
            })),
            _ => question.names(found.iter().map(text)),
        }
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

fn check(mut spf: Spf, zone: &Zone<'_>) -> SpfVerdict {
    let mut verdict = None;
    loop {
        match spf.poll() {
            Some(SpfEvent::Lookup(question)) => spf.answer(zone.answer(question)).unwrap(),
            Some(SpfEvent::Verdict(found)) => verdict = Some(found),
            Some(SpfEvent::Closed) => return verdict.unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn decide(case: &Value, zone: &Zone<'_>) -> SpfVerdict {
    let text = |key: &str| case[key].as_str().unwrap();
    let provider = Arc::new(crypto_core::ring::provider());
    let config = Arc::new(SpfConfig::new(provider).with_receiver("mx.receiver.example"));
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    let ip = text("ip").parse().unwrap();
    let (helo, mail_from) = (text("helo"), text("mail_from"));
    if case["both"] == true {
        let first = Spf::helo(Arc::clone(&config), ip, helo, mail_from, now).unwrap();
        let first = check(first, zone);
        if first.result == SpfResult::Fail {
            return first;
        }
    }
    check(Spf::new(config, ip, helo, mail_from, now).unwrap(), zone)
}

#[test]
fn every_case_comes_to_the_result_that_it_names_or_to_a_listed_one() {
    let Some(folder) = std::env::var_os("SECUREWIRE_CORPORA") else {
        println!("skipped: SECUREWIRE_CORPORA is not set");
        return;
    };
    let suites = std::fs::read(Path::new(&folder).join("spf/suites.json")).unwrap();
    let suites: Value = serde_json::from_slice(&suites).unwrap();
    let (mut cases, mut found) = (0, BTreeSet::new());
    for scenario in suites.as_array().unwrap() {
        let zone = scenario["zone"].as_object().unwrap().iter();
        let zone = zone.map(|(name, rows)| (name.as_str(), rows.as_array().unwrap().as_slice()));
        let zone = Zone(zone.collect());
        for case in scenario["cases"].as_array().unwrap() {
            cases += 1;
            let verdict = decide(case, &zone);
            let results = case["results"].as_array().unwrap();
            let id = format!(
                "{} / {}",
                scenario["name"].as_str().unwrap(),
                case["id"].as_str().unwrap()
            );
            if !results
                .iter()
                .any(|result| result == verdict.result.as_str())
            {
                found.insert(format!("{id}: {} ({})", verdict.result, verdict.reason));
            } else if let Some(wanted) = case["explanation"].as_str()
                && verdict.result == SpfResult::Fail
                && verdict.explanation.as_deref().unwrap_or("DEFAULT") != wanted
            {
                found.insert(format!("{id}: explains {:?}", verdict.explanation));
            }
        }
    }
    let listed: BTreeSet<String> = DIFFERENCES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    println!("{cases} cases, {} listed differences", listed.len());
    assert!(cases > 500, "the suites are whole");
    assert_eq!(found, listed);
}
