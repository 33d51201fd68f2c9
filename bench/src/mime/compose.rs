//! Writing, beside mail-builder: a small alternative of text and HTML, and an attachment of 18 MB.
//!
//! mail-builder serializes into a `Vec` that is used again, and holds the whole attachment; ours asks for it piece by
//! piece, and the host takes what was written away.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use mail_builder::MessageBuilder;
use mime_core::{
    Message,
    compose::{
        Address, Composer, Config, Disposition, Draft, Event, Header, MediaType, Part, Profile,
        Slot, Wording,
    },
};

use super::{CHUNK, generate::Dice};
use crate::{
    alloc::peak,
    measure::{Budget, Turn, allocations, cpu_time_of, interleave},
    row::{Bar, Bench, Row, Unit},
};

const ROWS: &[&str] = &[
    "small",
    "large",
    "large-heap",
    "small-allocations",
    "mail-builder-allocations",
];

/// Octets of the large attachment.
const LARGE: usize = 18_000_000;

/// Small messages of a turn.
const COUNT: usize = 64;

pub(crate) fn benches() -> [Bench; 1] {
    [Bench::new("mime/compose".to_owned(), ROWS, measure)]
}

const SUBJECT: &str = "Schöne Grüße from the release meeting";
const TEXT: &str = "Hello Jane,\r\n\r\nthe release is ready — please find the notes below.\r\n\r\nRegards,\r\nJörg\r\n";
const HTML: &str = "<html><body><p>Hello Jane,</p><p>the release is ready — please find the notes below.</p>\
                    <p>Regards,<br>Jörg</p></body></html>\r\n";
const ID: &str = "1700000000.42@mail.example.org";
const ATTACHMENT: Slot = Slot(1);

fn header() -> Header {
    let fields = || {
        Header::new(Wording::EncodedWords)
            .with_from(&[Address::new("Jörg Doe", "joerg@example.org")])?
            .with_to(&[Address::new("Jane", "jane@example.net")])?
            .with_subject(SUBJECT)?
            .with_date(1_700_000_000, Some(0))?
            .with_message_id(ID)
    };
    fields().expect("fields without faults")
}

fn small(tx: &mut BytesMut) {
    tx.clear();
    let body = Part::alternative(vec![Part::plain(TEXT), Part::html(HTML)]);
    let draft = Draft::new(header(), body);
    draft
        .compose(&Config::new(Profile::SevenBit), [7; 16], tx)
        .expect("a tree without faults");
    black_box(&tx);
}

/// Writes a message with the attachment; hands what was written to `take`.
fn large(attachment: &Bytes, tx: &mut BytesMut, mut take: impl FnMut(&[u8])) {
    let part = || {
        let media_type = MediaType::new("application/octet-stream")?;
        Part::octets(media_type, ATTACHMENT)
            .with_disposition(&Disposition::attachment().with_filename("video.bin")?)
    };
    tx.clear();
    let body = Part::mixed(vec![
        Part::plain(TEXT),
        part().expect("a part without faults"),
    ]);
    let config = Config::new(Profile::SevenBit);
    let draft = Draft::new(header(), body);
    let mut composer = Composer::new(&config, draft, [7; 16]).expect("a tree without faults");
    let mut rest = attachment.clone();
    loop {
        match composer.poll(tx) {
            Some(Event::WantBody(slot)) => {
                let piece = rest.split_to(rest.len().min(CHUNK));
                composer
                    .body(slot, piece, rest.is_empty())
                    .expect("it was asked for");
            }
            Some(Event::Closed(outcome)) => {
                outcome.expect("no boundary inside");
                break;
            }
            Some(event) => unreachable!("{event:?}"),
            None => {
                take(tx);
                tx.clear();
            }
        }
    }
    take(tx);
    tx.clear();
}

