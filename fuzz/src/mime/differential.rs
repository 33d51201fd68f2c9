//! The same message in mime-core and in mail-parser. Who is right is not decided here: differences are recorded by
//! class, with the smallest message that shows each.
//!
//! `SECUREWIRE_DIFFERENCES` names the file, or is `-` for the standard error. A class is what differs, and what
//! mime-core said about it: its first kind of defect (of the content, where that differs), or `silent`. The silent ones matter most.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fmt::Write,
    fs,
    sync::{LazyLock, Mutex},
};

use mail_parser::{MessageParser, MessagePart};
use mime_core::{Config, DefectCode, Kind, Message, Part, Reader};

/// A message.
pub fn mime_differential(input: &[u8]) {
    // What must hold of ours whatever others do.
    let octets = Reader::new(Config::new(), input).map(|event| event.raw().len());
    assert_eq!(octets.sum::<usize>(), input.len(), "octets are lost");
    let ours = Message::parse(input);
    if let Some((what, said)) = difference(&ours, input) {
        let said = said.or_else(|| ours.defects().first().map(|defect| defect.code));
        let said = said.map_or("silent".to_owned(), |code| format!("{code:?}"));
        record(format!("{what}, {said}"), input);
    }
}

/// What differs, and what ours said about just that.
type Difference = (&'static str, Option<DefectCode>);

/// What differs first.
fn difference(ours: &Message<'_>, input: &[u8]) -> Option<Difference> {
    let Some(theirs) = MessageParser::default().parse(input) else {
        return Some(("refused", None));
    };
    // What was under a transfer encoding is another message for us: only what lies in the input is compared.
    if theirs
        .messages()
        .any(|message| message.source_bytes().as_ptr() != input.as_ptr())
    {
        return Some(("decoded on the way", None));
    }
    let mut theirs = theirs.parts();
    for part in ours.parts() {
        let Some(peer) = theirs.next() else {
            return Some(("more entities in ours", None));
        };
        if let Some(what) = compare(&part, &peer) {
            return Some(what);
        }
    }
    theirs.next().map(|_| ("fewer entities in ours", None))
}

fn compare(part: &Part<'_, '_>, peer: &MessagePart<'_>) -> Option<Difference> {
    let kinds = (part.kind(), peer.is_multipart(), peer.is_message());
    if !matches!(
        kinds,
        (Kind::Multipart, true, false) | (Kind::Message, false, true) | (Kind::Leaf, false, false)
    ) {
        return Some(("kind", None));
    }
    let (header, body) = (part.header_range(), part.body_range());
    if header.start != peer.offset_header() as usize {
        return Some(("where an entity begins", None));
    }
    if body.start != peer.offset_body() as usize {
        return Some(("where a body begins", None));
    }
    if body.end != peer.offset_end() as usize {
        return Some(("where an entity ends", None));
    }
    if part.kind() == Kind::Leaf {
        let content = part.decoded(usize::MAX).expect("no limit");
        if content.octets != peer.decoded() {
            return Some(("content", content.defects.first().map(|defect| defect.code)));
        }
    }
    None
}

/// How often a class was seen, and the smallest message that shows it.
type Classes = BTreeMap<String, (u64, Vec<u8>)>;

static CLASSES: Mutex<Classes> = Mutex::new(Classes::new());
static REPORT: LazyLock<Option<OsString>> = LazyLock::new(|| env::var_os("SECUREWIRE_DIFFERENCES"));

fn record(class: String, input: &[u8]) {
    let Some(report) = &*REPORT else {
        return;
    };
    let mut classes = CLASSES.lock().expect("one thread");
    let (count, smallest) = classes.entry(class).or_insert_with(|| (0, input.to_vec()));
    *count += 1;
    let smaller = input.len() < smallest.len();
    if smaller {
        *smallest = input.to_vec();
    }
    // Not each time: a fuzzer that only writes finds nothing.
    if !smaller && !count.is_power_of_two() {
        return;
    }
    let mut text = String::new();
    for (class, (count, smallest)) in &*classes {
        let _ = writeln!(text, "{count}\t{class}\t{}", smallest.escape_ascii());
    }
    if report == "-" {
        eprint!("{text}");
    } else {
        fs::write(report, text).expect("the file of differences can be written");
    }
}
