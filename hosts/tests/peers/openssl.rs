//! `openssl s_client` and `openssl s_server`.

use std::{
    ffi::OsStr,
    io::{BufRead, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    thread,
};

use securewire::{
    Acceptor, Connector,
    blocking::TlsStream,
    crypto_core::Group,
    tls_core::{
        CertificateError, ClientAuth, Connected, Error, Padding,
        wire::{AlertDescription, CipherSuite, KeyUpdate},
    },
};

use crate::{
    ends::{client, connect, echo_once, failure, listen, server},
    pki::{Leaf, Pki},
    process::{Running, command, find},
};

const SUITES: [(CipherSuite, &str); 3] = [
    (
        CipherSuite::TLS_AES_128_GCM_SHA256,
        "TLS_AES_128_GCM_SHA256",
    ),
    (
        CipherSuite::TLS_AES_256_GCM_SHA384,
        "TLS_AES_256_GCM_SHA384",
    ),
    (
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        "TLS_CHACHA20_POLY1305_SHA256",
    ),
];

const GROUPS: [(Group, &str); 3] = [
    (Group::X25519, "X25519"),
    (Group::SECP256R1, "P-256"),
    (Group::SECP384R1, "P-384"),
];

/// What a run of s_client came to.
struct Client {
    ours: Result<Connected, Error>,
    printed: String,
    success: bool,
}

/// Runs s_client against one connection of `acceptor`. It says "hello", and waits for that to come back.
fn s_client(
    openssl: &Path,
    pki: &Pki,
    acceptor: &Acceptor,
    arguments: &[&dyn AsRef<OsStr>],
    talk: impl FnOnce(&mut Running),
) -> Client {
    let (listener, port) = listen();
    let mut command = command(openssl, &[&"s_client", &"-CAfile", &pki.ca_file()]);
    command
        .args([
            "-connect",
            &format!("127.0.0.1:{port}"),
            "-servername",
            "localhost",
        ])
        .args([
            "-tls1_3",
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
        ])
        .args(arguments.iter().map(|argument| argument.as_ref()));
    let mut running = Running::start(&mut command);
    let ours = thread::scope(|scope| {
        let ours = scope.spawn(|| echo_once(&listener, acceptor));
        talk(&mut running);
        running.end_input();
        ours.join().unwrap()
    });
    let (status, printed) = running.finish();
    let ours = ours.map_err(|error| failure::<()>(Err(error)));
    Client {
        ours,
        printed,
        success: status.success(),
    }
}

fn hello(running: &mut Running) {
    running.send("hello over there\n");
    running.wait_for("\nhello over there");
}

/// s_server on a free port.
struct Server {
    running: Running,
    port: u16,
}

fn s_server(openssl: &Path, leaf: &Leaf, arguments: &[&dyn AsRef<OsStr>]) -> Server {
    let mut command = command(openssl, &[&"s_server", &"-cert", &leaf.certificate_file]);
    command
        .args(["-accept", "127.0.0.1:0", "-tls1_3", "-key"])
        .arg(&leaf.key_file)
        .args(arguments.iter().map(|argument| argument.as_ref()));
    let running = Running::start(&mut command);
    let address = running.wait_for("ACCEPT ");
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    Server { running, port }
}

/// With `-rev`, a server turns lines around.
fn turned(connector: &Connector, port: u16) -> Connected {
    let mut tls = connect(connector, port).unwrap();
    tls.write_all(b"stressed\n").unwrap();
    let mut line = String::new();
    tls.read_line(&mut line).unwrap();
    assert_eq!(line, "desserts\n");
    tls.close().unwrap();
    tls.connected().clone()
}

fn openssl() -> Option<(PathBuf, Pki)> {
    find("openssl").map(|openssl| (openssl, Pki::new()))
}

#[test]
fn s_client_speaks_every_suite_and_group() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let acceptor = Acceptor::new(server(&pki.server()));
    for (suite, suite_name) in SUITES {
        for (group, group_name) in GROUPS {
            let arguments: [&dyn AsRef<OsStr>; 4] =
                [&"-ciphersuites", &suite_name, &"-groups", &group_name];
            let client = s_client(&openssl, &pki, &acceptor, &arguments, hello);
            let facts = client.ours.unwrap();
            assert!(client.success, "{}", client.printed);
            assert_eq!((facts.cipher_suite, facts.group), (suite, group));
            assert_eq!(facts.server_name.as_deref(), Some("localhost"));
        }
    }
}

#[test]
fn s_server_speaks_every_suite_and_group() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let leaf = pki.server();
    for (suite, suite_name) in SUITES {
        for (group, group_name) in GROUPS {
            let theirs = s_server(
                &openssl,
                &leaf,
                &[
                    &"-rev",
                    &"-ciphersuites",
                    &suite_name,
                    &"-groups",
                    &group_name,
                ],
            );
            // Restricted, so that the first share fits.
            let connector = Connector::new(client(&pki).with_groups(&[group]));
            let facts = turned(&connector, theirs.port);
            assert_eq!((facts.cipher_suite, facts.group), (suite, group));
        }
    }
}

