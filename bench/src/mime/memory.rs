//! Allocations for each message, and the most memory that is held: figures that do not depend on time.

use std::hint::black_box;

use bytes::BytesMut;
use mime_core::{Config, Event, Limits, Parser, Reader, Scanner};

use super::{
    CHUNK, generate,
    generate::{Dice, base64_lines},
    parse, see,
};
use crate::{
    alloc::peak,
    measure::{Budget, allocations},
    row::{Bar, Bench, Row, Unit},
};

const ALLOCATIONS: &[&str] = &["scanner", "reader", "parser-per-buffer", "lent-per-buffer"];
const HEAP: &[&str] = &["peak-10-gb", "peak-field-at-the-limit"];

pub(crate) fn benches() -> [Bench; 2] {
    [
        Bench::new("mime/allocations".to_owned(), ALLOCATIONS, |_| counts()),
        Bench::new("mime/heap".to_owned(), HEAP, heap),
    ]
}

/// Mail of every kind that is made, without the largest.
fn mixture() -> Vec<Vec<u8>> {
    let made = [
        generate::fields(),
        generate::attachments(),
        generate::newsletters(),
        generate::parts(),
    ];
    made.concat()
}

fn counts() -> Vec<Row> {
    let messages = mixture();
    let mut scanner = Scanner::new(Config::new());
    let scanned = steady(|| {
        messages
            .iter()
            .for_each(|message| parse::slices(&mut scanner, message))
    });
    let mut reader = Some(Reader::new(Config::new(), &[]));
    let read = steady(|| {
        for message in &messages {
            let mut reading = reader.take().expect("put back").reset(message);
            reading.by_ref().for_each(see);
            reader = Some(reading.reset(&[]));
        }
    });
    let (mut parser, mut rx) = (Parser::new(Config::new()), BytesMut::new());
    let parsed = steady(|| {
        messages
            .iter()
            .for_each(|message| parse::events(&mut parser, message, &mut rx))
    });
    let (mut parser, mut rx) = (Parser::new(Config::new()), BytesMut::new());
    let lent = steady(|| {
        messages
            .iter()
            .for_each(|message| parse::lent(&mut parser, message, &mut rx))
    });
    let buffers: usize = messages
        .iter()
        .map(|message| message.len().div_ceil(CHUNK))
        .sum();
    let detail = format!("{} messages, {buffers} buffers", messages.len());
    let row = |name, value: u64, by: usize, most| {
        let row = Row::count(name, value as f64 / by as f64, Unit::Allocations);
        row.with_bar(Bar::AtMost(most)).with_detail(detail.clone())
    };
    vec![
        row("scanner", scanned, messages.len(), 0.0),
        row("reader", read, messages.len(), 0.0),
        row("parser-per-buffer", parsed, buffers, 1.0),
        row("lent-per-buffer", lent, buffers, 1.0),
    ]
}

/// Allocations of `work` when it runs for the second time.
fn steady(mut work: impl FnMut()) -> u64 {
    work();
    allocations(work)
}

/// Feeds a message of about `len` octets, made while it streams: the head, the same lines again and again, the tail.
fn endless(len: u64) -> (u64, i64) {
    let (head, tail) = (generate::endless_head(), generate::endless_tail());
    let lines = base64_lines(&mut Dice::new(9), CHUNK);
    let mut totals = 0;
    let peak = peak(|| {
        let (mut parser, mut rx) = (Parser::new(Config::new()), BytesMut::new());
        let mut feed = |parser: &mut Parser, octets: &[u8], last: bool| {
            for chunk in octets.chunks(CHUNK) {
                rx.extend_from_slice(chunk);
                while let Some(event) = parser.poll(&mut rx) {
                    drop(black_box(event));
                }
            }
            if last {
                parser.eof();
                while let Some(event) = parser.poll(&mut rx) {
                    if let Event::Closed(all) = event {
                        totals = all.octets;
                    }
                }
            }
        };
        feed(&mut parser, &head, false);
        for _ in 0..len.div_ceil(lines.len() as u64) {
            feed(&mut parser, &lines, false);
        }
        feed(&mut parser, &tail, true);
    });
    (totals, peak)
}

fn heap(budget: &Budget) -> Vec<Row> {
    let limit = Limits::default().max_header;
    let len = if budget.smoke {
        64 << 20
    } else {
        10_000_000_000
    };
    let (octets, most) = endless(len);
    assert!(octets >= len, "{octets} octets of {len} arrived");
    let said = if budget.smoke { "smoke: only " } else { "" };
    let message = Row::count("peak-10-gb", most as f64, Unit::Octets)
        .with_bar(Bar::AtMost((limit + CHUNK) as f64))
        .with_detail(format!(
            "{said}{:.2} GB; header limit {limit}",
            octets as f64 / 1e9
        ));

    // One field that fills the header: it must wait in the host's buffer, which grows by doubling.
    let field = [
        b"Subject: ".to_vec(),
        vec![b'x'; limit - 16],
        b"\r\n\r\nbody\r\n".to_vec(),
    ]
    .concat();
    let most = peak(|| {
        let mut rx = BytesMut::new();
        parse::events(&mut Parser::new(Config::new()), &field, &mut rx);
    });
    let field = Row::count("peak-field-at-the-limit", most as f64, Unit::Octets)
        .with_detail(format!("a field of {limit} octets, with the host's buffer"));
    vec![message, field]
}
