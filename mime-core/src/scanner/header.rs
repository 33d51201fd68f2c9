//! Headers: fields, the line that ends them, and what they say about the body.

use alloc::vec::Vec;

use super::body::Line;
use super::leaf::is_plain_leaf;
use super::{FieldShape, Phase, Scanner, Slot, Step, Token};
use crate::boundary::trim_end;
use crate::decode::TransferEncoding;
use crate::defect::{Defect, DefectCode};
use crate::entity::{Heading, Kind, Role};
use crate::field;
use crate::name::Known;

/// The most octets of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// What the fields of a header said so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) in_digest: bool,
    fields: u32,
    octets: usize,
    seen: u32,
    /// Lines of the field that begins the window that are continued.
    folds: u64,
    /// Whether a line of that field may be of white space alone.
    blank: bool,
    composite: Composite,
    encoding: TransferEncoding,
    boundary: Vec<u8>,
    /// The field to blame for what is wrong with the composite.
    content_type: (u64, u64),
    /// The first field that needs MIME-Version.
    mime: Option<(u64, u64)>,
}

/// What the media type says of the structure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Composite {
    #[default]
    No,
    Multipart {
        digest: bool,
        boundary: bool,
    },
    Message,
}

impl Draft {
    pub(super) fn clear(&mut self) {
        let mut boundary = core::mem::take(&mut self.boundary);
        boundary.clear();
        *self = Self {
            boundary,
            ..Self::default()
        };
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.boundary.capacity()
    }

    /// The next field begins where the last one ended.
    fn next_field(&mut self) {
        (self.folds, self.blank) = (0, false);
    }

    fn saw(&self, known: Known) -> bool {
        self.seen & known.bit() != 0
    }
}

/// Where the field that begins the window ends.
#[derive(Clone, Copy)]
pub(crate) enum FieldEnd {
    At(usize),
    Open,
    TooLong,
}

/// How a header ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HeaderEnd {
    /// The body follows, if there is one.
    Body,
    /// A delimiter follows: there is no body.
    Delimiter,
    /// A limit was passed.
    Limit,
}

impl Scanner {
    /// Takes the field that begins the window, if nothing is odd about its name and no limit is near, and answers how
    /// many octets it has; or says where it ends, if a field may stand there at all.
    ///
    /// Most tokens are such fields. What this answers is inlined into its callers and never written to memory, where
    /// reading small parts as one large one would cost as much as all the rest.
    #[inline(always)]
    pub(crate) fn plain_field(
        &mut self,
        window: &[u8],
        last: bool,
    ) -> Result<(FieldShape, usize), Option<FieldEnd>> {
        if !self.found.is_empty() || !matches!(self.phase, Phase::Header) {
            return Err(None);
        }
        // Here an empty line or a delimiter may stand.
        if matches!(window, [] | [b'\n' | b'\r' | b'-', ..]) {
            return Err(None);
        }
        let room = self.room();
        let end = self.field_end(window, room, last);
        if let FieldEnd::At(end) = end
            && let Some(colon) = clean_name(window)
            && self.draft.fields < self.config.limits.max_fields
        {
            return Ok((self.take_field(window, end, colon, colon), end));
        }
        Err(Some(end))
    }

    /// Octets that the header may still have. Places in a field are numbers of 32 bits.
    fn room(&self) -> usize {
        let limit = self.config.limits.max_header.min(u32::MAX as usize);
        limit.saturating_sub(self.draft.octets)
    }

    /// Does what has to be done where no plain field stands. If one may, and was sought, it ends at `end`.
    pub(super) fn header(
        &mut self,
        window: &[u8],
        last: bool,
        end: Option<FieldEnd>,
        out: &mut impl Slot,
    ) -> Step {
        if let Some(end) = end {
            return self.odd_field(window, end, out);
        }
        match window {
            [] if last => self.end_header(window, 0, HeaderEnd::Body, out),
            [] => Step::More,
            [b'-', ..] if self.cleared == 0 && self.may_delimit(window, last) => {
                self.hyphens(window, last, out)
            }
            [b'\n', ..] if !self.config.strict_lines => self.empty_line(window, 1, last, out),
            [b'\r', b'\n', ..] => self.empty_line(window, 2, last, out),
            b"\r" if !last => Step::More,
            _ => {
                let room = self.room();
                let end = self.field_end(window, room, last);
                self.odd_field(window, end, out)
            }
        }
    }

