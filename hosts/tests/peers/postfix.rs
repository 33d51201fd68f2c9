//! Postfix: what one server signs on its way out, by a milter on `Signer`, the next verifies on its way in, by a milter on
//! `Verifier`. Both run from folders of their own, on ports of loopback; nothing of the system's is touched.

#[path = "../../examples/dkim_milter/milter.rs"]
mod milter;

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    thread,
    time::Duration,
};

use crypto_core::{PrivateKeyDer, SignatureAlgorithm};
use dkim_core::{
    SignerConfig, SigningIdentity, VerifierConfig, canon::Canonicalization, wire::KeyRecord,
};
use milter::Role;

const MASTER: &str = "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
";

/// A mail that canonicalisation is about, and that claims to have been verified by the server that gets it.
const MAIL: &str = "Authentication-Results: in.example.net; dkim=pass header.d=bank.example\n\
    From: Joe <joe@example.org>\n\
    Authentication-Results: other.example; spf=pass\n\
    To:  suzie@example.net\n\
    Subject: Is dinner\n   ready?\n\
    authentication-results: IN.example.net (forged); dkim=pass\n\
    Date: Fri, 11 Jul 2003 21:00:37 -0700\n\
    Message-ID: <1@example.org>\n\n\
    Hi. \n..\n\n.\nWe  lost the game.\t\n \n\nJoe.\n\n\n";

/// A running Postfix, which ends with this.
struct Postfix {
    folder: PathBuf,
}

impl Postfix {
    fn start(folder: &Path, name: &str, port: u16, settings: &str) -> Self {
        let folder = folder.join(name);
        for part in ["conf", "queue", "data", "mail"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let owned = |part: &str, user: &str| {
            let ids = run(Command::new("id").args(["-u", user]));
            let id = ids.trim().parse().unwrap();
            chown(folder.join(part), Some(id), None).unwrap();
        };
        owned("data", "postfix");
        owned("mail", "nobody");
        let here = folder.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {here}/queue\ndata_directory = {here}/data\n\
             command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\n\
             setgid_group = postdrop\nmaillog_file_prefixes = {here}\nmaillog_file = {here}/log\n\
             myhostname = {name}.example.net\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n\
             mynetworks = 127.0.0.0/8\nmydestination =\nalias_maps =\nalias_database =\n\
             smtpd_relay_restrictions = permit_mynetworks, reject\nsmtp_dns_support_level = disabled\n\
             smtp_host_lookup = native\nsmtp_tls_security_level = none\nsmtpd_peername_lookup = no\n{settings}\n"
        );
        fs::write(folder.join("conf/main.cf"), main).unwrap();
        let master = format!("127.0.0.1:{port} inet n - n - - smtpd\n{MASTER}");
        fs::write(folder.join("conf/master.cf"), master).unwrap();
        run(Command::new("postfix")
            .arg("-c")
            .arg(folder.join("conf"))
            .arg("start"));
        Self { folder }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let mut stop = Command::new("postfix");
        let stopped = stop
            .arg("-c")
            .arg(self.folder.join("conf"))
            .arg("stop")
            .output();
        assert!(stopped.is_ok_and(|output| output.status.success()));
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Whether it can run here; else a report that the test is skipped.
fn is_there() -> bool {
    let there = |program: &str| Command::new(program).arg("--help").output().is_ok();
    let root = || run(Command::new("id").arg("-u")).trim() == "0";
    if there("postconf") && there("swaks") && root() {
        return true;
    }
    let required = env::var_os("SECUREWIRE_PEERS").is_some_and(|value| value == "required");
    assert!(
        !required,
        "postfix and swaks, as root, not found, and SECUREWIRE_PEERS=required"
    );
    eprintln!("skipped: postfix not found, or not root");
    false
}

/// A port that is free now.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Serves until the process ends.
fn milter(role: Role) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || milter::serve(&listener, &Arc::new(role)));
    port
}

