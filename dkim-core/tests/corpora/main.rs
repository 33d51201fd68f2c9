//! Mails of others, signed and sealed by others. `.ci/corpora` fetches them.
#![cfg(test)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::wildcard_enum_match_arm,
    reason = "tests have std, and name the events that they expect"
)]

#[path = "../machine/host.rs"]
#[allow(dead_code, reason = "shared with the tests of the machines")]
mod host;

use std::fs;

use dkim_core::{
    Reason,
    arc::{ChainStatus, ChainVerdict},
};

use crate::host::{Outcome, Zone, config, verify_chunks};

/// After all these mails came, and before the one that expires did.
const NOW: u64 = 1_667_900_000;

/// A file of mail-auth's resources: records, an empty line, a message.
fn vector(name: &str) -> (Zone, String) {
    let root = std::env::var_os("SECUREWIRE_CORPORA");
    let root = root.expect("SECUREWIRE_CORPORA names the folder that .ci/corpora fills");
    let path = std::path::Path::new(&root).join("mail-auth").join(name);
    let text = fs::read_to_string(&path).unwrap().replace('\r', "");
    let (records, message) = text.split_once("\n\n").unwrap();
    let pair = |line: &str| {
        let (name, record) = line.split_once(' ').unwrap();
        (name.trim_end_matches('.').to_owned(), record.to_owned())
    };
    (
        records.lines().map(pair).collect(),
        message.replace('\n', "\r\n"),
    )
}

fn judge(name: &str, now: u64) -> Outcome {
    let (zone, message) = vector(name);
    let outcome = verify_chunks(config().with_arc(), now, &zone, [message.as_bytes()]);
    assert_eq!(outcome.end, Some(Ok(())));
    outcome
}

fn chain(name: &str) -> ChainVerdict {
    judge(name, NOW + 1_000_000_000).chain.unwrap()
}

#[test]
fn signatures_of_large_senders_pass() {
    for (name, signatures) in [
        ("dkim/001.txt", 2),
        ("dkim/002.txt", 1),
        ("dkim/003.txt", 2),
        ("dkim/004.txt", 1),
        ("dkim/005.txt", 1),
        ("dkim/006.txt", 1),
    ] {
        let outcome = judge(name, NOW);
        assert_eq!(outcome.results(), vec![Ok(()); signatures], "{name}");
        assert_eq!(outcome.chain.unwrap().status(), ChainStatus::None);
    }
    assert_eq!(
        judge("dkim/005.txt", NOW + 100_000).results(),
        [Err(Reason::Expired)]
    );
}

#[test]
fn a_chain_of_google_passes_over_signatures_that_a_list_broke() {
    let found = chain("arc/001.txt");
    assert_eq!(found.result, Ok(()));
    assert_eq!(
        (found.status(), found.oldest_pass),
        (ChainStatus::Pass, Some(0))
    );
    assert_eq!(found.sets[0].seal.domain.as_str(), "google.com");
    let outcome = judge("arc/001.txt", NOW);
    assert_eq!(
        outcome.results(),
        [Ok(()), Ok(()), Err(Reason::SignatureMismatch)]
    );
}

#[test]
fn a_chain_of_mail_auth_passes_with_both_algorithms() {
    let found = chain("arc/002.txt");
    assert_eq!(found.result, Ok(()));
    assert_eq!(
        (found.status(), found.oldest_pass),
        (ChainStatus::Pass, Some(0))
    );
    let algorithms: Vec<_> = found
        .sets
        .iter()
        .map(|set| set.seal.algorithm.as_str())
        .collect();
    assert_eq!(algorithms, ["ed25519-sha256", "rsa-sha256"]);
}
