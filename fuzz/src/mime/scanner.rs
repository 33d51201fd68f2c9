//! Any octets as a message, read in every way there is.

use bytes::BytesMut;
use mime_core::{
    Config, Defect, Event, Extent, Kind, Limits, Message, Parser, Reader, Role, Totals,
};
use testkit::laws::random_cuts;

/// An event without its octets, which are compared with the input while they come. Pieces of one body are one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Note {
    Begin(Role, u32),
    MboxLine(usize),
    Field(usize, Vec<u8>, bool),
    Headers(usize, Kind, Vec<u8>, Option<Vec<u8>>),
    Piece(&'static str, usize),
    Delimiter(usize, bool, u32),
    End(Extent),
    Defect(Defect),
    Closed(Totals),
}

/// Events as they come, with what must hold of each.
struct Notes<'a> {
    input: &'a [u8],
    limits: Limits,
    at: usize,
    /// Where the open entities began.
    open: Vec<usize>,
    entities: u32,
    defects: u64,
    notes: Vec<Note>,
}

impl<'a> Notes<'a> {
    fn new(input: &'a [u8], limits: Limits) -> Self {
        Self {
            input,
            limits,
            at: 0,
            open: Vec::new(),
            entities: 0,
            defects: 0,
            notes: Vec::new(),
        }
    }

    fn add<B: AsRef<[u8]>>(&mut self, event: &Event<B>) {
        let raw = event.raw();
        let len = raw.len();
        assert_eq!(
            Some(raw),
            self.input.get(self.at..self.at + len),
            "octets lost or changed at {}",
            self.at
        );
        let begun = self.at;
        self.at += len;
        let note = match event {
            Event::Begin { role, depth } => {
                assert_eq!(*depth as usize, self.open.len(), "depth");
                assert!(*depth <= self.limits.max_depth, "deeper than the limit");
                self.entities += 1;
                assert!(
                    self.entities <= self.limits.max_parts.max(1),
                    "more entities than the limit"
                );
                self.open.push(begun);
                Note::Begin(*role, *depth)
            }
            Event::MboxLine(_) => Note::MboxLine(len),
            Event::Field(field) => {
                assert!(field.raw().starts_with(field.name()));
                assert!(field.name().len() + field.value().len() <= len);
                Note::Field(len, field.value().to_vec(), field.is_repeated())
            }
            Event::HeadersEnd { entity, .. } => {
                let media_type = entity.media_type();
                let name = [media_type.kind(), b"/", media_type.subtype()].concat();
                assert!(media_type.is_valid(), "a media type by default at least");
                Note::Headers(
                    len,
                    entity.kind(),
                    name,
                    entity.boundary().map(|boundary| boundary.into_owned()),
                )
            }
            Event::Preamble(_) => Note::Piece("preamble", len),
            Event::Body(_) => Note::Piece("body", len),
            Event::Epilogue(_) => Note::Piece("epilogue", len),
            Event::Opaque(_) => Note::Piece("opaque", len),
            Event::Delimiter { close, depth, .. } => Note::Delimiter(len, *close, *depth),
            Event::End(extent) => {
                let start = self.open.pop().expect("an end of something that began");
                assert_eq!(extent.header.start, start as u64, "where it began");
                assert_eq!(extent.header.end, extent.body.start);
                assert_eq!(extent.body.end, begun as u64, "the line break is outside");
                assert_eq!(extent.depth as usize, self.open.len());
                Note::End(extent.clone())
            }
            Event::Defect(defect) => {
                assert!(
                    defect.at + defect.len <= self.input.len() as u64,
                    "{defect:?}"
                );
                self.defects += 1;
                Note::Defect(*defect)
            }
            Event::Closed(totals) => {
                assert_eq!(self.at, self.input.len(), "octets left at the end");
                assert!(self.open.is_empty(), "open at the end");
                assert_eq!(totals.octets, self.input.len() as u64);
                assert_eq!(totals.entities, self.entities);
                assert_eq!(totals.defects, self.defects);
                Note::Closed(*totals)
            }
            event => unreachable!("an event of a new kind in {} octets", event.raw().len()),
        };
        if let Note::Piece(_, 0) = note {
            panic!("a piece of nothing");
        }
        match (self.notes.last_mut(), &note) {
            (Some(Note::Piece(last, sum)), Note::Piece(kind, len)) if last == kind => *sum += len,
            (Some(Note::Closed(_)), _) => panic!("{note:?} after the end"),
            _ => self.notes.push(note),
        }
    }

    fn finish(self) -> Vec<Note> {
        assert!(matches!(self.notes.last(), Some(Note::Closed(_))), "no end");
        self.notes
    }
}

/// How the message is read: a bit each, and which entity the host skips.
#[derive(Clone, Copy)]
struct Choices {
    config: Config,
    skipped: Option<u32>,
}

