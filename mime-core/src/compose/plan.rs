//! What will be written, in order: the tree laid flat, boundaries and headers as text, bodies between them.

use alloc::vec::{self, Vec};
use core::mem;

use super::boundary::{self, Tail};
use super::choice::{Coding, Work};
use super::error::Misuse;
use super::header::Header;
use super::parameter::{MediaType, Shape};
use super::part::{Body, Content, Domain, Draft, Part, Slot};
use super::{Config, Profile};
use crate::limits::Limits;

/// Text up to `end` of the plan, then perhaps a body.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) end: usize,
    pub(super) work: Option<Work>,
}

/// All that will be written.
#[derive(Debug)]
pub(super) struct Plan {
    /// Headers and delimiters, one after the other.
    pub(super) text: Vec<u8>,
    pub(super) steps: Vec<Step>,
    /// What all boundaries end with, if there are any.
    pub(super) tail: Option<Tail>,
    /// Whether the host will be asked for something.
    pub(super) pulls: bool,
    /// Octets that the known bodies are likely to have once they are coded.
    pub(super) bodies: usize,
}

/// An entity whose body is understood.
#[derive(Debug)]
struct Node {
    media_type: Option<MediaType>,
    fields: Header,
    inside: Inside,
    parent: Option<usize>,
    /// What the body is once it is coded.
    domain: Domain,
}

#[derive(Debug)]
enum Inside {
    /// A body with the charset to declare.
    Leaf(Work, Option<&'static [u8]>),
    /// Its number, once it is begun.
    Parts(usize),
    Message(Header),
}

impl Plan {
    pub(super) fn new(config: &Config, draft: Draft, random: [u8; 16]) -> Result<Self, Misuse> {
        if config.smtputf8 && config.profile == Profile::SevenBit {
            return Err(Misuse::Utf8NeedsEightBit);
        }
        let Draft { header, body } = draft;
        config.admit(&header)?;
        let mut nodes = flatten(config, body)?;
        raise(&mut nodes);
        let pulls = distinct_slots(&nodes)?;
        let tail = if nodes
            .iter()
            .any(|node| matches!(node.inside, Inside::Parts(_)))
        {
            Some(choose_tail(random, &nodes)?)
        } else {
            None
        };
        let mut writer = Writer::new(&config.limits, tail, &header, &nodes);
        for index in 0..nodes.len() {
            writer.close_until(nodes.get(index).and_then(|node| node.parent), &nodes);
            writer.begin(index, &mut nodes)?;
        }
        writer.close_until(None, &nodes);
        Ok(writer.finish(pulls))
    }
}

/// Lays the tree flat, parents before their children.
fn flatten(config: &Config, root: Part) -> Result<Vec<Node>, Misuse> {
    let Limits {
        max_depth,
        max_parts,
        ..
    } = config.limits;
    let mut nodes = Vec::with_capacity(1 + root.children.len());
    let mut open: Vec<(usize, vec::IntoIter<Part>)> = Vec::new();
    let mut next = Some((None, root));
    loop {
        if let Some((parent, mut part)) = next.take() {
            if u32::try_from(open.len()).map_or(true, |depth| depth > max_depth) {
                return Err(Misuse::TooDeep);
            }
            if u32::try_from(nodes.len()).map_or(true, |count| count >= max_parts) {
                return Err(Misuse::TooManyParts);
            }
            let children = mem::take(&mut part.children);
            if !children.is_empty() {
                open.push((nodes.len(), children.into_iter()));
            } else if matches!(part.body, Body::Multipart) {
                return Err(Misuse::EmptyMultipart);
            }
            nodes.push(Node::new(config, part, parent)?);
        }
        let Some((parent, children)) = open.last_mut() else {
            return Ok(nodes);
        };
        let parent = *parent;
        next = children.next().map(|child| (Some(parent), child));
        if next.is_none() {
            open.pop();
        }
    }
}

impl Node {
    fn new(config: &Config, mut part: Part, parent: Option<usize>) -> Result<Self, Misuse> {
        let media_type = part.media_type.take();
        let fields = mem::take(&mut part.fields);
        config.admit(&fields)?;
        let profile = config.profile;
        let shape = media_type.as_ref().map_or(Shape::Leaf, MediaType::shape);
        let leaf = shape == Shape::Leaf;
        let (suits, inside) = match mem::replace(&mut part.body, Body::Multipart) {
            Body::Text { content, flowed } => {
                let named = media_type.as_ref().is_some_and(MediaType::has_charset);
                let (work, charset) = Work::text(content, flowed, named, profile)?;
                (leaf, Inside::Leaf(work, (!named).then_some(charset)))
            }
            Body::Octets(content) => (leaf, Inside::Leaf(Work::octets(content, profile), None)),
            Body::Verbatim { content, domain } => {
                let work = Work::verbatim(content, domain, profile)?;
                (true, Inside::Leaf(work, None))
            }
            Body::Multipart => (shape == Shape::Parts, Inside::Parts(0)),
            Body::Message(header) => {
                config.admit(&header)?;
                (true, Inside::Message(header))
            }
        };
        if !suits {
            return Err(Misuse::WrongMediaType);
        }
        let domain = match &inside {
            Inside::Leaf(work, _) => work.coding.domain(),
            Inside::Parts(_) => Domain::SevenBit,
            Inside::Message(header) => header.domain(),
        };
        Ok(Self {
            media_type,
            fields,
            inside,
            parent,
            domain,
        })
    }

