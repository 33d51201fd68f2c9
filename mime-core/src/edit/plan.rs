//! The pieces of the new message, in the order of the old one.
//!
//! A junction is a place where an entity ends. A delimiter of an enclosing multipart follows it, or the end of the
//! message. Most delimiters bring the line break that ends the entity; one that stands right after a header does not, and
//! needs one as soon as something else ends before it. So at a junction it is known whether the octets before it are
//! `open`: whether a line break must come between them and a delimiter.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::check;
use super::header::{Fate, HeaderEdit};
use super::{EntityEdit, Whole};
use crate::compose::RawField;
use crate::entity::Role;
use crate::message::{Message, Part};

/// Carries out edits.
pub(super) struct Plan<'m, 'a> {
    message: &'m Message<'a>,
    raw: &'a [u8],
    line_end: &'static [u8],
    strict: bool,
    pieces: Vec<Cow<'a, [u8]>>,
    /// Octets of the old message that are done with.
    at: usize,
    /// Where the last piece began, if it is one of the old message that ends here.
    run: Option<usize>,
    /// The last two octets of the new message; a line end before the first.
    last: [u8; 2],
    /// At a junction that an edit reached: whether it is open.
    junction: Option<bool>,
    /// The entity whose empty line was written last.
    opened: Option<usize>,
}

impl<'m, 'a> Plan<'m, 'a> {
    pub(super) fn new(message: &'m Message<'a>) -> Self {
        Self {
            message,
            raw: message.raw(),
            line_end: b"\r\n",
            strict: message.config().strict_lines,
            pieces: Vec::new(),
            at: 0,
            run: None,
            last: *b"\r\n",
            junction: None,
            opened: None,
        }
    }

    pub(super) fn carry_out(&mut self, edits: BTreeMap<usize, EntityEdit<'a>>) {
        if !self.strict && has_bare_line_ends_only(self.raw) {
            self.line_end = b"\n";
        }
        // Multiparts that get parts at their end, which comes after the edits inside them.
        let mut ends: Vec<(Part<'m, 'a>, Vec<Cow<'a, [u8]>>)> = Vec::new();
        for (index, mut edit) in edits {
            while let Some((multipart, parts)) =
                ends.pop_if(|(multipart, _)| multipart.next_index() <= index)
            {
                self.append(multipart, parts);
            }
            let Some(part) = self.message.part(index) else {
                continue;
            };
            let end = core::mem::take(&mut edit.end);
            self.entity(part, edit);
            if !end.is_empty() {
                ends.push((part, end));
            }
        }
        while let Some((multipart, parts)) = ends.pop() {
            self.append(multipart, parts);
        }
    }

    /// All that is left stays.
    pub(super) fn finish(mut self) -> Vec<Cow<'a, [u8]>> {
        self.copy_to(self.raw.len());
        self.pieces
    }

    fn entity(&mut self, part: Part<'m, 'a>, edit: EntityEdit<'a>) {
        let delimiter = part.delimiter_range().start;
        if let Some(multipart) = part.parent().filter(|_| !edit.before.is_empty()) {
            self.copy_to(delimiter);
            for octets in edit.before {
                self.insert(multipart, octets);
            }
        }
        let end = part.body_range().end;
        match edit.whole {
            Whole::Goes => {
                self.copy_to(delimiter);
                let open = self.is_open();
                self.junction = Some(open);
                self.skip_to(end);
                if !open {
                    // The delimiter that goes had no line break: the next one gives up its own, and what stands
                    // before it, the header of a part perhaps, is cut as it was.
                    self.at += line_break(self.raw.get(end..).unwrap_or_default());
                }
            }
            Whole::Becomes(octets) => {
                self.copy_to(part.header_range().start);
                if !octets.is_empty() {
                    self.enter(part);
                }
                self.whole_entity(octets);
                self.skip_to(end);
            }
            Whole::Stays => {
                let edited = !edit.header.is_empty();
                if edited {
                    self.header(part, edit.header);
                }
                self.body(part, edited, edit.body);
            }
        }
    }

    fn header(&mut self, part: Part<'m, 'a>, header: HeaderEdit) {
        let fields = part.fields_range();
        self.copy_to(fields.start);
        self.enter(part);
        for field in header.top.into_iter().rev() {
            self.field(field);
        }
        for (nth, edit) in header.fields {
            let range = part.field_range(nth);
            self.copy_to(range.start);
            for field in edit.before {
                self.field(field);
            }
            match edit.fate {
                Fate::Stays => self.copy_to(range.end),
                Fate::Becomes(field) => {
                    self.field(field);
                    self.skip_to(range.end);
                }
                Fate::Goes => self.skip_to(range.end),
            }
            for field in edit.after {
                self.field(field);
            }
        }
        self.copy_to(fields.end);
        for field in header.end {
            self.field(field);
        }
    }

