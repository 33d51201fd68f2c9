//! The filter's side of the milter protocol, as far as DKIM needs it, over blocking sockets: an MTA hands a message over field
//! by field, asks at its end what to change, and waits for the answer.

#[path = "clock.rs"]
mod clock;

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use dkim_core::{
    Answer, LookupQuestion, Signer, SignerConfig, SignerEvent, Verdict, Verifier, VerifierConfig,
    VerifierEvent,
    auth_results::{self, AuthResults},
};

/// The most that an MTA sends at once, with room to spare.
const MAX_PACKET: usize = 1 << 20;
/// No MTA waits longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Add fields; change and remove fields.
const ACTIONS: u32 = 0x01 | 0x10;
/// No word of connections, HELO, senders or recipients is needed.
const UNNEEDED: u32 = 0x01 | 0x02 | 0x04 | 0x08;
/// White space behind the colon of a field is part of its value: `simple` signs it.
const LEADING_SPACE: u32 = 0x10_0000;

/// What is done with messages.
pub(crate) enum Role {
    /// They are signed.
    Sign(Arc<SignerConfig>),
    /// They are verified, and what was found is written down in the name of this server.
    Verify {
        config: Arc<VerifierConfig>,
        authserv_id: String,
        lookup: Box<dyn Fn(LookupQuestion) -> Answer + Send + Sync>,
    },
}

/// A change of the header.
enum Change {
    /// A field to put on top, without its line end.
    Insert(Bytes),
    /// A field to remove: its name, and which of that name it is, from 1 on.
    Remove(Vec<u8>, u32),
}

/// Serves MTAs until the listener fails, each on a thread of its own.
pub(crate) fn serve(listener: &TcpListener, role: &Arc<Role>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept()?;
        let role = Arc::clone(role);
        thread::spawn(move || {
            if let Err(error) = converse(stream, &role)
                && error.kind() != io::ErrorKind::UnexpectedEof
            {
                eprintln!("milter: {error}");
            }
        });
    }
}

/// One message, kept whole until its end: an example's way. A busy host would feed the machines as it comes.
#[derive(Default)]
struct Message {
    fields: Vec<Vec<u8>>,
    body: BytesMut,
}

fn converse(mut stream: TcpStream, role: &Role) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut message = Message::default();
    loop {
        let (command, data) = packet(&mut stream)?;
        match command {
            b'O' => {
                let mut reply = BytesMut::new();
                let offered = data.get(8..12).and_then(|octets| octets.try_into().ok());
                let offered = offered.map_or(0, u32::from_be_bytes);
                for number in [6, ACTIONS, offered & (UNNEEDED | LEADING_SPACE)] {
                    reply.extend_from_slice(&number.to_be_bytes());
                }
                send(&mut stream, b'O', &reply)?;
                continue;
            }
            // Macros are not answered.
            b'D' => continue,
            // Another message, or none, on this connection.
            b'A' | b'K' => {
                message = Message::default();
                continue;
            }
            b'Q' => return Ok(()),
            b'L' => message.fields.push(field(&data)),
            b'B' => message.body.extend_from_slice(&data),
            b'E' => {
                message.body.extend_from_slice(&data);
                match role.changes(&core::mem::take(&mut message)) {
                    Ok(changes) => {
                        for change in changes {
                            change.send(&mut stream)?;
                        }
                        send(&mut stream, b'a', &[])?;
                    }
                    Err(error) => {
                        eprintln!("milter: {error}");
                        send(&mut stream, b't', &[])?;
                    }
                }
                continue;
            }
            _ => {}
        }
        send(&mut stream, b'c', &[])?;
    }
}

/// The field, with CRLF inside where the MTA has LF.
fn field(data: &[u8]) -> Vec<u8> {
    let mut halves = data.split(|octet| *octet == 0);
    let name = halves.next().unwrap_or_default();
    let value = halves.next().unwrap_or_default();
    let mut field = [name, b":"].concat();
    for &octet in value {
        if octet == b'\n' && field.last() != Some(&b'\r') {
            field.push(b'\r');
        }
        field.push(octet);
    }
    field
}

impl Role {
    fn changes(&self, message: &Message) -> Result<Vec<Change>, String> {
        match self {
            Self::Sign(config) => signed(config, message),
            Self::Verify {
                config,
                authserv_id,
                lookup,
            } => {
                let verdicts = verified(config, lookup, message)?;
                let mut changes = stripped(message, authserv_id);
                let mut results =
                    AuthResults::new(authserv_id).map_err(|error| error.to_string())?;
                results.push_dkim(&verdicts);
                changes.push(Change::Insert(results.to_field().into()));
                Ok(changes)
            }
        }
    }
}