fn theirs<'x>() -> MessageBuilder<'x> {
    MessageBuilder::new()
        .from(("Jörg Doe", "joerg@example.org"))
        .to(("Jane", "jane@example.net"))
        .subject(SUBJECT)
        .date(1_700_000_000_i64)
        .message_id(ID)
        .text_body(TEXT)
}

fn their_small(out: &mut Vec<u8>) {
    out.clear();
    theirs().html_body(HTML).serialize(out);
    black_box(&out);
}

fn their_large(attachment: &Bytes, out: &mut Vec<u8>) {
    out.clear();
    theirs()
        .attachment("application/octet-stream", "video.bin", &attachment[..])
        .serialize(out);
    black_box(&out);
}

/// Both sides wrote the same content.
fn check(ours: &[u8], theirs: &[u8]) {
    let (ours, theirs) = (Message::parse(ours), Message::parse(theirs));
    assert!(ours.defects().is_empty(), "{:?}", ours.defects());
    let contents = |message: &Message<'_>| -> Vec<Vec<u8>> {
        let content = |leaf: mime_core::Part<'_, '_>| {
            leaf.decoded(usize::MAX)
                .expect("no limit")
                .octets
                .into_owned()
        };
        message.leaves().map(content).collect()
    };
    assert!(contents(&ours) == contents(&theirs), "the contents differ");
}

fn measure(budget: &Budget) -> Vec<Row> {
    let mut dice = Dice::new(10);
    let attachment: Bytes = (0..LARGE / 8)
        .flat_map(|_| dice.draw().to_ne_bytes())
        .collect();
    let (mut tx, mut out) = (BytesMut::new(), Vec::new());
    small(&mut tx);
    their_small(&mut out);
    check(&tx, &out);
    let mut whole = Vec::new();
    large(&attachment, &mut tx, |octets| {
        whole.extend_from_slice(octets)
    });
    their_large(&attachment, &mut out);
    check(&whole, &out);

    let ours_allocated = allocations(|| small(&mut tx));
    let theirs_allocated = allocations(|| their_small(&mut out));
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| [cpu_time_of(|| (0..COUNT).for_each(|_| small(&mut tx)))]),
        Box::new(|| {
            [cpu_time_of(|| {
                (0..COUNT).for_each(|_| their_small(&mut out))
            })]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let micros = |contender| samples.median(contender, 0) / COUNT as f64 / 1e3;
    let small_row = Row::ratio("small", samples.ratio(1, 0, 0), Unit::TimesFaster)
        .with_bar(Bar::AtLeast(1.2))
        .with_detail(format!(
            "{:.2}; mail-builder {:.2} us",
            micros(0),
            micros(1)
        ));
    drop(turns);

    let mut tx = BytesMut::new();
    let heap = peak(|| large(&attachment, &mut tx, |octets| _ = black_box(octets)));
    let mut turns: [Turn<'_, 1>; 2] = [
        Box::new(|| {
            [cpu_time_of(|| {
                large(&attachment, &mut tx, |octets| _ = black_box(octets))
            })]
        }),
        Box::new(|| [cpu_time_of(|| their_large(&attachment, &mut out))]),
    ];
    let samples = interleave(budget, &mut turns);
    let speed = |contender| LARGE as f64 / samples.median(contender, 0);
    let large_row = Row::ratio("large", samples.ratio(1, 0, 0), Unit::TimesFaster)
        .with_bar(Bar::AtLeast(0.6))
        .with_detail(format!(
            "{:.2}; mail-builder {:.2} GB/s",
            speed(0),
            speed(1)
        ));
    vec![
        small_row,
        large_row,
        Row::count("large-heap", heap as f64, Unit::Octets)
            .with_bar(Bar::AtMost((4 * CHUNK) as f64))
            .with_detail(format!("for an attachment of {LARGE} octets")),
        Row::count(
            "small-allocations",
            ours_allocated as f64,
            Unit::Allocations,
        ),
        Row::count(
            "mail-builder-allocations",
            theirs_allocated as f64,
            Unit::Allocations,
        ),
    ]
}
