//! `securewire esp seal` and `esp open`.

use std::fmt::Write;

use crate::run::{Desk, Ran};

/// RFC 7634 appendix A: the SA, the packet, and what is in it.
const RFC_7634: [&str; 6] = [
    "--spi",
    "0x01020304",
    "--encryption",
    "chacha20poly1305",
    "--key",
    "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3",
];
const RFC_7634_PACKET: &str = "01020304000000051011121314151617\
    24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6\
    14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3\
    cbec163fac469b502773f6fb94e664da9165b82829f641e0\
    76aaa8266b7fb0f7b11b369907e1ad43";

/// The same SA with the ends of a tunnel, for both directions of the command.
const TOML: &str = "spi = 0x01020304\n\
    encryption = \"aes128gcm16\"\n\
    key = \"@key\"\n\
    source = \"192.0.2.1\"\n\
    destination = \"192.0.2.2\"\n";
const KEY: &str = "00112233 44556677 8899aabb ccddeeff 01020304";

/// An IPv4 header alone, of the protocol 253.
const INNER: &str = "4500001400000000 40fd65e9 0a010001 0a020001";

fn run(desk: &Desk, arguments: &[&[&str]], input: &str) -> Ran {
    desk.esp_fed(&arguments.concat(), input.as_bytes())
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.put("sa.toml", TOML.as_bytes());
    desk.put("key", KEY.as_bytes());
    desk
}

const SA: &[&str] = &["--sa", "sa.toml"];

fn digits(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").unwrap();
        text
    })
}

#[test]
fn the_packet_of_rfc_7634_opens_to_an_echo_request() {
    let ran = run(
        &Desk::new(),
        &[&["open", "--bare"], &RFC_7634, &[RFC_7634_PACKET]],
        "",
    );
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.out.starts_with("45000054"), "{}", ran.out);
    assert_eq!(ran.out.trim().len(), 2 * 84);
    let told = "packet 1: sequence 5: 198.51.100.5 > 192.0.2.5, ICMP echo request, 84 octets";
    assert!(ran.err.contains(told), "{}", ran.err);
}

#[test]
fn an_altered_packet_is_refused_and_nothing_of_it_printed() {
    let altered = RFC_7634_PACKET.replacen("24039428", "24039429", 1);
    let ran = run(
        &Desk::new(),
        &[&["open", "--bare"], &RFC_7634, &[&altered]],
        "",
    );
    assert_eq!((ran.status, ran.out.as_str()), (Some(1), ""));
    assert!(
        ran.err.contains("packet 1: discarded: not authentic"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("1 of 1 packets were discarded"));
}

#[test]
fn what_is_sealed_opens_once() {
    let desk = desk();
    let sealed = run(
        &desk,
        &[&["seal"], SA, &["--sequence", "7"]],
        &format!("{INNER}\n\n{INNER}\n"),
    );
    assert_eq!(sealed.status, Some(0), "{sealed:?}");
    let wires: Vec<&str> = sealed.out.lines().collect();
    assert_eq!(wires.len(), 2);
    assert!(wires[0].contains("0102030400000007") && wires[1].contains("0102030400000008"));

    let opened = run(&desk, &[&["open"], SA, &wires], "");
    let inner = INNER.replace(' ', "");
    assert_eq!(opened.status, Some(0), "{opened:?}");
    assert_eq!(opened.out, format!("{inner}\n{inner}\n"));

    let again = [&["open"], SA, &[wires[0], wires[1], wires[0]]];
    let replayed = run(&desk, &again, "");
    assert_eq!(replayed.status, Some(1));
    assert_eq!(replayed.out, opened.out);
    assert!(replayed.err.contains("packet 3: discarded: replayed"));

    let accepted = run(&desk, &[&again.concat()[..], &["--window", "0"]], "");
    assert_eq!(
        (accepted.status, accepted.out.lines().count()),
        (Some(0), 3)
    );
}

#[test]
fn every_suite_that_is_named_seals_and_opens() {
    let desk = Desk::new();
    let combined = [
        ("aes128gcm16", 20),
        ("aes256gcm16", 36),
        ("chacha20poly1305", 36),
        ("aes128gcm16-iiv", 20),
        ("aes256gcm16-iiv", 36),
        ("chacha20poly1305-iiv", 36),
        ("aes128gmac", 20),
        ("aes256gmac", 36),
        ("aes128ccm8", 19),
        ("aes256ccm12", 35),
        ("aes128ccm16", 19),
    ];
    let composed = [
        ("aes128cbc", 16, "sha256-128", 32),
        ("aes192cbc", 24, "sha384-192", 48),
        ("aes256ctr", 36, "sha512-256", 64),
        ("null", 0, "sha256-128", 32),
    ];
    let combined = combined.map(|(name, key)| (name, key, "", 0));
    for (name, key, mac, mac_key) in combined.into_iter().chain(composed) {
        let (key, mac_key) = (digits(&vec![0x5a; key]), digits(&vec![0xa5; mac_key]));
        let mut sa = vec![
            "--spi=4096",
            "--encryption",
            name,
            "--mode=transport",
            "--esn",
            "--sequence=0x100000003",
            "--udp",
        ];
        if !key.is_empty() {
            sa.extend(["--key", &key]);
        }
        if !mac.is_empty() {
            sa.extend(["--integrity", mac, "--integrity-key", &mac_key]);
        }
        let sealed = run(&desk, &[&["seal"], &sa], INNER);
        assert_eq!(sealed.status, Some(0), "{name}: {sealed:?}");
        let opened = run(&desk, &[&["open"], &sa], &sealed.out);
        assert_eq!(opened.status, Some(0), "{name}: {opened:?}");
        assert_eq!(opened.out.trim(), INNER.replace(' ', ""));
    }
}

#[test]
fn captures_go_in_and_out_and_strangers_are_passed_over() {
    let desk = desk();
    let sealed = run(&desk, &[&["seal"], SA, &["--out", "sealed.pcap"]], INNER);
    assert_eq!((sealed.status, sealed.out.as_str()), (Some(0), ""));
    let capture = desk.read("sealed.pcap");
    let wire = &capture[24 + 16..];

    // The same in Ethernet, filled up to 60 octets, beside ARP, TCP, and an SA of somebody else.
    let mut ethernet = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0].to_vec();
    for number in [0, 0, 65_535, 1] {
        ethernet.extend(u32::to_le_bytes(number));
    }
    let tcp = [&[0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0][..], &[1; 8]].concat();
    let mut foreign = wire.to_vec();
    foreign[20] ^= 0x80;
    for (kind, content) in [
        (0x0806_u16, &[0; 28][..]),
        (0x0800, &tcp),
        (0x0800, &foreign),
        (0x0800, wire),
    ] {
        let frame = [&[2; 12], &kind.to_be_bytes()[..], content, &[0; 20]].concat();
        let len = u32::try_from(frame.len()).unwrap();
        for number in [1_700_000_000, 9, len, len] {
            ethernet.extend(number.to_le_bytes());
        }
        ethernet.extend(frame);
    }
    desk.put("wire.pcap", &ethernet);
    let open = [
        &["open"],
        SA,
        &["--pcap", "wire.pcap", "--out", "inner.pcap"],
    ];
    let opened = run(&desk, &open, "");
    assert_eq!(opened.status, Some(0), "{opened:?}");
    assert!(
        opened.err.contains("1 opened, 3 passed over"),
        "{}",
        opened.err
    );
    let inner = desk.read("inner.pcap");
    assert_eq!(inner[20..24], [101, 0, 0, 0]);
    assert_eq!(
        inner[24..32],
        [1_700_000_000_u32.to_le_bytes(), 9000_u32.to_le_bytes()].concat()
    );
    assert_eq!(digits(&inner[40..]), INNER.replace(' ', ""));

    let again = run(&desk, &open, "");
    assert_eq!(again.status, Some(2), "a capture was overwritten");
    assert!(again.err.contains("--out inner.pcap") && desk.read("inner.pcap") == inner);
    let other = [&["open"], SA, &["--pcap", "wire.pcap", "--spi", "4711"]];
    let none = run(&desk, &other, "");
    assert_eq!(none.status, Some(1));
    assert!(none.err.contains("none of 4 packets"), "{}", none.err);
}