    fn may_delimit(&self, window: &[u8], last: bool) -> bool {
        !self.boundaries.is_empty() && (window.starts_with(b"--") || window == b"-" && !last)
    }

    /// Reads what is no [plain field](Self::plain_field), and ends at `end`.
    fn odd_field(&mut self, window: &[u8], end: FieldEnd, out: &mut impl Slot) -> Step {
        let room = self.room();
        let view = match end {
            FieldEnd::Open => return Step::More,
            FieldEnd::At(end) => window.get(..end).unwrap_or_default(),
            FieldEnd::TooLong => window.get(..room.saturating_add(1)).unwrap_or(window),
        };
        let first = self.line_end(view, 0, 0);
        let line = first.and_then(|(_, next)| view.get(..next)).unwrap_or(view);
        if self.at == 0 && is_mbox_line(line) && (first.is_some() || line.len() <= room) {
            return self.mbox_line(window, line.len(), out);
        }
        self.worked(line.len());
        let Some(colon) = memchr::memchr(b':', line) else {
            let len = first.map_or(line.len(), |(end, _)| end);
            self.defect(DefectCode::MissingBlankLine, 0, len);
            return self.end_header(window, 0, HeaderEnd::Body, out);
        };
        if matches!(end, FieldEnd::TooLong) {
            self.defect(DefectCode::HeaderTooLong, 0, 0);
            return self.end_header(window, 0, HeaderEnd::Limit, out);
        }
        if self.draft.fields >= self.config.limits.max_fields {
            self.defect(DefectCode::TooManyFields, 0, 0);
            return self.end_header(window, 0, HeaderEnd::Limit, out);
        }
        let name = view.get(..colon).unwrap_or_default();
        let trimmed = trim_end(name).len();
        if clean_name(view).is_none() {
            self.judge_name(name, trimmed);
        }
        let shape = self.take_field(window, view.len(), colon, trimmed);
        out.put(Token::Field(shape), view.len());
        Step::Told
    }

    fn mbox_line(&mut self, window: &[u8], len: usize, out: &mut impl Slot) -> Step {
        self.defect(DefectCode::MboxLine, 0, len);
        self.draft.octets += len;
        self.draft.next_field();
        self.take(window, len);
        // What continues the separator is the first line of a field, and was searched as a later one.
        self.searched = 0;
        out.put(Token::MboxLine, len);
        Step::Told
    }

    /// Two hyphens where a field may begin, or a delimiter that cuts the header.
    fn hyphens(&mut self, window: &[u8], last: bool, out: &mut impl Slot) -> Step {
        if window.len() < 2 {
            return Step::More;
        }
        match self.judge(window, 0, last) {
            Line::Open => Step::More,
            line @ Line::Delimiter { .. } => {
                self.look_ahead(0, 0, line);
                self.defect(DefectCode::HeaderCut, 0, 0);
                self.end_header(window, 0, HeaderEnd::Delimiter, out)
            }
            Line::Text | Line::Odd(..) => {
                (self.cleared, self.searched) = (2, 0);
                Step::Again
            }
        }
    }

    /// The empty line after a header. Right before a delimiter of an enclosing multipart it belongs to that.
    fn empty_line(&mut self, window: &[u8], len: usize, last: bool, out: &mut impl Slot) -> Step {
        let after = window.get(len..).unwrap_or_default();
        if self.boundaries.is_empty() {
            return self.end_header(window, len, HeaderEnd::Body, out);
        }
        if !last && matches!(after, b"" | b"-") {
            return Step::More;
        }
        if after.starts_with(b"--") {
            match self.judge(window, len, last) {
                Line::Open => return Step::More,
                line @ Line::Delimiter { end, .. }
                    if !self.is_own_delimiter(window.get(len..end)) =>
                {
                    self.look_ahead(0, len, line);
                    return self.end_header(window, 0, HeaderEnd::Delimiter, out);
                }
                Line::Delimiter { .. } | Line::Text | Line::Odd(..) => {}
            }
        }
        self.end_header(window, len, HeaderEnd::Body, out)
    }

    /// Whether a line is a delimiter of the multipart that is about to begin: the innermost one is meant.
    fn is_own_delimiter(&self, line: Option<&[u8]>) -> bool {
        let own = trim_end(&self.draft.boundary);
        let rest = line.and_then(|line| line.strip_prefix(b"--")).map(trim_end);
        let rest = rest.and_then(|line| line.strip_prefix(own));
        matches!(self.draft.composite, Composite::Multipart { .. })
            && rest.is_some_and(|rest| rest.is_empty() || rest == b"--")
    }

