//! Edits of a message that leave every other octet as it is.
//!
//! An [`Editor`] notes what is to be changed in a [`Message`]; [`Editor::finish`] answers the new message as pieces: ranges
//! of the old octets, and the new ones between them. Line ends, folding, defects and signatures of what is not edited
//! stay, octet by octet. Without an edit there is one piece, the message.
//!
//! ```
//! use mime_core::Message;
//! use mime_core::compose::RawField;
//! use mime_core::edit::Place;
//!
//! let raw = b"Subject: old\nFrom: a@example.org\n\nbody";
//! let message = Message::parse(raw);
//! let mut editor = message.edit();
//! editor.set_field(0, RawField::new("Subject", "new")?)?;
//! editor.add_field(0, Place::Top, RawField::new("Received", "by here")?)?;
//! let edited = editor.finish();
//! assert_eq!(
//!     edited.to_vec(),
//!     b"Received: by here\nSubject: new\nFrom: a@example.org\n\nbody"
//! );
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Rules
//!
//! - New lines end with CRLF; with LF if the message has line ends, all of them are bare LF, and it was not read
//!   [with strict lines](crate::Config::with_strict_lines). New bodies and parts are written as they are given.
//! - A header that is edited gets the empty line that it lacks before a body. A part that gets a body, or stands before a
//!   delimiter that has no line break of its own, gets that line break; so does one that ends with a CR, where the line
//!   break that follows is a bare LF.
//! - No edit changes how anything else is read: one that would is refused with a [`Misuse`], and does nothing.
//!   [`Limits`](crate::Limits) are the exception: whether the new message stays within them is not judged.
//! - Indices of entities and numbers of fields are those of the message, whatever was edited before. Each thing is edited
//!   once: a second edit of the same thing, around it or inside it is a [`Misuse::Conflict`].

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use bytes::BytesMut;

use crate::compose::RawField;
use crate::defect::DefectCode;
use crate::entity::{Kind, Role};
use crate::message::{Message, Part};
use crate::name::Known;

mod check;
mod header;
mod misuse;
mod plan;

pub use self::misuse::Misuse;

use self::check::Enclosing;
use self::header::{Division, Fate, HeaderEdit};
use self::plan::Plan;

/// Where a field is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Above all fields, and above those added there before: the place of trace fields (RFC 5321, section 4.4).
    Top,
    /// Below all fields, and below those added there before.
    End,
    /// Right above the field of this number, and below those added there before.
    Before(usize),
    /// Right below the field of this number, and below those added there before.
    After(usize),
}

/// Notes edits of a message.
#[derive(Clone, Debug)]
pub struct Editor<'m, 'a> {
    message: &'m Message<'a>,
    edits: BTreeMap<usize, EntityEdit<'a>>,
    ambiguous: bool,
    drowned: bool,
}

/// Edits of one entity.
#[derive(Clone, Debug, Default)]
struct EntityEdit<'a> {
    /// Parts that are inserted before this one.
    before: Vec<Cow<'a, [u8]>>,
    whole: Whole<'a>,
    header: HeaderEdit,
    body: Option<Cow<'a, [u8]>>,
    /// Parts that are added to this multipart.
    end: Vec<Cow<'a, [u8]>>,
    /// The parts of this multipart, once one of them was asked for.
    parts: Option<Parts>,
}

/// The parts of a multipart, as they are and as they will be.
#[derive(Clone, Debug, Default)]
struct Parts {
    /// The entities they are.
    indices: Vec<usize>,
    /// How many there will be.
    left: usize,
    /// How many came or went.
    edits: usize,
}

#[derive(Clone, Debug, Default)]
enum Whole<'a> {
    #[default]
    Stays,
    Becomes(Cow<'a, [u8]>),
    Goes,
}

impl EntityEdit<'_> {
    /// Whether parts came or went.
    fn has_parts(&self) -> bool {
        self.parts.as_ref().is_some_and(|parts| parts.edits > 0)
    }

    /// Whether something in the entity is edited.
    fn is_of_inside(&self) -> bool {
        !self.header.is_empty() || self.body.is_some() || self.has_parts()
    }

    /// Whether something is edited at all: what was refused leaves nothing but its looks.
    fn is_edit(&self) -> bool {
        self.is_of_inside() || !self.before.is_empty() || !matches!(self.whole, Whole::Stays)
    }
}

