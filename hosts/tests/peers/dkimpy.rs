//! dkimpy, a DKIM of its own in Python: it verifies what we sign, and we verify what it signs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/dkimpy/peer.py");
const DOMAIN: &str = "example.org";

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

struct Kind {
    selector: &'static str,
    algorithm: &'static str,
    /// The private key, for us and for dkimpy.
    ours: PathBuf,
    theirs: PathBuf,
}

/// The interpreter, or a report that the test is skipped.
fn python() -> Option<&'static str> {
    let there = Command::new("python3")
        .args(["-c", "import dkim, nacl.signing"])
        .output()
        .is_ok_and(|output| output.status.success());
    if there {
        return Some("python3");
    }
    let required = env::var_os("SECUREWIRE_PEERS").is_some_and(|value| value == "required");
    assert!(!required, "dkimpy not found, and SECUREWIRE_PEERS=required");
    eprintln!("skipped: dkimpy not found");
    None
}

fn run(command: &mut Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let err = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {err}");
    String::from_utf8(stdout).unwrap()
}

fn securewire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_securewire"))
}

/// Keys of both kinds, and a zone with their records.
fn keys(folder: &Path) -> (Vec<Kind>, PathBuf) {
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
    let kind = |selector, algorithm, theirs: &str| Kind {
        selector,
        algorithm,
        ours: file(&format!("{selector}.pem")),
        theirs: file(theirs),
    };
    let kinds = vec![
        kind("rsa", "rsa-sha256", "rsa.pem"),
        kind("ed", "ed25519-sha256", "ed.key"),
    ];
    (kinds, file("zone"))
}

fn mails(folder: &Path) -> Vec<PathBuf> {
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
fn dkimpy_verifies_what_we_sign() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (kinds, zone) = keys(folder.path());
    let mut signed = Vec::new();
    for mail in mails(folder.path()) {
        for (header, body) in FORMS {
            // Both signatures in one pass.
            let mut command = securewire();
            command.args([
                "dkim", "sign", "--domain", DOMAIN, "--header", header, "--body", body,
            ]);
            for kind in &kinds {
                command
                    .arg("--key")
                    .arg(format!("{}={}", kind.selector, kind.ours.display()));
            }
            let path = mail.with_extension(format!("{header}.{body}"));
            fs::write(&path, run(command.arg(&mail))).unwrap();
            signed.push(path);
        }
    }
    let printed = run(Command::new(python)
        .args([PEER, "verify"])
        .arg(zone)
        .args(&signed));
    let results: Vec<&str> = printed.lines().collect();
    assert_eq!(results.len(), signed.len());
    for (result, path) in results.iter().zip(&signed) {
        let mail = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        assert_eq!(*result, "pass", "{}\n{mail}", path.display());
    }
}

#[test]
fn we_verify_what_dkimpy_signs() {
    let Some(python) = python() else { return };
    for (header, body) in FORMS {
        let folder = tempfile::tempdir().unwrap();
        let (kinds, zone) = keys(folder.path());
        for kind in kinds {
            let mails = mails(folder.path());
            run(Command::new(python)
                .args([PEER, "sign", kind.selector, DOMAIN])
                .arg(&kind.theirs)
                .args([kind.algorithm, header, body])
                .args(&mails));
            for mail in mails {
                let path = format!("{}.signed", mail.display());
                let output = securewire()
                    .args(["dkim", "verify", "--json", "--dns"])
                    .arg(&zone)
                    .arg(&path)
                    .output()
                    .unwrap();
                let printed = String::from_utf8_lossy(&output.stdout).into_owned();
                let mail = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                let what = format!("{} {header}/{body}: {printed}{mail}", kind.algorithm);
                assert_eq!(output.status.code(), Some(0), "{what}");
                assert!(
                    printed.contains("\"result\":\"pass\",\"signatures\":[{"),
                    "{what}"
                );
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
