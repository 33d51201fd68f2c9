//! dkimpy, an ARC of its own in Python: it verifies chains that we seal, and we verify chains that it seals, and those
//! that both did.
//!
//! dkimpy seals with RSA alone; it takes an ARC-Message-Signature without `c=` as relaxed, where RFC 6376 section 3.5
//! has simple; and it reads no set without `h=` names that it finds below.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use bytes::BytesMut;
use crypto_core::{PrivateKeyDer, Provider, UnixTime};
use dkim_core::{
    SigningIdentity,
    arc::{ChainStatus, Sealer, SealerConfig, SealerEvent},
    auth_results::{AuthResults, MethodResult},
};
use pki_types::pem::PemObject;

use crate::dkim::{DOMAIN, Kind, PEERS, keys, mails, run, securewire};

const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dkim/arc.py");

fn seal(kind: &Kind, status: ChainStatus, path: &Path) -> PathBuf {
    let provider: Arc<Provider> = Arc::new(crypto_core::ring::provider());
    let key = PrivateKeyDer::from_pem_file(&kind.ours).unwrap();
    let key = provider.keys.load(&key).unwrap();
    let identity = SigningIdentity::new(DOMAIN, kind.selector, key).unwrap();
    let config = Arc::new(SealerConfig::new(provider, identity).unwrap());
    let mut results = AuthResults::new(DOMAIN).unwrap();
    results.push(MethodResult::new("arc", status.as_str()).unwrap());
    results.push(MethodResult::new("spf", "pass").unwrap());
    let mut sealer = Sealer::new(config, UnixTime::now(), results, status).unwrap();
    let mut mail = fs::read(path).unwrap();
    let mut rx = BytesMut::from(&mail[..]);
    sealer.eof();
    loop {
        match sealer.poll(&mut rx).unwrap() {
            SealerEvent::Header(field) => mail = [&field[..], &mail].concat(),
            SealerEvent::Closed(end) => break end.unwrap(),
            event @ (SealerEvent::Sign(_) | SealerEvent::Bare(_) | _) => panic!("{event:?}"),
        }
    }
    let path = PathBuf::from(format!("{}.ours", path.display()));
    fs::write(&path, mail).unwrap();
    path
}

fn peer_seals(kind: &Kind, status: ChainStatus, path: &Path) -> PathBuf {
    run(Command::new("python3")
        .args([PEER, "seal", kind.selector, DOMAIN])
        .arg(&kind.ours)
        .arg(status.as_str())
        .arg(path));
    PathBuf::from(format!("{}.sealed", path.display()))
}

/// What both say of the same mails.
fn both(zone: &Path, mails: &[PathBuf], expected: &str) {
    let printed = run(Command::new("python3")
        .args([PEER, "verify"])
        .arg(zone)
        .args(mails));
    let results: Vec<&str> = printed.lines().collect();
    assert_eq!(results.len(), mails.len());
    for (result, path) in results.iter().zip(mails) {
        let mail = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        assert!(
            result.starts_with(expected),
            "{result}: {}\n{mail}",
            path.display()
        );
        let output = securewire()
            .args(["dkim", "verify", "--arc", "--json", "--dns"])
            .arg(zone)
            .arg(path)
            .output()
            .unwrap();
        let ours = String::from_utf8_lossy(&output.stdout).into_owned();
        let what = format!("\"chain\":{{\"result\":\"{expected}\"");
        assert!(ours.contains(&what), "{}: {ours}\n{mail}", path.display());
    }
}

#[test]
fn a_chain_of_both_passes_with_both_and_one_that_was_altered_with_neither() {
    if !PEERS[0].is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (kinds, zone) = keys(folder.path());
    let rsa = kinds.iter().find(|kind| kind.selector == "rsa").unwrap();
    let mut altered = Vec::new();
    for mail in mails(folder.path()) {
        let first = seal(rsa, ChainStatus::None, &mail);
        let second = peer_seals(rsa, ChainStatus::Pass, &first);
        let third = seal(rsa, ChainStatus::Pass, &second);
        let other = peer_seals(rsa, ChainStatus::None, &mail);
        let behind = seal(rsa, ChainStatus::Pass, &other);
        let text = fs::read_to_string(&third).unwrap();
        let path = third.with_extension("altered");
        fs::write(&path, text.replace("Subject: ", "Subject: [list] ")).unwrap();
        altered.push(path);
        both(&zone, &[first, second, third, other, behind], "pass");
    }
    both(&zone, &altered, "fail");
}
