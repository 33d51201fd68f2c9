//! Input made to slow a reader down: how time grows with its size, and the slowest rate.

use std::hint::black_box;

use mail_parser::MessageParser;
use mime_core::{
    Config, Message, Reader,
    decode::{TransferDecoder, TransferEncoding},
    field,
};

use super::see;
use crate::{
    measure::{Budget, Turn, cpu_time_of, interleave},
    row::{Bar, Bench, Row, Unit},
};

/// Octets of the small inputs; the large ones have four times as many.
const SMALL: usize = 128 << 10;

/// What all inputs have in common.
const GROWTH: &str = "growth";
const PEER: &str = "mail-parser-slowest";

pub(crate) fn benches() -> [Bench; 1] {
    let names = probes().into_iter().map(|probe| probe.name);
    let rows: Vec<_> = names.chain([GROWTH, PEER]).collect();
    [Bench::new("mime/hostile".to_owned(), rows.leak(), measure)]
}

/// How an input is read.
#[derive(Clone, Copy, Debug)]
enum Work {
    /// As a message: events.
    Events,
    /// As a message: a tree, and what everybody asks of it.
    Whole,
    /// As the value of a field of addresses.
    Addresses,
    /// As the value of a text.
    Text,
    /// As the value of Content-Type, every parameter asked for.
    Parameters,
    /// As the body of an encoding.
    Decode(TransferEncoding),
}

struct Probe {
    name: &'static str,
    work: Work,
    head: String,
    unit: String,
}

impl Probe {
    fn new(
        name: &'static str,
        work: Work,
        head: impl Into<String>,
        unit: impl Into<String>,
    ) -> Self {
        Self {
            name,
            work,
            head: head.into(),
            unit: unit.into(),
        }
    }

    fn input(&self, len: usize) -> Vec<u8> {
        let times = len / self.unit.len();
        [self.head.as_bytes(), &self.unit.as_bytes().repeat(times)].concat()
    }
}

fn probes() -> Vec<Probe> {
    use Work::{Addresses, Decode, Events, Parameters, Text, Whole};

    let multipart = "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\n";
    let open = |name: &dyn Fn(usize) -> String| -> String {
        let level = |level| {
            let name = name(level);
            format!("Content-Type: multipart/mixed; boundary=\"{name}\"\r\n\r\n--{name}\r\n")
        };
        (0..99).map(level).collect::<String>() + "\r\n"
    };
    let numbers = open(&|level| format!("{level:02}"));
    let chain = open(&|level| "a".repeat(level + 1));
    let long = format!("--B{}\r\n", " ".repeat(1_900));
    vec![
        Probe::new(
            "multiparts-inside-one-another",
            Events,
            "",
            "Content-Type: multipart/a; boundary=b\r\n\r\n--b\r\n",
        ),
        Probe::new(
            "messages-inside-one-another",
            Events,
            "",
            "Content-Type: message/rfc822\r\n\r\n",
        ),
        Probe::new(
            "lines-under-99-boundaries",
            Events,
            numbers.clone(),
            "--x\r\n",
        ),
        Probe::new(
            "lines-like-many-boundaries",
            Events,
            numbers.clone(),
            "--5\r\n",
        ),
        Probe::new(
            "lines-like-a-chain-of-boundaries",
            Events,
            chain,
            "--aab\r\n",
        ),
        Probe::new("near-delimiters", Events, multipart, "--Bx\r\n"),
        Probe::new("near-close-delimiters", Events, multipart, "--B--x\r\n"),
        Probe::new("delimiters-of-much-white-space", Events, multipart, long),
        Probe::new("hyphens", Events, multipart, "--\r\n"),
        Probe::new("bare-carriage-returns", Events, multipart, "\r"),
        Probe::new("bare-line-feeds", Events, multipart, "\n"),
        Probe::new("parts-of-no-octets", Events, multipart, "--B\r\n"),
        Probe::new("small-parts", Whole, multipart, "A: 1\r\n\r\nx\r\n--B\r\n"),
        Probe::new("small-fields", Events, "", "A: 1\r\n"),
        Probe::new("one-folded-field", Events, "A: 1\r\n", " x\r\n"),
        Probe::new(
            "the-same-content-type-again",
            Events,
            "",
            "Content-Type: multipart/a; boundary=b\r\n",
        ),
        Probe::new("comments-inside-one-another", Addresses, "a@b ", "("),
        Probe::new("small-addresses", Addresses, "", "a@b,"),
        Probe::new("angle-brackets", Addresses, "", "<"),
        Probe::new("quoted-strings", Addresses, "", "\"a\" "),
        Probe::new("encoded-words", Text, "", "=?utf-8?q?x?= "),
        Probe::new("broken-encoded-words", Text, "", "=?a?q?"),
        Probe::new("sections-of-a-parameter", Parameters, "a/b", ";x*1=y"),
        Probe::new("parameters", Parameters, "a/b", ";a=b"),
        Probe::new("base64-of-junk", Decode(TransferEncoding::Base64), "", "A*"),
        Probe::new(
            "quoted-printable-of-equals-signs",
            Decode(TransferEncoding::QuotedPrintable),
            "",
            "=",
        ),
        Probe::new(
            "quoted-printable-of-white-space",
            Decode(TransferEncoding::QuotedPrintable),
            "",
            " ",
        ),
    ]
}

