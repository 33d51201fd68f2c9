//! rustls, in the same process.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
    thread,
};

use pki_types::ServerName;
use rustls::{
    ClientConnection, RootCertStore, ServerConnection, StreamOwned, SupportedCipherSuite,
    crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs},
    server::WebPkiClientVerifier,
};
use securewire::{
    Acceptor, Connector,
    blocking::TlsStream,
    crypto_core::Group,
    tls_core::{
        CertificateError, ClientAuth, ClientConfig, Connected, Error, Incompatible, ServerConfig,
        wire::{AlertDescription, CipherSuite, KeyUpdate},
    },
};

use crate::{
    ends::{client, echo, failure, localhost, providers, say, server, tcp},
    pki::{Leaf, Pki},
};

type Server = StreamOwned<ServerConnection, TcpStream>;
type Client = StreamOwned<ClientConnection, TcpStream>;

fn narrowed(suite: Option<u16>, groups: &[u16]) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    let wanted = |candidate: &SupportedCipherSuite| {
        suite.is_none_or(|suite| u16::from(candidate.suite()) == suite)
    };
    provider.cipher_suites.retain(wanted);
    if !groups.is_empty() {
        let group = |id: &u16| -> &'static dyn SupportedKxGroup {
            *aws_lc_rs::ALL_KX_GROUPS
                .iter()
                .find(|group| u16::from(group.name()) == *id)
                .unwrap()
        };
        provider.kx_groups = groups.iter().map(group).collect();
    }
    Arc::new(provider)
}

fn rustls_roots(pki: &Pki) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(pki.authority().clone()).unwrap();
    roots
}

fn rustls_server(provider: Arc<CryptoProvider>, leaf: &Leaf) -> rustls::ServerConfig {
    rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.certificate.clone()], leaf.key.clone_key())
        .unwrap()
}

fn rustls_client(provider: Arc<CryptoProvider>, pki: &Pki) -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(rustls_roots(pki))
        .with_no_client_auth()
}

/// Our client, their server.
fn to_rustls<T>(
    connector: &Connector,
    config: &Arc<rustls::ServerConfig>,
    drive: impl FnOnce(&mut TlsStream<TcpStream>) -> io::Result<T>,
    serve: impl FnOnce(&mut Server) -> io::Result<()> + Send,
) -> (io::Result<T>, io::Result<()>) {
    let (near, far) = tcp();
    thread::scope(|scope| {
        let theirs = scope.spawn(|| {
            let connection = ServerConnection::new(Arc::clone(config)).unwrap();
            let mut stream = StreamOwned::new(connection, far);
            let served =
                handshake(&mut stream.conn, &mut stream.sock).and_then(|()| serve(&mut stream));
            let _ = stream.sock.shutdown(Shutdown::Write);
            served
        });
        let ours =
            TlsStream::connect(connector, localhost(), near).and_then(|mut tls| drive(&mut tls));
        (ours, theirs.join().unwrap())
    })
}

/// Their client, our server.
fn from_rustls(
    config: &Arc<rustls::ClientConfig>,
    acceptor: &Acceptor,
    drive: impl FnOnce(&mut Client) -> io::Result<()> + Send,
) -> (io::Result<()>, io::Result<Connected>) {
    from_rustls_to(config, acceptor, drive, our_echo)
}

fn from_rustls_to(
    config: &Arc<rustls::ClientConfig>,
    acceptor: &Acceptor,
    drive: impl FnOnce(&mut Client) -> io::Result<()> + Send,
    serve: impl FnOnce(&mut TlsStream<&TcpStream>) -> io::Result<()>,
) -> (io::Result<()>, io::Result<Connected>) {
    let (near, far) = tcp();
    thread::scope(|scope| {
        let theirs = scope.spawn(|| {
            let connection = ClientConnection::new(Arc::clone(config), localhost()).unwrap();
            let mut stream = StreamOwned::new(connection, near);
            handshake(&mut stream.conn, &mut stream.sock).and_then(|()| drive(&mut stream))
        });
        let ours = TlsStream::accept(acceptor, &far).and_then(|mut tls| {
            let facts = tls.connected().clone();
            serve(&mut tls).map(|()| facts)
        });
        let _ = far.shutdown(Shutdown::Write);
        (theirs.join().unwrap(), ours)
    })
}