impl<'a> Message<'a> {
    /// Begins to edit it.
    #[must_use]
    pub fn edit(&self) -> Editor<'_, 'a> {
        let has = |code| self.defects().iter().any(|defect| defect.code == code);
        Editor {
            message: self,
            edits: BTreeMap::new(),
            ambiguous: has(DefectCode::AmbiguousBoundary),
            drowned: has(DefectCode::TooManyParts),
        }
    }
}

impl<'m, 'a> Editor<'m, 'a> {
    /// Adds a field to the header of entity `part`.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoSuchPart`], [`Misuse::NoSuchField`], [`Misuse::Conflict`], [`Misuse::Opaque`],
    /// [`Misuse::Structure`], [`Misuse::Continuation`], [`Misuse::Boundary`].
    pub fn add_field(&mut self, part: usize, place: Place, field: RawField) -> Result<(), Misuse> {
        let entity = self.header_of(part)?;
        let count = entity.fields().count();
        let nth = match place {
            Place::Before(nth) | Place::After(nth) => Some(nth),
            Place::Top | Place::End => None,
        };
        if nth.is_some_and(|nth| nth >= count) {
            return Err(Misuse::NoSuchField);
        }
        let first = entity.fields().next();
        let continues = |octet: &u8| matches!(octet, b' ' | b'\t');
        let continued = first.is_some_and(|it| it.raw().first().is_some_and(continues));
        if continued && matches!(place, Place::Top | Place::Before(0)) {
            return Err(Misuse::Continuation);
        }
        Enclosing::around(entity, false).check_lines(field.as_bytes())?;
        self.change_header(entity, Known::of(field.name()), |header| {
            match place {
                Place::Top => header.top.push(field),
                Place::End => header.end.push(field),
                Place::Before(nth) => header.fields.entry(nth).or_default().before.push(field),
                Place::After(nth) => header.fields.entry(nth).or_default().after.push(field),
            }
            Ok(())
        })
    }

    /// Puts a field in the place of field number `nth` of entity `part`.
    ///
    /// # Errors
    ///
    /// Those of [`add_field`](Self::add_field).
    pub fn change_field(&mut self, part: usize, nth: usize, field: RawField) -> Result<(), Misuse> {
        let entity = self.header_of(part)?;
        let old = entity.fields().nth(nth).ok_or(Misuse::NoSuchField)?;
        Enclosing::around(entity, false).check_lines(field.as_bytes())?;
        let known = structural(old.known()).or(Known::of(field.name()));
        self.change_header(entity, known, |header| {
            header.decide(nth, Fate::Becomes(field))
        })
    }

    /// Puts a field in the place of the first one of its name in entity `part`, or adds it below all fields.
    ///
    /// # Errors
    ///
    /// Those of [`add_field`](Self::add_field).
    pub fn set_field(&mut self, part: usize, field: RawField) -> Result<(), Misuse> {
        let entity = self.header_of(part)?;
        let same = |name: &[u8]| name.eq_ignore_ascii_case(field.name());
        if let Some(nth) = entity.fields().position(|it| same(it.name())) {
            return self.change_field(part, nth, field);
        }
        let header = self.edits.get(&part).map(|edit| &edit.header);
        if header.is_some_and(|header| header.end.iter().any(|it| same(it.name()))) {
            return Err(Misuse::Conflict);
        }
        self.add_field(part, Place::End, field)
    }

    /// Takes field number `nth` of entity `part` away.
    ///
    /// # Errors
    ///
    /// Those of [`add_field`](Self::add_field), and [`Misuse::MboxLine`].
    pub fn remove_field(&mut self, part: usize, nth: usize) -> Result<(), Misuse> {
        let entity = self.header_of(part)?;
        let field = entity.fields().nth(nth).ok_or(Misuse::NoSuchField)?;
        self.check_removal(entity, nth)?;
        self.change_header(entity, field.known(), |header| {
            header.decide(nth, Fate::Goes)
        })
    }