fn signed(config: &Arc<SignerConfig>, message: &Message) -> Result<Vec<Change>, String> {
    let wrong = |error: dkim_core::Misuse| error.to_string();
    let mut signer = Signer::new(Arc::clone(config), clock::now()).map_err(wrong)?;
    for field in &message.fields {
        signer.field(field).map_err(wrong)?;
    }
    signer.end_of_fields().map_err(wrong)?;
    let mut changes = Vec::new();
    let mut rx = message.body.clone();
    signer.eof();
    while let Some(event) = signer.poll(&mut rx) {
        match event {
            SignerEvent::Header(field) => changes.push(Change::Insert(field)),
            SignerEvent::Closed(end) => end.map_err(|error| error.to_string())?,
            SignerEvent::Bare(_) => return Err("bare CR or LF".to_owned()),
            // Keys are at hand.
            SignerEvent::Sign(_) | _ => {}
        }
    }
    Ok(changes)
}

fn verified(
    config: &Arc<VerifierConfig>,
    lookup: &dyn Fn(LookupQuestion) -> Answer,
    message: &Message,
) -> Result<Vec<Verdict>, String> {
    let wrong = |error: dkim_core::Misuse| error.to_string();
    let mut verifier = Verifier::new(Arc::clone(config), clock::now()).map_err(wrong)?;
    for field in &message.fields {
        verifier.field(field).map_err(wrong)?;
    }
    verifier.end_of_fields().map_err(wrong)?;
    let mut verdicts = Vec::new();
    let mut rx = message.body.clone();
    verifier.eof();
    while let Some(event) = verifier.poll(&mut rx) {
        match event {
            VerifierEvent::Lookup(question) => verifier.answer(lookup(question)).map_err(wrong)?,
            VerifierEvent::Verdict(verdict) => verdicts.push(verdict),
            VerifierEvent::Closed(end) => end.map_err(|error| error.to_string())?,
            VerifierEvent::Bare(_) | VerifierEvent::Chain(_) | _ => {}
        }
    }
    verdicts.sort_by_key(|verdict| verdict.index);
    Ok(verdicts)
}

/// Removes what others wrote in the name of this server, the last first.
fn stripped(message: &Message, authserv_id: &str) -> Vec<Change> {
    let name_of = |field: &[u8]| {
        let name = field.split(|octet| *octet == b':').next();
        name.unwrap_or_default().trim_ascii().to_ascii_lowercase()
    };
    let fields = message.fields.iter().map(|field| &**field);
    let forged = auth_results::strip(fields, authserv_id).into_iter();
    let remove = |index: usize| {
        let name = name_of(message.fields.get(index)?);
        let upto = message.fields.iter().take(index + 1);
        let place = upto.filter(|field| name_of(field) == name).count();
        Some(Change::Remove(name, u32::try_from(place).ok()?))
    };
    forged.filter_map(remove).collect()
}

impl Change {
    fn send(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut data = BytesMut::new();
        match self {
            Self::Insert(field) => {
                let field = field.strip_suffix(b"\r\n").unwrap_or(field);
                let colon = field.iter().position(|octet| *octet == b':');
                let (name, value) = field.split_at(colon.unwrap_or(field.len()));
                data.extend_from_slice(&0u32.to_be_bytes());
                data.extend_from_slice(name);
                data.extend_from_slice(b"\0");
                let value = value.strip_prefix(b":").unwrap_or(value);
                data.extend(value.iter().filter(|octet| **octet != b'\r'));
                data.extend_from_slice(b"\0");
                send(stream, b'i', &data)
            }
            Self::Remove(name, place) => {
                data.extend_from_slice(&place.to_be_bytes());
                data.extend_from_slice(name);
                data.extend_from_slice(b"\0\0");
                send(stream, b'm', &data)
            }
        }
    }
}

/// A command and what belongs to it.
fn packet(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut octets = [0; 4];
    stream.read_exact(&mut octets)?;
    let len = usize::try_from(u32::from_be_bytes(octets)).unwrap_or(usize::MAX);
    if !(1..=MAX_PACKET).contains(&len) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "no packet of a milter",
        ));
    }
    let mut packet = vec![0; len];
    stream.read_exact(&mut packet)?;
    let data = packet.split_off(1);
    let command = packet.first().copied().unwrap_or_default();
    Ok((command, data))
}

fn send(stream: &mut TcpStream, command: u8, data: &[u8]) -> io::Result<()> {
    let len = u32::try_from(data.len() + 1).unwrap_or(u32::MAX);
    let mut packet = BytesMut::from(&len.to_be_bytes()[..]);
    packet.extend_from_slice(&[command]);
    packet.extend_from_slice(data);
    stream.write_all(&packet)
}
