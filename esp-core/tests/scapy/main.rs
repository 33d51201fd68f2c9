//! scapy as a second opinion, in both directions: every suite, mode, version, number and encapsulation that it knows.
//!
//! `SECUREWIRE_SCAPY` names a Python that has scapy and cryptography; without it `python3` is tried. A Python without
//! scapy is reported as skipped, and with `SECUREWIRE_PEERS=required` it is a failure.

#![cfg(test)]
#![cfg(feature = "ring")]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have std"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "scapy knows some suites, and not those to come"
)]

use std::{
    env,
    fmt::Write as _,
    io::{BufRead, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use common::{
    SPI, ah_suites, ends, ipv4, ipv4_with_options, ipv6, ipv6_with_extensions, params, seal,
    suites, travel, tunnel4, tunnel6,
};
use esp_core::{Discard, Encryption, Integrity, Protocol, SaParams, Suite, Tunnel, UdpPorts};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the scenarios, which use more of it"
)]
#[path = "../esp/common.rs"]
mod common;

struct Scapy {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Scapy {
    fn start() -> Option<Self> {
        let python = env::var_os("SECUREWIRE_SCAPY").unwrap_or_else(|| "python3".into());
        let known = Command::new(&python)
            .args(["-c", "import scapy.layers.ipsec, cryptography"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !known {
            let required = env::var_os("SECUREWIRE_PEERS").is_some_and(|value| value == "required");
            assert!(!required, "scapy not found, and SECUREWIRE_PEERS=required");
            println!("skipped: scapy not found");
            return None;
        }
        let mut child = Command::new(&python)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/scapy/oracle.py"
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Self {
            questions: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    /// Lets scapy seal or open a packet.
    fn ask(&mut self, case: &Case, seal: bool, packet: &[u8]) -> Result<Vec<u8>, String> {
        let line = case.line(seal, packet);
        self.questions.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        match answer.trim_end().split_once(' ') {
            Some(("ok", digits)) => Ok(common::hex(digits)),
            Some(("refused", why)) => Err(why.to_owned()),
            _ => panic!("scapy ended: {answer:?}"),
        }
    }
}

impl Drop for Scapy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    suite: Suite,
    tunnel: Option<Tunnel>,
    udp: bool,
    /// The number of the first packet.
    sequence: u64,
    extended: bool,
}

impl Case {
    fn params(&self) -> SaParams {
        let mut params = params(self.suite).with_highest_sequence(self.sequence - 1);
        if let Some(tunnel) = self.tunnel {
            params = params.with_tunnel(tunnel);
        }
        if self.udp {
            params = params.with_udp(UdpPorts::DEFAULT);
        }
        if self.extended {
            params = params.with_extended_sequence();
        }
        params
    }

    fn line(&self, seal: bool, packet: &[u8]) -> String {
        let key: Vec<u8> = (1..).take(self.suite.encryption_key_len()).collect();
        let mac: Vec<u8> = (101..).take(self.suite.integrity_key_len()).collect();
        let (crypt, icv) = crypt(self.suite.encryption()).unwrap();
        let auth = match self.suite.integrity() {
            None => "NULL",
            Some(Integrity::HmacSha1) => "HMAC-SHA1-96",
            Some(Integrity::HmacSha256) => "SHA2-256-128",
            Some(Integrity::HmacSha384) => "SHA2-384-192",
            Some(Integrity::HmacSha512) => "SHA2-512-256",
            Some(Integrity::Aes128Gmac | Integrity::Aes256Gmac) => "AES-GMAC",
            Some(_) => unreachable!(),
        };
        let outer = self
            .tunnel
            .map_or(0, |tunnel| if tunnel.source.is_ipv4() { 4 } else { 6 });
        format!(
            r#"{{"seal": {seal}, "ah": {}, "spi": {SPI}, "sequence": {}, "extended": {}, "crypt": "{crypt}", "crypt_key": "{}", "icv": {icv}, "auth": "{auth}", "auth_key": "{}", "outer": {outer}, "udp": {}, "packet": "{}"}}"#,
            self.suite.protocol() == Protocol::Ah,
            self.sequence,
            self.extended,
            digits(&key),
            digits(&mac),
            self.udp,
            digits(packet),
        ) + "\n"
    }
}

/// What scapy calls a cipher, and the ICV that it must be told; it has no implicit IVs.
fn crypt(encryption: Encryption) -> Option<(&'static str, usize)> {
    Some(match encryption {
        Encryption::Aes128Gcm16 | Encryption::Aes256Gcm16 => ("AES-GCM", 0),
        Encryption::ChaCha20Poly1305 => ("CHACHA20-POLY1305", 0),
        Encryption::Aes128Gmac | Encryption::Aes256Gmac => ("AES-NULL-GMAC", 0),
        Encryption::Aes128Ccm8 | Encryption::Aes256Ccm8 => ("AES-CCM", 8),
        Encryption::Aes128Ccm12 | Encryption::Aes256Ccm12 => ("AES-CCM", 12),
        Encryption::Aes128Ccm16 | Encryption::Aes256Ccm16 => ("AES-CCM", 16),
        Encryption::Aes128Cbc | Encryption::Aes192Cbc | Encryption::Aes256Cbc => ("AES-CBC", 0),
        Encryption::Aes128Ctr | Encryption::Aes192Ctr | Encryption::Aes256Ctr => ("AES-CTR", 0),
        Encryption::Null => ("NULL", 0),
        _ => return None,
    })
}

fn digits(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut digits, octet| {
        write!(digits, "{octet:02x}").unwrap();
        digits
    })
}

fn cases(suites: Vec<Suite>) -> Vec<Case> {
    let mut cases = Vec::new();
    for suite in suites {
        if crypt(suite.encryption()).is_none() {
            continue;
        }
        for tunnel in [None, Some(tunnel4()), Some(tunnel6())] {
            for udp in [false, true] {
                if udp && suite.protocol() == Protocol::Ah {
                    continue;
                }
                for (extended, sequence) in [(false, 5), (true, (7 << 32) + 5)] {
                    cases.push(Case {
                        suite,
                        tunnel,
                        udp,
                        sequence,
                        extended,
                    });
                }
            }
        }
    }
    cases
}

/// Both opinions on the packet, whichever of them sealed it.
fn check(scapy: &mut Scapy, case: &Case, packet: &[u8]) {
    let (outbound, inbound) = ends(&case.params());
    let ours = seal(&outbound, packet);
    let opened = scapy.ask(case, false, &ours);
    assert_eq!(
        opened.as_deref(),
        Ok(packet),
        "{case:?}: ours, opened by scapy"
    );

    let mut theirs = scapy.ask(case, true, packet).unwrap();
    let last = theirs.len() - 1;
    let mut altered = theirs.clone();
    altered[last] ^= 1;
    assert!(inbound.open_packet(&mut altered).is_err(), "{case:?}");
    let opened = inbound.open_packet(&mut theirs);
    let opened = opened.unwrap_or_else(|why| panic!("{case:?}: scapy's, refused: {why}"));
    assert_eq!(opened.inner, packet, "{case:?}: scapy's, opened by us");
    assert_eq!(opened.sequence, case.sequence);

    let mut altered = ours;
    *altered.last_mut().unwrap() ^= 1;
    assert!(scapy.ask(case, false, &altered).is_err(), "{case:?}");
}

#[test]
fn every_suite_mode_version_number_and_encapsulation_agrees_with_scapy() {
    let Some(mut scapy) = Scapy::start() else {
        return;
    };
    let mut count = 0;
    for case in cases(suites()) {
        for packet in [
            ipv4(b"payload of some length"),
            ipv6(b"payload of a length"),
        ] {
            check(&mut scapy, &case, &packet);
            count += 1;
        }
    }
    println!("{count} packets in both directions");
    assert!(count >= 192);
}

/// Packets of every kind of header that AH covers: what there is to be zeroed, and where it is put.
fn packets() -> Vec<Vec<u8>> {
    let plain = [
        ipv4(b"payload of some length"),
        ipv6(b"payload of a length"),
    ];
    // Record route, time stamp, router alert, stream, security, one that nobody knows, and the end of the list.
    let options = [
        &[7, 7, 4, 0, 0, 0, 0, 1][..],
        &[68, 8, 5, 0, 1, 2, 3, 4],
        &[148, 4, 0, 0],
        &[136, 4, 9, 9, 1, 1, 1, 1],
        &[130, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0],
        &[1, 200, 3, 7, 0, 0, 0, 0],
    ];
    let options = options.map(|options| ipv4_with_options(options, b"payload"));
    let extensions: [&[(u8, &[u8])]; 4] = [
        &[(0, &[0x3e, 4, 1, 2, 3, 4])],
        &[(0, &[0x1e, 4, 1, 2, 3, 4])],
        &[(0, &[5, 2, 0, 0, 0x23, 0]), (43, &[0; 6])],
        &[(60, &[0x3e, 4, 1, 2, 3, 4]), (43, &[0; 6])],
    ];
    let extensions = extensions.map(|extensions| ipv6_with_extensions(extensions, b"payload"));
    plain.into_iter().chain(options).chain(extensions).collect()
}

/// A router: DSCP, DF, TTL and checksum, or DSCP, label and hop limit. It marks no congestion, which would reach the inside.
fn forward(packet: &mut [u8]) {
    if packet[0] >> 4 == 4 {
        packet[1] ^= 0xfc;
        packet[6] ^= 0x40;
        packet[8] -= 1;
        packet[10..12].fill(0);
        let len = usize::from(packet[0] & 0xf) * 4;
        let sum = common::checksum(&[&packet[..len]]).to_be_bytes();
        packet[10..12].copy_from_slice(&sum);
    } else {
        packet[1..4].copy_from_slice(&[0xc3, 1, 2]);
        packet[7] -= 1;
    }
}

/// What is opened by us, with room behind it.
fn open(inbound: &esp_core::InboundSa, wire: &[u8]) -> Result<Vec<u8>, Discard> {
    let mut frame = [wire, &[0; 4]].concat();
    inbound
        .open_packet(&mut frame)
        .map(|opened| opened.inner.to_vec())
}

#[test]
fn ah_agrees_with_scapy_whatever_routers_do() {
    let Some(mut scapy) = Scapy::start() else {
        return;
    };
    let mut count = 0;
    for case in cases(ah_suites()) {
        for packet in packets() {
            let (outbound, inbound) = ends(&case.params());
            let ours = seal(&outbound, &packet);
            let theirs = scapy.ask(&case, true, &packet).unwrap();
            for wire in [&ours, &theirs] {
                let mut altered = wire.clone();
                *altered.last_mut().unwrap() ^= 1;
                assert_eq!(open(&inbound, &altered), Err(Discard::NotAuthentic));
                assert!(scapy.ask(&case, false, &altered).is_err(), "{case:?}");
            }
            for forwarded in [false, true] {
                let [mut ours, mut theirs, mut expected] =
                    [&ours, &theirs, &packet].map(Clone::clone);
                if forwarded {
                    forward(&mut ours);
                    forward(&mut theirs);
                    if case.tunnel.is_none() {
                        forward(&mut expected);
                    }
                }
                let opened = scapy.ask(&case, false, &ours);
                assert_eq!(opened.as_deref(), Ok(&expected[..]), "{case:?}: ours");
                let (_, inbound) = ends(&case.params());
                let opened = open(&inbound, &theirs);
                let opened = opened.unwrap_or_else(|why| panic!("{case:?}: refused: {why}"));
                assert_eq!(opened, expected, "{case:?}: scapy's");
                count += 1;
            }
        }
    }
    println!("{count} packets of AH in both directions");
    assert!(count >= 700);
}

#[test]
fn the_way_of_a_packet_of_ah_is_foretold_as_scapy_does() {
    let Some(mut scapy) = Scapy::start() else {
        return;
    };
    for case in cases(ah_suites()) {
        if case.tunnel.is_some() {
            continue;
        }
        for stops in 1..4_u8 {
            let mut header = vec![0, stops, 0, 0, 0, 0];
            for stop in 0..stops {
                header.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, stop]);
            }
            let packet = ipv6_with_extensions(&[(43, &header)], b"payload");
            let (outbound, inbound) = ends(&case.params());
            let mut ours = seal(&outbound, &packet);
            let mut theirs = scapy.ask(&case, true, &packet).unwrap();
            let mut arrived = packet.clone();
            for _ in 0..stops {
                for packet in [&mut ours, &mut theirs, &mut arrived] {
                    travel(packet);
                }
            }
            let opened = scapy.ask(&case, false, &ours);
            assert_eq!(opened.as_deref(), Ok(&arrived[..]), "{case:?}");
            assert_eq!(open(&inbound, &theirs).unwrap(), arrived, "{case:?}");
        }
    }
}
