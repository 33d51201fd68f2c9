//! Transfer codings, 64 KiB at a time, in octets of encoded text.

use std::hint::black_box;

use mime_core::decode::{
    Base64Decoder, Base64Encoder, Progress, QuotedPrintableDecoder, QuotedPrintableEncoder,
};

use super::{
    CHUNK,
    generate::{self, Dice, base64_lines},
};
use crate::{
    measure::{Budget, Turn, cpu_time_of, interleave},
    row::{Bar, Bench, Row, Unit},
};

/// The base64 decoder is named by what it may use.
const BASE64: &str = if cfg!(feature = "detect") {
    "base64-decode"
} else {
    "base64-decode-scalar"
};
const BASE64_BAR: Bar = Bar::AtLeast(if cfg!(feature = "detect") { 6.0 } else { 2.0 });

const ROWS: &[&str] = &[
    BASE64,
    "base64-encode",
    "quoted-printable-decode",
    "quoted-printable-encode",
];

pub(crate) fn benches() -> [Bench; 1] {
    [Bench::new("mime/codec".to_owned(), ROWS, measure)]
}

/// Feeds `src` in chunks into one destination that is used again; answers the octets that came out.
fn stream(
    src: &[u8],
    dst: &mut [u8],
    mut feed: impl FnMut(Option<&[u8]>, &mut [u8]) -> Progress,
) -> usize {
    let mut sum = 0;
    for mut chunk in src.chunks(CHUNK) {
        while !chunk.is_empty() {
            let Progress { read, written } = feed(Some(chunk), dst);
            chunk = &chunk[read..];
            sum += written;
            black_box(&dst[..written]);
        }
    }
    loop {
        let written = feed(None, dst).written;
        if written == 0 {
            return sum;
        }
        sum += written;
    }
}

macro_rules! coded {
    ($make:expr, $verb:ident) => {
        |src: &[u8], dst: &mut [u8]| {
            let mut transform = $make;
            stream(src, dst, |src, dst| match src {
                Some(src) => transform.$verb(src, dst),
                None => transform.finish(dst),
            })
        }
    };
}

fn measure(budget: &Budget) -> Vec<Row> {
    let lines = base64_lines(&mut Dice::new(8), 3 << 20);
    let newsletters = generate::newsletters().concat();
    let plain = {
        let mut decoder = QuotedPrintableDecoder::new();
        let mut out = bytes::BytesMut::new();
        decoder.extend(&newsletters, &mut out);
        decoder.finish_into(&mut out);
        out
    };
    type Coder = fn(&[u8], &mut [u8]) -> usize;
    let work: [(&[u8], Coder, Option<Bar>); 4] = [
        (
            &lines,
            coded!(Base64Decoder::new(), decode),
            Some(BASE64_BAR),
        ),
        (&lines, coded!(Base64Encoder::new(), encode), None),
        (
            &newsletters,
            coded!(QuotedPrintableDecoder::new(), decode),
            Some(Bar::AtLeast(1.0)),
        ),
        (&plain, coded!(QuotedPrintableEncoder::text(), encode), None),
    ];
    let mut turns: Vec<Turn<'_, 1>> = Vec::new();
    for (src, coder, _) in work {
        let mut dst = vec![0; 2 * CHUNK];
        turns.push(Box::new(move || {
            [cpu_time_of(|| _ = black_box(coder(src, &mut dst)))]
        }));
    }
    let samples = interleave(budget, &mut turns);
    let row = |(index, name): (usize, &&str)| {
        let (src, _, bar) = work[index];
        let speed = src.len() as f64 / samples.median(index, 0);
        Row {
            bar,
            ..Row::timed(name, speed, Unit::GigabytesPerSecond)
        }
    };
    ROWS.iter().enumerate().map(row).collect()
}
