//! A message as a tree of ranges into the octets it was read from.

use alloc::vec::Vec;
use core::ops::Range;

use crate::config::Config;
use crate::decode::TransferEncoding;
use crate::defect::{Defect, DefectCode};
use crate::entity::{self, Heading, Kind, Role};
use crate::event::Field;
use crate::field::{self, Disposition, MediaType};
use crate::name::Known;
use crate::scanner::{FieldShape, Scanner, Token};

mod bodies;
mod content;
mod encoded;
mod fragment;
mod heading;

pub use self::bodies::Bodies;
pub use self::content::{Decoded, Text, TooLong};
pub use self::encoded::{EncodedEntity, Unread};
pub use self::fragment::{Incomplete, Reassembled, reassemble, transparent_fields};

/// A message that is there as a whole: its parts in order, each a range of the input.
///
/// Nothing is copied and nothing is decoded. The parts lie in one vector, so that no depth of nesting can exhaust
/// the stack.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    raw: &'a [u8],
    config: Config,
    nodes: Vec<Node>,
    fields: Vec<FieldAt>,
    defects: Vec<Defect>,
}

#[derive(Clone, Debug)]
struct Node {
    role: Role,
    heading: Heading,
    parent: Option<usize>,
    /// The first index after this entity and all inside it.
    next: usize,
    depth: u32,
    /// The delimiter that begins this part.
    delimiter: Range<usize>,
    /// The delimiter after which the next part begins, and in the end the one that closes this multipart.
    pending: Option<Range<usize>>,
    closed: bool,
    /// Where the first field may stand: after the separator of an mbox.
    top: usize,
    fields: Range<usize>,
    header: Range<usize>,
    body: Range<usize>,
    lines: u64,
}

#[derive(Clone, Copy, Debug)]
struct FieldAt {
    at: usize,
    len: usize,
    shape: FieldShape,
}

impl<'a> Message<'a> {
    /// Reads a message with the default [`Config`].
    #[must_use]
    pub fn parse(raw: &'a [u8]) -> Self {
        Self::parse_with(raw, Config::new())
    }

    /// Reads a message.
    #[must_use]
    pub fn parse_with(raw: &'a [u8], config: Config) -> Self {
        let mut message = Self {
            raw,
            config,
            nodes: Vec::new(),
            fields: Vec::new(),
            defects: Vec::new(),
        };
        let mut scanner = Scanner::new(config);
        let mut open = Vec::new();
        let mut at = 0;
        while let Some((token, len)) = scanner.scan(raw.get(at..).unwrap_or_default(), true) {
            message.add(token, at, len, &mut open);
            at += len;
        }
        message
    }

    fn add(&mut self, token: Token, at: usize, len: usize, open: &mut Vec<usize>) {
        let node = open.last().and_then(|&node| self.nodes.get_mut(node));
        match token {
            Token::Begin { role, depth } => {
                let delimiter = match role {
                    Role::Part { .. } => node.and_then(|node| node.pending.take()),
                    Role::Root | Role::Embedded => None,
                };
                let parent = open.last().copied();
                open.push(self.nodes.len());
                self.nodes.push(Node {
                    delimiter: delimiter.unwrap_or(at..at),
                    top: at,
                    ..Node::new(role, parent, depth, self.fields.len())
                });
            }
            Token::Field(shape) => {
                self.fields.push(FieldAt { at, len, shape });
                if let Some(node) = node {
                    node.fields.end = self.fields.len();
                }
            }
            Token::HeadersEnd(heading) => {
                if let Some(node) = node {
                    node.heading = heading;
                }
            }
            Token::End(extent) => {
                let next = self.nodes.len();
                let narrow = |range: Range<u64>| {
                    let narrow = |at| usize::try_from(at).unwrap_or(usize::MAX);
                    narrow(range.start)..narrow(range.end)
                };
                if let Some(node) = open.pop().and_then(|node| self.nodes.get_mut(node)) {
                    node.header = narrow(extent.header);
                    node.body = narrow(extent.body);
                    node.lines = extent.lines;
                    node.next = next;
                }
            }
            Token::Defect(defect) => {
                // Nothing of its text is in a part, and it must not be lost.
                if defect.code == DefectCode::MissingDelimiter
                    && let Some(node) = node
                {
                    node.heading.kind = Kind::Leaf;
                }
                self.defects.push(defect);
            }
            Token::Delimiter { close, .. } => {
                if let Some(node) = node {
                    node.pending = Some(at..at + len);
                    node.closed = close;
                }
            }
            Token::MboxLine => {
                if let Some(node) = node {
                    node.top = at + len;
                }
            }
            Token::Preamble | Token::Body | Token::Epilogue | Token::Opaque | Token::Closed(_) => {}
        }
    }

