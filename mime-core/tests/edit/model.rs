//! A message as a tree of values, and what edits make of it: the slow and plain way.

use mime_core::edit::Place;
use mime_core::{Config, Kind, Message, Part};

/// What a reader finds in an entity.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) index: Option<usize>,
    pub(crate) kind: Kind,
    top: Vec<Vec<u8>>,
    fields: Vec<[Vec<Vec<u8>>; 3]>,
    end: Vec<Vec<u8>>,
    body: Vec<u8>,
    preamble: Vec<u8>,
    epilogue: Vec<u8>,
    children: Vec<Self>,
    before: Vec<Self>,
    last: Vec<Self>,
    gone: bool,
}

/// Line ends differ where the message has its own; the last line may get one.
fn plain(octets: &[u8]) -> Vec<u8> {
    let mut text: Vec<u8> = octets.iter().copied().filter(|it| *it != b'\r').collect();
    while text.ends_with(b"\n") {
        text.pop();
    }
    text
}

/// Lines with the CRLF of the last one.
fn ended(lines: &[u8]) -> Vec<u8> {
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    let lines = lines.strip_suffix(b"\r").unwrap_or(lines);
    [lines, b"\r\n"].concat()
}

impl Entity {
    pub(crate) fn of(part: &Part<'_, '_>, raw: &[u8], new: bool) -> Self {
        let children: Vec<_> = part.children().map(|it| Self::of(&it, raw, new)).collect();
        let body = part.body_range();
        let close = part.close_range();
        let first = part.children().next().map(|it| it.delimiter_range().start);
        let first = first.or(close.as_ref().map(|close| close.start));
        let multipart = part.kind() == Kind::Multipart;
        let preamble = body.start..first.unwrap_or(body.end);
        let epilogue = close.map_or(body.end, |close| close.end)..body.end;
        let text = |range: core::ops::Range<usize>| {
            if multipart {
                raw[range].to_vec()
            } else {
                vec![]
            }
        };
        let leaf = !matches!(part.kind(), Kind::Multipart | Kind::Message);
        Self {
            index: (!new).then_some(part.index()),
            kind: part.kind(),
            top: vec![],
            fields: part
                .fields()
                .map(|it| [vec![], vec![plain(it.raw())], vec![]])
                .collect(),
            end: vec![],
            body: if leaf { part.body().to_vec() } else { vec![] },
            preamble: text(preamble),
            epilogue: plain(&text(epilogue)),
            children,
            before: vec![],
            last: vec![],
            gone: false,
        }
    }

    pub(crate) fn parse(raw: &[u8], config: Config) -> Self {
        Self::of(&Message::parse_with(raw, config).root(), raw, false)
    }

    pub(crate) fn find(&mut self, index: usize) -> Option<&mut Self> {
        if self.index == Some(index) {
            return Some(self);
        }
        self.children.iter_mut().find_map(|it| it.find(index))
    }

    pub(crate) fn add(&mut self, place: Place, field: &[u8]) {
        let field = plain(field);
        match place {
            Place::Top => self.top.insert(0, field),
            Place::End => self.end.push(field),
            Place::Before(nth) => self.fields[nth][0].push(field),
            Place::After(nth) => self.fields[nth][2].push(field),
        }
    }

    pub(crate) fn change(&mut self, nth: usize, field: &[u8]) {
        self.fields[nth][1] = vec![plain(field)];
    }

    pub(crate) fn remove(&mut self, nth: usize) {
        self.fields[nth][1] = vec![];
    }

    /// A new body is read as the header says.
    pub(crate) fn body(&mut self, part: &Part<'_, '_>, octets: &[u8], config: Config) {
        if self.kind == Kind::Opaque {
            self.body = octets.to_vec();
            return;
        }
        let fields = part.fields().map(|it| it.raw().to_vec());
        let mut header: Vec<u8> = fields.flatten().collect();
        if !header.is_empty() {
            header = ended(&header);
        }
        header.extend_from_slice(b"\r\n");
        let all = [&header, octets].concat();
        if config == config.with_headers_only() {
            self.body = octets.to_vec();
            return;
        }
        let multipart = part.parent().filter(|_| !part.delimiter_range().is_empty());
        let new = Self::part(multipart.as_ref(), &all, config);
        (self.kind, self.body, self.children) = (new.kind, new.body, new.children);
        (self.preamble, self.epilogue) = (new.preamble, new.epilogue);
    }

    /// A part as it is read inside of `multipart`.
    pub(crate) fn part(multipart: Option<&Part<'_, '_>>, octets: &[u8], config: Config) -> Self {
        let digest = multipart.is_some_and(|it| it.media_type().is("multipart", "digest"));
        let (head, skip) = match multipart {
            Some(_) if digest => (
                "Content-Type: multipart/digest; boundary=ZZZ\r\n\r\n--ZZZ\r\n",
                1,
            ),
            Some(_) => (
                "Content-Type: multipart/mixed; boundary=ZZZ\r\n\r\n--ZZZ\r\n",
                1,
            ),
            None => ("Content-Type: message/rfc822\r\n\r\n", 1),
        };
        let mut all = [head.as_bytes(), octets].concat();
        if multipart.is_some() {
            all.extend_from_slice(b"\r\n--ZZZ--");
        }
        let message = Message::parse_with(&all, config);
        Self::of(&message.part(skip).unwrap(), &all, true)
    }

    pub(crate) fn become_part(&mut self, mut part: Self) {
        part.index = self.index;
        part.before = core::mem::take(&mut self.before);
        *self = part;
    }

    pub(crate) fn insert(&mut self, at: usize, part: Self) {
        match self.children.get_mut(at) {
            Some(next) => next.before.push(part),
            None => self.last.push(part),
        }
    }

    pub(crate) fn go(&mut self) {
        self.gone = true;
    }

    fn is_hollow(&self) -> bool {
        let bare = |it: &Self| {
            let edited = it.fields.iter().flatten().flatten().count() + it.top.len() + it.end.len();
            edited == 0 && it.before.is_empty() && it.is_hollow()
        };
        let own = [&self.body, &self.preamble, &self.epilogue];
        own.iter().all(|it| it.is_empty())
            && self.last.is_empty()
            && if self.kind == Kind::Message {
                self.children.iter().all(bare)
            } else {
                self.children.is_empty()
            }
    }

    /// What a reader finds after all edits, one line for each entity.
    pub(crate) fn lines(&self, depth: usize, lines: &mut Vec<String>) {
        for part in &self.before {
            part.lines(depth, lines);
        }
        if self.gone {
            return;
        }
        let fields = self.fields.iter().flatten().flatten();
        let all: Vec<_> = self.top.iter().chain(fields).chain(&self.end).collect();
        let text = |octets: &[u8]| octets.escape_ascii().to_string();
        let fields: Vec<_> = all.iter().map(|it| text(it)).collect();
        // An entity without any body is a leaf before a delimiter, and what its header says at the end.
        let hollow = self.is_hollow();
        let kind = if hollow { Kind::Leaf } else { self.kind };
        lines.push(format!(
            "{depth} {kind:?} {fields:?} {:?} {:?} {:?}",
            text(&self.body),
            text(&self.preamble),
            text(&self.epilogue)
        ));
        for part in self.children.iter().chain(&self.last).filter(|_| !hollow) {
            part.lines(depth + 1, lines);
        }
    }

    pub(crate) fn all_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.lines(0, &mut lines);
        lines
    }
}
