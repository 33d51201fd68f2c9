//! The command, by its exit status and what it prints.

use std::{
    fs,
    io::{Read, Write},
    process::{Command, Output},
    thread,
};

use securewire::{Acceptor, Connector};

use crate::{
    ends::{client, connect, echo_once, listen, say, server},
    pki::Pki,
    process::Running,
};

fn securewire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_securewire"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = securewire(arguments).output().unwrap();
    let printed = [stdout, stderr].concat();
    (status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn the_demo_behaves() {
    let (status, printed) = run(&["demo"]);
    assert_eq!(status, Some(0), "{printed}");
    for part in [
        "ClientHello",
        "HelloRetryRequest",
        "client receives under application keys",
        "resumed",
        "the peer sent the alert unknown_ca",
        "MB/s",
        "keys included",
        "left of the anti-replay window",
        "each was delivered exactly once",
        "read octet by octet, the events hold every octet of the mail in order",
        "DuplicateParameter",
        "a line break inside a field",
        "memory did not grow with the mail",
        " checks hold",
    ] {
        assert!(printed.contains(part), "no `{part}` in\n{printed}");
    }
    assert!(!printed.contains('\u{1b}'), "colours in a pipe");
}

#[test]
fn wrong_arguments_name_what_to_do() {
    let (status, printed) = run(&["tls", "connect", "localhost:1", "--ca", "/no/such/file"]);
    assert_eq!(status, Some(2));
    assert!(printed.contains("--ca /no/such/file"), "{printed}");
    let (status, printed) = run(&["tls", "connect", "localhost"]);
    assert_eq!(status, Some(2));
    assert!(printed.contains("HOST:PORT"), "{printed}");
    assert_eq!(run(&["tls", "serve", "--demo-cert"]).0, Some(2));
    assert_eq!(run(&["tls", "serve", "--echo"]).0, Some(2));
    let pki = Pki::new();
    let (one, other) = (pki.server(), pki.leaf("other", &rcgen::PKCS_ED25519));
    let certificate = one.certificate_file.to_str().unwrap();
    let key = other.key_file.to_str().unwrap();
    let (status, printed) = run(&[
        "tls",
        "serve",
        "--echo",
        "--cert",
        certificate,
        "--key",
        key,
    ]);
    assert_eq!(status, Some(2));
    assert!(printed.contains("is not the key of --cert"), "{printed}");
}

#[test]
fn connect_is_a_pipe_to_the_server() {
    let pki = Pki::new();
    let ca = pki.ca_file();
    let log = pki.folder().join("keys.log");
    let (listener, port) = listen();
    let acceptor = Acceptor::resuming(server(&pki.server()), 60).unwrap();
    let mut running = Running::start(
        securewire(&[
            "tls",
            "connect",
            &format!("127.0.0.1:{port}"),
            "--name",
            "localhost",
        ])
        .args(["--show".as_ref(), "--ca".as_ref(), ca.as_os_str()])
        .args(["--key-log".as_ref(), log.as_os_str()]),
    );
    let ours = thread::scope(|scope| {
        let ours = scope.spawn(|| echo_once(&listener, &acceptor));
        running.send("through the pipe\n");
        running.wait_for("through the pipe");
        running.send("until the end\n");
        running.end_input();
        ours.join().unwrap()
    });
    ours.unwrap();
    let (status, printed) = running.finish();
    assert!(status.success(), "{printed}");
    assert!(
        printed.contains("ClientHello") && printed.contains("until the end"),
        "{printed}"
    );
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("CLIENT_TRAFFIC_SECRET_0 "), "{log}");
}

#[test]
fn connect_reports_what_went_wrong() {
    let pki = Pki::new();
    let ca = pki.ca_file();
    let ca = ca.to_str().unwrap();
    let (listener, port) = listen();
    let address = format!("localhost:{port}");
    let acceptor = Acceptor::new(server(&pki.leaf("other.example", &rcgen::PKCS_ED25519)));
    thread::scope(|scope| {
        let ours = scope.spawn(|| echo_once(&listener, &acceptor));
        let (status, printed) = run(&["tls", "connect", &address, "--ca", ca]);
        assert_eq!(status, Some(1));
        assert!(printed.contains("not valid for this name"), "{printed}");
        assert!(printed.contains("--name"), "{printed}");
        ours.join().unwrap().unwrap_err();
    });
    // A server that goes away without a word.
    let acceptor = Acceptor::new(server(&pki.server()));
    thread::scope(|scope| {
        scope.spawn(|| {
            let (stream, _) = listener.accept().unwrap();
            let mut tls = securewire::blocking::TlsStream::accept(&acceptor, stream).unwrap();
            tls.write_all(b"half").unwrap();
            tls.into_inner().shutdown(std::net::Shutdown::Both).unwrap();
        });
        let mut running =
            Running::start(&mut securewire(&["tls", "connect", &address, "--ca", ca]));
        running.wait_for("cut off without close_notify");
        running.end_input();
        let (status, printed) = running.finish();
        assert_eq!(status.code(), Some(1), "{printed}");
        assert!(printed.starts_with("half"), "{printed}");
    });
}

#[test]
fn connect_trusts_what_this_machine_trusts() {
    let pki = Pki::new();
    let (listener, port) = listen();
    let acceptor = Acceptor::new(server(&pki.server()));
    let attempt = |trusted: &Pki| {
        let mut running = Running::start(
            securewire(&["tls", "connect", &format!("localhost:{port}")])
                .env_remove("SSL_CERT_DIR")
                .env("SSL_CERT_FILE", trusted.ca_file()),
        );
        thread::scope(|scope| {
            let ours = scope.spawn(|| echo_once(&listener, &acceptor));
            running.end_input();
            let _ = ours.join().unwrap();
        });
        running.finish()
    };
    let (status, printed) = attempt(&pki);
    assert!(status.success(), "{printed}");
    let (status, printed) = attempt(&Pki::named("Another Authority"));
    assert_eq!(status.code(), Some(1));
    assert!(printed.contains("no path to a trusted root"), "{printed}");
    assert!(printed.contains("--ca FILE"), "{printed}");
}

#[test]
fn serve_echoes() {
    let pki = Pki::new();
    let leaf = pki.server();
    let running = Running::start(
        securewire(&["tls", "serve", "--echo", "--listen", "127.0.0.1:0"])
            .args(["--cert".as_ref(), leaf.certificate_file.as_os_str()])
            .args(["--key".as_ref(), leaf.key_file.as_os_str()]),
    );
    let port = running.wait_for("at 127.0.0.1:").parse().unwrap();
    let connector = Connector::new(client(&pki));
    for resumed in [false, true] {
        let mut tls = connect(&connector, port).unwrap();
        assert_eq!(tls.connected().resumed, resumed);
        assert_eq!(say(&mut tls, b"there and back").unwrap(), b"there and back");
        tls.close().unwrap();
        assert_eq!(tls.read(&mut [0; 1]).unwrap(), 0);
    }
}
