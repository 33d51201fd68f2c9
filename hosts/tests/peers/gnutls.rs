//! `gnutls-cli` and `gnutls-serv`.

use std::{
    ffi::OsStr,
    io::{BufRead, Write},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use securewire::{
    Acceptor, Connector,
    crypto_core::Group,
    tls_core::{
        CertificateError, ClientAuth, Connected, Error,
        wire::{CipherSuite, KeyUpdate},
    },
};

use crate::{
    ends::{client, connect, echo_once, failure, listen, server},
    pki::{Leaf, Pki},
    process::{Running, command, find, free_port},
};

const PRIORITIES: [(CipherSuite, Group, &str); 3] = [
    (
        CipherSuite::TLS_AES_128_GCM_SHA256,
        Group::X25519,
        "+AES-128-GCM:+GROUP-X25519",
    ),
    (
        CipherSuite::TLS_AES_256_GCM_SHA384,
        Group::SECP256R1,
        "+AES-256-GCM:+GROUP-SECP256R1",
    ),
    (
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        Group::SECP384R1,
        "+CHACHA20-POLY1305:+GROUP-SECP384R1",
    ),
];

fn priority(wanted: &str) -> String {
    format!("--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:-GROUP-ALL:{wanted}")
}

/// Runs gnutls-cli against one connection of `acceptor`: it says "hello", and waits for that to come back.
fn gnutls_cli(
    program: &Path,
    pki: &Pki,
    acceptor: &Acceptor,
    arguments: &[&dyn AsRef<OsStr>],
    lines: &[&str],
) -> (Result<Connected, Error>, String) {
    let (listener, port) = listen();
    let mut command = command(program, arguments);
    command
        .args(["--port", &port.to_string(), "--x509cafile"])
        .arg(pki.ca_file())
        .arg("localhost");
    // It looks the name up, and finds both families.
    let mut running = Running::start(&mut command);
    let ours = thread::scope(|scope| {
        let ours = scope.spawn(|| echo_once(&listener, acceptor));
        for line in lines {
            running.send(&format!("{line}\n"));
            if !line.starts_with('^') {
                running.wait_for(line);
            }
        }
        running.end_input();
        ours.join().unwrap()
    });
    let (_, printed) = running.finish();
    (ours.map_err(|error| failure::<()>(Err(error))), printed)
}

fn gnutls_serv(program: &Path, leaf: &Leaf, arguments: &[&dyn AsRef<OsStr>]) -> (Running, u16) {
    let port = free_port();
    let mut command = Command::new(program);
    command
        .args(["--echo", "--port", &port.to_string(), "--x509certfile"])
        .arg(&leaf.certificate_file)
        .arg("--x509keyfile")
        .arg(&leaf.key_file)
        .args(arguments.iter().map(|argument| argument.as_ref()));
    (Running::start(&mut command), port)
}

fn echoed(connector: &Connector, port: u16) -> Connected {
    let mut tls = connect(connector, port).unwrap();
    for line in ["hello\n", "and again\n"] {
        tls.write_all(line.as_bytes()).unwrap();
        let mut back = String::new();
        tls.read_line(&mut back).unwrap();
        assert_eq!(back, line);
        tls.update_keys(KeyUpdate::Requested).unwrap();
    }
    tls.close().unwrap();
    tls.connected().clone()
}

fn gnutls(name: &str) -> Option<(PathBuf, Pki)> {
    find(name).map(|program| (program, Pki::new()))
}

#[test]
fn gnutls_cli_speaks_every_suite_and_group() {
    let Some((program, pki)) = gnutls("gnutls-cli") else {
        return;
    };
    let acceptor = Acceptor::new(server(&pki.server()));
    for (suite, group, wanted) in PRIORITIES {
        let (ours, printed) = gnutls_cli(
            &program,
            &pki,
            &acceptor,
            &[&priority(wanted)],
            &["hello over there"],
        );
        let facts = ours.unwrap_or_else(|error| panic!("{error}\n{printed}"));
        assert_eq!((facts.cipher_suite, facts.group), (suite, group));
    }
}

#[test]
fn gnutls_cli_updates_keys() {
    let Some((program, pki)) = gnutls("gnutls-cli") else {
        return;
    };
    let acceptor = Acceptor::new(server(&pki.server()));
    let arguments: [&dyn AsRef<OsStr>; 1] = [&"--inline-commands"];
    let lines = ["hello over there", "^rekey^", "and after that"];
    let (ours, printed) = gnutls_cli(&program, &pki, &acceptor, &arguments, &lines);
    assert!(ours.is_ok(), "{printed}");
}

#[test]
fn gnutls_cli_resumes() {
    let Some((program, pki)) = gnutls("gnutls-cli") else {
        return;
    };
    let acceptor = Acceptor::resuming(server(&pki.server()), 3600).unwrap();
    let (listener, port) = listen();
    let mut command = command(
        &program,
        &[&"--resume", &"--x509cafile", &pki.ca_file(), &"--port"],
    );
    let mut running = Running::start(command.args([&port.to_string(), "localhost"]));
    let resumed = thread::scope(|scope| {
        let ours = scope.spawn(|| {
            let both = [
                echo_once(&listener, &acceptor),
                echo_once(&listener, &acceptor),
            ];
            both.map(|facts| facts.unwrap().resumed)
        });
        // By itself it closes the first connection and makes the second.
        running.wait_for("*** This is a resumed session");
        running.end_input();
        ours.join().unwrap()
    });
    assert_eq!(resumed, [false, true]);
}

#[test]
fn gnutls_cli_shows_its_certificate() {
    let Some((program, pki)) = gnutls("gnutls-cli") else {
        return;
    };
    let config = server(&pki.server()).with_client_roots(ClientAuth::Required, pki.roots());
    let acceptor = Acceptor::new(config);
    let own = pki.leaf("someone", &rcgen::PKCS_ECDSA_P256_SHA256);
    let arguments: [&dyn AsRef<OsStr>; 4] = [
        &"--x509certfile",
        &own.certificate_file,
        &"--x509keyfile",
        &own.key_file,
    ];
    let (ours, printed) = gnutls_cli(&program, &pki, &acceptor, &arguments, &["hello over there"]);
    let facts = ours.unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(
        facts.peer.iter().next().unwrap().certificate,
        own.certificate
    );

    let (ours, _) = gnutls_cli(&program, &pki, &acceptor, &[], &[]);
    assert_eq!(
        ours.unwrap_err(),
        Error::Certificate(CertificateError::Missing)
    );
}

#[test]
fn gnutls_serv_speaks_every_suite_and_group() {
    let Some((program, pki)) = gnutls("gnutls-serv") else {
        return;
    };
    let leaf = pki.server();
    for (suite, group, wanted) in PRIORITIES {
        let arguments: [&dyn AsRef<OsStr>; 2] = [&"--disable-client-cert", &priority(wanted)];
        let (_running, port) = gnutls_serv(&program, &leaf, &arguments);
        let facts = echoed(&Connector::new(client(&pki)), port);
        assert_eq!((facts.cipher_suite, facts.group), (suite, group));
    }
}

#[test]
fn gnutls_serv_lets_us_resume() {
    let Some((program, pki)) = gnutls("gnutls-serv") else {
        return;
    };
    let (_running, port) = gnutls_serv(&program, &pki.server(), &[&"--disable-client-cert"]);
    let connector = Connector::new(client(&pki));
    for resumed in [false, true] {
        assert_eq!(echoed(&connector, port).resumed, resumed);
    }
}

#[test]
fn gnutls_serv_asks_for_certificates() {
    let Some((program, pki)) = gnutls("gnutls-serv") else {
        return;
    };
    let ca = pki.ca_file();
    let arguments: [&dyn AsRef<OsStr>; 4] = [
        &"--require-client-cert",
        &"--verify-client-cert",
        &"--x509cafile",
        &ca,
    ];
    let (_running, port) = gnutls_serv(&program, &pki.server(), &arguments);
    let own = pki.leaf("someone", &rcgen::PKCS_ECDSA_P256_SHA256);
    let config = client(&pki);
    let identity = own.identity(config.provider());
    echoed(
        &Connector::new(config.clone().with_identity(identity)),
        port,
    );

    let refused =
        connect(&Connector::new(config), port).and_then(|mut tls| tls.fill_buf().map(|_| ()));
    assert!(matches!(failure(refused), Error::PeerAlert(_)));
}
