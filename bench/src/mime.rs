//! `mime-core` beside mail-parser, mailparse and mail-builder, on the same octets.

mod codecs;
mod compose;
mod generate;
mod hostile;
mod input;
mod memory;
mod parse;
mod whole;

use std::{hint::black_box, path::PathBuf};

use crate::row::Bench;

/// Octets that arrive at a time.
const CHUNK: usize = 1 << 16;

/// Everything measured about MIME. `mail` is a folder of messages of the world.
pub(crate) fn benches(mail: Option<PathBuf>) -> Vec<Bench> {
    let mut benches = parse::benches(mail.as_ref());
    benches.extend(whole::benches(mail.as_ref()));
    benches.extend(codecs::benches());
    benches.extend(compose::benches());
    benches.extend(memory::benches());
    benches.extend(hostile::benches());
    benches
}

/// Does nothing with what it is given, which the compiler must not know.
fn see<T>(event: T) {
    black_box(event);
}
