//! A strongSwan at the other end. Two of them agree on keys; then one is killed, and `securewire esp tunnel` takes its place.
//!
//! strongSwan's `kernel-libipsec` seals and opens in user space, so the kernel needs no ESP.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use crate::{
    host::{Host, Kind, instant},
    net::{Net, is_wanted},
    traffic::{ping, stream},
};

const CHARON: &str = "/usr/lib/ipsec/charon";

/// Longest wait for a daemon.
const PATIENCE: Duration = Duration::from_secs(10);

/// What strongSwan calls a suite, and what we do.
#[derive(Clone, Copy)]
struct Suite {
    proposal: &'static str,
    encryption: &'static str,
    integrity: Option<&'static str>,
}

/// A strongSwan in a namespace, which is killed with it.
struct Charon {
    child: Child,
    folder: PathBuf,
    place: &'static str,
}

impl Charon {
    fn start(net: &Net, folder: &Path, place: &'static str, connection: &str) -> Self {
        let here = folder.display();
        let plugins = "random nonce aes sha1 sha2 hmac kdf gcm ccm ctr chapoly curve25519 gmp openssl \
                       kernel-libipsec kernel-netlink socket-default vici";
        let settings = format!(
            "charon {{\n load = {plugins}\n plugins {{\n vici {{ socket = unix://{here}/{place}.vici }}\n \
             kernel-libipsec {{ allow_peer_ts = yes }}\n }}\n \
             filelog {{ log {{ path = {here}/{place}.log\n ike = 1\n chd = 4\n flush_line = yes\n }} }}\n}}\n"
        );
        let path = folder.join(format!("{place}.conf"));
        fs::write(&path, settings).unwrap();
        fs::write(folder.join(format!("{place}.swan")), connection).unwrap();
        // `ip netns exec` has mounts of its own; a private /run keeps two daemons apart.
        let child = net
            .command(place, "sh")
            .args(["-c", "mount -t tmpfs none /run && exec \"$0\"", CHARON])
            .env("STRONGSWAN_CONF", &path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let charon = Self {
            child,
            folder: folder.to_owned(),
            place,
        };
        let begun = instant();
        let file = folder.join(format!("{place}.swan"));
        while !charon.is_ready(&file) {
            assert!(begun.elapsed() < PATIENCE, "charon in {place} is not there");
            thread::sleep(Duration::from_millis(50));
        }
        charon
    }

    fn is_ready(&self, connection: &Path) -> bool {
        self.folder.join(format!("{}.vici", self.place)).exists()
            && self
                .swanctl(&[
                    "--load-all",
                    "--noprompt",
                    "--file",
                    connection.to_str().unwrap(),
                ])
                .status
                .success()
    }

    fn swanctl(&self, arguments: &[&str]) -> Output {
        let uri = format!("unix://{}/{}.vici", self.folder.display(), self.place);
        Command::new("swanctl")
            .args(arguments)
            .args(["--uri", &uri])
            .output()
            .unwrap()
    }

    /// What it wrote down.
    fn log(&self) -> String {
        fs::read_to_string(self.folder.join(format!("{}.log", self.place))).unwrap()
    }
}

impl Drop for Charon {
    fn drop(&mut self) {
        // Killed, it tells the other end nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection as `swanctl` reads it: addresses, identities and networks of this end and of the other.
fn connection(ends: [&str; 2], names: [&str; 2], networks: [&str; 2], proposal: &str) -> String {
    format!(
        "connections {{ net {{ version = 2\n local_addrs = {}\n remote_addrs = {}\n \
         proposals = aes256gcm16-prfsha256-x25519\n encap = yes\n mobike = no\n \
         local {{ auth = psk\n id = {} }}\n remote {{ auth = psk\n id = {} }}\n \
         children {{ net {{ local_ts = {}\n remote_ts = {}\n esp_proposals = {proposal} }} }} }} }}\n\
         secrets {{ ike-1 {{ secret = \"a long secret\" }} }}\n",
        ends[0], ends[1], names[0], names[1], networks[0], networks[1],
    )
}

/// The octets, as digits, of a key in the log: `encryption initiator key => 36 bytes`, and a dump of it.
fn key(log: &str, name: &str) -> String {
    let mut lines = log.lines().skip_while(|line| !line.contains(name));
    let head = lines.next().unwrap_or_else(|| panic!("no {name}: {log}"));
    let (_, len) = head.split_once("=> ").unwrap();
    let mut left: usize = len.split(' ').next().unwrap().parse().unwrap();
    let mut digits = String::new();
    while left > 0 {
        let (_, dump) = lines.next().unwrap().split_once(": ").unwrap();
        let octets: Vec<&str> = dump.split_whitespace().take(left.min(16)).collect();
        assert!(
            octets
                .iter()
                .all(|octet| u8::from_str_radix(octet, 16).is_ok())
        );
        left -= octets.len();
        digits.extend(octets);
    }
    digits
}

/// The SPI of the SA from one address to another.
fn spi(log: &str, source: &str, destination: &str) -> String {
    let ends = format!(", src {source} dst {destination}");
    let line = log.lines().find_map(|line| line.strip_suffix(&ends));
    let (_, spi) = line
        .unwrap_or_else(|| panic!("no SPI: {log}"))
        .split_once("SPI ")
        .unwrap();
    spi.to_owned()
}

/// The file of our host in the place of the strongSwan that began.
fn config(log: &str, suite: Suite, [near, far]: [&str; 2]) -> String {
    let sa = |spi: String, role: &str| {
        let mut text = format!("spi = {spi}\nencryption = \"{}\"\n", suite.encryption);
        let encryption = key(log, &format!("encryption {role} key"));
        text.push_str(&format!("key = \"{encryption}\"\n"));
        if let Some(integrity) = suite.integrity {
            let octets = key(log, &format!("integrity {role} key"));
            text.push_str(&format!(
                "integrity = \"{integrity}\"\nintegrity-key = \"{octets}\"\n"
            ));
        }
        text
    };
    format!(
        "[out]\n{}source = \"{near}\"\ndestination = \"{far}\"\nudp = true\n# Behind what strongSwan has used.\n\
         sequence = 1000\n[in]\n{}[device]\nname = \"sw0\"\naddress = [\"10.1.0.1/24\"]\n\
         [[protect]]\nlocal = \"10.1.0.0/24\"\nremote = \"10.2.0.1/32\"\n",
        sa(spi(log, near, far), "initiator"),
        sa(spi(log, far, near), "responder"),
    )
}

fn takes_the_place_of_a_strongswan(suite: Suite, kind: Kind) {
    const NEAR: &str = "192.0.2.1";
    const FAR: &str = "198.51.100.1";
    let folder = tempfile::tempdir().unwrap();
    let net = Net::new();
    net.inside("r", || {
        fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap()
    });
    for (place, router, address) in [
        ("a", "192.0.2.2", "10.1.0.1/32"),
        ("b", "198.51.100.2", "10.2.0.1/32"),
    ] {
        net.ip(place, &["route", "add", "default", "via", router]);
        net.ip(place, &["addr", "add", address, "dev", "lo"]);
    }
    let networks = ["10.1.0.0/24", "10.2.0.1/32"];
    let near = connection([NEAR, FAR], ["a.test", "b.test"], networks, suite.proposal);
    let far = connection(
        [FAR, NEAR],
        ["b.test", "a.test"],
        [networks[1], networks[0]],
        suite.proposal,
    );
    let first = Charon::start(&net, folder.path(), "a", &near);
    let second = Charon::start(&net, folder.path(), "b", &far);
    let agreed = first.swanctl(&["--initiate", "--child", "net", "--timeout", "10"]);
    assert!(agreed.status.success(), "{agreed:?}\n{}", first.log());
    assert_eq!(ping(&net, "a", "10.2.0.1", 3, &["-I", "10.1.0.1"]), 3);

    let path = folder.path().join("a.toml");
    fs::write(&path, config(&first.log(), suite, [NEAR, FAR])).unwrap();
    drop(first);
    net.ip("a", &["addr", "del", "10.1.0.1/32", "dev", "lo"]);
    let host = Host::start(&net, "a", kind, &path);
    net.ip("a", &["route", "add", "10.2.0.0/24", "dev", "sw0"]);

    assert_eq!(ping(&net, "a", "10.2.0.1", 5, &[]), 5);
    assert_eq!(
        ping(&net, "b", "10.1.0.1", 5, &["-I", "10.2.0.1", "-s", "1200"]),
        5
    );
    stream(&net, "a", ("b", "10.2.0.1:7001"), 1 << 20);
    stream(&net, "b", ("a", "10.1.0.1:7002"), 1 << 20);

    // Messages of IKE come to the same port. They are told apart, and left alone.
    let begun = instant();
    second.swanctl(&["--rekey", "--child", "net"]);
    while !second.log().contains("CREATE_CHILD_SA request") {
        assert!(begun.elapsed() < PATIENCE, "{}", second.log());
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ping(&net, "a", "10.2.0.1", 2, &[]), 2);
    let ended = host.end();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.count("/in/ike") > 0, "{ended:?}");
    assert_eq!(ended.sum("/in/discarded"), 0, "{ended:?}");
    assert_eq!(
        ended.count("/in/datagrams"),
        ended.count("/in/packets"),
        "{ended:?}"
    );
}

#[test]
fn strongswan_talks_aes_gcm_to_a_tunnel_on_threads() {
    if is_wanted("strongSwan, AES-GCM") {
        let suite = Suite {
            proposal: "aes256gcm16",
            encryption: "aes256gcm16",
            integrity: None,
        };
        takes_the_place_of_a_strongswan(suite, Kind::Threads);
    }
}

#[test]
fn strongswan_talks_chacha20_poly1305_to_a_tunnel_on_tokio() {
    if is_wanted("strongSwan, ChaCha20-Poly1305") {
        let suite = Suite {
            proposal: "chacha20poly1305",
            encryption: "chacha20poly1305",
            integrity: None,
        };
        takes_the_place_of_a_strongswan(suite, Kind::Tokio);
    }
}

#[test]
fn strongswan_talks_aes_cbc_and_hmac_to_a_tunnel_on_threads() {
    if is_wanted("strongSwan, AES-CBC and HMAC") {
        let suite = Suite {
            proposal: "aes128-sha256",
            encryption: "aes128cbc",
            integrity: Some("sha256-128"),
        };
        takes_the_place_of_a_strongswan(suite, Kind::Threads);
    }
}