    /// Where the field at the start of the window ends, its continuation lines included.
    #[inline]
    fn field_end(&mut self, window: &[u8], room: usize, last: bool) -> FieldEnd {
        let whole = window.len() <= room;
        let view = window.get(..room.saturating_add(1)).unwrap_or(window);
        let mut from = self.searched;
        while let Some((end, next)) = self.next_line_end(view, 0, from) {
            let before = end.checked_sub(1).and_then(|before| view.get(before));
            self.draft.blank |= before.is_none_or(is_blank);
            match view.get(next) {
                Some(b' ' | b'\t') => {
                    self.draft.folds += 1;
                    from = next;
                }
                Some(_) => return FieldEnd::At(next),
                None if next > room => return FieldEnd::TooLong,
                None if last => return FieldEnd::At(next),
                None => {
                    // Only the octet after the line end is missing.
                    self.searched = next - 1;
                    return FieldEnd::Open;
                }
            }
        }
        match () {
            () if !whole => FieldEnd::TooLong,
            () if last => {
                self.draft.blank = true;
                FieldEnd::At(view.len())
            }
            () => {
                self.searched = view.len();
                FieldEnd::Open
            }
        }
    }

    /// Takes the field that has the first `len` octets of the window: a name of `name` octets and a colon at `colon`.
    #[inline(always)]
    fn take_field(&mut self, window: &[u8], len: usize, colon: usize, name: usize) -> FieldShape {
        let raw = window.get(..len).unwrap_or(window);
        let known = Known::of(raw.get(..name).unwrap_or_default());
        let end = match raw {
            [.., b'\r', b'\n'] => len - 2,
            [.., b'\n'] => len - 1,
            _ => len,
        };
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let mut shape = FieldShape {
            name: place(name),
            colon: place(colon),
            end: place(end),
            known,
            repeated: false,
        };
        if self.draft.blank {
            self.judge_folds(raw);
        }
        if let Some(known) = known {
            shape.repeated = self.draft.saw(known);
            self.note_known(known, raw, shape);
        }
        let lines = self.draft.folds + 1;
        self.draft.next_field();
        self.draft.fields += 1;
        self.draft.octets += len;
        let at = self.at;
        let high = self.levels.last_mut().is_some_and(|level| {
            self.lines
                .pass_field((window, len), lines, at, &mut level.census)
        });
        self.at += len as u64;
        if high {
            self.blame_eight_bit(raw, at);
        }
        (self.cleared, self.searched) = (0, 0);
        shape
    }

    /// What follows from which field it is.
    #[inline]
    fn note_known(&mut self, known: Known, raw: &[u8], shape: FieldShape) {
        if shape.repeated {
            self.defect(DefectCode::DuplicateField, 0, raw.len());
            return;
        }
        self.draft.seen |= known.bit();
        if known.is_mime() && self.draft.mime.is_none() {
            self.draft.mime = Some((self.at, raw.len() as u64));
        }
        if known.is_mime() || known == Known::ContentDisposition {
            self.learn(known, raw, shape);
        }
    }

    #[cold]
    fn blame_eight_bit(&mut self, raw: &[u8], at: u64) {
        let first = raw.iter().position(|&octet| octet >= 0x80);
        self.found.push(Defect {
            code: DefectCode::EightBitInField,
            at: at + first.unwrap_or_default() as u64,
            len: 1,
        });
    }

    #[cold]
    fn judge_name(&mut self, name: &[u8], trimmed: usize) {
        let (bare, space) = name.split_at_checked(trimmed).unwrap_or((name, &[]));
        if self.at == 0 && bare.starts_with(b"\xef\xbb\xbf") {
            self.defect(DefectCode::ByteOrderMark, 0, 3);
        }
        if bare.starts_with(b" ") || bare.starts_with(b"\t") {
            self.defect(DefectCode::NothingToContinue, 0, 1);
        }
        if let Some(at) = bare.iter().position(|octet| matches!(octet, b' ' | b'\t')) {
            self.defect(DefectCode::SpaceInName, at, 1);
        }
        let odd = |octet: &u8| !octet.is_ascii_graphic() && !matches!(octet, b' ' | b'\t');
        if let Some(at) = bare.iter().position(odd) {
            self.defect(DefectCode::InvalidName, at, 1);
        }
        if bare.is_empty() {
            self.defect(DefectCode::EmptyName, 0, 0);
        }
        if !space.is_empty() {
            self.defect(DefectCode::SpaceBeforeColon, trimmed, space.len());
        }
    }

