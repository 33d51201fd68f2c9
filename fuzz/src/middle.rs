//! Somebody in the middle of an honest pair who can read and write every record.

use arbitrary::{Arbitrary, Unstructured};
use testkit::pair::Side;
use tls_core::Event;

use crate::host::{Host, Role, Seen, Variant};

/// What is done to the messages of one direction, in turn.
#[derive(Arbitrary, Clone, Debug)]
enum Deed {
    Pass,
    Drop,
    Repeat,
    /// Xors an octet.
    Flip {
        at: u16,
        mask: u8,
    },
    /// Cuts the message, with its length put right.
    Cut {
        len: u16,
    },
    /// Adds octets, with its length put right.
    Extend {
        octets: Vec<u8>,
    },
    /// Replaces octets, the length of the message put right.
    Splice {
        at: u16,
        len: u8,
        octets: Vec<u8>,
    },
    /// Sends a message of one's own first.
    Insert {
        kind: u8,
        body: Vec<u8>,
        sealed: bool,
    },
    /// Cuts the message into small records.
    Scatter {
        len: u8,
    },
    /// Sends octets of one's own first.
    Raw {
        octets: Vec<u8>,
    },
}

/// Deeds against an honest pair.
pub fn tls_middle(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(variant) = u8::arbitrary(&mut input) else {
        return;
    };
    let Ok(deeds) = <Vec<(bool, Deed)>>::arbitrary(&mut input) else {
        return;
    };
    // Somebody in the middle reads records only of the forging toy, and so do both ends.
    let mut pair = Variant(variant & !(1 << 6)).pair();
    let mut deeds = deeds.into_iter();
    let mut touched = false;
    let mut next = |records: Vec<u8>| -> Vec<u8> {
        let mut out = Vec::new();
        for unit in units(&records) {
            match deeds.next() {
                Some((true, deed)) => {
                    touched = true;
                    out.extend(deed.done_to(&unit));
                }
                _ => out.extend(unit.record()),
            }
        }
        out
    };
    for _ in 0..12 {
        pair.client.settle();
        let up = next(pair.client.take());
        pair.server.feed(&up);
        let down = next(pair.server.take());
        pair.client.feed(&down);
        if up.is_empty() && down.is_empty() {
            break;
        }
    }
    if !touched {
        assert!(connected(&pair.client).is_some() && connected(&pair.server).is_some());
    }
    // Both connected means both saw the same.
    if let (Some(client), Some(server)) = (connected(&pair.client), connected(&pair.server)) {
        assert_eq!(client, server);
        let export = |export: &dyn Fn(&mut [u8])| {
            let mut out = [0; 32];
            export(&mut out);
            out
        };
        let client = export(&|out| _ = pair.client.machine.tls.export(b"label", b"", out));
        let server = export(&|out| _ = pair.server.machine.tls.export(b"label", b"", out));
        let gone = [0; 32];
        assert!(
            client == server || client == gone || server == gone,
            "the secrets differ"
        );
    }
    pair.client.eof();
    pair.server.eof();
    assert!(pair.client.ended() && pair.server.ended());
}

/// What an end thinks that it negotiated.
fn connected<R: Role>(side: &Side<Host<R>>) -> Option<String> {
    side.events.iter().find_map(|seen| match seen {
        Seen::Event(Event::Connected(facts)) => Some(format!(
            "{} {:?} {:?} {} {}",
            facts.cipher_suite, facts.group, facts.alpn, facts.resumed, facts.retried
        )),
        _ => None,
    })
}

/// A handshake message, or a record of another kind.
struct Unit {
    kind: u8,
    octets: Vec<u8>,
    sealed: bool,
}

const HANDSHAKE: u8 = 22;

impl Unit {
    fn record(&self) -> Vec<u8> {
        record(self.kind, &self.octets, self.sealed)
    }
}

fn record(kind: u8, body: &[u8], sealed: bool) -> Vec<u8> {
    let header = |kind: u8, len: usize| {
        let [.., high, low] = len.to_be_bytes();
        [kind, 3, 3, high, low]
    };
    if sealed {
        [&header(23, body.len() + 17)[..], body, &[kind], &[0; 16]].concat()
    } else {
        [&header(kind, body.len())[..], body].concat()
    }
}

/// Takes a stream apart.
fn units(mut stream: &[u8]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut handshake = Vec::new();
    while let [kind, _, _, high, low, rest @ ..] = stream {
        let (body, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        stream = rest;
        let sealed = *kind == 23;
        let (kind, body) = if sealed {
            let inner = &body[..body.len() - 16];
            let end = inner.iter().rposition(|octet| *octet != 0).unwrap();
            (inner[end], &inner[..end])
        } else {
            (*kind, body)
        };
        if kind != HANDSHAKE {
            units.push(Unit {
                kind,
                octets: body.to_vec(),
                sealed,
            });
            continue;
        }
        handshake.extend_from_slice(body);
        while let [_, a, b, c, ..] = handshake[..] {
            let len = 4 + u32::from_be_bytes([0, a, b, c]) as usize;
            if handshake.len() < len {
                break;
            }
            let rest = handshake.split_off(len);
            units.push(Unit {
                kind,
                octets: handshake,
                sealed,
            });
            handshake = rest;
        }
    }
    units
}

/// Puts the length of a message right.
fn with_length(mut message: Vec<u8>) -> Vec<u8> {
    let len = message.len().saturating_sub(4) as u32;
    if let Some(field) = message.get_mut(1..4) {
        field.copy_from_slice(&len.to_be_bytes()[1..]);
    }
    message
}

impl Deed {
    fn done_to(self, unit: &Unit) -> Vec<u8> {
        let again = |octets: Vec<u8>| {
            let octets = if unit.kind == HANDSHAKE {
                with_length(octets)
            } else {
                octets
            };
            // One record holds no more.
            octets
                .chunks(1 << 14)
                .flat_map(|part| record(unit.kind, part, unit.sealed))
                .collect()
        };
        let octets = || unit.octets.clone();
        match self {
            Self::Pass => unit.record(),
            Self::Drop => Vec::new(),
            Self::Repeat => [unit.record(), unit.record()].concat(),
            Self::Flip { at, mask } => {
                let mut octets = octets();
                let at = usize::from(at) % octets.len().max(1);
                if let Some(octet) = octets.get_mut(at) {
                    *octet ^= mask;
                }
                record(unit.kind, &octets, unit.sealed)
            }
            Self::Cut { len } => {
                let mut octets = octets();
                octets.truncate(usize::from(len));
                again(octets)
            }
            Self::Extend { octets: more } => again([octets(), more].concat()),
            Self::Splice {
                at,
                len,
                octets: new,
            } => {
                let mut octets = octets();
                let at = usize::from(at) % (octets.len() + 1);
                let end = (at + usize::from(len)).min(octets.len());
                octets.splice(at..end, new);
                again(octets)
            }
            Self::Insert { kind, body, sealed } => {
                let message = with_length([&[kind, 0, 0, 0][..], &body].concat());
                [record(HANDSHAKE, &message, sealed), unit.record()].concat()
            }
            Self::Scatter { len } => {
                let parts = unit.octets.chunks(usize::from(len.max(1)));
                parts
                    .flat_map(|part| record(unit.kind, part, unit.sealed))
                    .collect()
            }
            Self::Raw { octets } => [octets, unit.record()].concat(),
        }
    }
}
