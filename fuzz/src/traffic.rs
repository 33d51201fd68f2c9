//! A connected pair: what both hosts do, and what is forged between them.

use arbitrary::{Arbitrary, Unstructured};
use testkit::pair::Side;
use tls_core::{Event, wire::KeyUpdate};

use crate::host::{Host, Role, Seen, Variant};

#[derive(Arbitrary, Debug)]
enum Act {
    Write {
        len: u16,
    },
    Update {
        request: bool,
    },
    Close,
    Eof,
    /// Delivers what waits.
    Deliver,
    /// Delivers so much of what waits.
    DeliverSome {
        len: u16,
    },
    /// A forged record for this end.
    Forge {
        kind: u8,
        body: Vec<u8>,
        zeros: u8,
    },
    /// A forged handshake message for this end.
    Message {
        kind: u8,
        body: Vec<u8>,
    },
    /// Anything at all for this end.
    Raw {
        octets: Vec<u8>,
    },
    Poll,
}

/// Acts on either end of a connected pair.
pub fn tls_traffic(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(variant) = u8::arbitrary(&mut input) else {
        return;
    };
    let Ok(acts) = <Vec<(bool, Act)>>::arbitrary(&mut input) else {
        return;
    };
    let mut pair = Variant(variant & !(1 << 6)).pair();
    pair.run();
    let mut wires = [Wire::default(), Wire::default()];
    for (at_client, act) in acts.into_iter().take(64) {
        let [up, down] = &mut wires;
        if at_client {
            act.done_at(&mut pair.client, up, down);
        } else {
            act.done_at(&mut pair.server, down, up);
        }
    }
    let [up, down] = &wires;
    check(&pair.server, up);
    check(&pair.client, down);
    pair.client.eof();
    pair.server.eof();
    // An end that closed and heard close_notify has ended already; eof ends the others.
    assert!(
        pair.client.ended() || has_closed(&pair.client),
        "{:?}",
        pair.client.told()
    );
    assert!(
        pair.server.ended() || has_closed(&pair.server),
        "{:?}",
        pair.server.told()
    );
}

/// One direction.
#[derive(Default)]
struct Wire {
    written: Vec<u8>,
    /// Sealed, under way.
    waiting: Vec<u8>,
    /// Something was forged on it.
    forged: bool,
}

fn data<R: Role>(side: &Side<Host<R>>) -> Vec<u8> {
    let data = side.events.iter().filter_map(|seen| match seen {
        Seen::Event(Event::Data(data)) => Some(&data[..]),
        _ => None,
    });
    data.collect::<Vec<_>>().concat()
}

fn has_closed<R: Role>(side: &Side<Host<R>>) -> bool {
    side.events
        .iter()
        .any(|seen| matches!(seen, Seen::Event(Event::PeerClosed)))
}

/// What is not forged arrives in order and unchanged.
fn check<R: Role>(side: &Side<Host<R>>, wire: &Wire) {
    if !wire.forged {
        let data = data(side);
        let sent = [b"greeting", &wire.written[..]].concat();
        assert!(sent.starts_with(&data), "data that nobody sent");
    }
}

impl Act {
    fn done_at<R: Role>(self, side: &mut Side<Host<R>>, out: &mut Wire, back: &mut Wire) {
        match self {
            Self::Write { len } => {
                let data: Vec<u8> = (0..len).map(|i| i as u8).collect();
                if side.machine.tls.write(&data, &mut side.tx).is_ok() {
                    out.written.extend(data);
                }
            }
            Self::Update { request } => {
                let request = if request {
                    KeyUpdate::Requested
                } else {
                    KeyUpdate::NotRequested
                };
                let _ = side.machine.tls.update_keys(request, &mut side.tx);
            }
            Self::Close => drop(side.machine.tls.close(&mut side.tx)),
            Self::Eof => side.eof(),
            Self::Deliver => {
                let octets = core::mem::take(&mut back.waiting);
                side.feed(&octets);
            }
            Self::DeliverSome { len } => {
                let rest = back
                    .waiting
                    .split_off(usize::from(len).min(back.waiting.len()));
                let octets = core::mem::replace(&mut back.waiting, rest);
                side.feed(&octets);
            }
            Self::Forge { kind, body, zeros } => {
                back.forged = true;
                side.feed(&sealed(kind, &body, zeros));
            }
            Self::Message { kind, body } => {
                back.forged = true;
                let len = (body.len() as u32).to_be_bytes();
                side.feed(&sealed(22, &[&[kind], &len[1..], &body].concat(), 0));
            }
            Self::Raw { octets } => {
                back.forged = true;
                side.feed(&octets);
            }
            Self::Poll => side.settle(),
        }
        out.waiting.extend(side.take());
    }
}

fn sealed(kind: u8, body: &[u8], zeros: u8) -> Vec<u8> {
    let inner = [body, &[kind], &vec![0; usize::from(zeros)], &[0; 16]].concat();
    let len = u16::try_from(inner.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[23, 3, 3], &len[..], &inner].concat()
}