/// A signer for both kinds of canonicalisation, and a verifier that knows its key.
fn roles() -> (Role, Role) {
    let provider = Arc::new(crypto_core::ring::provider());
    let pkcs8 = provider.keys.generate(SignatureAlgorithm::Ed25519).unwrap();
    let key = provider
        .keys
        .load(&PrivateKeyDer::Pkcs8(pkcs8.to_vec().into()))
        .unwrap();
    let record = KeyRecord::text(&*key).unwrap();
    let identity = SigningIdentity::new("example.org", "sel", key).unwrap();
    let config = SignerConfig::new(Arc::clone(&provider), vec![identity]).unwrap();
    let simple = Canonicalization::Simple;
    let config = config.with_canonicalization(simple, simple);
    let verifier = Role::Verify {
        config: Arc::new(VerifierConfig::new(provider).unwrap()),
        authserv_id: "in.example.net".to_owned(),
        lookup: Box::new(move |question| {
            if question.name() == "sel._domainkey.example.org" {
                question.records([[&record]])
            } else {
                question.no_domain()
            }
        }),
    };
    (Role::Sign(Arc::new(config)), verifier)
}

/// The mail that comes into a folder within a bounded time.
fn delivered(folder: &Path) -> Option<String> {
    within_seconds(20, || {
        let found = fs::read_dir(folder.join("mail/box/new")).ok();
        let entry = found.and_then(|mut entries| entries.next())?.ok()?;
        fs::read_to_string(entry.path()).ok()
    })
}

/// Tries again and again, for so many seconds of waiting.
fn within_seconds<T>(seconds: u32, attempt: impl Fn() -> Option<T>) -> Option<T> {
    let wait = Duration::from_millis(50);
    (0..20 * seconds).find_map(|_| {
        let done = attempt();
        if done.is_none() {
            thread::sleep(wait);
        }
        done
    })
}

#[test]
fn what_postfix_signs_through_us_arrives_verified_and_forged_results_are_gone() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // The daemons are nobody here.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (signer, verifier) = roles();
    let (out_port, in_port) = (port(), port());
    let boxes = folder.path().join("in/mail");
    let inward = Postfix::start(
        folder.path(),
        "in",
        in_port,
        &format!(
            "smtpd_milters = inet:127.0.0.1:{}\nmilter_default_action = tempfail\n\
             virtual_mailbox_domains = example.net\nvirtual_mailbox_base = {}\nvirtual_mailbox_maps = static:box/\n\
             virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534",
            milter(verifier),
            boxes.display()
        ),
    );
    let outward = Postfix::start(
        folder.path(),
        "out",
        out_port,
        &format!(
            "smtpd_milters = inet:127.0.0.1:{}\nmilter_default_action = tempfail\nrelayhost = [127.0.0.1]:{in_port}",
            milter(signer)
        ),
    );
    let reached = within_seconds(10, || TcpStream::connect(("127.0.0.1", out_port)).ok());
    assert!(reached.is_some(), "{}", outward.log());
    let mail = folder.path().join("mail.eml");
    fs::write(&mail, MAIL).unwrap();
    run(Command::new("swaks")
        .args(["--server", &format!("127.0.0.1:{out_port}")])
        .args(["--from", "joe@example.org", "--to", "suzie@example.net"])
        .args(["--suppress-data", "--data"])
        .arg(format!("@{}", mail.display())));
    let got = delivered(&inward.folder);
    let logs = || format!("out:\n{}in:\n{}", outward.log(), inward.log());
    let got = got.unwrap_or_else(|| panic!("nothing arrived; {}", logs()));
    assert!(
        got.contains("DKIM-Signature: v=1; a=ed25519-sha256; c=simple/simple;"),
        "{got}"
    );
    let own: Vec<&str> = got
        .lines()
        .filter(|line| {
            line.to_ascii_lowercase()
                .starts_with("authentication-results:")
        })
        .collect();
    assert_eq!(
        own.iter()
            .map(|line| line.split(';').next().unwrap())
            .collect::<Vec<_>>(),
        [
            "Authentication-Results: in.example.net",
            "Authentication-Results: other.example"
        ],
        "{got}"
    );
    assert!(
        got.contains("dkim=pass header.d=example.org header.s=sel"),
        "{got}\n{}",
        logs()
    );
    assert!(
        !got.contains("bank.example") && !got.contains("forged"),
        "{got}"
    );
    // Every line of the body came through as it was.
    assert!(
        got.contains("Hi. \n..\n\n.\nWe  lost the game.\t\n \n\nJoe.\n"),
        "{got}"
    );
}
