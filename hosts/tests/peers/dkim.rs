//! DKIM of others: each verifies what we sign, and we verify what each signs. Every program is behind one small command
//! in `dkim/`; `dkim/cases.py` runs the cases of `testkit/dkim` through the same commands.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dkim/");
pub(crate) const DOMAIN: &str = "example.org";

/// Another implementation.
pub(crate) struct Peer {
    name: &'static str,
    interpreter: &'static str,
    script: &'static str,
    /// Succeeds when it is there.
    probe: &'static [&'static str],
    /// Its keys: none for what it cannot sign.
    rsa: &'static str,
    ed25519: Option<&'static str>,
    /// What it does otherwise.
    differs: fn(&Deed) -> bool,
}

/// One signature that one made and another verified.
struct Deed {
    /// Which of `MAILS`.
    mail: usize,
    header: &'static str,
    body: &'static str,
    kind: &'static str,
    /// Who made it.
    by_peer: bool,
}

const NO_LINE_END: usize = 4;
const EMPTY_FIELD: usize = 5;

/// Peers of DKIM; the first of them does ARC too.
pub(crate) const PEERS: [Peer; 4] = [
    Peer {
        name: "dkimpy",
        interpreter: "python3",
        script: "dkimpy.py",
        probe: &["python3", "-c", "import authres, dkim, nacl.signing"],
        rsa: "rsa.pem",
        ed25519: Some("ed.key"),
        differs: |_| false,
    },
    Peer {
        name: "mailauth",
        interpreter: "node",
        script: "mailauth.mjs",
        probe: &[
            "node",
            "-e",
            "require(process.env.MAILAUTH + '/node_modules/mailauth/lib/dkim/verify.js')",
        ],
        rsa: "rsa.pem",
        ed25519: Some("ed.pem"),
        differs: |_| false,
    },
    Peer {
        name: "Mail::DKIM",
        interpreter: "perl",
        script: "mail_dkim.pl",
        probe: &["perl", "-e", "use Mail::DKIM::Verifier; use Net::DNS"],
        rsa: "rsa1.pem",
        ed25519: None,
        // A body that is simple gets no line end at its end (RFC 6376 section 3.4.3).
        differs: |deed| deed.mail == NO_LINE_END && deed.body == "simple",
    },
    Peer {
        name: "OpenDKIM",
        interpreter: "python3",
        script: "opendkim.py",
        probe: &["/usr/sbin/opendkim", "-V"],
        rsa: "rsa.pem",
        ed25519: Some("ed.pem"),
        differs: |deed| {
            // As a milter it does not see whether a space stands behind a colon (section 3.4.1).
            (deed.mail == EMPTY_FIELD && deed.header == "simple")
                // It neither signs nor verifies such a body (section 3.4.4).
                || (deed.mail == NO_LINE_END && deed.body == "relaxed")
                // What it signs so, nobody verifies: not dkimpy, not mailauth, not OpenDKIM (section 3.7).
                || (deed.by_peer && deed.header == "simple" && deed.kind == "ed")
        },
    },
];

impl Peer {
    /// Whether it can be run here; else a report that it is skipped.
    pub(crate) fn is_there(&self) -> bool {
        let mut command = Command::new(self.probe[0]);
        let there = command.args(&self.probe[1..]).output();
        if there.is_ok_and(|output| output.status.success()) {
            return true;
        }
        let required = env::var_os("SECUREWIRE_PEERS").is_some_and(|value| value == "required");
        assert!(
            !required,
            "{} not found, and SECUREWIRE_PEERS=required",
            self.name
        );
        eprintln!("skipped: {} not found", self.name);
        false
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.interpreter);
        command.arg(format!("{FOLDER}{}", self.script));
        command
    }

    /// The private key as it wants it.
    fn key(&self, kind: &Kind) -> Option<&'static str> {
        if kind.selector == "rsa" {
            Some(self.rsa)
        } else {
            self.ed25519
        }
    }
}

