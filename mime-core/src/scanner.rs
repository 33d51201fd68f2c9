//! The structure of a message, over a window of its octets.
//!
//! ```text
//!  Start ─▶ Open ─▶ Header ─▶ Body ─▶ Unwind ─▶ Over
//!            ▲        │        │ ▲      │
//!            │        └────────┘ │      │ delimiter: the entities inside its multipart end
//!            ├── embedded message┘      │
//!            └── next part ◀────────────┘
//! ```
//!
//! The enclosing entities are a stack in a vector: nothing here recurses, and nothing is dropped recursively.

use alloc::vec::Vec;
use core::ops::Range;

use memchr::memmem::Finder;

use crate::boundary::Boundaries;
use crate::config::Config;
use crate::defect::{Defect, DefectCode};
use crate::entity::{Extent, Heading, Kind, Role, Totals};
use crate::line::{Census, Lines};
use crate::name::Known;

mod body;
pub(crate) mod breaks;
mod header;
mod leaf;
#[cfg(test)]
mod work;

use body::Judged;
use breaks::Breaks;
use header::Draft;
pub(crate) use header::FieldEnd;

/// What a window begins with. Tokens of an [`Event`](crate::Event) by the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Token {
    /// An entity begins. No octets.
    Begin {
        /// How it came to be.
        role: Role,
        /// Entities around it.
        depth: u32,
    },
    /// The line that an mbox puts before a message.
    MboxLine,
    /// A field, with its folding and its line end.
    Field(FieldShape),
    /// The empty line after the header, or no octets.
    HeadersEnd(Heading),
    /// A piece of what stands before the first delimiter.
    Preamble,
    /// A delimiter, with the line break before it.
    Delimiter {
        /// Whether it closes the multipart.
        close: bool,
        /// The depth of the multipart.
        depth: u32,
    },
    /// A piece of the body of a leaf.
    Body,
    /// A piece of what stands after the close delimiter.
    Epilogue,
    /// A piece of something that is not read.
    Opaque,
    /// An entity ends. No octets.
    End(Extent),
    /// Something is wrong. No octets of its own.
    Defect(Defect),
    /// The input is over. No octets.
    Closed(Totals),
}

/// Where the halves of a field are.
///
/// Four octets a place: events are moved about as often as there are fields, so that their size counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldShape {
    name: u32,
    colon: u32,
    end: u32,
    pub(crate) known: Option<Known>,
    pub(crate) repeated: bool,
}

impl FieldShape {
    /// Octets of the name, which begins the field.
    #[must_use]
    pub fn name_len(&self) -> usize {
        self.name as usize
    }

    /// The value: what follows the colon, without the line end.
    #[must_use]
    pub fn value(&self) -> Range<usize> {
        self.colon as usize + 1..self.end as usize
    }

    /// Which of the fields it is that may occur once.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        self.known
    }

    /// Whether the same header had a field of this name before.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }
}

/// Tells what a window of octets begins with, and remembers the structure around it.
///
/// It owns no octets but the open boundaries. The host keeps the window: it begins where the last token ended, and
/// may only grow while the answer is `None`.
#[derive(Debug)]
pub struct Scanner {
    config: Config,
    finder: Finder<'static>,
    phase: Phase,
    levels: Vec<Level>,
    boundaries: Boundaries,
    lines: Lines,
    breaks: Breaks,
    draft: Draft,
    /// Defects that steps found, to be reported before anything else, and how many of them are.
    found: Vec<Defect>,
    told: usize,
    /// Offset of the window.
    at: u64,
    /// Octets of the window of which all is known that their lines hold: a piece of the body begins with them.
    passed: usize,
    /// What the next line of the body that begins with two hyphens turned out to be.
    ahead: Option<Judged>,
    /// Octets of the window in which no line is left to be judged.
    cleared: usize,
    /// Octets of the window in which the end of the line or field that begins it is not.
    searched: usize,
    entities: u32,
    defects: u64,
    /// Octets looked at by searches: the measure of the law that work is linear.
    #[cfg(test)]
    work: u64,
}

/// What is awaited.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Nothing came yet.
    Start,
    /// An entity is about to begin.
    Open(Role),
    /// The line end of the header that stands before something else.
    Header,
    /// Octets of the body of the innermost entity.
    Body,
    /// The innermost entities end until `keep` are left; a delimiter of `len` octets follows.
    Unwind {
        keep: usize,
        len: usize,
        close: bool,
    },
    /// All entities end.
    Finish,
    /// Nothing more.
    Over,
}

/// One entity around the present place.
#[derive(Debug)]
struct Level {
    role: Role,
    kind: Kind,
    /// A multipart was closed: what follows is epilogue.
    closed: bool,
    digest: bool,
    binary: bool,
    seven_bit: bool,
    reported: bool,
    /// Parts so far.
    parts: u32,
    header: u64,
    body: u64,
    /// Line ends before the body.
    lines: u64,
    /// The first octet of the epilogue that is not white space.
    trailing: Option<u64>,
    census: Census,
}