#[test]
fn every_kind_of_key_signs_and_verifies() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    for leaf in [
        pki.made_by(&openssl, "rsa:2048"),
        pki.made_by(&openssl, "ed25519"),
        pki.leaf("localhost", &rcgen::PKCS_ECDSA_P384_SHA384),
    ] {
        let theirs = s_server(&openssl, &leaf, &[&"-rev"]);
        turned(&Connector::new(client(&pki)), theirs.port);
        let theirs = s_client(&openssl, &pki, &Acceptor::new(server(&leaf)), &[], hello);
        assert!(theirs.ours.is_ok() && theirs.success, "{}", theirs.printed);
    }
}

#[test]
fn s_client_resumes() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let acceptor = Acceptor::resuming(server(&pki.server()), 3600).unwrap();
    let file = pki.folder().join("session");
    let first = s_client(&openssl, &pki, &acceptor, &[&"-sess_out", &file], hello);
    assert!(!first.ours.unwrap().resumed);
    let second = s_client(&openssl, &pki, &acceptor, &[&"-sess_in", &file], hello);
    assert!(second.ours.unwrap().resumed, "{}", second.printed);
    assert!(second.printed.contains("Reused, TLSv1.3"));
}

#[test]
fn s_server_lets_us_resume() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let theirs = s_server(&openssl, &pki.server(), &[&"-rev", &"-num_tickets", &"2"]);
    let connector = Connector::new(client(&pki));
    for resumed in [false, true, true] {
        assert_eq!(turned(&connector, theirs.port).resumed, resumed);
    }
}

#[test]
fn a_group_without_a_share_takes_a_retry() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let acceptor = Acceptor::new(server(&pki.server()).with_groups(&[Group::SECP256R1]));
    let theirs = s_client(
        &openssl,
        &pki,
        &acceptor,
        &[&"-groups", &"P-384:P-256"],
        hello,
    );
    assert!(theirs.ours.unwrap().retried);

    let both = Connector::new(client(&pki).with_groups(&[Group::X25519, Group::SECP384R1]));
    let leaf = pki.server();
    let theirs = s_server(&openssl, &leaf, &[&"-rev", &"-groups", &"P-384"]);
    assert!(turned(&both, theirs.port).retried);
}

#[test]
fn a_stateless_server_retries_with_a_cookie() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let leaf = pki.server();
    let theirs = s_server(&openssl, &leaf, &[&"-stateless"]);
    // OpenSSL 3.0 cannot do it with a client that sends change_cipher_spec; its own s_client fails too.
    let connector = Connector::new(client(&pki).with_middlebox_compat(false));
    let mut tls = connect(&connector, theirs.port).unwrap();
    assert!(tls.connected().retried);
    tls.write_all(b"after a cookie\n").unwrap();
    theirs.running.wait_for("after a cookie");
}

#[test]
fn s_client_shows_its_certificate() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let roots = pki.roots();
    let config = server(&pki.server()).with_client_roots(ClientAuth::Required, roots);
    let acceptor = Acceptor::new(config);
    let own = pki.leaf("someone", &rcgen::PKCS_ECDSA_P256_SHA256);
    let arguments: [&dyn AsRef<OsStr>; 4] =
        [&"-cert", &own.certificate_file, &"-key", &own.key_file];
    let theirs = s_client(&openssl, &pki, &acceptor, &arguments, hello);
    let facts = theirs.ours.unwrap();
    assert_eq!(
        facts.peer.iter().next().unwrap().certificate,
        own.certificate
    );

    let theirs = s_client(&openssl, &pki, &acceptor, &[], |running| {
        running.wait_for("certificate required");
    });
    assert_eq!(
        theirs.ours.unwrap_err(),
        Error::Certificate(CertificateError::Missing)
    );
}

#[test]
fn s_server_asks_for_certificates() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let ca = pki.ca_file();
    let leaf = pki.server();
    let arguments: [&dyn AsRef<OsStr>; 6] = [
        &"-rev",
        &"-Verify",
        &"1",
        &"-verify_return_error",
        &"-CAfile",
        &ca,
    ];
    let theirs = s_server(&openssl, &leaf, &arguments);
    let own = pki.leaf("someone", &rcgen::PKCS_ED25519);
    let config = client(&pki);
    let identity = own.identity(config.provider());
    turned(
        &Connector::new(config.clone().with_identity(identity)),
        theirs.port,
    );

    let mut refused = connect(&Connector::new(config), theirs.port).unwrap();
    let alert = failure(refused.read(&mut [0; 1]));
    assert_eq!(
        alert,
        Error::PeerAlert(AlertDescription::CERTIFICATE_REQUIRED)
    );
}