fn handshake<C, D>(connection: &mut C, socket: &mut TcpStream) -> io::Result<()>
where
    C: std::ops::DerefMut<Target = rustls::ConnectionCommon<D>>,
    D: rustls::SideData,
{
    while connection.is_handshaking() {
        connection.complete_io(socket)?;
    }
    Ok(())
}

/// Our side of an echo, up to close_notify.
fn our_echo(tls: &mut TlsStream<&TcpStream>) -> io::Result<()> {
    echo(tls)
}

/// Their side of an echo, up to close_notify.
fn their_echo(stream: &mut Server) -> io::Result<()> {
    let mut octets = vec![0; 16 * 1024];
    loop {
        let count = stream.read(&mut octets)?;
        if count == 0 {
            stream.conn.send_close_notify();
            return stream.flush();
        }
        stream.write_all(&octets[..count])?;
        stream.flush()?;
    }
}

/// Says something and closes both directions.
fn talk(tls: &mut TlsStream<TcpStream>) -> io::Result<Connected> {
    assert_eq!(say(tls, b"hello")?, b"hello");
    tls.close()?;
    assert_eq!(tls.read(&mut [0; 16])?, 0);
    Ok(tls.connected().clone())
}

fn their_talk(stream: &mut Client) -> io::Result<()> {
    assert_eq!(say(stream, b"hello")?, b"hello");
    stream.conn.send_close_notify();
    stream.flush()?;
    assert_eq!(stream.read(&mut [0; 16])?, 0);
    Ok(())
}

const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];

#[test]
fn our_client_speaks_every_suite_and_group() {
    let pki = Pki::new();
    let leaf = pki.server();
    for provider in providers() {
        for group in provider.groups.iter().map(|group| group.group()) {
            for suite in SUITES {
                let theirs = rustls_server(narrowed(Some(suite.0), &[group.0]), &leaf);
                let config = ClientConfig::new(Arc::clone(&provider)).with_roots(pki.roots());
                let exported = |tls: &mut TlsStream<TcpStream>| {
                    let mut ours = [0; 48];
                    tls.export(b"EXPORTER-test", b"context", &mut ours)?;
                    assert_eq!(say(tls, &ours)?, ours);
                    talk(tls)
                };
                let check = |stream: &mut Server| {
                    let mut theirs = [0; 48];
                    let context = Some(&b"context"[..]);
                    stream
                        .conn
                        .export_keying_material(&mut theirs, b"EXPORTER-test", context)
                        .unwrap();
                    let mut ours = [0; 48];
                    stream.read_exact(&mut ours)?;
                    assert_eq!(ours, theirs, "exporter");
                    stream.write_all(&theirs)?;
                    their_echo(stream)
                };
                let (ours, theirs) =
                    to_rustls(&Connector::new(config), &Arc::new(theirs), exported, check);
                theirs.unwrap();
                let facts = ours.unwrap();
                assert_eq!((facts.cipher_suite, facts.group), (suite, group));
            }
        }
    }
}

#[test]
fn our_server_speaks_every_suite_and_group() {
    let pki = Pki::new();
    let leaf = pki.server();
    for provider in providers() {
        for group in provider.groups.iter().map(|group| group.group()) {
            for suite in SUITES {
                let theirs = rustls_client(narrowed(Some(suite.0), &[group.0]), &pki);
                let config = ServerConfig::new(Arc::clone(&provider))
                    .with_identity(leaf.identity(&provider));
                let (theirs, ours) =
                    from_rustls(&Arc::new(theirs), &Acceptor::new(config), their_talk);
                theirs.unwrap();
                let facts = ours.unwrap();
                assert_eq!((facts.cipher_suite, facts.group), (suite, group));
                assert!(!facts.retried);
            }
        }
    }
}

#[test]
fn every_kind_of_key_signs_and_verifies() {
    let pki = Pki::new();
    let kinds = [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ED25519,
    ];
    for kind in kinds {
        let leaf = pki.leaf("localhost", kind);
        let theirs = Arc::new(rustls_server(narrowed(None, &[]), &leaf));
        let (ours, theirs) = to_rustls(&Connector::new(client(&pki)), &theirs, talk, their_echo);
        theirs.unwrap();
        ours.unwrap();
        let theirs = Arc::new(rustls_client(narrowed(None, &[]), &pki));
        let (theirs, ours) = from_rustls(&theirs, &Acceptor::new(server(&leaf)), their_talk);
        theirs.unwrap();
        ours.unwrap();
    }
}

