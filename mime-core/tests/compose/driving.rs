//! A host that hands bodies over in pieces, and flushes what it is given.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use mime_core::compose::{
    Composer, Config, Draft, Error, Event, Header, MediaType, Misuse, Part, Profile, Slot, Wording,
};

/// Where a test has no use for randomness.
pub(crate) const RANDOM: [u8; 16] = [
    0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
];

pub(crate) fn seven() -> Config {
    Config::new(Profile::SevenBit)
}

pub(crate) fn eight() -> Config {
    Config::new(Profile::EightBitMime)
}

pub(crate) fn binary() -> Config {
    Config::new(Profile::BinaryMime)
}

/// A draft with one field.
pub(crate) fn draft(body: Part) -> Draft {
    let header = Header::new(Wording::EncodedWords);
    Draft::new(header.with_subject("x").unwrap(), body)
}

pub(crate) fn media_type(essence: &str) -> MediaType {
    MediaType::new(essence).unwrap()
}

/// Writes a message whose bodies are all known.
pub(crate) fn compose(config: &Config, draft: Draft) -> Result<Vec<u8>, Misuse> {
    let mut tx = BytesMut::new();
    draft.compose(config, RANDOM, &mut tx)?;
    Ok(tx.to_vec())
}

/// What went out, how it ended, and the largest capacity of `tx`.
pub(crate) struct Outcome {
    pub(crate) sent: Vec<u8>,
    pub(crate) end: Result<(), Error>,
    pub(crate) capacity: usize,
}

/// Writes a message with pulled bodies, in pieces of `size` octets; holds the laws of machines on the way.
pub(crate) fn drive(
    config: &Config,
    draft: Draft,
    bodies: &HashMap<Slot, Vec<u8>>,
    size: usize,
) -> Outcome {
    let mut composer = Composer::new(config, draft, RANDOM).unwrap();
    let mut at: HashMap<Slot, usize> = HashMap::new();
    let (mut tx, mut sent, mut capacity) = (BytesMut::new(), Vec::new(), 0);
    let end = 'message: loop {
        let before = tx.len();
        while let Some(event) = composer.poll(&mut tx) {
            match event {
                Event::WantBody(slot) => {
                    let body = &bodies[&slot];
                    let from = at.entry(slot).or_default();
                    let to = body.len().min(*from + size);
                    assert_idle(&mut composer, &mut tx);
                    assert_eq!(
                        composer.body(Slot(slot.0 + 1), Bytes::new(), true),
                        Err(Misuse::NotWanted)
                    );
                    let piece = Bytes::copy_from_slice(&body[*from..to]);
                    composer.body(slot, piece, to == body.len()).unwrap();
                    assert_eq!(
                        composer.body(slot, Bytes::new(), true),
                        Err(Misuse::NotWanted)
                    );
                    *from = to;
                }
                Event::Closed(end) => break 'message end,
                _ => unreachable!(),
            }
        }
        assert!(tx.len() > before, "nothing to flush and nothing to answer");
        capacity = capacity.max(tx.capacity());
        sent.extend_from_slice(&tx);
        tx.clear();
    };
    sent.extend_from_slice(&tx);
    tx.clear();
    for _ in 0..3 {
        assert_eq!(composer.poll(&mut tx), None, "Closed is the last event");
    }
    assert_eq!(
        composer.body(Slot(0), Bytes::new(), true),
        Err(Misuse::NotWanted)
    );
    assert!(tx.is_empty());
    Outcome {
        sent,
        end,
        capacity,
    }
}

/// While an answer is due, polls change nothing.
fn assert_idle(composer: &mut Composer, tx: &mut BytesMut) {
    let before = tx.clone();
    for _ in 0..3 {
        assert_eq!(composer.poll(tx), None);
    }
    assert_eq!(before, *tx);
}