    /// How it was read.
    #[must_use]
    pub fn config(&self) -> Config {
        self.config
    }

    /// The octets it was read from.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// What is wrong with it, in the order of discovery.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The message itself.
    #[must_use]
    pub fn root(&self) -> Part<'_, 'a> {
        Part {
            message: self,
            index: 0,
        }
    }

    /// An entity by its index: 0 is the message, then all others in the order of their beginnings.
    #[must_use]
    pub fn part(&self, index: usize) -> Option<Part<'_, 'a>> {
        (index < self.nodes.len()).then_some(Part {
            message: self,
            index,
        })
    }

    /// All entities, the message first.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_, 'a>> {
        (0..self.nodes.len()).map(|index| Part {
            message: self,
            index,
        })
    }

    /// The entities that hold content of their own, rather than parts or a message.
    pub fn leaves(&self) -> impl Iterator<Item = Part<'_, 'a>> {
        self.parts()
            .filter(|part| !matches!(part.kind(), Kind::Multipart | Kind::Message))
    }

    fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.raw.get(range).unwrap_or_default()
    }
}

impl Node {
    fn new(role: Role, parent: Option<usize>, depth: u32, fields: usize) -> Self {
        let heading = Heading {
            kind: Kind::Opaque,
            encoding: TransferEncoding::default(),
            in_digest: false,
        };
        Self {
            role,
            heading,
            parent,
            next: 0,
            depth,
            delimiter: 0..0,
            pending: None,
            closed: false,
            top: 0,
            fields: fields..fields,
            header: 0..0,
            body: 0..0,
            lines: 0,
        }
    }
}

/// An entity of a [`Message`].
#[derive(Clone, Copy, Debug)]
pub struct Part<'m, 'a> {
    message: &'m Message<'a>,
    index: usize,
}

