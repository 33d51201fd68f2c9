//! The tokio streams, with themselves and with rustls' rules: split, half-closed, cut off.

use std::io;

use securewire::{
    Acceptor, Connector,
    tls_core::{Error, wire::KeyUpdate},
    tokio::TlsStream,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};

use crate::{
    ends::{client, failure, localhost, server},
    pki::Pki,
};

/// Both ends of a connection in memory, with a transport that takes `room` octets at a time.
async fn pair(room: usize) -> (TlsStream<DuplexStream>, TlsStream<DuplexStream>) {
    let pki = Pki::new();
    let (near, far) = duplex(room);
    let connector = Connector::new(client(&pki));
    let acceptor = Acceptor::resuming(server(&pki.server()), 60).unwrap();
    let (near, far) = tokio::join!(
        TlsStream::connect(&connector, localhost(), near),
        TlsStream::accept(&acceptor, far),
    );
    (near.unwrap(), far.unwrap())
}

#[tokio::test]
async fn both_directions_run_at_once() {
    const OCTETS: usize = 3 << 20;
    let (near, far) = pair(1000).await;
    let run = |tls: TlsStream<DuplexStream>, octet: u8| async move {
        let (mut reader, mut writer) = split(tls);
        let sending = tokio::spawn(async move {
            writer.write_all(&vec![octet; OCTETS]).await?;
            writer.shutdown().await
        });
        let mut received = Vec::new();
        reader.read_to_end(&mut received).await?;
        sending.await.unwrap()?;
        io::Result::Ok(received)
    };
    let (at_near, at_far) = tokio::join!(run(near, 1), run(far, 2));
    assert!(at_near.unwrap() == vec![2; OCTETS]);
    assert!(at_far.unwrap() == vec![1; OCTETS]);
}

#[tokio::test]
async fn a_closed_direction_leaves_the_other_open() {
    let (mut near, mut far) = pair(4096).await;
    near.write_all(b"that is all").await.unwrap();
    near.shutdown().await.unwrap();
    let mut text = String::new();
    far.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "that is all");
    far.write_all(b"not from here").await.unwrap();
    far.shutdown().await.unwrap();
    text.clear();
    near.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "not from here");
    let refused = near.write_all(b"more").await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn keys_are_updated_between_lines() {
    let (mut near, mut far) = pair(4096).await;
    for _ in 0..3 {
        near.update_keys(KeyUpdate::Requested).await.unwrap();
        near.write_all(b"a line\n").await.unwrap();
        let mut line = String::new();
        far.read_line(&mut line).await.unwrap();
        assert_eq!(line, "a line\n");
        far.write_all(b"another\n").await.unwrap();
        line.clear();
        near.read_line(&mut line).await.unwrap();
        assert_eq!(line, "another\n");
    }
}

#[tokio::test]
async fn a_connection_cut_off_is_an_error() {
    let (near, mut far) = pair(4096).await;
    drop(near.into_inner());
    let ended = far.read(&mut [0; 8]).await;
    assert_eq!(
        ended.as_ref().unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
    assert_eq!(failure(ended), Error::Truncated);
}
