//! Wireshark reads what `securewire esp seal` makes: each transform that it knows.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::net::{is_wanted, run};

/// Our name and length of the key, integrity and its length, and what Wireshark calls the two.
type Suite = (
    &'static str,
    usize,
    &'static str,
    usize,
    &'static str,
    &'static str,
);

const GCM: &str = "AES-GCM with 16 octet ICV [RFC4106]";
const CBC: &str = "AES-CBC [RFC3602]";
const CTR: &str = "AES-CTR [RFC3686]";
const SHA256: &str = "HMAC-SHA-256-128 [RFC4868]";
const SHA384: &str = "HMAC-SHA-384-192 [RFC4868]";
const SHA512: &str = "HMAC-SHA-512-256 [RFC4868]";

const SUITES: [Suite; 11] = [
    ("aes128gcm16", 20, "", 0, GCM, "NULL"),
    ("aes256gcm16", 36, "", 0, GCM, "NULL"),
    ("aes128cbc", 16, "sha256-128", 32, CBC, SHA256),
    ("aes192cbc", 24, "sha384-192", 48, CBC, SHA384),
    ("aes256cbc", 32, "sha512-256", 64, CBC, SHA512),
    ("aes128ctr", 20, "sha256-128", 32, CTR, SHA256),
    ("aes192ctr", 28, "sha384-192", 48, CTR, SHA384),
    ("aes256ctr", 36, "sha512-256", 64, CTR, SHA512),
    ("null", 0, "sha256-128", 32, "NULL", SHA256),
    ("null", 0, "sha384-192", 48, "NULL", SHA384),
    ("null", 0, "sha512-256", 64, "NULL", SHA512),
];

/// What is around ESP: flags, and the addresses as Wireshark wants them.
const FRAMES: [(&[&str], [&str; 3]); 3] = [
    (
        &["--source=192.0.2.1", "--destination=192.0.2.2"],
        ["IPv4", "192.0.2.1", "192.0.2.2"],
    ),
    (
        &["--source=192.0.2.1", "--destination=192.0.2.2", "--udp"],
        ["IPv4", "192.0.2.1", "192.0.2.2"],
    ),
    (
        &["--source=2001:db8::1", "--destination=2001:db8::2"],
        ["IPv6", "2001:db8::1", "2001:db8::2"],
    ),
];

/// Octets of the header of a capture.
const CAPTURE_HEADER: usize = 24;

/// An IPv4 packet of the protocol 253, as digits.
fn inner(len: usize) -> String {
    let mut digits = format!("4500{len:04x}0000000040fd00000a0100010a020001");
    for octet in 20..len {
        digits.push_str(&format!("{:02x}", octet % 251));
    }
    digits
}

/// Lengths with every need for padding, up to a packet of full size.
fn lengths() -> impl Iterator<Item = usize> {
    (20..37).chain([576, 1400])
}

fn digits(seed: usize, octets: usize) -> String {
    (0..octets)
        .map(|place| format!("{:02x}", (place * 7 + seed * 31) % 256))
        .collect()
}

/// Seals all packets into a capture, and gives the line of Wireshark's table of SAs.
fn seal(folder: &Path, index: usize, suite: Suite, frame: usize) -> (Vec<u8>, String) {
    let (name, key_len, mac, mac_len, encryption, authentication) = suite;
    let (flags, [family, source, destination]) = FRAMES[frame];
    let spi = 0x1000 + u32::try_from(index).unwrap();
    let (key, mac_key) = (digits(index, key_len), digits(index + 99, mac_len));
    let capture = folder.join(format!("{index}.pcap"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_securewire"));
    command
        .args(["esp", "seal", "--quiet", "--spi", &spi.to_string()])
        .args(["--encryption", name, "--out"])
        .arg(&capture)
        .args(flags);
    if key_len > 0 {
        command.args(["--key", &key]);
    }
    if mac_len > 0 {
        command.args(["--integrity", mac, "--integrity-key", &mac_key]);
    }
    let sealed = command.args(lengths().map(inner)).output().unwrap();
    assert!(sealed.status.success(), "{name}: {sealed:?}");
    let prefixed = |key: &str| match key {
        "" => String::new(),
        key => format!("0x{key}"),
    };
    let line = format!(
        "uat:esp_sa:\"{family}\",\"{source}\",\"{destination}\",\"{spi:#010x}\",\"{encryption}\",\"{}\",\"{authentication}\",\"{}\"",
        prefixed(&key),
        prefixed(&mac_key),
    );
    (fs::read(&capture).unwrap(), line)
}

fn tshark(capture: &Path, lines: &[String]) -> Output {
    let path = capture.to_str().unwrap();
    let mut arguments = vec!["-n", "-r", path];
    arguments.extend(["-o", "esp.enable_encryption_decode:TRUE"]);
    arguments.extend(["-o", "esp.enable_authentication_check:TRUE"]);
    for line in lines {
        arguments.extend(["-o", line]);
    }
    arguments.extend(["-T", "fields", "-E", "separator=/s"]);
    for field in [
        "esp.spi",
        "esp.sequence",
        "esp.icv_good",
        "esp.icv_bad",
        "esp.decrypted_data",
    ] {
        arguments.extend(["-e", field]);
    }
    run("tshark", &arguments)
}

#[test]
fn wireshark_decrypts_what_is_sealed_and_calls_its_icv_good() {
    if !is_wanted("Wireshark") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut capture = Vec::new();
    let (mut lines, mut expected) = (Vec::new(), Vec::new());
    let all = (0..FRAMES.len()).flat_map(|frame| SUITES.map(|suite| (frame, suite)));
    for (index, (frame, suite)) in all.enumerate() {
        let (sealed, line) = seal(folder.path(), index, suite, frame);
        let from = if capture.is_empty() {
            0
        } else {
            CAPTURE_HEADER
        };
        capture.extend(&sealed[from..]);
        lines.push(line);
        for (sequence, len) in (1..).zip(lengths()) {
            expected.push((0x1000 + index, sequence, inner(len)));
        }
    }
    let whole = folder.path().join("all.pcap");
    fs::write(&whole, &capture).unwrap();

    let output = tshark(&whole, &lines);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), expected.len());
    for (line, (spi, sequence, inner)) in text.lines().zip(&expected) {
        let head = format!("{spi:#010x} {sequence} 1 0 ");
        let read = line.strip_prefix(&head);
        let read = read.unwrap_or_else(|| panic!("{head}: {line}"));
        assert!(read.starts_with(inner.as_str()), "{head}: {read}");
    }

    // Wireshark does look: one bit of the last ICV altered is seen.
    *capture.last_mut().unwrap() ^= 1;
    fs::write(&whole, &capture).unwrap();
    let output = tshark(&whole, &lines);
    let text = String::from_utf8(output.stdout).unwrap();
    let bad: Vec<&str> = text.lines().filter(|line| line.contains(" 0 1 ")).collect();
    let (spi, sequence, _) = expected.last().unwrap();
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(bad[0].starts_with(&format!("{spi:#010x} {sequence} 0 1 ")));
}
