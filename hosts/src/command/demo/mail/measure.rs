//! How fast a large mail is verified, and what is held meanwhile.

use std::sync::Arc;

use bytes::BytesMut;
use crypto_core::Provider;
use dkim_core::{Verifier, VerifierConfig, VerifierEvent};
use owo_colors::OwoColorize;

use super::{Checks, Sender, now, title, wrong};
use crate::command::{clock, demo::in_use, failure::Failure};

/// Octets of the body. An unoptimised build is slow enough without them all.
const BODY: usize = if cfg!(debug_assertions) {
    2 << 20
} else {
    64 << 20
};

/// Octets handed over at a time.
const PIECE: usize = 64 * 1024;

/// The most that may be held of it.
const HELD: usize = 1 << 20;

/// Verifies both signatures of a mail that arrives a piece at a time.
pub(super) fn run(
    provider: &Arc<Provider>,
    sender: &Sender,
    checks: &mut Checks,
) -> Result<(), Failure> {
    title(&format!("{} MiB verified, a piece at a time", BODY >> 20));
    let line = b"We lost the game, and are  hungry: is there dinner at home?   \r\n";
    let mut mail = b"From: joe@example.org\r\nSubject: long\r\n\r\n".to_vec();
    mail.extend(line.iter().cycle().take(BODY));
    let signed = sender.sign(provider, &mail)?;
    drop(mail);
    let config = Arc::new(VerifierConfig::new(Arc::clone(provider)).map_err(wrong)?);
    let before = in_use();
    let start = clock::instant();
    let mut verifier = Verifier::new(config, now()).map_err(wrong)?;
    let (mut rx, mut passed, mut held) = (BytesMut::with_capacity(PIECE), 0, 0);
    let mut pieces = signed.chunks(PIECE);
    let mut closed = false;
    while !closed {
        match pieces.next() {
            Some(piece) => rx.extend_from_slice(piece),
            None => verifier.eof(),
        }
        while let Some(event) = verifier.poll(&mut rx) {
            match event {
                VerifierEvent::Lookup(question) => {
                    let mut zone = sender.zone.iter();
                    let record = zone.find(|(name, _)| name == question.name());
                    let records = record.map(|(_, record)| [record]);
                    verifier.answer(question.records(records)).map_err(wrong)?;
                }
                VerifierEvent::Verdict(verdict) => passed += usize::from(verdict.is_pass()),
                VerifierEvent::Closed(end) => {
                    end.map_err(wrong)?;
                    closed = true;
                }
                VerifierEvent::Bare(_) | VerifierEvent::Chain(_) | _ => {}
            }
        }
        held = held.max(in_use().saturating_sub(before));
    }
    let micros = start.elapsed().as_micros().max(1);
    let octets = u128::try_from(signed.len()).unwrap_or_default();
    say!(
        "  {}  two signatures, one pass, {held} octets held at most",
        format!("{:>6} MB/s in {:>5} ms", octets / micros, micros / 1000).green(),
    );
    if cfg!(debug_assertions) {
        say!(
            "  {}",
            "this is an unoptimised build; --release shows the speed".yellow()
        );
    }
    checks.check("both signatures pass", passed == 2);
    checks.check("memory did not grow with the mail", held < HELD);
    Ok(())
}