#[test]
fn both_ends_export_the_same() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let leaf = pki.server();
    let arguments: [&dyn AsRef<OsStr>; 4] = [
        &"-keymatexport",
        &"EXPORTER-test",
        &"-keymatexportlen",
        &"32",
    ];
    let theirs = s_server(&openssl, &leaf, &arguments);
    let tls = connect(&Connector::new(client(&pki)), theirs.port).unwrap();
    let mut ours = [0; 32];
    tls.export(b"EXPORTER-test", b"", &mut ours).unwrap();
    let ours: String = ours.iter().map(|octet| format!("{octet:02X}")).collect();
    assert_eq!(theirs.running.wait_for("Keying material: "), ours);
}

#[test]
fn s_client_updates_keys() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let acceptor = Acceptor::new(server(&pki.server()));
    let theirs = s_client(&openssl, &pki, &acceptor, &[], |running| {
        hello(running);
        running.send("K\n");
        running.wait_for("KEYUPDATE");
        running.send("after the update\n");
        running.wait_for("\nafter the update");
        running.send("k\n");
        running.wait_for("KEYUPDATE");
        running.send("after another\n");
        running.wait_for("\nafter another");
    });
    assert!(theirs.ours.is_ok() && theirs.success, "{}", theirs.printed);
}

#[test]
fn s_server_updates_keys() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let mut theirs = s_server(&openssl, &pki.server(), &[]);
    let mut tls = connect(&Connector::new(client(&pki)), theirs.port).unwrap();
    let read_line = |tls: &mut TlsStream<TcpStream>| {
        let mut line = String::new();
        tls.read_line(&mut line).unwrap();
        line
    };
    tls.write_all(b"first\n").unwrap();
    theirs.running.wait_for("first");
    theirs.running.send("K\n");
    // It takes what was typed before it takes what we send.
    tls.write_all(b"meanwhile\n").unwrap();
    theirs.running.wait_for("meanwhile");
    theirs.running.send("from the server\n");
    assert_eq!(read_line(&mut tls), "from the server\n");
    tls.write_all(b"second\n").unwrap();
    theirs.running.wait_for("second");
    tls.update_keys(KeyUpdate::Requested).unwrap();
    tls.write_all(b"third\n").unwrap();
    theirs.running.wait_for("third");
    theirs.running.send("last\n");
    assert_eq!(read_line(&mut tls), "last\n");
}

#[test]
fn records_are_padded_either_way() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let leaf = pki.server();
    let config = server(&leaf).with_padding(Padding::ToMultipleOf(512.try_into().unwrap()));
    let acceptor = Acceptor::new(config);
    let theirs = s_client(
        &openssl,
        &pki,
        &acceptor,
        &[&"-record_padding", &"512"],
        hello,
    );
    assert!(theirs.ours.is_ok() && theirs.success, "{}", theirs.printed);
    let theirs = s_server(&openssl, &leaf, &[&"-rev", &"-record_padding", &"1000"]);
    turned(
        &Connector::new(client(&pki).with_padding(Padding::Full)),
        theirs.port,
    );
}

#[test]
fn s_server_without_our_trust_hears_of_it() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let theirs = s_server(&openssl, &pki.server(), &[]);
    let stranger = Pki::named("Another Authority");
    let refused = connect(&Connector::new(client(&stranger)), theirs.port);
    assert_eq!(
        failure(refused),
        Error::Certificate(CertificateError::UnknownIssuer)
    );
    theirs.running.wait_for("unknown ca");
}

#[test]
fn an_older_version_is_refused() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    let (listener, port) = listen();
    let acceptor = Acceptor::new(server(&pki.server()));
    let mut command = command(&openssl, &[&"s_client", &"-tls1_2", &"-connect"]);
    let theirs = Running::start(command.arg(format!("127.0.0.1:{port}")));
    let ours = echo_once(&listener, &acceptor);
    assert!(matches!(failure(ours), Error::Incompatible(_)));
    let (status, printed) = theirs.finish();
    assert!(
        !status.success() && printed.contains("protocol version"),
        "{printed}"
    );
}

#[test]
fn much_data_comes_back_from_another_process() {
    let Some((openssl, pki)) = openssl() else {
        return;
    };
    // Our server answers s_client with what it says, line by line, and s_client prints it all.
    let acceptor = Acceptor::new(server(&pki.server()));
    let lines: String = (0..2000)
        .map(|line| format!("line {line} of many\n"))
        .collect();
    let theirs = s_client(&openssl, &pki, &acceptor, &[], |running| {
        running.send(&lines);
        running.wait_for("line 1999 of many");
    });
    assert!(theirs.ours.is_ok(), "{}", theirs.printed);
    assert!(theirs.printed.contains(&lines));
}