#[test]
fn sessions_resume() {
    let pki = Pki::new();
    let leaf = pki.server();
    let theirs = Arc::new(rustls_server(narrowed(None, &[]), &leaf));
    let connector = Connector::new(client(&pki));
    for resumed in [false, true, true] {
        let (ours, theirs) = to_rustls(&connector, &theirs, talk, their_echo);
        theirs.unwrap();
        assert_eq!(ours.unwrap().resumed, resumed);
    }
    let theirs = Arc::new(rustls_client(narrowed(None, &[]), &pki));
    let acceptor = Acceptor::resuming(server(&leaf), 3600).unwrap();
    for resumed in [false, true, true] {
        let (theirs, ours) = from_rustls(&theirs, &acceptor, their_talk);
        theirs.unwrap();
        assert_eq!(ours.unwrap().resumed, resumed);
    }
}

#[test]
fn a_group_without_a_share_takes_a_retry() {
    let pki = Pki::new();
    let leaf = pki.server();
    let both = [Group::X25519, Group::SECP384R1];
    let theirs = Arc::new(rustls_server(narrowed(None, &[both[1].0]), &leaf));
    let connector = Connector::new(client(&pki).with_groups(&both));
    let (ours, theirs) = to_rustls(&connector, &theirs, talk, their_echo);
    theirs.unwrap();
    assert!(ours.unwrap().retried);

    let theirs = Arc::new(rustls_client(narrowed(None, &[both[0].0, both[1].0]), &pki));
    let acceptor = Acceptor::new(server(&leaf).with_groups(&both[1..]));
    let (theirs, ours) = from_rustls(&theirs, &acceptor, their_talk);
    theirs.unwrap();
    assert!(ours.unwrap().retried);
}

#[test]
fn our_client_shows_its_certificate_when_asked() {
    let pki = Pki::new();
    let leaf = pki.server();
    let verifier = WebPkiClientVerifier::builder_with_provider(
        Arc::new(rustls_roots(&pki)),
        narrowed(None, &[]),
    );
    let theirs = rustls::ServerConfig::builder_with_provider(narrowed(None, &[]))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(vec![leaf.certificate.clone()], leaf.key.clone_key())
        .unwrap();
    let theirs = Arc::new(theirs);
    let own = pki.leaf("someone", &rcgen::PKCS_ED25519);
    let config = client(&pki);
    let identity = own.identity(config.provider());
    let connector = Connector::new(config.clone().with_identity(identity));
    let seen = |stream: &mut Server| {
        assert_eq!(stream.conn.peer_certificates().unwrap()[0], own.certificate);
        their_echo(stream)
    };
    let (ours, done) = to_rustls(&connector, &theirs, talk, seen);
    done.unwrap();
    ours.unwrap();

    let (ours, done) = to_rustls(&Connector::new(config), &theirs, talk, their_echo);
    done.unwrap_err();
    assert_eq!(
        failure(ours),
        Error::PeerAlert(AlertDescription::CERTIFICATE_REQUIRED)
    );
}

#[test]
fn our_server_asks_for_certificates() {
    let pki = Pki::new();
    let leaf = pki.server();
    let ask = |auth| Acceptor::new(server(&leaf).with_client_roots(auth, pki.roots()));
    let without = Arc::new(rustls_client(narrowed(None, &[]), &pki));
    let with = |own: &Leaf| {
        let config = rustls::ClientConfig::builder_with_provider(narrowed(None, &[]))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(rustls_roots(&pki))
            .with_client_auth_cert(vec![own.certificate.clone()], own.key.clone_key())
            .unwrap();
        Arc::new(config)
    };

    let (theirs, ours) = from_rustls(&without, &ask(ClientAuth::Optional), their_talk);
    theirs.unwrap();
    assert!(ours.unwrap().peer.is_empty());
    let (theirs, ours) = from_rustls(&without, &ask(ClientAuth::Required), their_talk);
    assert_eq!(failure(ours), Error::Certificate(CertificateError::Missing));
    assert!(
        theirs
            .unwrap_err()
            .to_string()
            .contains("CertificateRequired")
    );

    let known = with(&pki.leaf("someone", &rcgen::PKCS_ECDSA_P384_SHA384));
    for auth in [ClientAuth::Optional, ClientAuth::Required] {
        let (theirs, ours) = from_rustls(&known, &ask(auth), their_talk);
        theirs.unwrap();
        assert!(!ours.unwrap().peer.is_empty());
    }
    // rustls shows a certificate only to those who name its issuer; this one has the same name.
    let stranger = Pki::new();
    let unknown = with(&stranger.leaf("stranger", &rcgen::PKCS_ED25519));
    let (theirs, ours) = from_rustls(&unknown, &ask(ClientAuth::Optional), their_talk);
    assert_eq!(failure(ours), Error::Certificate(CertificateError::Bad));
    theirs.unwrap_err();
}

