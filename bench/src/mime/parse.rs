//! Structure: the events of a message that comes in chunks of 64 KiB, beside what mail-parser parses of the whole.
//!
//! `events` goes through the host's buffer: a copy into `rx`, `poll` until there is nothing more, the `Bytes` dropped.
//! `lent` is the same with `lend`, which leaves the octets in the buffer until the next call.
//! `slices` is `Scanner` on the chunks where they lie, `reader` the iterator over the whole message. Neither side decodes;
//! mail-parser types the fields that it knows, which is what its default parse is.

use std::{hint::black_box, path::PathBuf};

use bytes::BytesMut;
use mail_parser::{MessageBuffers, MessageParser};
use mime_core::{Config, Parser, Reader, Scanner, Token};

use super::{CHUNK, input::Input, see};
use crate::{
    measure::{Budget, Turn, cpu_time_of, interleave},
    row::{Bar, Bench, Row, Unit},
};

const ROWS: &[&str] = &[
    "events",
    "lent",
    "slices",
    "reader",
    "reader-by-reused",
    "reader-by-mailparse",
];

pub(crate) fn benches(mail: Option<&PathBuf>) -> Vec<Bench> {
    let bench = |(name, input): (&'static str, Input)| {
        let bar = matches!(name, "spam-assassin" | "headers").then_some(Bar::AtLeast(3.0));
        Bench::new(
            format!("mime/parse/{name}"),
            ROWS,
            move |budget| match input.messages() {
                Ok(messages) => measure(&messages, bar, budget),
                Err(why) => missing(bar, &why),
            },
        )
    };
    Input::all(mail).into_iter().map(bench).collect()
}

fn missing(bar: Option<Bar>, why: &str) -> Vec<Row> {
    let row = |(index, name): (usize, &&str)| Row {
        bar: bar.filter(|_| index == 0),
        ..Row::unmeasured(name, Unit::TimesFaster, why)
    };
    ROWS.iter().enumerate().map(row).collect()
}

fn measure(messages: &[Vec<u8>], bar: Option<Bar>, budget: &Budget) -> Vec<Row> {
    let octets: usize = messages.iter().map(Vec::len).sum();
    let (mut parser, mut rx) = (
        Parser::new(Config::new()),
        BytesMut::with_capacity(2 * CHUNK),
    );
    let (mut lender, mut lent_rx) = (
        Parser::new(Config::new()),
        BytesMut::with_capacity(2 * CHUNK),
    );
    let mut scanner = Scanner::new(Config::new());
    let mut reader = Some(Reader::new(Config::new(), &[]));
    let peer = MessageParser::default();
    let mut buffers = MessageBuffers::default();
    let mut turns: [Turn<'_, 1>; 7] = [
        Box::new(|| {
            [cpu_time_of(|| {
                messages
                    .iter()
                    .for_each(|message| events(&mut parser, message, &mut rx))
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                messages
                    .iter()
                    .for_each(|message| lent(&mut lender, message, &mut lent_rx))
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                messages
                    .iter()
                    .for_each(|message| slices(&mut scanner, message))
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                for message in messages {
                    let mut reading = reader.take().expect("put back").reset(message);
                    reading.by_ref().for_each(see);
                    reader = Some(reading.reset(&[]));
                }
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                messages
                    .iter()
                    .for_each(|message| drop(black_box(peer.parse(message))))
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                for message in messages {
                    if let Some(message) = black_box(peer.parse_with(message, &mut buffers)) {
                        buffers = message.into_buffers();
                    }
                }
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                for message in messages {
                    let _ = black_box(mailparse::parse_mail(message));
                }
            })]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let row = |(index, name): (usize, &&str)| {
        // Who divides whom: the last two rows compare the reader with other peers.
        let (peer, ours) = match index {
            0..=3 => (4, index),
            4 => (5, 3),
            _ => (6, 3),
        };
        let speed = |contender| octets as f64 / samples.median(contender, 0);
        let detail = format!("{:.2}; peer {:.2} GB/s", speed(ours), speed(peer));
        Row {
            bar: bar.filter(|_| index == 0),
            ..Row::ratio(name, samples.ratio(peer, ours, 0), Unit::TimesFaster).with_detail(detail)
        }
    };
    ROWS.iter().enumerate().map(row).collect()
}

/// A message through the host's buffer.
pub(crate) fn events(parser: &mut Parser, message: &[u8], rx: &mut BytesMut) {
    for chunk in message.chunks(CHUNK) {
        rx.extend_from_slice(chunk);
        while let Some(event) = parser.poll(rx) {
            drop(black_box(event));
        }
    }
    parser.eof();
    while let Some(event) = parser.poll(rx) {
        drop(black_box(event));
    }
    parser.reset();
}

/// The same, with events that leave their octets in the buffer.
pub(crate) fn lent(parser: &mut Parser, message: &[u8], rx: &mut BytesMut) {
    for chunk in message.chunks(CHUNK) {
        rx.extend_from_slice(chunk);
        while let Some(event) = parser.lend(rx) {
            black_box(event);
        }
    }
    parser.eof();
    while let Some(event) = parser.lend(rx) {
        black_box(event);
    }
    parser.reset();
}

/// A message whose octets stay where they are: the window grows by a chunk.
pub(crate) fn slices(scanner: &mut Scanner, message: &[u8]) {
    let (mut at, mut fed) = (0, CHUNK.min(message.len()));
    loop {
        match scanner.scan(&message[at..fed], fed == message.len()) {
            Some((Token::Closed(totals), _)) => {
                black_box(totals);
                break;
            }
            Some((token, len)) => {
                black_box(token);
                at += len;
            }
            None => fed = message.len().min(fed + CHUNK),
        }
    }
    scanner.reset();
}
