//! How fast data goes, and what a connection holds while nothing goes.

use std::{
    io::{self, BufRead, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use bytes::BytesMut;
use crypto_core::UnixTime;
use owo_colors::OwoColorize;
use securewire::{Connector, blocking::TlsStream};
use tls_core::{Client, ClientConfig, Event, Server, ServerConfig};

use super::{Checks, Stage, localhost, title};
use crate::command::{clock, demo::in_use, failure::Failure};

/// Octets sent each way. An unoptimised build is slow enough without them all.
const BULK: usize = if cfg!(debug_assertions) {
    32 << 20
} else {
    256 << 20
};

/// Idle connections to take the mean of.
const IDLE: usize = 200;

/// Sends much, one way and the other, over loopback.
pub(super) fn bulk(stage: &Stage, checks: &mut Checks) -> Result<(), Failure> {
    title(&format!(
        "{} MiB each way over loopback, one thread per end",
        BULK >> 20
    ));
    let acceptor = stage.acceptor(stage.server.clone())?;
    let connector = Connector::new(stage.client());
    let outcome = stage.meet(
        &acceptor,
        &connector,
        |tls| {
            sink(tls, BULK)?;
            tls.write_all(b"!")?;
            source(tls)
        },
        |tls| {
            let start = clock::instant();
            source(tls)?;
            sink(tls, 1)?;
            let there = clock::instant();
            sink(tls, BULK)?;
            let times = (there - start, there.elapsed());
            tls.close()?;
            Ok((tls.connected().cipher_suite, times))
        },
    );
    let (suite, (up, down)) = outcome
        .client
        .map_err(|error| Failure::stream("the client", &error))?;
    outcome
        .server
        .map_err(|error| Failure::stream("the server", &error))?;
    say!("  client ──▶ server  {}   {suite}", rate(up).green());
    say!("  client ◀── server  {}", rate(down).green());
    if cfg!(debug_assertions) {
        say!(
            "  {}",
            "this is an unoptimised build; --release shows the speed".yellow()
        );
    }
    checks.check("all of it arrived", true);
    Ok(())
}

fn rate(time: Duration) -> String {
    let micros = time.as_micros().max(1);
    let per_second = (BULK as u128) * 1_000_000 / micros;
    format!(
        "{:>6} MB/s in {:>5} ms",
        per_second / 1_000_000,
        time.as_millis()
    )
}

/// Writes `BULK` octets.
fn source(tls: &mut TlsStream<&TcpStream>) -> io::Result<()> {
    let block = vec![0x5a; 64 * 1024];
    for _ in 0..BULK / block.len() {
        tls.write_all(&block)?;
    }
    tls.flush()
}

/// Takes `octets` off the stream, where they were decrypted.
fn sink(tls: &mut TlsStream<&TcpStream>, mut octets: usize) -> io::Result<()> {
    while octets > 0 {
        let part = tls.fill_buf()?.len().min(octets);
        if part == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        tls.consume(part);
        octets -= part;
    }
    Ok(())
}

/// Counts what connections hold when both ends are silent.
pub(super) fn held(stage: &Stage, checks: &mut Checks) -> Result<(), Failure> {
    title("Memory of a connection at rest");
    let client = Arc::new(stage.client());
    let server = Arc::new(stage.server.clone());
    // Whatever is set up once is set up now.
    drop(pair(&client, &server)?);
    let before = in_use();
    let mut clients = Vec::with_capacity(IDLE);
    let mut servers = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let (client, server) = pair(&client, &server)?;
        clients.push(client);
        servers.push(server);
    }
    let both = in_use().saturating_sub(before) / IDLE;
    drop(servers);
    let client = in_use().saturating_sub(before) / IDLE;
    drop(clients);
    let left = in_use().saturating_sub(before);
    // AWS-LC keeps keys in memory of its own, which no allocator of Rust sees.
    let keys = if stage.provider.name == "ring" {
        "included"
    } else {
        "of AWS-LC not counted"
    };
    say!(
        "  client {client} octets, server {} octets, keys {keys}",
        both - client
    );
    say!(
        "  {}",
        format!("the mean of {IDLE} connections, without sockets").dimmed()
    );
    checks.check("nothing is left of them when they are gone", left == 0);
    Ok(())
}

/// Two ends that have completed a handshake in memory.
fn pair(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
) -> Result<(Client, Server), Failure> {
    let wrong = |error: tls_core::Misuse| Failure::peer(error.to_string());
    let now = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = UnixTime::since_unix_epoch(now);
    let mut client = Client::new(Arc::clone(client), localhost(), now).map_err(wrong)?;
    let mut server = Server::new(Arc::clone(server), now).map_err(wrong)?;
    let (mut to_server, mut to_client) = (BytesMut::new(), BytesMut::new());
    let mut connected = 0;
    loop {
        let mut quiet = true;
        while let Some(event) = client.poll(&mut to_client, &mut to_server) {
            quiet = false;
            connected += count(&event)?;
        }
        while let Some(event) = server.poll(&mut to_server, &mut to_client) {
            quiet = false;
            connected += count(&event)?;
        }
        if quiet && to_client.is_empty() && to_server.is_empty() {
            break;
        }
    }
    if connected == 2 {
        Ok((client, server))
    } else {
        Err(Failure::peer("a handshake in memory did not complete"))
    }
}

/// 1 for the end of a handshake; an error for that of a connection.
fn count(event: &Event) -> Result<usize, Failure> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only these two matter here")]
    match event {
        Event::Connected(_) => Ok(1),
        Event::Closed(Err(error)) => Err(Failure::peer(error.to_string())),
        _ => Ok(0),
    }
}
