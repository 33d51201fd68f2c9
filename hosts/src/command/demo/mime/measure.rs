//! How fast large mails go, and what is held meanwhile.

use bytes::{Bytes, BytesMut};
use crypto_core::Provider;
use mime_core::{
    Event, Parser, TransferEncoding,
    compose::{self, Composer, Config, Disposition, Draft, MediaType, Misuse, Part, Profile, Slot},
    decode::TransferDecoder,
};
use owo_colors::OwoColorize;

use super::{Checks, header, random, title};
use crate::command::{clock, demo::in_use, failure::Failure};

/// Octets of the attachment. An unoptimised build is slow enough without them all.
const ATTACHED: u64 = if cfg!(debug_assertions) {
    2 << 20
} else {
    256 << 20
};

/// Octets handed over at a time.
const PIECE: u64 = 64 * 1024;

/// The most that may be held of it.
const HELD: usize = 1 << 20;

/// Writes a mail with a large attachment, and reads it while it is written: nothing ever holds it.
pub(super) fn run(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    let mib = ATTACHED >> 20;
    title(&format!(
        "{mib} MiB attached, written and read at once, a piece at a time"
    ));
    let composer = composer(random(provider)?).map_err(wrong)?;
    let before = in_use();
    let start = clock::instant();
    let Passed {
        mail,
        decoded,
        same,
        held,
    } = pass(composer, before)?;
    let micros = start.elapsed().as_micros().max(1);
    let rate = u128::from(mail) / micros;
    say!(
        "  {}  base64 there and back, {} octets held at most",
        format!("{rate:>6} MB/s in {:>5} ms", micros / 1000).green(),
        held
    );
    if cfg!(debug_assertions) {
        say!(
            "  {}",
            "this is an unoptimised build; --release shows the speed".yellow()
        );
    }
    checks.check(
        "the attachment came out as it went in",
        same && decoded == ATTACHED,
    );
    checks.check("memory did not grow with the mail", held < HELD);
    Ok(())
}

fn wrong(misuse: Misuse) -> Failure {
    Failure::peer(misuse.to_string())
}

fn composer(random: [u8; 16]) -> Result<Composer, Misuse> {
    let attachment = Part::octets(MediaType::new("application/zip")?, Slot(0))
        .with_disposition(&Disposition::attachment().with_filename("large.zip")?)?;
    let draft = Draft::new(header()?, Part::mixed(vec![attachment]));
    Composer::new(&Config::new(Profile::SevenBit), draft, random)
}

/// What went from one end to the other.
struct Passed {
    /// Octets of the mail.
    mail: u64,
    /// Octets of the attachment, decoded.
    decoded: u64,
    /// Whether they are those that were attached.
    same: bool,
    /// Octets allocated at most.
    held: usize,
}

fn pass(mut composer: Composer, before: usize) -> Result<Passed, Failure> {
    let block: Vec<u8> = (0..=u8::MAX).cycle().take(65_536).collect();
    let block = Bytes::from(block);
    let mut reading = Reading::new(&block);
    let (mut wire, mut sent, mut held) = (BytesMut::new(), 0, 0);
    loop {
        let mut closed = false;
        while let Some(event) = composer.poll(&mut wire) {
            match event {
                compose::Event::WantBody(slot) => {
                    sent += PIECE;
                    composer
                        .body(slot, block.clone(), sent >= ATTACHED)
                        .map_err(wrong)?;
                }
                compose::Event::Closed(end) => {
                    end.map_err(|error| Failure::peer(error.to_string()))?;
                    closed = true;
                }
                _ => {}
            }
        }
        held = held.max(in_use().saturating_sub(before));
        if closed {
            reading.parser.eof();
        }
        reading.read(&mut wire);
        if closed {
            return Ok(Passed {
                mail: reading.mail,
                decoded: reading.decoded,
                same: reading.same,
                held,
            });
        }
    }
}

/// The reading end.
struct Reading<'a> {
    parser: Parser,
    decoder: TransferDecoder,
    content: BytesMut,
    block: &'a [u8],
    mail: u64,
    decoded: u64,
    same: bool,
}

impl<'a> Reading<'a> {
    fn new(block: &'a [u8]) -> Self {
        Self {
            parser: Parser::new(mime_core::Config::new()),
            decoder: TransferDecoder::new(TransferEncoding::Base64),
            content: BytesMut::new(),
            block,
            mail: 0,
            decoded: 0,
            same: true,
        }
    }

    /// Reads what has arrived.
    fn read(&mut self, wire: &mut BytesMut) {
        while let Some(event) = self.parser.poll(wire) {
            self.mail += event.raw().len() as u64;
            if let Event::Body(piece) = &event {
                self.decoder.extend(piece, &mut self.content);
                self.compare();
            }
            if let Event::End(_) = &event {
                self.decoder.finish_into(&mut self.content);
                self.compare();
            }
        }
    }

    /// The block again and again.
    fn compare(&mut self) {
        while !self.content.is_empty() {
            // Less than the length of the block.
            let at = usize::try_from(self.decoded % PIECE).unwrap_or_default();
            let expected = self.block.get(at..).unwrap_or_default();
            let len = expected.len().min(self.content.len());
            let piece = self.content.split_to(len);
            self.same &= expected.get(..len) == Some(&piece[..]);
            self.decoded += len as u64;
        }
    }
}