#[test]
fn keys_are_updated_by_either_end() {
    let pki = Pki::new();
    let leaf = pki.server();
    let ours = |tls: &mut TlsStream<TcpStream>| {
        for request in [
            KeyUpdate::Requested,
            KeyUpdate::NotRequested,
            KeyUpdate::Requested,
        ] {
            tls.update_keys(request)?;
            assert_eq!(say(tls, b"after our update")?, b"after our update");
        }
        talk(tls)
    };
    let theirs = |stream: &mut Server| {
        stream.conn.refresh_traffic_keys().unwrap();
        their_echo(stream)
    };
    let config = Arc::new(rustls_server(narrowed(None, &[]), &leaf));
    let (ours, theirs) = to_rustls(&Connector::new(client(&pki)), &config, ours, theirs);
    theirs.unwrap();
    ours.unwrap();

    let config = Arc::new(rustls_client(narrowed(None, &[]), &pki));
    let update = |stream: &mut Client| {
        stream.conn.refresh_traffic_keys().unwrap();
        assert_eq!(say(stream, b"after their update")?, b"after their update");
        their_talk(stream)
    };
    let serve = |tls: &mut TlsStream<&TcpStream>| {
        tls.update_keys(KeyUpdate::Requested)?;
        echo(tls)
    };
    let acceptor = Acceptor::new(server(&leaf));
    let (theirs, ours) = from_rustls_to(&config, &acceptor, update, serve);
    theirs.unwrap();
    ours.unwrap();
}

#[test]
fn application_protocols_are_negotiated() {
    let pki = Pki::new();
    let leaf = pki.server();
    let mut config = rustls_server(narrowed(None, &[]), &leaf);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let connector = |alpn: &[&[u8]]| Connector::new(client(&pki).with_alpn(alpn));
    let (ours, theirs) = to_rustls(&connector(&[b"http/1.1", b"h3"]), &config, talk, their_echo);
    theirs.unwrap();
    assert_eq!(ours.unwrap().alpn.unwrap(), b"http/1.1");
    let (ours, theirs) = to_rustls(&connector(&[b"h3"]), &config, talk, their_echo);
    theirs.unwrap_err();
    assert_eq!(
        failure(ours),
        Error::PeerAlert(AlertDescription::NO_APPLICATION_PROTOCOL)
    );

    let mut config = rustls_client(narrowed(None, &[]), &pki);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let config = Arc::new(config);
    let acceptor = |alpn: &[&[u8]]| Acceptor::new(server(&leaf).with_alpn(alpn));
    let (theirs, ours) = from_rustls(&config, &acceptor(&[b"http/1.1", b"h2"]), their_talk);
    theirs.unwrap();
    assert_eq!(ours.unwrap().alpn.unwrap(), b"http/1.1");
    let (theirs, ours) = from_rustls(&config, &acceptor(&[b"h3"]), their_talk);
    assert_eq!(
        failure(ours),
        Error::Incompatible(Incompatible::ApplicationProtocol)
    );
    assert!(
        theirs
            .unwrap_err()
            .to_string()
            .contains("NoApplicationProtocol")
    );
}

#[test]
fn a_server_that_is_someone_else_is_refused() {
    let pki = Pki::new();
    let other = Arc::new(rustls_server(
        narrowed(None, &[]),
        &pki.leaf("example.org", &rcgen::PKCS_ECDSA_P256_SHA256),
    ));
    let (ours, theirs) = to_rustls(&Connector::new(client(&pki)), &other, talk, their_echo);
    assert_eq!(
        failure(ours),
        Error::Certificate(CertificateError::WrongName)
    );
    assert!(theirs.unwrap_err().to_string().contains("BadCertificate"));

    let stranger = Pki::named("Another Authority");
    let unknown = Arc::new(rustls_server(narrowed(None, &[]), &stranger.server()));
    let (ours, theirs) = to_rustls(&Connector::new(client(&pki)), &unknown, talk, their_echo);
    assert_eq!(
        failure(ours),
        Error::Certificate(CertificateError::UnknownIssuer)
    );
    assert!(theirs.unwrap_err().to_string().contains("UnknownCA"));

    let config = Arc::new(rustls_client(narrowed(None, &[]), &stranger));
    let (theirs, ours) = from_rustls(&config, &Acceptor::new(server(&pki.server())), their_talk);
    theirs.unwrap_err();
    assert_eq!(
        failure(ours),
        Error::PeerAlert(AlertDescription::UNKNOWN_CA)
    );
}