    /// Takes all fields of this name away, in any case of letters, and answers how many there were.
    ///
    /// # Errors
    ///
    /// Those of [`remove_field`](Self::remove_field); then none is taken away.
    pub fn remove_fields(&mut self, part: usize, name: &str) -> Result<usize, Misuse> {
        let entity = self.header_of(part)?;
        let numbers: Vec<_> = entity
            .fields()
            .enumerate()
            .filter_map(|(nth, field)| field.is(name).then_some(nth))
            .collect();
        let Some(&first) = numbers.first() else {
            return Ok(0);
        };
        self.check_removal(entity, first)?;
        let header = self.edits.get(&part).map(|edit| &edit.header);
        if header.is_some_and(|header| !numbers.iter().all(|&nth| header.keeps(nth))) {
            return Err(Misuse::Conflict);
        }
        let count = numbers.len();
        self.change_header(entity, Known::of(name.as_bytes()), |header| {
            numbers
                .into_iter()
                .try_for_each(|nth| header.decide(nth, Fate::Goes))
        })?;
        Ok(count)
    }

    /// Puts `octets` in the place of the body of entity `part`: encoded as its header says.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoSuchPart`], [`Misuse::Conflict`], [`Misuse::Opaque`], [`Misuse::Boundary`].
    pub fn replace_body(
        &mut self,
        part: usize,
        octets: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), Misuse> {
        let octets = octets.into();
        let entity = self.header_of(part)?;
        self.check_inside(entity)?;
        if self.edits.get(&part).is_some_and(|it| it.body.is_some()) {
            return Err(Misuse::Conflict);
        }
        let enclosing = Enclosing::around(entity, false);
        enclosing.check_lines(&octets)?;
        if HeaderEdit::default().division(&entity) != Division::None {
            let mut header = Vec::from(b"Content-Type: message/rfc822");
            if let Some(range) = entity.content_type_range() {
                header = self.message.raw().get(range).unwrap_or_default().to_vec();
            }
            // The field may be the last line of the message, and lack its end.
            header.extend_from_slice(b"\r\n\r\n");
            enclosing.check_inside(&header, &octets, self.message.config())?;
        }
        self.edits.entry(part).or_default().body = Some(octets);
        Ok(())
    }

    /// Puts an entity, header and body, in the place of entity `part`, which is a part of a multipart or an embedded
    /// message.
    ///
    /// # Errors
    ///
    /// Those of [`replace_body`](Self::replace_body), [`Misuse::NotAPart`], [`Misuse::MboxLine`].
    pub fn replace_part(
        &mut self,
        part: usize,
        octets: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), Misuse> {
        let octets = octets.into();
        let entity = self.entity(part)?;
        if entity.role() == Role::Root {
            return Err(Misuse::NotAPart);
        }
        self.check_whole(entity)?;
        self.check_entity(&Enclosing::around(entity, false), &octets)?;
        self.edits.entry(part).or_default().whole = Whole::Becomes(octets);
        Ok(())
    }

    /// Takes a part of a multipart away, with the delimiter that begins it.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoSuchPart`], [`Misuse::NotAPart`], [`Misuse::Conflict`], [`Misuse::Opaque`], [`Misuse::Ambiguous`],
    /// [`Misuse::EmptyMultipart`].
    pub fn remove_part(&mut self, part: usize) -> Result<(), Misuse> {
        let entity = self.entity(part)?;
        let Some(multipart) = entity.parent().filter(|_| is_part(&entity)) else {
            return Err(Misuse::NotAPart);
        };
        self.check_whole(entity)?;
        self.check_multipart(multipart)?;
        self.check_before(entity)?;
        let parts = self.parts_of(multipart);
        if parts.left <= 1 {
            return Err(Misuse::EmptyMultipart);
        }
        parts.left -= 1;
        parts.edits += 1;
        self.edits.entry(part).or_default().whole = Whole::Goes;
        Ok(())
    }