    fn content(&self) -> Option<&Content> {
        match &self.inside {
            Inside::Leaf(work, _) => Some(&work.content),
            Inside::Parts(_) | Inside::Message(_) => None,
        }
    }

    /// Whether nothing in it is a boundary of this message. What is encoded cannot be.
    fn is_free_of(&self, tail: &Tail) -> bool {
        let free = |octets: &[u8]| octets.is_empty() || tail.find(octets).is_none();
        free(self.fields.as_bytes())
            && match &self.inside {
                Inside::Leaf(work, _) => match (&work.content, work.coding) {
                    (Content::Known(octets), Coding::Copy(_)) => free(octets),
                    (Content::Known(_) | Content::Pulled(_), _) => true,
                },
                Inside::Parts(_) => true,
                Inside::Message(header) => free(header.as_bytes()),
            }
    }
}

/// Composite bodies hold what their parts hold (RFC 2045, section 6.4).
fn raise(nodes: &mut [Node]) {
    for index in (1..nodes.len()).rev() {
        let child = nodes.get(index);
        let child =
            child.and_then(|node| Some((node.parent?, node.domain.max(node.fields.domain()))));
        if let Some((parent, domain)) = child
            && let Some(parent) = nodes.get_mut(parent)
        {
            parent.domain = parent.domain.max(domain);
        }
    }
}

/// No slot is named twice. Answers whether there is one.
fn distinct_slots(nodes: &[Node]) -> Result<bool, Misuse> {
    let slot = |node: &Node| match node.content() {
        Some(Content::Pulled(slot)) => Some(*slot),
        Some(Content::Known(_)) | None => None,
    };
    let mut slots: Vec<Slot> = nodes.iter().filter_map(slot).collect();
    slots.sort_unstable();
    if slots.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Misuse::DuplicateSlot);
    }
    Ok(!slots.is_empty())
}

/// Boundaries that nothing known holds. The header of the whole is in no multipart.
fn choose_tail(random: [u8; 16], nodes: &[Node]) -> Result<Tail, Misuse> {
    /// More would mean that somebody knew the random octets.
    const ATTEMPTS: u32 = 16;
    let mut tails = (0..ATTEMPTS).map(|attempt| Tail::new(random, attempt));
    let free = |tail: &Tail| nodes.iter().all(|node| node.is_free_of(tail));
    tails.find(free).ok_or(Misuse::BoundaryInContent)
}

/// What was written last, which decides whether a delimiter brings its own line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// A header, whose empty line is the line break.
    Header,
    /// A body, all octets of which are content.
    Content,
    /// base64, which ends with a line break that is none of the content.
    Padded,
    /// A close delimiter.
    Close,
}

struct Writer<'a> {
    limits: &'a Limits,
    header: &'a Header,
    tail: Option<Tail>,
    text: Vec<u8>,
    steps: Vec<Step>,
    /// The innermost composite that is open.
    open: Option<usize>,
    multiparts: usize,
    last: Last,
}

impl<'a> Writer<'a> {
    fn new(limits: &'a Limits, tail: Option<Tail>, header: &'a Header, nodes: &[Node]) -> Self {
        Self {
            limits,
            header,
            tail,
            text: Vec::with_capacity(header.as_bytes().len() + 256 * nodes.len()),
            steps: Vec::with_capacity(nodes.len() + 1),
            open: None,
            multiparts: 0,
            last: Last::Header,
        }
    }

    /// Closes what is open inside `parent`; everything, without one.
    fn close_until(&mut self, parent: Option<usize>, nodes: &[Node]) {
        while self.open != parent
            && let Some(node) = self.open.and_then(|open| nodes.get(open))
        {
            if let Inside::Parts(number) = node.inside {
                self.delimiter(number);
                self.text.extend_from_slice(b"--");
                self.last = Last::Close;
            }
            self.open = node.parent;
        }
    }

    fn delimiter(&mut self, number: usize) {
        match self.last {
            Last::Header | Last::Padded => {}
            Last::Content | Last::Close => self.text.extend_from_slice(b"\r\n"),
        }
        self.text.extend_from_slice(b"--");
        let (digits, len) = boundary::number(number);
        let digits = digits.get(digits.len() - len..);
        self.text.extend_from_slice(digits.unwrap_or_default());
        let tail = self.tail.as_ref().map(Tail::as_bytes);
        self.text.extend_from_slice(tail.unwrap_or_default());
    }