/// What canonicalisation is about, one mail each. White space before a colon is not among it: dkimpy reads no such mail,
/// though RFC 6376 section 3.4.2 has it in its example.
const MAILS: [&str; 7] = [
    "Subject: plain\r\n\r\nHi.\r\n\r\nJoe.\r\n",
    "Subject: white\r\n space \t of\r\n\tall kinds  \r\n\r\n a  b\t c \r\n\t\r\nd\t\r\n \r\n\r\n\r\n",
    "Subject: empty body\r\n\r\n",
    "Subject: blank body\r\n\r\n\r\n\r\n \r\n",
    "Subject: no line end\r\n\r\nHi.\r\nJoe",
    "Subject: one of many\r\nReceived: a\r\nReceived: b\r\nCc: x@example.net\r\nTo:\r\n\r\n.\r\n..\r\n",
    "Subject: \u{fc}n\u{ef}c\u{f6}d\u{e9}\r\nX-Long: 0123456789 0123456789 0123456789 0123456789 0123456789 012345678\r\n\r\n\u{65e5}\u{672c}\r\n",
];

pub(crate) struct Kind {
    pub(crate) selector: &'static str,
    algorithm: &'static str,
    pub(crate) ours: PathBuf,
}

pub(crate) fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let err = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {err}");
    String::from_utf8(stdout).unwrap()
}

pub(crate) fn securewire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_securewire"))
}

/// Keys of both kinds, and a zone with their records.
pub(crate) fn keys(folder: &Path) -> (Vec<Kind>, PathBuf) {
    let file = |name: &str| folder.join(name);
    run(Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
        ])
        .arg(file("rsa.pem")));
    run(Command::new("openssl")
        .args(["rsa", "-traditional", "-in"])
        .arg(file("rsa.pem"))
        .arg("-out")
        .arg(file("rsa1.pem")));
    let public = run(Command::new("openssl")
        .args(["pkey", "-pubout", "-in"])
        .arg(file("rsa.pem")));
    let public: String = public
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let published = run(securewire()
        .args([
            "dkim",
            "keygen",
            "--domain",
            DOMAIN,
            "--selector",
            "ed",
            "--out",
        ])
        .arg(file("ed.pem")));
    let text = run(Command::new("openssl")
        .args(["pkey", "-text", "-noout", "-in"])
        .arg(file("ed.pem")));
    fs::write(file("ed.key"), seed_of(&text)).unwrap();
    let record = published.split('"').nth(1).unwrap();
    let zone = format!(
        "rsa._domainkey.{DOMAIN} v=DKIM1; k=rsa; p={public}\ned._domainkey.{DOMAIN} {record}\n"
    );
    fs::write(file("zone"), zone).unwrap();
    let kind = |selector, algorithm| Kind {
        selector,
        algorithm,
        ours: file(&format!("{selector}.pem")),
    };
    let kinds = vec![kind("rsa", "rsa-sha256"), kind("ed", "ed25519-sha256")];
    (kinds, file("zone"))
}

pub(crate) fn mails(folder: &Path) -> Vec<PathBuf> {
    let write = |(number, mail): (usize, &&str)| {
        let path = folder.join(format!("{number}.eml"));
        let mail = format!("From: joe@{DOMAIN}\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n{mail}");
        fs::write(&path, mail).unwrap();
        path
    };
    MAILS.iter().enumerate().map(write).collect()
}

const FORMS: [(&str, &str); 4] = [
    ("simple", "simple"),
    ("simple", "relaxed"),
    ("relaxed", "simple"),
    ("relaxed", "relaxed"),
];