/// Octets that differ from place to place.
fn pattern(octets: usize) -> Vec<u8> {
    (0..octets)
        .map(|i| u8::try_from((i * 31 + (i >> 8) * 7) % 251).unwrap())
        .collect()
}

#[test]
fn much_data_arrives_whole_both_ways() {
    let pki = Pki::new();
    let leaf = pki.server();
    let all = pattern(8 << 20);
    let config = Arc::new(rustls_server(narrowed(None, &[]), &leaf));
    let send_then_receive = |tls: &mut TlsStream<TcpStream>| {
        for part in all.chunks(77_777) {
            tls.write_all(part)?;
        }
        tls.close()?;
        let mut back = Vec::new();
        tls.read_to_end(&mut back)?;
        Ok(back)
    };
    let receive_then_send = |stream: &mut Server| {
        let mut received = Vec::new();
        stream.read_to_end(&mut received)?;
        for part in received.chunks(50_000) {
            stream.write_all(part)?;
        }
        stream.conn.send_close_notify();
        stream.flush()
    };
    let connector = Connector::new(client(&pki));
    let (ours, theirs) = to_rustls(&connector, &config, send_then_receive, receive_then_send);
    theirs.unwrap();
    assert!(ours.unwrap() == all);
}

#[test]
fn a_connection_cut_off_is_an_error() {
    let pki = Pki::new();
    let config = Arc::new(rustls_server(narrowed(None, &[]), &pki.server()));
    let cut = |stream: &mut Server| {
        stream.write_all(b"half a mess")?;
        stream.flush()?;
        stream.sock.shutdown(Shutdown::Write)
    };
    let read = |tls: &mut TlsStream<TcpStream>| {
        let mut octets = [0; 11];
        tls.read_exact(&mut octets)?;
        let ended = tls.read(&mut octets);
        assert_eq!(
            ended.as_ref().unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        ended
    };
    let (ours, theirs) = to_rustls(&Connector::new(client(&pki)), &config, read, cut);
    theirs.unwrap();
    assert_eq!(failure(ours), Error::Truncated);
}

#[test]
fn a_session_that_failed_is_not_resumed() {
    let pki = Pki::new();
    let config = Arc::new(rustls_server(narrowed(None, &[]), &pki.server()));
    let connector = Connector::new(client(&pki));
    let forge = |stream: &mut Server| {
        let mut octets = [0; 5];
        stream.read_exact(&mut octets)?;
        stream.write_all(&octets)?;
        // A record that is not authentic.
        stream
            .sock
            .write_all(&[&[23, 3, 3, 0, 40][..], &[0; 40]].concat())
    };
    let hear = |tls: &mut TlsStream<TcpStream>| {
        assert_eq!(say(tls, b"hello")?, b"hello");
        tls.read(&mut [0; 5])
    };
    let (ours, theirs) = to_rustls(&connector, &config, hear, forge);
    theirs.unwrap();
    assert_eq!(failure(ours), Error::BadRecord);
    for resumed in [false, true] {
        let (ours, theirs) = to_rustls(&connector, &config, talk, their_echo);
        theirs.unwrap();
        assert_eq!(ours.unwrap().resumed, resumed);
    }
}

#[test]
fn an_address_is_a_name_too() {
    let pki = Pki::new();
    let leaf = pki.leaf("127.0.0.1", &rcgen::PKCS_ECDSA_P256_SHA256);
    let config = Arc::new(rustls_server(narrowed(None, &[]), &leaf));
    let (near, far) = tcp();
    thread::scope(|scope| {
        let theirs = scope.spawn(|| {
            let connection = ServerConnection::new(config).unwrap();
            their_echo(&mut StreamOwned::new(connection, far))
        });
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut tls = TlsStream::connect(&Connector::new(client(&pki)), name, near).unwrap();
        assert_eq!(talk(&mut tls).unwrap().server_name, None);
        theirs.join().unwrap().unwrap();
    });
}
