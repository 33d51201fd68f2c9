//! Network namespaces: two hosts, and a router between them that belongs to the test.
//!
//! ```text
//!  a: 192.0.2.1 ──── 192.0.2.2 :r: 198.51.100.2 ──── 198.51.100.1 :b
//! ```

use std::{
    fs::File,
    os::fd::AsFd,
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Says whether tests may make namespaces; if not, that `what` is left out.
pub(crate) fn is_wanted(what: &str) -> bool {
    let wanted = std::env::var_os("SECUREWIRE_NETNS").is_some_and(|mode| mode == "required");
    if !wanted {
        println!("skipped: {what}: SECUREWIRE_NETNS=required is not set");
    }
    wanted
}

/// The namespaces, which go with it.
pub(crate) struct Net {
    tag: String,
}

impl Net {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let net = Self {
            tag: format!("sw{}x{count}", std::process::id()),
        };
        for place in ["a", "r", "b"] {
            run("ip", &["netns", "add", &net.name(place)]);
            net.ip(place, &["link", "set", "lo", "up"]);
        }
        net.join(("a", "192.0.2.1/24"), ("r", "192.0.2.2/24"));
        net.join(("b", "198.51.100.1/24"), ("r", "198.51.100.2/24"));
        net
    }

    fn join(&self, (one, address): (&str, &str), (two, other): (&str, &str)) {
        let (near, far) = (format!("to-{two}"), format!("to-{one}"));
        let (one_name, two_name) = (self.name(one), self.name(two));
        run(
            "ip",
            &[
                "link", "add", &near, "netns", &one_name, "type", "veth", "peer", "name", &far,
                "netns", &two_name,
            ],
        );
        for (place, link, address) in [(one, &near, address), (two, &far, other)] {
            self.ip(place, &["addr", "add", address, "dev", link]);
            self.ip(place, &["link", "set", link, "up"]);
        }
    }

    /// The name of a namespace.
    pub(crate) fn name(&self, place: &str) -> String {
        format!("{}{place}", self.tag)
    }

    /// Runs `ip` in a namespace.
    pub(crate) fn ip(&self, place: &str, arguments: &[&str]) {
        let name = self.name(place);
        run("ip", &[&["-n", &name], arguments].concat());
    }

    /// A command in a namespace.
    pub(crate) fn command(&self, place: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name(place), program]);
        command
    }

    /// Does something in a namespace: sockets made there stay there.
    pub(crate) fn inside<T: Send>(&self, place: &str, act: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.name(place))).unwrap();
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(namespace.as_fd(), kind).unwrap();
                act()
            });
            there.join().unwrap()
        })
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        for place in ["a", "r", "b"] {
            // One that is not there was not made.
            let _ = Command::new("ip")
                .args(["netns", "del", &self.name(place)])
                .output();
        }
    }
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    output
}
