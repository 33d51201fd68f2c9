//! Messages read in every way there is, and their events as text.

use bytes::BytesMut;
use mime_core::{Config, Defect, DefectCode, Event, Parser, Reader};

/// An event as text, and its octets. Neighbouring pieces of one body are joined.
pub(crate) type Note = (String, Vec<u8>);

fn note<B: AsRef<[u8]>>(event: &Event<B>) -> Note {
    let label = match event {
        Event::Begin { role, depth } => format!("begin {role:?} {depth}"),
        Event::MboxLine(_) => "mbox".into(),
        Event::Field(field) => {
            let name = String::from_utf8_lossy(field.name()).into_owned();
            let value = String::from_utf8_lossy(field.value()).into_owned();
            format!(
                "field {name}:{value} {:?} {}",
                field.known(),
                field.is_repeated()
            )
        }
        Event::HeadersEnd { entity, .. } => {
            let media_type = entity.media_type();
            let (kind, subtype) = (media_type.kind(), media_type.subtype());
            format!(
                "header {:?} {:?} {}/{} {:?}",
                entity.kind(),
                entity.encoding(),
                String::from_utf8_lossy(kind),
                String::from_utf8_lossy(subtype),
                entity
                    .disposition()
                    .map(|disposition| disposition.is_attachment()),
            )
        }
        Event::Preamble(_) => "preamble".into(),
        Event::Delimiter { close, depth, .. } => format!("delimiter {close} {depth}"),
        Event::Body(_) => "body".into(),
        Event::Epilogue(_) => "epilogue".into(),
        Event::Opaque(_) => "opaque".into(),
        Event::End(extent) => format!("end {extent:?}"),
        Event::Defect(defect) => format!("defect {defect:?}"),
        Event::Closed(totals) => format!("closed {totals:?}"),
        _ => unreachable!(),
    };
    (label, event.raw().to_vec())
}

fn add(notes: &mut Vec<Note>, note: Note) {
    let joins = ["preamble", "body", "epilogue", "opaque"].contains(&note.0.as_str());
    match notes.last_mut() {
        Some(last) if joins && last.0 == note.0 => last.1.extend_from_slice(&note.1),
        _ => notes.push(note),
    }
}

/// Reads a slice.
pub(crate) fn whole(input: &[u8], config: Config) -> Vec<Note> {
    let mut notes = Vec::new();
    for event in Reader::new(config, input) {
        add(&mut notes, note(&event));
    }
    notes
}

/// Who holds the octets of events.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holding {
    Owned,
    Lent,
    ByTurns,
}

/// Reads pieces as they come.
pub(crate) fn pieces<'a>(
    input: impl IntoIterator<Item = &'a [u8]>,
    config: Config,
    holding: Holding,
) -> Vec<Note> {
    let (mut parser, mut rx, mut notes) = (Parser::new(config), BytesMut::new(), Vec::new());
    let mut turn = false;
    let mut next = |parser: &mut Parser, rx: &mut BytesMut| {
        turn = !turn;
        let lent = match holding {
            Holding::Owned => false,
            Holding::Lent => true,
            Holding::ByTurns => turn,
        };
        let note = if lent {
            note(&parser.lend(rx)?)
        } else {
            note(&parser.poll(rx)?)
        };
        add(&mut notes, note);
        Some(())
    };
    for piece in input {
        rx.extend_from_slice(piece);
        while next(&mut parser, &mut rx).is_some() {}
    }
    parser.eof();
    while next(&mut parser, &mut rx).is_some() {}
    assert!(rx.is_empty());
    assert!(next(&mut parser, &mut rx).is_none());
    notes
}

/// The octets of all events.
pub(crate) fn joined(notes: &[Note]) -> Vec<u8> {
    notes
        .iter()
        .flat_map(|(_, raw)| raw.iter().copied())
        .collect()
}

/// All defects of a message.
pub(crate) fn defects(input: &[u8], config: Config) -> Vec<Defect> {
    let events = Reader::new(config, input);
    events
        .filter_map(|event| {
            if let Event::Defect(it) = event {
                Some(it)
            } else {
                None
            }
        })
        .collect()
}

/// The octets that defects of this kind point at.
pub(crate) fn found(input: &str, code: DefectCode) -> Vec<&str> {
    let place = |defect: Defect| {
        let at = usize::try_from(defect.at).unwrap();
        &input[at..at + usize::try_from(defect.len).unwrap()]
    };
    let defects = defects(input.as_bytes(), Config::new());
    defects
        .into_iter()
        .filter(|defect| defect.code == code)
        .map(place)
        .collect()
}

/// The events that carry octets, in short: a letter and the octets.
pub(crate) fn outline(input: &str) -> Vec<String> {
    let notes = whole(input.as_bytes(), Config::new());
    let carrying = notes.iter().filter(|(_, raw)| !raw.is_empty());
    let line = |(label, raw): &Note| {
        let word = label.split(' ').next().unwrap();
        format!("{word} {}", String::from_utf8_lossy(raw).escape_debug())
    };
    carrying.map(line).collect()
}