    fn body(&mut self, part: Part<'m, 'a>, header_edited: bool, new: Option<Cow<'a, [u8]>>) {
        let (header, body) = (part.header_range(), part.body_range());
        let has_empty_line = part.fields_range().end < header.end;
        let Some(octets) = new else {
            if header_edited && !body.is_empty() {
                self.copy_to(header.end);
                self.open_body(part);
            }
            return;
        };
        self.copy_to(header.end);
        if !octets.is_empty() {
            self.enter(part);
            self.open_body(part);
        }
        if has_empty_line || !octets.is_empty() {
            self.junction = Some(true);
        }
        self.push(octets);
        self.skip_to(body.end);
    }

    /// Adds parts to a multipart, behind those it has.
    fn append(&mut self, multipart: Part<'m, 'a>, parts: Vec<Cow<'a, [u8]>>) {
        let close = multipart.close_range().map(|close| close.start);
        self.copy_to(close.unwrap_or(multipart.body_range().end));
        for octets in parts {
            self.insert(multipart, octets);
        }
    }

    /// Inserts a part at a junction, with the delimiter that begins it.
    fn insert(&mut self, multipart: Part<'m, 'a>, octets: Cow<'a, [u8]>) {
        if self.at == multipart.body_range().start && self.junction.is_none() {
            self.open_body(multipart);
            self.junction = Some(false);
        }
        if self.is_open() {
            self.end_line();
        }
        let mut line = b"--".to_vec();
        line.extend_from_slice(&check::boundary(&multipart));
        self.push(Cow::Owned(line));
        self.end_line();
        self.whole_entity(octets);
    }

    fn whole_entity(&mut self, octets: Cow<'a, [u8]>) {
        let open = check::has_open_header(&octets, self.message.config());
        self.push(octets);
        if open {
            self.end_line();
        }
        self.junction = Some(true);
    }

    fn field(&mut self, field: RawField) {
        self.begin_line();
        let mut octets = Vec::from(field);
        if self.line_end == b"\n" {
            // A field has no other CR than those of its line ends.
            octets.retain(|octet| *octet != b'\r');
        }
        self.push(Cow::Owned(octets));
    }

    /// New octets are to come at the start of an entity, which must be one by then.
    fn enter(&mut self, part: Part<'m, 'a>) {
        match (part.role(), part.parent()) {
            (Role::Embedded, Some(outer)) => self.open_body(outer),
            (Role::Embedded, None) | (Role::Root, _) => {}
            (Role::Part { .. }, _) => self.begin_line(),
        }
    }

    /// Gives the header of an entity the empty line that it lacks.
    fn open_body(&mut self, part: Part<'m, 'a>) {
        let has_empty_line = part.fields_range().end < part.header_range().end;
        if !has_empty_line && self.opened != Some(part.index()) {
            self.opened = Some(part.index());
            self.begin_line();
            self.end_line();
        }
    }

    fn copy_to(&mut self, to: usize) {
        let Some(octets) = self.raw.get(self.at..to).filter(|it| !it.is_empty()) else {
            return;
        };
        let first = octets.first();
        if let Some(open) = self.junction.take() {
            // A bare LF before a delimiter would take a CR that ends other octets for its own.
            if self.last.ends_with(b"\r") && first == Some(&b'\n') {
                self.push(Cow::Borrowed(b"\r"));
            } else if open && first == Some(&b'-') {
                self.end_line();
            }
        }
        let start = self.run;
        let whole = start.and_then(|start| self.raw.get(start..to));
        if whole.is_some() {
            self.pieces.pop();
        }
        self.push(Cow::Borrowed(whole.unwrap_or(octets)));
        self.run = Some(start.unwrap_or(self.at));
        self.at = to;
    }

    /// The old octets up to `to` are not in the new message.
    fn skip_to(&mut self, to: usize) {
        self.run = None;
        self.at = to;
    }

    /// Whether a delimiter needs a line break here.
    fn is_open(&self) -> bool {
        let bare = self.raw.get(self.at) == Some(&b'-');
        self.junction.unwrap_or(!bare)
    }

    fn begin_line(&mut self) {
        let begins = match self.last {
            [b'\r', b'\n'] => true,
            [_, b'\n'] => !self.strict,
            _ => false,
        };
        if !begins {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line_end = if self.last.ends_with(b"\r") {
            b"\r\n"
        } else {
            self.line_end
        };
        self.push(Cow::Borrowed(line_end));
    }

    fn push(&mut self, octets: Cow<'a, [u8]>) {
        match *octets {
            [] => return,
            [one] => self.last = [self.last[1], one],
            [.., one, two] => self.last = [one, two],
        }
        self.run = None;
        self.pieces.push(octets);
    }
}

/// Octets of the line break that `octets` begin with.
fn line_break(octets: &[u8]) -> usize {
    match octets {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// Whether there are line ends, and all of them are bare LF.
fn has_bare_line_ends_only(octets: &[u8]) -> bool {
    let Some(first) = memchr::memchr(b'\n', octets) else {
        return false;
    };
    let cr = first.checked_sub(1).and_then(|cr| octets.get(cr));
    cr != Some(&b'\r') && memchr::memmem::find(octets, b"\r\n").is_none()
}