impl<'m, 'a> Part<'m, 'a> {
    fn node(&self) -> Option<&'m Node> {
        self.message.nodes.get(self.index)
    }

    /// Its index in the message.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// How it came to be.
    #[must_use]
    pub fn role(&self) -> Role {
        self.node().map_or(Role::Root, |node| node.role)
    }

    /// Entities around it.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.node().map_or(0, |node| node.depth)
    }

    /// How its body is read.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.node().map_or(Kind::Opaque, |node| node.heading.kind)
    }

    /// How its body is encoded.
    #[must_use]
    pub fn encoding(&self) -> TransferEncoding {
        self.node()
            .map_or(TransferEncoding::default(), |node| node.heading.encoding)
    }

    /// The entity around it.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let index = self.node()?.parent?;
        Some(Self {
            message: self.message,
            index,
        })
    }

    /// The entities right inside it, in order.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'m, 'a> {
        let message = self.message;
        let end = self.node().map_or(0, |node| node.next);
        let mut at = self.index + 1;
        core::iter::from_fn(move || {
            let index = at;
            at = message.nodes.get(index).filter(|_| index < end)?.next;
            Some(Self { message, index })
        })
    }

    /// Its fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<&'a [u8]>> + use<'m, 'a> {
        let message = self.message;
        let range = self.node().map_or(0..0, |node| node.fields.clone());
        let fields = message.fields.get(range).unwrap_or_default().iter();
        fields.map(move |field| {
            Field::new(message.slice(field.at..field.at + field.len), field.shape)
        })
    }

    /// Its first field of this name, in any case of letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field<&'a [u8]>> {
        self.fields().find(|field| field.is(name))
    }

    fn first(&self, known: Known) -> Option<&'m FieldAt> {
        let fields = self.message.fields.get(self.node()?.fields.clone())?;
        let mut fields = fields.iter();
        fields.find(|field| field.shape.known() == Some(known))
    }

    fn value(&self, known: Known) -> Option<&'a [u8]> {
        let field = self.first(known)?;
        let raw = self.message.slice(field.at..field.at + field.len);
        raw.get(field.shape.value())
    }

    /// Where fields may stand: all that there are, or a place for the first one.
    pub(crate) fn fields_range(&self) -> Range<usize> {
        let Some(node) = self.node() else {
            return 0..0;
        };
        let fields = self.message.fields.get(node.fields.clone());
        let last = fields.and_then(<[FieldAt]>::last);
        node.top..last.map_or(node.top, |field| field.at + field.len)
    }

    /// Where its field number `nth` is.
    pub(crate) fn field_range(&self, nth: usize) -> Range<usize> {
        let fields = self.node().and_then(|node| {
            let fields = self.message.fields.get(node.fields.clone())?;
            fields.get(nth)
        });
        fields.map_or(0..0, |field| field.at..field.at + field.len)
    }

    /// All its fields: whether one is of this name, and its value.
    pub(crate) fn values_of(&self, known: Known) -> impl Iterator<Item = (bool, &'a [u8])> {
        let message = self.message;
        let range = self.node().map_or(0..0, |node| node.fields.clone());
        let fields = message.fields.get(range).unwrap_or_default().iter();
        fields.map(move |field| {
            let raw = message.slice(field.at..field.at + field.len);
            let value = raw.get(field.shape.value()).unwrap_or_default();
            (field.shape.known() == Some(known), value)
        })
    }

    /// Where the first Content-Type field is, without its line end.
    pub(crate) fn content_type_range(&self) -> Option<Range<usize>> {
        let field = self.first(Known::ContentType)?;
        Some(field.at..field.at + field.shape.value().end)
    }

    /// The first index after it and all inside it.
    pub(crate) fn next_index(&self) -> usize {
        self.node().map_or(0, |node| node.next)
    }

    pub(crate) fn in_digest(&self) -> bool {
        self.node().is_some_and(|node| node.heading.in_digest)
    }

    /// Offset and octets of the first field of this name.
    fn place(&self, known: Known) -> Option<(usize, usize)> {
        self.first(known).map(|field| (field.at, field.len))
    }

    /// The media type, of the first Content-Type field or by default.
    #[must_use]
    pub fn media_type(&self) -> MediaType<'a> {
        entity::media_type(self.value(Known::ContentType), self.in_digest())
    }

    /// The disposition, of the first Content-Disposition field.
    #[must_use]
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        Some(field::disposition(
            self.value(Known::ContentDisposition)?,
            &mut |_, _| {},
        ))
    }

    /// The octets of the header, with the empty line that ends it.
    #[must_use]
    pub fn header(&self) -> &'a [u8] {
        self.message.slice(self.header_range())
    }

    /// The octets of the body, in its transfer encoding, without the line break before the next delimiter.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.message.slice(self.body_range())
    }

    /// Header and body: what a signature over the entity covers.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.message
            .slice(self.header_range().start..self.body_range().end)
    }

    /// Where the header is.
    #[must_use]
    pub fn header_range(&self) -> Range<usize> {
        self.node().map_or(0..0, |node| node.header.clone())
    }

    /// Where the body is.
    #[must_use]
    pub fn body_range(&self) -> Range<usize> {
        self.node().map_or(0..0, |node| node.body.clone())
    }

    /// Where the delimiter is that begins it, with the line break before it; nothing if it is no part of a multipart.
    #[must_use]
    pub fn delimiter_range(&self) -> Range<usize> {
        self.node().map_or(0..0, |node| node.delimiter.clone())
    }

    /// Where the delimiter is that closes it, with the line break before it; `None` if nothing does.
    #[must_use]
    pub fn close_range(&self) -> Option<Range<usize>> {
        let node = self.node().filter(|node| node.closed)?;
        node.pending.clone()
    }

    /// Line ends in the body.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.node().map_or(0, |node| node.lines)
    }
}