    /// Inserts a part, header and body, into entity `multipart`: before its part number `at`, or at its end if `at` is the
    /// number of its parts. A multipart without delimiters is a leaf, and has no place for a part.
    ///
    /// # Errors
    ///
    /// [`Misuse::NoSuchPart`], [`Misuse::NoPlace`], [`Misuse::Conflict`], [`Misuse::Opaque`], [`Misuse::Ambiguous`],
    /// [`Misuse::Boundary`], [`Misuse::MboxLine`].
    pub fn insert_part(
        &mut self,
        multipart: usize,
        at: usize,
        octets: impl Into<Cow<'a, [u8]>>,
    ) -> Result<(), Misuse> {
        let octets = octets.into();
        let entity = self.entity(multipart)?;
        if entity.kind() != Kind::Multipart {
            return Err(Misuse::NoPlace);
        }
        self.check_multipart(entity)?;
        if self
            .edits
            .get(&multipart)
            .is_some_and(|it| it.body.is_some())
        {
            return Err(Misuse::Conflict);
        }
        let indices = &self.parts_of(entity).indices;
        let next = indices.get(at).copied();
        if at > indices.len() {
            return Err(Misuse::NoPlace);
        }
        self.check_entity(&Enclosing::around(entity, true), &octets)?;
        let parts = self.parts_of(entity);
        parts.left += 1;
        parts.edits += 1;
        match next {
            Some(next) => self.edits.entry(next).or_default().before.push(octets),
            None => self.edits.entry(multipart).or_default().end.push(octets),
        }
        Ok(())
    }