#[test]
fn others_verify_what_we_sign() {
    let folder = tempfile::tempdir().unwrap();
    let (kinds, zone) = keys(folder.path());
    let mut signed = Vec::new();
    for (number, mail) in mails(folder.path()).iter().enumerate() {
        for (header, body) in FORMS {
            for kind in &kinds {
                let mut command = securewire();
                command.args([
                    "dkim", "sign", "--domain", DOMAIN, "--header", header, "--body", body,
                ]);
                command
                    .arg("--key")
                    .arg(format!("{}={}", kind.selector, kind.ours.display()));
                let path = mail.with_extension(format!("{header}.{body}.{}", kind.selector));
                fs::write(&path, run(command.arg(mail))).unwrap();
                let deed = Deed {
                    mail: number,
                    header,
                    body,
                    kind: kind.selector,
                    by_peer: false,
                };
                signed.push((deed, path));
            }
        }
    }
    for peer in PEERS.iter().filter(|peer| peer.is_there()) {
        let known = |(deed, _): &&(Deed, PathBuf)| deed.kind == "rsa" || peer.ed25519.is_some();
        let signed: Vec<_> = signed.iter().filter(known).collect();
        let mut command = peer.command();
        let paths = signed.iter().map(|(_, path)| path);
        let printed = run(command.arg("verify").arg(&zone).args(paths));
        let results: Vec<&str> = printed.lines().collect();
        assert_eq!(results.len(), signed.len(), "{}", peer.name);
        for (result, (deed, path)) in results.iter().zip(signed) {
            let passes = result.split(' ').next() == Some("pass");
            let what = format!("{} on {}: {result}", peer.name, path.display());
            assert_eq!(passes, !(peer.differs)(deed), "{what}");
        }
    }
}

#[test]
fn both_signatures_of_one_pass_verify_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (kinds, zone) = keys(folder.path());
    let mail = mails(folder.path()).swap_remove(0);
    let mut command = securewire();
    command.args(["dkim", "sign", "--domain", DOMAIN]);
    for kind in &kinds {
        command
            .arg("--key")
            .arg(format!("{}={}", kind.selector, kind.ours.display()));
    }
    let path = mail.with_extension("twice");
    fs::write(&path, run(command.arg(&mail))).unwrap();
    let with_both = |peer: &&Peer| peer.ed25519.is_some() && peer.is_there();
    for peer in PEERS.iter().filter(with_both) {
        let printed = run(peer.command().arg("verify").arg(&zone).arg(&path));
        assert!(printed.starts_with("pass"), "{}: {printed}", peer.name);
    }
}

#[test]
fn we_verify_what_others_sign() {
    let folder = tempfile::tempdir().unwrap();
    let (kinds, zone) = keys(folder.path());
    let mails = mails(folder.path());
    for peer in PEERS.iter().filter(|peer| peer.is_there()) {
        for kind in &kinds {
            let Some(key) = peer.key(kind) else { continue };
            for (header, body) in FORMS {
                let deed = |mail| Deed {
                    mail,
                    header,
                    body,
                    kind: kind.selector,
                    by_peer: true,
                };
                let refuses = |mail: usize| {
                    // OpenDKIM signs no such mail; of the others' differences the mails are there to see.
                    peer.name == "OpenDKIM" && mail == NO_LINE_END && body == "relaxed"
                };
                let numbered = mails.iter().enumerate();
                let taken: Vec<_> = numbered.filter(|(mail, _)| !refuses(*mail)).collect();
                run(peer
                    .command()
                    .args(["sign", kind.selector, DOMAIN])
                    .arg(folder.path().join(key))
                    .args([kind.algorithm, header, body])
                    .args(taken.iter().map(|(_, path)| path)));
                for (mail, path) in taken {
                    let path = format!("{}.signed", path.display());
                    let output = securewire()
                        .args(["dkim", "verify", "--json", "--dns"])
                        .arg(&zone)
                        .arg(&path)
                        .output()
                        .unwrap();
                    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                    let mail_text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                    let what = format!(
                        "{} {} {header}/{body}: {printed}{mail_text}",
                        peer.name, kind.algorithm
                    );
                    let passes = printed.contains("\"result\":\"pass\",\"signatures\":[{");
                    assert_eq!(passes, !(peer.differs)(&deed(mail)), "{what}");
                    assert_eq!(passes, output.status.code() == Some(0), "{what}");
                }
            }
        }
    }
}

/// The private half in what `openssl pkey -text` prints, as base64.
fn seed_of(text: &str) -> String {
    let (_, rest) = text.split_once("priv:").unwrap();
    let (hex, _) = rest.split_once("pub:").unwrap();
    let octets: Vec<u8> = hex
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|pair| pair.len() == 2)
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect();
    assert_eq!(octets.len(), 32);
    let mut text = bytes::BytesMut::new();
    let mut encoder = mime_core::decode::Base64Encoder::new();
    encoder.extend(&octets, &mut text);
    encoder.finish_into(&mut text);
    String::from_utf8_lossy(&text).trim().to_owned()
}
