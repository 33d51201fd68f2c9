//! The parts of a mail, as a list in the order of their beginnings.

use bytes::Bytes;
use mime_core::{Entity, Event, Extent, Kind, Role, TransferEncoding};
use serde::Serialize;

use super::printable::beginning;

/// Characters kept of a name, a type or a charset.
const MAX_TEXT: usize = 500;

/// An entity, as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct Node {
    /// Its place in the list.
    pub(crate) index: usize,
    /// The place of the entity around it.
    pub(crate) parent: Option<usize>,
    pub(crate) depth: u32,
    /// `root`, `part` or `embedded`.
    role: &'static str,
    /// `leaf`, `multipart`, `message` or `opaque`.
    pub(crate) kind: &'static str,
    #[serde(rename = "type")]
    pub(crate) media_type: String,
    pub(crate) charset: Option<String>,
    pub(crate) encoding: &'static str,
    pub(crate) disposition: Option<String>,
    /// The name to propose for a file, as its sender wrote it.
    pub(crate) name: Option<String>,
    /// Where its header begins.
    offset: u64,
    /// Octets of the header, with the empty line.
    header: u64,
    /// Octets of the body, as it stands in the mail.
    pub(crate) octets: u64,
    lines: u64,
    /// Octets of the body of a leaf, decoded.
    pub(crate) decoded: Option<u64>,
}

impl Node {
    fn new(index: usize, parent: Option<usize>, role: Role, depth: u32) -> Self {
        let role = match role {
            Role::Root => "root",
            Role::Part { .. } => "part",
            Role::Embedded => "embedded",
            _ => "other",
        };
        Self {
            index,
            parent,
            depth,
            role,
            kind: "opaque",
            media_type: String::new(),
            charset: None,
            encoding: "7bit",
            disposition: None,
            name: None,
            offset: 0,
            header: 0,
            octets: 0,
            lines: 0,
            decoded: None,
        }
    }

    fn describe(&mut self, entity: &Entity<Bytes>) {
        let lower = |octets: &[u8]| kept(&String::from_utf8_lossy(octets).to_ascii_lowercase());
        self.kind = match entity.kind() {
            Kind::Leaf => "leaf",
            Kind::Multipart => "multipart",
            Kind::Message => "message",
            Kind::Opaque => "opaque",
            _ => "other",
        };
        self.media_type = media_type(entity);
        self.charset = entity.charset().map(|charset| lower(&charset));
        self.encoding = encoding(entity.encoding());
        self.disposition = entity.disposition().map(|found| lower(found.kind()));
        self.name = name(entity).map(|name| kept(&name));
        self.decoded = (entity.kind() == Kind::Leaf).then_some(0);
    }

    fn end(&mut self, extent: &Extent) {
        self.offset = extent.header.start;
        self.header = extent.header.end - extent.header.start;
        self.octets = extent.octets();
        self.lines = extent.lines;
    }
}

/// Collects the nodes of one mail.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    open: Vec<usize>,
}

impl Tree {
    /// Takes the next event, and what it brings of content.
    pub(crate) fn event(&mut self, event: &Event<Bytes>, decoded: &[u8]) {
        let node = self.open.last().and_then(|&at| self.nodes.get_mut(at));
        if let Some(count) = node.and_then(|node| node.decoded.as_mut()) {
            *count += decoded.len() as u64;
        }
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others do not make the tree"
        )]
        match event {
            Event::Begin { role, depth } => {
                let (index, parent) = (self.nodes.len(), self.open.last().copied());
                self.open.push(index);
                self.nodes.push(Node::new(index, parent, *role, *depth));
            }
            Event::HeadersEnd { entity, .. } => {
                if let Some(node) = self.innermost() {
                    node.describe(entity);
                }
            }
            Event::End(extent) => {
                if let Some(node) = self.innermost() {
                    node.end(extent);
                }
                self.open.pop();
            }
            _ => {}
        }
    }

    fn innermost(&mut self) -> Option<&mut Node> {
        self.nodes.get_mut(*self.open.last()?)
    }

    /// The place of the innermost entity that is open.
    pub(crate) fn at(&self) -> Option<usize> {
        self.open.last().copied()
    }
}

/// `type/subtype` in small letters.
pub(crate) fn media_type(entity: &Entity<Bytes>) -> String {
    let media_type = entity.media_type();
    let half = |octets: &[u8]| String::from_utf8_lossy(octets).to_ascii_lowercase();
    kept(&format!(
        "{}/{}",
        half(media_type.kind()),
        half(media_type.subtype())
    ))
}

/// The name that the disposition proposes for a file, or else the one of the media type.
pub(crate) fn name(entity: &Entity<Bytes>) -> Option<String> {
    let disposition = entity.disposition();
    let filename = disposition.as_ref().and_then(|found| found.filename());
    if let Some(name) = filename {
        return Some(name.into_owned());
    }
    entity
        .media_type()
        .text("name")
        .map(|name| name.into_owned())
}

fn encoding(encoding: TransferEncoding) -> &'static str {
    match encoding {
        TransferEncoding::SevenBit => "7bit",
        TransferEncoding::EightBit => "8bit",
        TransferEncoding::Binary => "binary",
        TransferEncoding::QuotedPrintable => "quoted-printable",
        TransferEncoding::Base64 => "base64",
        TransferEncoding::Uuencode => "uuencode",
        TransferEncoding::Unknown | _ => "unknown",
    }
}

fn kept(text: &str) -> String {
    let (start, whole) = beginning(text, MAX_TEXT);
    if whole {
        start.to_owned()
    } else {
        format!("{start}…")
    }
}