impl Choices {
    fn new(bits: u8) -> Self {
        let mut config = Config::new();
        if bits & 1 != 0 {
            config = config.with_strict_lines();
        }
        if bits & 2 != 0 {
            config = config.with_encoded_composites();
        }
        if bits & 4 != 0 {
            config = config.with_headers_only();
        }
        if bits & 8 != 0 {
            let mut limits = Limits::default();
            limits.max_depth = 2;
            limits.max_parts = 4;
            limits.max_header = 120;
            limits.max_fields = 3;
            limits.max_boundary = 4;
            limits.max_delimiter_line = 16;
            config = config.with_limits(limits);
        }
        let skipped = (bits & 16 != 0).then(|| u32::from(bits >> 5));
        Self { config, skipped }
    }

    fn skips<B: AsRef<[u8]>>(self, event: &Event<B>, entities: u32) -> bool {
        matches!(event, Event::HeadersEnd { .. }) && self.skipped == Some(entities)
    }
}

fn whole(choices: Choices, input: &[u8]) -> Vec<Note> {
    let mut notes = Notes::new(input, *choices.config.limits());
    let mut reader = Reader::new(choices.config, input);
    while let Some(event) = reader.next() {
        notes.add(&event);
        if choices.skips(&event, notes.entities) {
            reader.skip_entity();
        }
    }
    assert!(reader.next().is_none(), "silence behind the end");
    notes.finish()
}

fn pieces<'a>(
    parser: &mut Parser,
    choices: Choices,
    input: &'a [u8],
    cuts: impl IntoIterator<Item = &'a [u8]>,
) -> Vec<Note> {
    let limits = *choices.config.limits();
    let mut notes = Notes::new(input, limits);
    let mut rx = BytesMut::new();
    let mut settle = |parser: &mut Parser, rx: &mut BytesMut| {
        loop {
            // Owned and lent by turns.
            let skips = if notes.at.is_multiple_of(2) {
                let Some(event) = parser.poll(rx) else { break };
                notes.add(&event);
                choices.skips(&event, notes.entities)
            } else {
                let Some(event) = parser.lend(rx) else { break };
                notes.add(&event);
                choices.skips(&event, notes.entities)
            };
            if skips {
                parser.skip_entity();
            }
        }
        // Nobody waits for more than a header, or a line that may be a delimiter with the break before it.
        let most = limits.max_header.max(limits.max_delimiter_line) + 8;
        assert!(rx.len() <= most, "{} octets wait", rx.len());
    };
    settle(parser, &mut rx);
    for cut in cuts {
        rx.extend_from_slice(cut);
        settle(parser, &mut rx);
    }
    parser.eof();
    settle(parser, &mut rx);
    assert!(rx.is_empty(), "octets left in rx");
    assert!(parser.poll(&mut rx).is_none(), "silence behind the end");
    notes.finish()
}

/// A configuration, a seed for the cuts, a message.
pub fn mime_scanner(data: &[u8]) {
    let [bits, seed, input @ ..] = data else {
        return;
    };
    let choices = Choices::new(*bits);
    let expected = whole(choices, input);
    let mut parser = Parser::new(choices.config);
    let cut = random_cuts(input, u64::from(*seed));
    assert_eq!(pieces(&mut parser, choices, input, cut), expected, "cut up");
    // With the memory of the first message, octet by octet or whole.
    parser.reset();
    let step = if input.len() <= 4096 { 1 } else { input.len() };
    let again = pieces(&mut parser, choices, input, input.chunks(step));
    assert_eq!(again, expected, "after a reset, {step} at a time");
    if choices.skipped.is_none() {
        tree(&Message::parse_with(input, choices.config), &expected);
    }
}

/// The tree says what the events say.
fn tree(message: &Message<'_>, notes: &[Note]) {
    let ends = notes.iter().filter_map(|note| match note {
        Note::End(extent) => Some(extent),
        _ => None,
    });
    let mut ends: Vec<_> = ends.collect();
    // Ends come innermost first, parts in the order of their beginnings: equal beginnings differ in depth.
    ends.sort_by_key(|extent| (extent.header.start, extent.depth));
    assert_eq!(message.parts().count(), ends.len(), "entities");
    let input = message.raw();
    for (part, extent) in message.parts().zip(ends) {
        let range = |range: std::ops::Range<usize>| range.start as u64..range.end as u64;
        assert_eq!(range(part.header_range()), extent.header);
        assert_eq!(range(part.body_range()), extent.body);
        assert_eq!((part.depth(), part.role()), (extent.depth, extent.role));
        assert_eq!(part.lines(), extent.lines);
        assert_eq!(
            part.raw(),
            &input[part.header_range().start..part.body_range().end]
        );
        for child in part.children() {
            assert_eq!(
                child.parent().map(|parent| parent.index()),
                Some(part.index())
            );
            assert!(child.header_range().start >= part.body_range().start);
            assert!(child.body_range().end <= part.body_range().end);
        }
    }
    let defects = notes.iter().filter_map(|note| match note {
        Note::Defect(defect) => Some(*defect),
        _ => None,
    });
    assert!(defects.eq(message.defects().iter().copied()), "defects");
    let fields = notes.iter().filter(|note| matches!(note, Note::Field(..)));
    let held: usize = message.parts().map(|part| part.fields().count()).sum();
    assert_eq!(fields.count(), held, "fields");
}