    /// The message with all edits.
    #[must_use]
    pub fn finish(self) -> Edited<'a> {
        let mut plan = Plan::new(self.message);
        if !self.edits.is_empty() {
            plan.carry_out(self.edits);
        }
        Edited {
            pieces: plan.finish(),
        }
    }

    /// The entity, if nothing around it is edited as a whole.
    fn entity(&self, part: usize) -> Result<Part<'m, 'a>, Misuse> {
        let entity = self.message.part(part).ok_or(Misuse::NoSuchPart)?;
        let edit = self.edits.get(&part);
        if edit.is_some_and(|edit| !matches!(edit.whole, Whole::Stays)) {
            return Err(Misuse::Conflict);
        }
        let mut around = entity.parent();
        while let Some(outer) = around {
            let edit = self.edits.get(&outer.index());
            if edit.is_some_and(|it| it.body.is_some() || !matches!(it.whole, Whole::Stays)) {
                return Err(Misuse::Conflict);
            }
            around = outer.parent();
        }
        Ok(entity)
    }

    /// The entity, if its header was read to its end.
    fn header_of(&self, part: usize) -> Result<Part<'m, 'a>, Misuse> {
        let entity = self.entity(part)?;
        let cut = entity.fields_range().end == entity.header_range().end;
        if entity.kind() == Kind::Opaque && cut && !entity.body_range().is_empty() {
            return Err(Misuse::Opaque);
        }
        Ok(entity)
    }

    fn change_header(
        &mut self,
        entity: Part<'m, 'a>,
        known: Option<Known>,
        change: impl FnOnce(&mut HeaderEdit) -> Result<(), Misuse>,
    ) -> Result<(), Misuse> {
        let index = entity.index();
        if structural(known).is_none() {
            return change(&mut self.edits.entry(index).or_default().header);
        }
        let present = self.edits.get(&index).map(|edit| edit.header.clone());
        let mut header = present.unwrap_or_default();
        change(&mut header)?;
        if !HeaderEdit::default()
            .division(&entity)
            .may_become(&header.division(&entity))
        {
            return Err(Misuse::Structure);
        }
        self.edits.entry(index).or_default().header = header;
        Ok(())
    }

    /// Whether without field number `nth` another one, now the first octets of all, would be no field any more.
    fn check_removal(&self, entity: Part<'m, 'a>, nth: usize) -> Result<(), Misuse> {
        let config = self.message.config();
        let mut later = entity.fields().skip(nth + 1);
        if entity.fields_range().start == 0
            && later.any(|field| check::begins_with_mbox_line(field.raw(), config))
        {
            return Err(Misuse::MboxLine);
        }
        Ok(())
    }

    /// Whether the inside of an entity can be given up.
    fn check_inside(&self, entity: Part<'m, 'a>) -> Result<(), Misuse> {
        let composite = matches!(entity.kind(), Kind::Multipart | Kind::Message);
        if self.drowned && composite && entity.role() != Role::Root {
            return Err(Misuse::Opaque);
        }
        let mut inside = self.edits.range(entity.index() + 1..entity.next_index());
        let edit = self.edits.get(&entity.index());
        if inside.any(|(_, edit)| edit.is_edit()) || edit.is_some_and(EntityEdit::has_parts) {
            return Err(Misuse::Conflict);
        }
        Ok(())
    }

    /// Whether an entity can be given up.
    fn check_whole(&self, entity: Part<'m, 'a>) -> Result<(), Misuse> {
        self.check_inside(entity)?;
        let edit = self.edits.get(&entity.index());
        if edit.is_some_and(EntityEdit::is_of_inside) {
            return Err(Misuse::Conflict);
        }
        Ok(())
    }

    /// Whether delimiters of a multipart can come and go.
    fn check_multipart(&self, multipart: Part<'m, 'a>) -> Result<(), Misuse> {
        if self.drowned {
            return Err(Misuse::Opaque);
        }
        let boundary = check::boundary(&multipart);
        let limits = self.message.config();
        let limits = limits.limits();
        let unwritable = memchr::memchr2(b'\r', b'\n', &boundary).is_some()
            || boundary.len() + 4 > limits.max_delimiter_line;
        if self.ambiguous || unwritable {
            return Err(Misuse::Ambiguous);
        }
        Ok(())
    }

    /// Whether what stands before a part is cut off by its delimiter alone: a header that promises a multipart, which the
    /// next delimiter would begin.
    fn check_before(&self, entity: Part<'m, 'a>) -> Result<(), Misuse> {
        let before = entity.index().checked_sub(1);
        let Some(before) = before.and_then(|index| self.message.part(index)) else {
            return Ok(());
        };
        let division = HeaderEdit::default().division(&before);
        if before.kind() == Kind::Leaf
            && before.body_range().is_empty()
            && let Division::Parts {
                boundary: Some(boundary),
                ..
            } = division
            && Enclosing::around(entity, false).is_near(&boundary)
        {
            return Err(Misuse::Ambiguous);
        }
        Ok(())
    }

    fn check_entity(&self, enclosing: &Enclosing, octets: &[u8]) -> Result<(), Misuse> {
        let config = self.message.config();
        if check::begins_with_mbox_line(octets, config) {
            return Err(Misuse::MboxLine);
        }
        enclosing.check_lines(octets)?;
        enclosing.check_inside(&[], octets, config)
    }

    fn parts_of(&mut self, multipart: Part<'m, 'a>) -> &mut Parts {
        let edit = self.edits.entry(multipart.index()).or_default();
        edit.parts.get_or_insert_with(|| {
            let indices: Vec<_> = multipart.children().map(|it| it.index()).collect();
            Parts {
                left: indices.len(),
                indices,
                edits: 0,
            }
        })
    }
}

fn is_part(entity: &Part<'_, '_>) -> bool {
    matches!(entity.role(), Role::Part { .. })
}

/// The fields that decide how a body is divided.
fn structural(known: Option<Known>) -> Option<Known> {
    known.filter(|known| matches!(known, Known::ContentType | Known::ContentTransferEncoding))
}

/// A message after its edits: pieces of the old octets and new ones. What was not edited is not copied.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    pieces: Vec<Cow<'a, [u8]>>,
}

impl<'a> Edited<'a> {
    /// The pieces: joined, they are the message. None is empty.
    pub fn pieces(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| &**piece)
    }

    /// Octets in all.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.pieces().map(<[u8]>::len).sum()
    }

    /// Appends the message to `tx`: the only copy of each octet.
    pub fn extend(&self, tx: &mut BytesMut) {
        tx.reserve(self.octets());
        for piece in self.pieces() {
            tx.extend_from_slice(piece);
        }
    }

    /// The message.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

impl<'a> IntoIterator for Edited<'a> {
    type Item = Cow<'a, [u8]>;
    type IntoIter = alloc::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.pieces.into_iter()
    }
}
