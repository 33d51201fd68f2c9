//! `curl` against `securewire tls serve`.

use std::{fs, path::Path, process::Command};

use crate::{
    pki::Pki,
    process::{Running, find},
};

/// The command, serving `arguments` on a free port.
fn serve(arguments: impl FnOnce(&mut Command) -> &mut Command) -> (Running, u16) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_securewire"));
    command.args(["tls", "serve", "--listen", "127.0.0.1:0"]);
    let running = Running::start(arguments(&mut command));
    let address = running.wait_for("at https://127.0.0.1:");
    let port = address.trim_end_matches('/').parse().unwrap();
    (running, port)
}

/// Serves `folder` under a certificate made on the spot, whose authority lies there too.
fn demo_cert<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command.env("TMPDIR", folder).arg("--demo-cert").arg(folder)
}

/// Runs curl, and gives its exit status, what it printed, and what it complained of.
fn curl(program: &Path, ca: &Path, arguments: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    let output = Command::new(program)
        .args([
            "--silent",
            "--show-error",
            "--tlsv1.3",
            "--noproxy",
            "*",
            "--max-time",
            "20",
        ])
        .arg("--cacert")
        .arg(ca)
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.code(),
        output.stdout,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn curl_fetches_files() {
    let Some(program) = find("curl") else { return };
    let pki = Pki::new();
    let leaf = pki.server();
    let folder = tempfile::tempdir().unwrap();
    let large: Vec<u8> = (0..3_000_000)
        .map(|i| u8::try_from(i % 251).unwrap())
        .collect();
    fs::write(folder.path().join("large.bin"), &large).unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/index.html"), "<p>inside").unwrap();
    let (running, port) = serve(|command| {
        command
            .arg("--cert")
            .arg(&leaf.certificate_file)
            .arg("--key")
            .arg(&leaf.key_file)
            .arg(folder.path())
    });
    let base = format!("https://localhost:{port}");
    let url = |path: &str| format!("{base}{path}");
    let get = |arguments: &[&str]| curl(&program, &pki.ca_file(), arguments);

    let (status, body, _) = get(&[&url("/large.bin")]);
    assert!(status == Some(0) && body == large);
    let (_, body, _) = get(&["--location", &url("/sub")]);
    assert_eq!(body, b"<p>inside");
    let (_, body, _) = get(&[&url("/")]);
    assert!(String::from_utf8(body).unwrap().contains("large.bin"));
    let (_, head, _) = get(&["--head", &url("/large.bin")]);
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains("Content-Length: 3000000\r\n"), "{head}");
    assert!(
        head.contains("Content-Type: application/octet-stream\r\n"),
        "{head}"
    );

    let code = |arguments: &[&str]| {
        let mut all = vec!["--output", "/dev/null", "--write-out", "%{http_code}"];
        all.extend(arguments);
        String::from_utf8(get(&all).1).unwrap()
    };
    assert_eq!(code(&[&url("/absent")]), "404");
    assert_eq!(code(&["--path-as-is", &url("/../large.bin")]), "400");
    assert_eq!(
        code(&["--path-as-is", &url("/sub/%2e%2e/%2e%2e/etc/passwd")]),
        "400"
    );
    assert_eq!(code(&["--data", "x=y", &url("/")]), "405");
    // Two requests over one connection.
    let (_, twice, _) = get(&[
        "--write-out",
        "%{num_connects}.",
        &url("/sub/"),
        &url("/sub/"),
    ]);
    assert_eq!(String::from_utf8(twice).unwrap(), "<p>inside1.<p>inside0.");
    assert!(
        running.printed().contains("405 POST /"),
        "{}",
        running.printed()
    );
}

#[test]
fn curl_refuses_what_it_does_not_trust() {
    let Some(program) = find("curl") else { return };
    let stranger = Pki::named("Another Authority");
    let folder = tempfile::tempdir().unwrap();
    let (running, port) = serve(|command| demo_cert(command, folder.path()));
    let (status, _, complaint) = curl(
        &program,
        &stranger.ca_file(),
        &[&format!("https://localhost:{port}/")],
    );
    // CURLE_PEER_FAILED_VERIFICATION
    assert_eq!(status, Some(60), "{complaint}");
    running.wait_for("the peer sent the alert unknown_ca");
}

#[test]
fn curl_trusts_the_demo_certificate() {
    let Some(program) = find("curl") else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "from the demo").unwrap();
    let (running, port) = serve(|command| demo_cert(command, folder.path()));
    let printed = running.printed();
    let (_, authority) = printed.split_once("trust ").unwrap();
    let authority = authority.lines().next().unwrap();
    let (status, body, complaint) = curl(
        &program,
        Path::new(&authority),
        &[&format!("https://localhost:{port}/a.txt"), "--http1.1"],
    );
    assert_eq!(
        (status, &body[..]),
        (Some(0), &b"from the demo"[..]),
        "{complaint}"
    );
}

#[test]
fn curl_shows_its_certificate() {
    let Some(program) = find("curl") else { return };
    let pki = Pki::new();
    let leaf = pki.server();
    let folder = tempfile::tempdir().unwrap();
    let (_running, port) = serve(|command| {
        command
            .args(["--cert".as_ref(), leaf.certificate_file.as_os_str()])
            .args(["--key".as_ref(), leaf.key_file.as_os_str()])
            .args(["--client-ca".as_ref(), pki.ca_file().as_os_str()])
            .arg(folder.path())
    });
    let url = format!("https://localhost:{port}/");
    let own = pki.leaf("someone", &rcgen::PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = (
        own.certificate_file.to_str().unwrap(),
        own.key_file.to_str().unwrap(),
    );
    let (status, _, complaint) = curl(
        &program,
        &pki.ca_file(),
        &["--cert", certificate, "--key", key, &url],
    );
    assert_eq!(status, Some(0), "{complaint}");
    let (status, _, complaint) = curl(&program, &pki.ca_file(), &[&url]);
    assert!(
        status != Some(0) && complaint.contains("certificate required"),
        "{complaint}"
    );
}