    #[cold]
    fn judge_folds(&mut self, raw: &[u8]) {
        let mut at = self.line_end(raw, 0, 0).map_or(raw.len(), |(_, next)| next);
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let end = self.line_end(rest, at, 0);
            let len = end.map_or(rest.len(), |(_, next)| next);
            let line = rest.get(..len).unwrap_or_default();
            if line.iter().all(is_blank) {
                self.defect(DefectCode::BlankContinuation, at, len);
            }
            at += len;
        }
    }

    /// Learns what the first field of its kind says of the structure.
    #[inline(never)]
    fn learn(&mut self, known: Known, raw: &[u8], shape: FieldShape) {
        let value = raw.get(shape.value()).unwrap_or_default();
        let Self {
            found, draft, at, ..
        } = self;
        let base = *at + shape.value().start as u64;
        let mut sink = |code, range: core::ops::Range<usize>| {
            let len = range.len() as u64;
            found.push(Defect {
                code,
                at: base + range.start as u64,
                len,
            });
        };
        match known {
            Known::ContentType => {
                draft.content_type = (*at, raw.len() as u64);
                if is_plain_leaf(value) {
                    return;
                }
                let media_type = field::media_type(value, &mut sink);
                if !media_type.is_valid() {
                    return;
                }
                if media_type.is("multipart", "*") {
                    let boundary = media_type.parameter("boundary");
                    draft.composite = Composite::Multipart {
                        digest: media_type.is("multipart", "digest"),
                        boundary: boundary.is_some(),
                    };
                    draft
                        .boundary
                        .extend_from_slice(boundary.as_deref().unwrap_or_default());
                } else if is_message(|kind, subtype| media_type.is(kind, subtype)) {
                    draft.composite = Composite::Message;
                }
            }
            Known::ContentTransferEncoding => {
                draft.encoding = TransferEncoding::from_value(value);
                if draft.encoding == TransferEncoding::Unknown {
                    sink(DefectCode::UnknownEncoding, 0..value.len());
                }
            }
            Known::ContentDisposition => {
                field::disposition(value, &mut sink);
            }
            Known::ContentId
            | Known::ContentDescription
            | Known::MimeVersion
            | Known::From
            | Known::Sender
            | Known::ReplyTo
            | Known::To
            | Known::Cc
            | Known::Bcc
            | Known::Subject
            | Known::Date
            | Known::MessageId
            | Known::InReplyTo
            | Known::References => {}
        }
    }

    /// The header is over; `len` octets of the window are its empty line.
    fn end_header(
        &mut self,
        window: &[u8],
        len: usize,
        end: HeaderEnd,
        out: &mut impl Slot,
    ) -> Step {
        self.take(window, len);
        self.begin_body();
        let is_part = matches!(
            self.levels.last().map(|level| level.role),
            Some(Role::Part { .. })
        );
        if let Some((at, len)) = self.draft.mime
            && !is_part
            && !self.draft.saw(Known::MimeVersion)
        {
            self.found.push(Defect {
                code: DefectCode::NoMimeVersion,
                at,
                len,
            });
        }
        let digest_default = self.draft.in_digest && !self.draft.saw(Known::ContentType);
        if digest_default {
            self.draft.composite = Composite::Message;
        }
        let kind = match end {
            HeaderEnd::Delimiter => Kind::Leaf,
            HeaderEnd::Limit => Kind::Opaque,
            HeaderEnd::Body if self.config.headers_only => Kind::Leaf,
            HeaderEnd::Body => self.open_composite(),
        };
        let digest = matches!(
            self.draft.composite,
            Composite::Multipart { digest: true, .. }
        );
        let encoding = self.draft.encoding;
        if let Some(level) = self.levels.last_mut() {
            level.kind = kind;
            level.digest = digest;
            level.binary = encoding == TransferEncoding::Binary;
            level.seven_bit = encoding == TransferEncoding::SevenBit;
        }
        self.phase = match kind {
            Kind::Message => Phase::Open(Role::Embedded),
            Kind::Leaf | Kind::Multipart | Kind::Opaque => Phase::Body,
        };
        let heading = Heading {
            kind,
            encoding,
            in_digest: self.draft.in_digest,
        };
        out.put(Token::HeadersEnd(heading), len);
        Step::Told
    }

    /// Judges whether a multipart or an embedded message can be read as one.
    fn open_composite(&mut self) -> Kind {
        let composite = self.draft.composite;
        if composite == Composite::No {
            return Kind::Leaf;
        }
        let unknown = self.draft.encoding == TransferEncoding::Unknown;
        if unknown || !self.draft.encoding.is_identity() {
            self.blame(DefectCode::EncodedComposite);
            // Nobody encodes a multipart, whatever its header says, so that all readers look for its parts.
            let closed = unknown || composite == Composite::Message;
            if closed && !self.config.descend_encoded {
                return Kind::Leaf;
            }
        }
        let kind = match composite {
            Composite::No => Kind::Leaf,
            Composite::Message => Kind::Message,
            Composite::Multipart { boundary, .. } => self.judge_boundary(boundary),
        };
        if !matches!(kind, Kind::Message | Kind::Multipart) {
            return kind;
        }
        let level = self.levels.len().saturating_sub(1);
        if self.depth_of(level) >= self.config.limits.max_depth {
            self.blame(DefectCode::TooDeep);
            return Kind::Opaque;
        }
        if kind == Kind::Multipart && self.boundaries.push(&self.draft.boundary, level) {
            self.blame(DefectCode::AmbiguousBoundary);
        }
        kind
    }

    fn judge_boundary(&mut self, present: bool) -> Kind {
        if !present {
            self.blame(DefectCode::MissingBoundary);
            return Kind::Leaf;
        }
        let trimmed = trim_end(&self.draft.boundary).len();
        let space = trimmed < self.draft.boundary.len();
        self.draft.boundary.truncate(trimmed);
        let len = self.draft.boundary.len();
        if len == 0 {
            self.blame(DefectCode::EmptyBoundary);
            return Kind::Leaf;
        }
        if len > self.config.limits.max_boundary {
            self.blame(DefectCode::BoundaryTooLong);
            return Kind::Opaque;
        }
        if len > MAX_BOUNDARY {
            self.blame(DefectCode::LongBoundary);
        }
        if space || !self.draft.boundary.iter().copied().all(is_boundary_char) {
            self.blame(DefectCode::InvalidBoundary);
        }
        Kind::Multipart
    }

    /// Reports a defect of the Content-Type field.
    fn blame(&mut self, code: DefectCode) {
        let (at, len) = self.draft.content_type;
        self.found.push(Defect { code, at, len });
    }
}