    /// Writes all of a node up to its body or its first part.
    fn begin(&mut self, index: usize, nodes: &mut [Node]) -> Result<(), Misuse> {
        let (before, after) = nodes.split_at_mut(index);
        let Some(node) = after.first_mut() else {
            return Ok(());
        };
        let outer = node.parent.and_then(|parent| before.get(parent));
        let header = match outer.map(|outer| &outer.inside) {
            None => Some(self.header),
            Some(Inside::Message(header)) => Some(header),
            Some(Inside::Parts(number)) => {
                self.delimiter(*number);
                self.text.extend_from_slice(b"\r\n");
                None
            }
            Some(Inside::Leaf(..)) => None,
        };
        let start = self.text.len();
        if let Some(header) = header {
            self.message_header(header, node)?;
        }
        self.entity_header(node, start, header.map_or(0, |header| header.fields() + 1))?;
        self.last = Last::Header;
        match &mut node.inside {
            Inside::Parts(number) => {
                *number = self.multiparts;
                self.open = Some(index);
            }
            Inside::Message(_) => self.open = Some(index),
            Inside::Leaf(..) => self.leaf(node),
        }
        Ok(())
    }

    fn message_header(&mut self, header: &Header, node: &Node) -> Result<(), Misuse> {
        if header.collides(&node.fields) {
            return Err(Misuse::Duplicate);
        }
        self.text.extend_from_slice(header.as_bytes());
        self.text.extend_from_slice(b"MIME-Version: 1.0\r\n");
        Ok(())
    }

    fn entity_header(&mut self, node: &Node, start: usize, before: u32) -> Result<(), Misuse> {
        let out = &mut self.text;
        let encoding = match &node.inside {
            Inside::Leaf(work, charset) => {
                let Some(media_type) = &node.media_type else {
                    return self.check_header(start, before);
                };
                match charset {
                    Some(charset) => media_type.write_with(out, [b"charset=", charset])?,
                    None => media_type.write(out),
                }
                let message = media_type.shape() == Shape::Message;
                Some(work.coding.name())
                    .filter(|_| !message || work.coding.domain() > Domain::SevenBit)
            }
            Inside::Parts(_) => {
                self.multiparts += 1;
                let (digits, len) = boundary::number(self.multiparts);
                let name = digits.get(digits.len() - len..).unwrap_or_default();
                let tail = self.tail.as_ref().map(Tail::as_bytes).unwrap_or_default();
                if let Some(media_type) = &node.media_type {
                    media_type.write_with(out, [b"boundary=\"", name, tail, b"\""])?;
                }
                composite(node.domain)
            }
            Inside::Message(header) => {
                let global = header.domain() > Domain::SevenBit;
                out.extend_from_slice(if global {
                    b"Content-Type: message/global"
                } else {
                    b"Content-Type: message/rfc822"
                });
                composite(node.domain)
            }
        };
        out.extend_from_slice(b"\r\n");
        if let Some(encoding) = encoding {
            out.extend_from_slice(b"Content-Transfer-Encoding: ");
            out.extend_from_slice(encoding);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(node.fields.as_bytes());
        out.extend_from_slice(b"\r\n");
        self.check_header(
            start,
            before + node.fields.fields() + 1 + u32::from(encoding.is_some()),
        )
    }

    fn check_header(&self, start: usize, fields: u32) -> Result<(), Misuse> {
        if self.text.len() - start > self.limits.max_header || fields > self.limits.max_fields {
            return Err(Misuse::HeaderTooLong);
        }
        Ok(())
    }

    fn leaf(&mut self, node: &mut Node) {
        if let Inside::Leaf(work, _) = mem::replace(&mut node.inside, Inside::Parts(0)) {
            self.last = match work.coding {
                Coding::Base64 => Last::Padded,
                Coding::QuotedPrintable | Coding::Copy(_) => Last::Content,
            };
            self.steps.push(Step {
                end: self.text.len(),
                work: Some(work),
            });
        }
    }

    fn finish(mut self, pulls: bool) -> Plan {
        if self.last == Last::Close {
            self.text.extend_from_slice(b"\r\n");
        }
        self.steps.push(Step {
            end: self.text.len(),
            work: None,
        });
        let works = self.steps.iter().filter_map(|step| step.work.as_ref());
        let bodies = works.map(Work::capacity).sum();
        Plan {
            text: self.text,
            steps: self.steps,
            tail: self.tail,
            pulls,
            bodies,
        }
    }
}

/// The encoding of a composite: 7bit needs no word.
fn composite(domain: Domain) -> Option<&'static [u8]> {
    (domain > Domain::SevenBit).then(|| Coding::Copy(domain).name())
}
