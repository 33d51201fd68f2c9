//! Our client against nginx.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::Command,
};

use securewire::{Connector, tls_core::Connected};

use crate::{
    ends::{client, connect, dial},
    pki::{Leaf, Pki},
    process::{Running, find, free_port},
};

fn nginx(program: &Path, folder: &Path, leaf: &Leaf) -> (Running, u16) {
    let port = free_port();
    let configuration = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\n\
         events {{ worker_connections 64; }}\n\
         http {{\n  access_log off;\n  client_body_temp_path tmp;\n  proxy_temp_path tmp;\n  \
         fastcgi_temp_path tmp;\n  uwsgi_temp_path tmp;\n  scgi_temp_path tmp;\n  \
         server {{\n    listen 127.0.0.1:{port} ssl http2;\n    ssl_protocols TLSv1.3;\n    \
         ssl_certificate {};\n    ssl_certificate_key {};\n    \
         ssl_session_cache shared:s:1m;\n    root site;\n  }}\n}}\n",
        leaf.certificate_file.display(),
        leaf.key_file.display(),
    );
    fs::write(folder.join("nginx.conf"), configuration).unwrap();
    let mut command = Command::new(program);
    command
        .arg("-p")
        .arg(folder)
        .args(["-c", "nginx.conf", "-e", "stderr"]);
    (Running::start(&mut command), port)
}

fn get(connector: &Connector, port: u16) -> (Connected, Vec<u8>) {
    let mut tls = connect(connector, port).unwrap();
    tls.write_all(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut reply = Vec::new();
    tls.read_to_end(&mut reply).unwrap();
    tls.close().unwrap();
    (tls.connected().clone(), reply)
}

#[test]
fn files_come_whole_and_sessions_resume() {
    let Some(program) = find("nginx") else { return };
    let pki = Pki::new();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("site")).unwrap();
    let large: Vec<u8> = (0..2_000_000)
        .map(|i| u8::try_from(i % 241).unwrap())
        .collect();
    fs::write(folder.path().join("site/large.bin"), &large).unwrap();
    // A worker that has given up its rights must still reach the folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for path in [folder.path(), &folder.path().join("site")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let (_running, port) = nginx(&program, folder.path(), &pki.server());
    drop(dial(port));
    let connector = Connector::new(client(&pki).with_alpn(&[b"http/1.1"]));
    for resumed in [false, true, true] {
        let (facts, reply) = get(&connector, port);
        assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\n"));
        assert!(reply.ends_with(&large));
        assert_eq!(facts.resumed, resumed);
        assert_eq!(facts.alpn.as_deref(), Some(&b"http/1.1"[..]));
    }
}