/// What is wrong is named with its flag; a key is never shown, whatever is wrong with it or beside it.
#[test]
fn errors_name_the_flag_and_never_a_key() {
    let desk = desk();
    let secret = "5ec2e75ec2e75ec2e7";
    let odd = format!("{secret}a");
    let with = |line: &str| TOML.replace("key = \"@key\"", line);
    desk.put(
        "unquoted.toml",
        with(&format!("key = {secret}x")).as_bytes(),
    );
    desk.put(
        "list.toml",
        with(&format!("key = [\"{secret}\"]")).as_bytes(),
    );
    desk.put(
        "short.toml",
        with(&format!("key = \"{secret}\"")).as_bytes(),
    );
    desk.put(
        "unclosed.toml",
        with(&format!("key = \"{secret}")).as_bytes(),
    );
    desk.put("unknown.toml", b"spy = 4096\n");
    let gcm = ["--spi", "4096", "--encryption", "aes128gcm16"];
    let cases: [(&[&str], &str); 13] = [
        (&["--key", &odd], "--key: an odd number"),
        (&["--key", "5ec2e7zz"], "--key: character 7"),
        (&["--key", secret], "--key: 9 octets, not 20"),
        (&["--key", "@nowhere"], "--key @nowhere:"),
        (&[], "--key is missing"),
        (&["--key", "@key"], "--source is missing"),
        (
            &["--key", "@key", "--integrity", "sha256-128"],
            "--integrity",
        ),
        (&["--sa", "unquoted.toml"], "--sa unquoted.toml, line 3"),
        (&["--sa", "list.toml"], "--sa list.toml, line 3"),
        (&["--sa", "short.toml"], "--key: 9 octets, not 20"),
        (&["--sa", "unclosed.toml"], "--sa unclosed.toml, line 3"),
        (&["--sa", "unknown.toml"], "--sa unknown.toml, line 1"),
        (&["--sa", "sa.toml", "--window", "63"], "--window"),
    ];
    for (arguments, told) in cases {
        let ran = run(&desk, &[&["seal"], &gcm, arguments, &[INNER]], "");
        assert_eq!((ran.status, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(ran.err.contains(told), "no {told:?} in {}", ran.err);
        assert!(ran.err.contains("help:"), "{}", ran.err);
        assert!(!ran.err.contains("5ec2e7"), "a key in {}", ran.err);
    }
    let ran = run(&desk, &[&["open"], &gcm, &["--key", "@key", "nohex"]], "");
    assert_eq!(ran.status, Some(2));
    assert!(ran.err.contains("packet 1: character 1"), "{}", ran.err);
}
