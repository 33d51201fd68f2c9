//! Equal work: From, To, Subject, Date and Message-ID typed, every text as UTF-8, every other leaf decoded.

use std::{hint::black_box, path::PathBuf};

use mail_parser::MessageParser;
use mime_core::{Kind, Message};

use super::input::Input;
use crate::{
    measure::{Budget, Turn, cpu_time_of, interleave},
    row::{Bar, Bench, Row, Unit},
};

const ROWS: &[&str] = &["by-mail-parser", "by-checked"];

pub(crate) fn benches(mail: Option<&PathBuf>) -> Vec<Bench> {
    let bench = |(name, input): (&'static str, Input)| {
        let bar = match name {
            "spam-assassin" => Some(Bar::AtLeast(1.2)),
            "base64" => Some(Bar::AtLeast(1.0)),
            "quoted-printable" => Some(Bar::AtLeast(1.3)),
            _ => None,
        };
        Bench::new(
            format!("mime/whole/{name}"),
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

/// What came out, so that both sides can be seen to have done the same.
#[derive(Clone, Copy, Debug, Default)]
struct Yield {
    leaves: usize,
    octets: usize,
}

fn ours(message: &[u8]) -> Yield {
    let message = Message::parse(message);
    let root = message.root();
    black_box((
        root.from(),
        root.to(),
        root.subject(),
        root.date(),
        root.message_id(),
    ));
    let mut sum = Yield::default();
    for leaf in message.leaves() {
        let len = if leaf.kind() == Kind::Leaf
            && leaf.media_type().kind().eq_ignore_ascii_case(b"text")
        {
            leaf.text(usize::MAX)
                .map_or(0, |text| black_box(text).text.len())
        } else {
            leaf.decoded(usize::MAX)
                .map_or(0, |content| black_box(content).octets.len())
        };
        sum.leaves += 1;
        sum.octets += len;
    }
    sum
}

fn theirs(parser: &MessageParser, message: &[u8], checked: bool) -> Yield {
    let mut sum = Yield::default();
    let Some(message) = parser.parse(message) else {
        return sum;
    };
    black_box((
        message.from(),
        message.to(),
        message.subject(),
        message.date(),
        message.message_id(),
    ));
    for part in message
        .parts()
        .filter(|part| !part.is_multipart() && !part.is_message())
    {
        let len = match (part.is_text(), checked) {
            (true, false) => black_box(part.text()).map_or(0, |text| text.len()),
            (true, true) => black_box(part.text_checked()).map_or(0, |(text, _)| text.len()),
            (false, false) => black_box(part.decoded()).len(),
            (false, true) => black_box(part.decoded_checked()).0.len(),
        };
        sum.leaves += 1;
        sum.octets += len;
    }
    sum
}

fn total(messages: &[Vec<u8>], work: impl Fn(&[u8]) -> Yield) -> Yield {
    messages.iter().fold(Yield::default(), |sum, message| {
        let one = work(message);
        Yield {
            leaves: sum.leaves + one.leaves,
            octets: sum.octets + one.octets,
        }
    })
}

fn measure(messages: &[Vec<u8>], bar: Option<Bar>, budget: &Budget) -> Vec<Row> {
    let octets: usize = messages.iter().map(Vec::len).sum();
    let peer = MessageParser::default();
    let (our_yield, peer_yield) = (
        total(messages, ours),
        total(messages, |m| theirs(&peer, m, false)),
    );
    let mut turns: [Turn<'_, 1>; 3] = [
        Box::new(|| [cpu_time_of(|| _ = black_box(total(messages, ours)))]),
        Box::new(|| {
            [cpu_time_of(|| {
                _ = black_box(total(messages, |m| theirs(&peer, m, false)))
            })]
        }),
        Box::new(|| {
            [cpu_time_of(|| {
                _ = black_box(total(messages, |m| theirs(&peer, m, true)))
            })]
        }),
    ];
    let samples = interleave(budget, &mut turns);
    let row = |(index, name): (usize, &&str)| {
        let speed = |contender| octets as f64 / samples.median(contender, 0);
        let detail = format!(
            "{:.2}; peer {:.2} GB/s; leaves {} and {}, octets {} and {}",
            speed(0),
            speed(index + 1),
            our_yield.leaves,
            peer_yield.leaves,
            our_yield.octets,
            peer_yield.octets,
        );
        Row {
            bar: bar.filter(|_| index == 0),
            ..Row::ratio(name, samples.ratio(index + 1, 0, 0), Unit::TimesFaster)
                .with_detail(detail)
        }
    };
    ROWS.iter().enumerate().map(row).collect()
}