fn work(work: Work, input: &[u8]) {
    let ignore = &mut |_, _| {};
    match work {
        Work::Events => Reader::new(Config::new(), input).for_each(see),
        Work::Whole => {
            let message = Message::parse(input);
            let root = message.root();
            black_box((root.from(), root.subject(), root.date()));
            for leaf in message.leaves() {
                let _ = black_box(leaf.text(usize::MAX));
            }
        }
        Work::Addresses => drop(black_box(field::addresses(input, ignore))),
        Work::Text => drop(black_box(field::unstructured(input, ignore))),
        Work::Parameters => {
            let media_type = field::media_type(input, ignore);
            black_box((media_type.parameter("x"), media_type.text("a")));
        }
        Work::Decode(encoding) => {
            let mut decoder = TransferDecoder::new(encoding);
            let mut room = [0; 8192];
            let mut rest = input;
            while !rest.is_empty() {
                let step = decoder.decode(rest, &mut room);
                black_box(&room[..step.written]);
                rest = &rest[step.read..];
            }
            black_box(decoder.finish(&mut room));
        }
    }
}

/// The same input for the peer: a whole message, with the value or the body where it belongs.
fn as_message(probe: &Probe, len: usize) -> Vec<u8> {
    let head: &[u8] = match probe.work {
        Work::Events | Work::Whole => b"",
        Work::Addresses => b"To: ",
        Work::Text => b"Subject: ",
        Work::Parameters => b"Content-Type: ",
        Work::Decode(TransferEncoding::Base64) => b"Content-Transfer-Encoding: base64\r\n\r\n",
        Work::Decode(_) => b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
    };
    [head, &probe.input(len), b"\r\n\r\n"].concat()
}

fn peer_work(parser: &MessageParser, input: &[u8]) {
    let Some(message) = black_box(parser.parse(input)) else {
        return;
    };
    for part in message
        .parts()
        .filter(|part| !part.is_multipart() && !part.is_message())
    {
        black_box(part.decoded());
    }
}

fn measure(budget: &Budget) -> Vec<Row> {
    let peer = MessageParser::default();
    let probes = probes();
    let share = budget.share(probes.len() / 3);
    let (mut growth, mut peer_slowest) = ((0.0, ""), (f64::INFINITY, ""));
    let mut rows = Vec::new();
    for probe in &probes {
        let (small, large) = (probe.input(SMALL), probe.input(4 * SMALL));
        let foreign = as_message(probe, 4 * SMALL);
        let mut turns: [Turn<'_, 1>; 2] = [
            Box::new(|| [cpu_time_of(|| work(probe.work, &small))]),
            Box::new(|| [cpu_time_of(|| work(probe.work, &large))]),
        ];
        let samples = interleave(&share, &mut turns);
        // Apart from ours: it would decide which rounds were quiet where it takes most of the time.
        let mut turns: [Turn<'_, 1>; 1] =
            [Box::new(|| [cpu_time_of(|| peer_work(&peer, &foreign))])];
        let peer_samples = interleave(&share, &mut turns);
        // The small input may be a little shorter than its name says: growth is by octet.
        let grown = samples.ratio(1, 0, 0).median * (4 * small.len()) as f64 / large.len() as f64;
        let rate = |input: &[u8], nanoseconds| input.len() as f64 / nanoseconds * 1e3;
        let ours = rate(&large, samples.median(1, 0));
        let theirs = rate(&foreign, peer_samples.median(0, 0));
        if grown > growth.0 {
            growth = (grown, probe.name);
        }
        if theirs < peer_slowest.0 {
            peer_slowest = (theirs, probe.name);
        }
        let detail = format!("grows {grown:.2}; mail-parser {theirs:.0} MB/s");
        rows.push(
            Row::timed(probe.name, ours, Unit::MegabytesPerSecond)
                .with_bar(Bar::AtLeast(100.0))
                .with_detail(detail),
        );
    }
    rows.push(
        Row::timed(GROWTH, growth.0, Unit::Growth)
            .with_bar(Bar::AtMost(5.0))
            .with_detail(format!("the most of {} inputs: {}", probes.len(), growth.1)),
    );
    rows.push(
        Row::timed(PEER, peer_slowest.0, Unit::MegabytesPerSecond).with_detail(peer_slowest.1),
    );
    rows
}