/// Octets of the name that begins `line`, if nothing is wrong with it and a colon follows. Eight octets at a time:
/// most names are shorter than what a call to a search costs.
#[inline]
fn clean_name(line: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // In what these answer the lowest high bit is right: a borrow only reaches octets after it.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let is = |word: u64, octet: u8| zero(word ^ (ONES * u64::from(octet)));
    let mut len = 0;
    while let Some(&octets) = line.get(len..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(octets);
        let below = word.wrapping_sub(ONES * u64::from(b'!'));
        let stops = (is(word, b':') | is(word, 0x7f) | below | word) & HIGH;
        len += (stops.trailing_zeros() / 8) as usize;
        if stops != 0 {
            return (len > 0 && line.get(len) == Some(&b':')).then_some(len);
        }
    }
    let rest = line.get(len..)?;
    let end = |octet: &u8| *octet == b':' || !octet.is_ascii_graphic();
    len += rest.iter().position(end)?;
    (len > 0 && line.get(len) == Some(&b':')).then_some(len)
}

fn is_blank(octet: &u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// `bchars` of RFC 2046, section 5.1.1.
fn is_boundary_char(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&octet)
}

/// The media types whose body is a message: RFC 2046, section 5.2.1, and RFC 6532, section 3.7.
fn is_message(is: impl Fn(&str, &str) -> bool) -> bool {
    is("message", "rfc822") || is("message", "global")
}

/// Whether the first line of a message is the separator of an mbox, not a From field with white space.
fn is_mbox_line(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else {
        return false;
    };
    rest.iter().find(|octet| !matches!(octet, b' ' | b'\t')) != Some(&b':')
}
