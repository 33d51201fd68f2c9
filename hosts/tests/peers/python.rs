//! Mails of `securewire mime compose`, read by Python's `email`, and the other way round.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::process::find;

/// What Python makes of a mail, in JSON.
const READ: &str = r#"
import email, email.policy, json, sys
mail = email.message_from_bytes(open("mail.eml", "rb").read(), policy=email.policy.default)
parts = list(mail.walk())
people = lambda name: [[a.display_name, a.addr_spec] for a in mail[name].addresses]
# Python leaves the line ends of text under base64 as they are in mail.
text = lambda kind: mail.get_body((kind,)).get_content().replace("\r\n", "\n")
attached, = mail.iter_attachments()
open("attached", "wb").write(attached.get_payload(decode=True))
json.dump({
    "subject": mail["subject"], "from": people("from"), "to": people("to"),
    "unix": int(mail["date"].datetime.timestamp()),
    "types": [part.get_content_type() for part in parts],
    "text": text("plain"),
    "html": text("html"),
    "name": attached.get_filename(),
    "defects": [str(defect) for part in parts for defect in part.defects],
}, sys.stdout)
"#;

/// A mail of Python's, with what its defaults make of it.
const WRITE: &str = r#"
from email.message import EmailMessage
from email.policy import SMTP
mail = EmailMessage()
mail["From"] = "J\u00f6rg Doe <joerg@example.org>"
mail["To"] = '"Team, B" <b@example.org>, ana@example.org'
mail["Subject"] = "Gr\u00fc\u00dfe aus Z\u00fcrich \u2014 \u5199\u771f \U0001f4f7 und mehr, damit gefaltet werden muss"
mail["Date"] = "Mon, 23 Nov 2026 19:41:58 +0100"
mail.set_content("Gr\u00fc\u00dfe\n")
mail.add_alternative("<p>Gr\u00fc\u00dfe\n", subtype="html")
mail.add_attachment(bytes(range(256)) * 40, maintype="image", subtype="png",
    filename="\u00dcbersicht \u5199\u771f, M\u00e4rz; und ein Name, der f\u00fcr eine Zeile zu lang ist.png")
open("mail.eml", "wb").write(mail.as_bytes(policy=SMTP))
"#;

fn python(program: &Path, script: &str, folder: &Path) -> Vec<u8> {
    let output = Command::new(program)
        .args(["-c", script])
        .env("PYTHONIOENCODING", "utf-8")
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

fn mime(arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_securewire"))
        .arg("mime")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{complaints}");
    printed
}

fn octets() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(256 * 40).collect()
}

#[test]
fn python_reads_what_is_composed() {
    let Some(program) = find("python3") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let name = "Übersicht 写真, März; und ein Name, der für eine Zeile zu lang ist.png";
    fs::write(folder.join(name), octets()).unwrap();
    fs::write(folder.join("text"), "Grüße\nzwei  \n").unwrap();
    fs::write(folder.join("html"), "<p>Grüße\n").unwrap();
    let subject = "Grüße aus Zürich — 写真 📷 und mehr, damit gefaltet werden muss";
    mime(
        &[
            "compose",
            "--from",
            "Jörg Doe <joerg@example.org>",
            "--to",
            "\"Team, B\" <b@example.org>, ana@example.org",
            "--subject",
            subject,
            "--date",
            "Mon, 23 Nov 2026 19:41:58 +0100",
            "--text",
            "text",
            "--html",
            "html",
            "--attach",
            name,
            "--out",
            "mail.eml",
        ],
        folder,
    );
    let read: Value = serde_json::from_slice(&python(&program, READ, folder)).unwrap();
    let expected = json!({
        "subject": subject,
        "from": [["Jörg Doe", "joerg@example.org"]],
        "to": [["Team, B", "b@example.org"], ["", "ana@example.org"]],
        "unix": 1_795_459_318,
        "types": ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "image/png"],
        "text": "Grüße\nzwei  \n",
        "html": "<p>Grüße\n",
        "name": name,
        "defects": [],
    });
    assert_eq!(read, expected);
    assert!(fs::read(folder.join("attached")).unwrap() == octets());
}

#[test]
fn what_python_composes_is_read() {
    let Some(program) = find("python3") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    python(&program, WRITE, folder);
    let shown: Value =
        serde_json::from_str(&mime(&["show", "--json", "mail.eml"], folder)).unwrap();
    assert_eq!(
        shown["subject"],
        "Grüße aus Zürich — 写真 📷 und mehr, damit gefaltet werden muss"
    );
    assert_eq!(shown["from"][0]["name"], "Jörg Doe");
    assert_eq!(shown["to"][0]["name"], "Team, B");
    assert_eq!(shown["date"]["unix"], 1_795_459_318);
    mime(&["check", "mail.eml"], folder);
    mime(&["extract", "mail.eml", "--to", "out"], folder);
    let name = "Übersicht 写真, März; und ein Name, der für eine Zeile zu lang ist.png";
    assert!(fs::read(folder.join("out").join(name)).unwrap() == octets());
}