/// Where a step puts the token that it came to, and how many octets of the window that is.
///
/// Steps are made anew for every kind of slot, so that each of them writes its token where the caller wants it, as what
/// the caller makes of it: to hand tokens from function to function would cost more than to find them.
pub(crate) trait Slot {
    fn put(&mut self, token: Token, len: usize);
}

impl Slot for Option<(Token, usize)> {
    #[inline(always)]
    fn put(&mut self, token: Token, len: usize) {
        *self = Some((token, len));
    }
}

/// What a step came to.
enum Step {
    /// A token: it is in the slot.
    Told,
    /// The phase or the list of defects changed.
    Again,
    /// The window is too short.
    More,
}

impl Scanner {
    /// Begins a message.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            finder: Finder::new(b"\n--"),
            phase: Phase::Start,
            levels: Vec::new(),
            boundaries: Boundaries::default(),
            lines: Lines::new(config.strict_lines),
            breaks: Breaks::default(),
            draft: Draft::default(),
            found: Vec::new(),
            told: 0,
            at: 0,
            passed: 0,
            ahead: None,
            cleared: 0,
            searched: 0,
            entities: 0,
            defects: 0,
            #[cfg(test)]
            work: 0,
        }
    }

    /// What `window` begins with, and how many octets of it that is. `last` says that nothing follows the window.
    ///
    /// The octets count as taken: the next window begins after them. `None` asks for a longer window, or says
    /// nothing more after [`Token::Closed`].
    pub fn scan(&mut self, window: &[u8], last: bool) -> Option<(Token, usize)> {
        match self.plain_field(window, last) {
            Ok((shape, len)) => Some((Token::Field(shape), len)),
            Err(end) => {
                let mut token = None;
                self.other_token(window, last, end, &mut token);
                token
            }
        }
    }

    /// Puts the next token into `out` where no [plain field](Self::plain_field) stands, if there is one; `end` is what
    /// was found out in vain.
    #[inline(never)]
    pub(crate) fn other_token(
        &mut self,
        window: &[u8],
        last: bool,
        end: Option<FieldEnd>,
        out: &mut impl Slot,
    ) {
        let mut end = end;
        loop {
            if let Some(defect) = self.next_defect() {
                return out.put(Token::Defect(defect), 0);
            }
            let step = match self.phase {
                Phase::Start => self.open(Role::Root, out),
                Phase::Open(role) => self.open(role, out),
                Phase::Header => self.header(window, last, end.take(), out),
                Phase::Body => self.body(window, last, out),
                Phase::Unwind { keep, len, close } => self.unwind(window, keep, len, close, out),
                Phase::Finish => self.finish(out),
                Phase::Over => Step::More,
            };
            match step {
                Step::Again => {}
                Step::Told | Step::More => return,
            }
        }
    }

    /// The first defect that was found and not reported.
    #[inline]
    fn next_defect(&mut self) -> Option<Defect> {
        let defect = *self.found.get(self.told)?;
        self.told += 1;
        self.defects += 1;
        if self.told == self.found.len() {
            self.found.clear();
            self.told = 0;
        }
        Some(defect)
    }

    /// Offset of the window: octets taken so far.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Lets the rest of the innermost open entity pass as [`Token::Opaque`].
    pub fn skip_entity(&mut self) {
        self.ahead = None;
        let level = self.levels.len().saturating_sub(1);
        match self.phase {
            Phase::Header => {
                self.begin_body();
                self.phase = Phase::Body;
            }
            Phase::Body | Phase::Open(_) => self.phase = Phase::Body,
            Phase::Start | Phase::Unwind { .. } | Phase::Finish | Phase::Over => return,
        }
        self.boundaries.truncate(level);
        if let Some(level) = self.levels.last_mut() {
            level.kind = Kind::Opaque;
        }
    }

    /// Begins another message, with the memory of this one.
    pub fn reset(&mut self) {
        self.phase = Phase::Start;
        self.levels.clear();
        self.boundaries.clear();
        self.lines = Lines::new(self.config.strict_lines);
        self.breaks = Breaks::default();
        self.draft.clear();
        self.found.clear();
        self.told = 0;
        self.ahead = None;
        (self.at, self.cleared, self.searched) = (0, 0, 0);
        (self.entities, self.defects) = (0, 0);
    }

    fn open(&mut self, role: Role, out: &mut impl Slot) -> Step {
        if self.entities >= self.config.limits.max_parts.max(1) {
            self.drown();
            return Step::Again;
        }
        self.entities += 1;
        let depth = self.depth_of(self.levels.len());
        self.draft.clear();
        self.draft.in_digest =
            matches!(role, Role::Part { .. }) && self.levels.last().is_some_and(|up| up.digest);
        self.levels.push(Level {
            role,
            kind: Kind::Leaf,
            closed: false,
            digest: false,
            binary: false,
            seven_bit: false,
            reported: false,
            parts: 0,
            header: self.at,
            body: self.at,
            lines: 0,
            trailing: None,
            census: Census::default(),
        });
        self.phase = Phase::Header;
        out.put(Token::Begin { role, depth }, 0);
        Step::Told
    }

    /// No entity may begin any more: all that follows is opaque.
    fn drown(&mut self) {
        self.defect(DefectCode::TooManyParts, 0, 0);
        self.boundaries.clear();
        for level in &mut self.levels {
            level.kind = Kind::Opaque;
        }
        self.phase = Phase::Body;
    }

    fn unwind(
        &mut self,
        window: &[u8],
        keep: usize,
        len: usize,
        close: bool,
        out: &mut impl Slot,
    ) -> Step {
        if self.levels.len() > keep {
            return self.end(out);
        }
        let depth = self.depth_of(keep.saturating_sub(1));
        let mut next = Phase::Body;
        if let Some(level) = self.levels.last_mut() {
            if close {
                level.closed = true;
                self.boundaries.close(keep.saturating_sub(1));
            } else {
                next = Phase::Open(Role::Part { index: level.parts });
            }
            level.parts += 1;
        }
        self.phase = next;
        self.take_some(window, len);
        out.put(Token::Delimiter { close, depth }, len);
        Step::Told
    }

    fn finish(&mut self, out: &mut impl Slot) -> Step {
        if !self.levels.is_empty() {
            return self.end(out);
        }
        self.phase = Phase::Over;
        let totals = Totals {
            octets: self.at,
            lines: self.lines.ended(),
            entities: self.entities,
            defects: self.defects,
        };
        out.put(Token::Closed(totals), 0);
        Step::Told
    }

    /// The innermost entity ends: first its defects, then the entity.
    fn end(&mut self, out: &mut impl Slot) -> Step {
        let depth = self.depth_of(self.levels.len().saturating_sub(1));
        let Some(level) = self.levels.last_mut() else {
            return Step::Again;
        };
        if !level.reported {
            level.reported = true;
            let mut defect = |code, at, len| self.found.push(Defect { code, at, len });
            if level.kind == Kind::Multipart && level.parts == 0 {
                defect(
                    DefectCode::MissingDelimiter,
                    level.body,
                    self.at - level.body,
                );
            } else if level.kind == Kind::Multipart && !level.closed {
                defect(DefectCode::MissingClose, self.at, 0);
            }
            if let Some(at) = level.trailing {
                defect(DefectCode::ContentAfterClose, at, self.at - at);
            }
            if !level.census.is_clean() {
                self.found
                    .extend(level.census.defects(level.binary, level.seven_bit));
            }
            if !self.found.is_empty() {
                return Step::Again;
            }
        }
        let Some(level) = self.levels.pop() else {
            return Step::Again;
        };
        self.boundaries.truncate(self.levels.len());
        out.put(
            Token::End(Extent {
                role: level.role,
                depth,
                header: level.header..level.body,
                body: level.body..self.at,
                lines: self.lines.ended() - level.lines,
            }),
            0,
        );
        Step::Told
    }

    /// The header is over: what lines hold is counted anew.
    fn begin_body(&mut self) {
        (self.cleared, self.searched) = (0, 0);
        if let Some(level) = self.levels.last_mut() {
            if !level.census.is_clean() {
                self.found.extend(level.census.defects(false, false));
                level.census = Census::default();
            }
            level.body = self.at;
            level.lines = self.lines.ended();
        }
    }

    /// The first `len` octets of the window are used up.
    fn take(&mut self, window: &[u8], len: usize) {
        if len == 0 {
            return;
        }
        let passed = core::mem::take(&mut self.passed);
        self.at += passed as u64;
        let octets = window.get(passed..len).unwrap_or_default();
        if let Some(level) = self.levels.last_mut() {
            self.lines.pass_piece(octets, self.at, &mut level.census);
        }
        self.at += octets.len() as u64;
        self.cleared = self.cleared.saturating_sub(len);
        self.searched = self.searched.saturating_sub(len);
    }

    /// The same where more that is short follows: lines are judged for all of it together.
    fn take_some(&mut self, window: &[u8], len: usize) {
        if let Some(level) = self.levels.last() {
            self.lines.foresee(window, len, self.at, &level.census);
        }
        self.take(window, len);
    }

    /// Notes a defect at `at` octets into the window.
    fn defect(&mut self, code: DefectCode, at: usize, len: usize) {
        self.found.push(Defect {
            code,
            at: self.at + at as u64,
            len: len as u64,
        });
    }

    fn depth_of(&self, level: usize) -> u32 {
        u32::try_from(level).unwrap_or(u32::MAX)
    }

    #[cfg(test)]
    fn worked(&mut self, octets: usize) {
        self.work += octets as u64;
    }

    #[cfg(not(test))]
    fn worked(&mut self, _octets: usize) {}
}
