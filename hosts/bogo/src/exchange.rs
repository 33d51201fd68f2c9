//! What a connection of a test does after the handshake, and what is checked of it.

use tls_core::Connected;

use crate::{
    connection::{Connection, Failure, Happening},
    options::Options,
    settings,
};

/// Sizes that lie around the boundaries of records.
const SIZES: [usize; 11] = [
    0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769,
];

/// Runs a connection to its end.
pub(crate) fn run(connection: &mut Connection<'_>, resumption: bool) -> Result<(), Failure> {
    match connection.next()? {
        Happening::Connected(facts) => check(connection, &facts, resumption)?,
        Happening::Truncated => return Err(Failure::Fact("end of stream in the handshake".into())),
        other => return Err(Failure::Fact(format!("{other:?} before the handshake"))),
    }
    let options = connection.options;
    write_exports(connection)?;
    let mut ended = Ended::NotYet;
    if options.different_sizes {
        let octets = vec![0x42; 32769];
        for size in SIZES {
            connection.write(octets.get(..size).unwrap_or_default())?;
        }
    } else {
        write_first(connection)?;
        if !options.shuts_down {
            ended = echo(connection)?;
        }
    }
    let session_due = !options.server && !options.expect.no_session && !options.shuts_down;
    if !options.server && session_due != connection.got_session {
        return Err(Failure::Fact(format!(
            "a ticket came: {}",
            connection.got_session
        )));
    }
    finish(connection, ended)
}

/// How the peer's direction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    NotYet,
    WithCloseNotify,
    CutOff,
}

fn write_exports(connection: &mut Connection<'_>) -> Result<(), Failure> {
    if let Some(octets) = connection.options.export {
        let material = connection.export(octets)?;
        connection.write(&material)?;
    }
    if !connection.options.export_secrets {
        return Ok(());
    }
    let (read, write) = if connection.options.server {
        ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")
    } else {
        ("SERVER_TRAFFIC_SECRET_0", "CLIENT_TRAFFIC_SECRET_0")
    };
    let secret = |label| {
        let found = connection
            .secrets
            .iter()
            .find(|(candidate, _)| *candidate == label);
        found.map(|(_, secret)| secret.as_ref().to_vec())
    };
    let (Some(read), Some(write)) = (secret(read), secret(write)) else {
        return Err(Failure::Fact("no traffic secrets in the key log".into()));
    };
    let len = u16::try_from(read.len()).unwrap_or_default();
    connection.write(&[&len.to_le_bytes(), &read[..], &write[..]].concat())
}

fn write_first(connection: &mut Connection<'_>) -> Result<(), Failure> {
    let initial = connection
        .options
        .initial_write
        .as_deref()
        .unwrap_or(b"hello");
    if connection.options.unfinished_write {
        connection.write_one_octet_of(initial)
    } else if connection.options.writes_first {
        connection.write(initial)
    } else {
        Ok(())
    }
}

/// Sends back what comes, every bit inverted.
fn echo(connection: &mut Connection<'_>) -> Result<Ended, Failure> {
    let options = connection.options;
    loop {
        if options.key_update_before_read {
            connection.update_keys()?;
        }
        let data = match connection.next()? {
            Happening::Data(data) => data,
            Happening::PeerClosed => return Ok(Ended::WithCloseNotify),
            Happening::Truncated => return Ok(Ended::CutOff),
            other => return Err(Failure::Fact(format!("{other:?} after the handshake"))),
        };
        if options.export_between_reads {
            connection.export(1)?;
        }
        connection.wire.release();
        if options.key_update {
            connection.update_keys()?;
        }
        let inverted: Vec<u8> = data.iter().map(|octet| octet ^ 0xff).collect();
        connection.write(&inverted)?;
    }
}

/// Closes this direction, and checks how the other one ends.
fn finish(connection: &mut Connection<'_>, mut ended: Ended) -> Result<(), Failure> {
    if ended != Ended::CutOff {
        connection.close()?;
    }
    if connection.options.check_close_notify && ended == Ended::NotYet {
        ended = match connection.next()? {
            Happening::PeerClosed => Ended::WithCloseNotify,
            Happening::Truncated => Ended::CutOff,
            Happening::Data(_) => return Err(Failure::Named(":APPLICATION_DATA_ON_SHUTDOWN:")),
            other => return Err(Failure::Fact(format!("{other:?} after close_notify"))),
        };
    }
    if connection.options.check_close_notify && ended == Ended::CutOff {
        return Err(Failure::Named(":TRUNCATED:"));
    }
    if ended == Ended::WithCloseNotify {
        return match connection.next()? {
            Happening::Closed => Ok(()),
            other => Err(Failure::Fact(format!(
                "{other:?} where both ends have closed"
            ))),
        };
    }
    Ok(())
}

/// Checks what was negotiated.
fn check(connection: &Connection<'_>, facts: &Connected, resumption: bool) -> Result<(), Failure> {
    let options = connection.options;
    let expect = &options.expect;
    let resumed = resumption && !expect.full_handshake;
    fact("resumed", &resumed, &facts.resumed)?;
    // A server must take what it would select; a client says what it expects.
    let alpn = if options.server {
        &options.select_alpn
    } else {
        &expect.alpn
    };
    fact("protocol", alpn, facts.alpn.as_ref().unwrap_or(&Vec::new()))?;
    if let Some(name) = &expect.server_name {
        fact("server name", &Some(name), &facts.server_name.as_ref())?;
    }
    if expect.no_server_name {
        fact("server name", &None, &facts.server_name)?;
    }
    if let Some(group) = expect.group {
        fact("group", &group, &facts.group.0)?;
    }
    let aes = has_aes();
    let by_hardware = if aes {
        expect.cipher_suite_aes
    } else {
        expect.cipher_suite_no_aes
    };
    for suite in [expect.cipher_suite, by_hardware].into_iter().flatten() {
        fact("cipher suite", &suite, &facts.cipher_suite.0)?;
    }
    if let Some(retried) = expect.retried {
        fact("HelloRetryRequest", &retried, &facts.retried)?;
    }
    if let Some(scheme) = expect.peer_scheme.filter(|_| !facts.resumed) {
        fact(
            "scheme",
            &Some(scheme),
            &facts.peer_scheme.map(|scheme| scheme.0),
        )?;
    }
    if let Some(credential) = expect.credential.filter(|_| !facts.resumed) {
        fact("credential", &Some(credential), &connection.signed_with)?;
    }
    check_certificates(options, facts)
}

fn check_certificates(options: &Options, facts: &Connected) -> Result<(), Failure> {
    let expect = &options.expect;
    let due = !options.server && !facts.resumed || options.server && options.require_peer;
    if expect.no_certificate || due {
        fact(
            "no certificate",
            &expect.no_certificate,
            &facts.peer.is_empty(),
        )?;
    }
    // A resumed client connection is authenticated by its ticket; the certificates stay with the first one.
    if let Some(file) = expect
        .certificate_file
        .as_ref()
        .filter(|_| options.server || !facts.resumed)
    {
        let expected = settings::certificates(file)?;
        let received: Vec<_> = facts.peer.iter().map(|entry| entry.certificate).collect();
        fact("chain", &expected.len(), &received.len())?;
        fact("chain", &true, &expected.iter().eq(received.iter()))?;
    }
    Ok(())
}

fn fact<T: PartialEq + core::fmt::Debug>(
    what: &str,
    expected: &T,
    found: &T,
) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    Err(Failure::Fact(format!(
        "{what}: expected {expected:?}, found {found:?}"
    )))
}

fn has_aes() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("aes")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}
