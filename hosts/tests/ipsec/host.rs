//! A host that runs `securewire esp tunnel`.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::net::{Net, run};

/// Which of the two host examples runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Threads,
    Tokio,
}

/// Longest wait for a process.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Host {
    child: Child,
    told: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// How a host ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) counters: Value,
    pub(crate) told: String,
}

impl Ended {
    /// A counter, such as `/in/packets`; 0 for a reason that did not occur.
    pub(crate) fn count(&self, pointer: &str) -> u64 {
        let counter = self.counters.pointer(pointer);
        counter.map_or(0, |counter| counter.as_u64().unwrap())
    }

    /// The sum of all reasons below `pointer`.
    pub(crate) fn sum(&self, pointer: &str) -> u64 {
        let reasons = self.counters.pointer(pointer).unwrap();
        let reasons = reasons.as_object().unwrap();
        reasons.values().map(|count| count.as_u64().unwrap()).sum()
    }
}

impl Host {
    /// Starts one in a namespace, and waits for its device.
    pub(crate) fn start(net: &Net, place: &str, kind: Kind, config: &Path) -> Self {
        let mut command = net.command(place, env!("CARGO_BIN_EXE_securewire"));
        command.args(["esp", "tunnel", "--json"]).arg(config);
        if kind == Kind::Tokio {
            command.arg("--tokio");
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let told = Arc::new(Mutex::new(String::new()));
        let (lines, heard) = (
            BufReader::new(child.stderr.take().unwrap()),
            Arc::clone(&told),
        );
        let reader = thread::spawn(move || {
            for line in lines.lines() {
                let mut told = heard.lock().unwrap();
                told.push_str(&line.unwrap());
                told.push('\n');
            }
        });
        let host = Self {
            child,
            told,
            reader: Some(reader),
        };
        host.hears("tunnel sw0");
        host
    }

    /// Waits until the host has said something.
    pub(crate) fn hears(&self, text: &str) {
        let begun = instant();
        while !self.told.lock().unwrap().contains(text) {
            assert!(begun.elapsed() < PATIENCE, "{}", self.told.lock().unwrap());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal: `ip netns exec` has become the host by then.
    pub(crate) fn signal(&self, name: &str) {
        run("kill", &["-s", name, &self.child.id().to_string()]);
    }

    /// Asks it to end, and takes its counters.
    pub(crate) fn end(self) -> Ended {
        self.signal("INT");
        self.ended()
    }

    /// Waits for it to end by itself.
    pub(crate) fn ended(mut self) -> Ended {
        let begun = instant();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "the host does not end");
            thread::sleep(Duration::from_millis(5));
        };
        self.reader.take().unwrap().join().unwrap();
        let mut text = String::new();
        let mut out = self.child.stdout.take().unwrap();
        out.read_to_string(&mut text).unwrap();
        let last = text.lines().last().unwrap_or("null");
        Ended {
            status: status.code(),
            counters: serde_json::from_str(last).unwrap(),
            told: self.told.lock().unwrap().clone(),
        }
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // After `end` there is none.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The files of both hosts in a folder, with keys of their own.
pub(crate) fn write_configs(folder: &Path, more: &str) -> [PathBuf; 2] {
    let sa = |spi, octet: &str, addresses: &str| {
        let key = octet.repeat(20);
        format!("spi = {spi}\nencryption = \"aes128gcm16\"\nkey = \"{key}\"\n{addresses}")
    };
    let file = |name: &str, mine: [&str; 2], other: [&str; 2], ends: [&str; 2], spis: [u32; 2]| {
        let addresses = format!(
            "source = \"{}\"\ndestination = \"{}\"\nudp = true\n",
            ends[0], ends[1]
        );
        let octets = spis.map(|spi| format!("{:02x}", spi & 0xff));
        let text = format!(
            "{more}\n[out]\n{}\n[in]\n{}\n[device]\nname = \"sw0\"\naddress = [\"{}/24\", \"{}/64\"]\n\
             [[protect]]\nlocal = \"{}/24\"\nremote = \"{}/24\"\n\
             [[protect]]\nlocal = \"{}/64\"\nremote = \"{}/64\"\n",
            sa(spis[0], &octets[0], &addresses),
            sa(spis[1], &octets[1], ""),
            mine[0],
            mine[1],
            mine[0],
            other[0],
            mine[1],
            other[1],
        );
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (a, b) = (["10.1.0.1", "fd00:1::1"], ["10.2.0.1", "fd00:2::1"]);
    [
        file("a.toml", a, b, ["192.0.2.1", "192.0.2.2"], [0x10a1, 0x10b2]),
        file(
            "b.toml",
            b,
            a,
            ["198.51.100.1", "198.51.100.2"],
            [0x10b2, 0x10a1],
        ),
    ]
}

/// Routes of a host to the networks of the other.
pub(crate) fn set_routes(net: &Net, place: &str) {
    let (v4, v6) = if place == "a" {
        ("10.2.0.0/24", "fd00:2::/64")
    } else {
        ("10.1.0.0/24", "fd00:1::/64")
    };
    net.ip(place, &["route", "add", v4, "dev", "sw0"]);
    net.ip(place, &["-6", "route", "add", v6, "dev", "sw0"]);
}

/// The monotonic clock, to bound waits.
#[expect(clippy::disallowed_methods, reason = "waits for processes have an end")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
