//! Everything that is wrong with a mail: its structure, the values of its fields, its bodies.

use bytes::{Bytes, BytesMut};
use mime_core::{
    Charset, Defect, DefectCode, Entity, Event, Field, Kind, Known, TextDecoder,
    decode::TransferDecoder, field,
};

/// A defect, and how often it occurs from there on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: DefectCode,
    pub(crate) at: u64,
    pub(crate) len: u64,
    pub(crate) count: u64,
}

impl Finding {
    fn of(defect: Defect) -> Self {
        Self::once(defect.code, defect.at, defect.len)
    }

    fn once(code: DefectCode, at: u64, len: u64) -> Self {
        Self {
            code,
            at,
            len,
            count: 1,
        }
    }
}

/// Looks into what the parser leaves to its host: values and bodies, in memory that does not grow with them.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    /// Octets of the input so far.
    at: u64,
    open: Vec<Open>,
    decoded: BytesMut,
    text: String,
    /// Line feeds alone are no defect: not the mail is wrong, but how it was stored.
    lf: bool,
}

/// An entity that has not ended.
#[derive(Debug, Default)]
struct Open {
    content_type: (u64, u64),
    leaf: Option<Leaf>,
}

#[derive(Debug)]
struct Leaf {
    body: u64,
    decoder: TransferDecoder,
    text: Option<TextDecoder>,
}

impl Audit {
    /// Begins a mail; `lf` says that it may have the line ends of Unix.
    pub(crate) fn new(lf: bool) -> Self {
        Self {
            lf,
            ..Self::default()
        }
    }

    /// Takes the next event, appends to `found` what is wrong there, and gives the content that it brings, decoded.
    pub(crate) fn event(&mut self, event: &Event<Bytes>, found: &mut Vec<Finding>) -> &[u8] {
        self.decoded.clear();
        let at = self.at;
        self.at += event.raw().len() as u64;
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the others are neither values nor bodies"
        )]
        match event {
            Event::Begin { .. } => self.open.push(Open::default()),
            Event::Defect(defect) if self.lf && defect.code == DefectCode::BareLf => {}
            Event::Defect(defect) => found.push(Finding::of(*defect)),
            Event::Field(field) => self.field(field, at, found),
            Event::HeadersEnd { entity, .. } => self.headers_end(entity, found),
            Event::Body(piece) => self.body(piece),
            Event::End(_) => self.end(found),
            _ => {}
        }
        &self.decoded
    }

    fn field(&mut self, field: &Field<Bytes>, at: u64, found: &mut Vec<Finding>) {
        if field.known() == Some(Known::ContentType)
            && !field.is_repeated()
            && let Some(open) = self.open.last_mut()
        {
            open.content_type = (at, field.raw().len() as u64);
        }
        // The name, white space and the colon: what stands before the value in the field.
        let before = memchr::memchr(b':', field.raw()).map_or(0, |colon| colon + 1);
        judge(field, &mut |code, range| {
            let at = at + (before + range.start) as u64;
            found.push(Finding::once(code, at, range.len() as u64));
        });
    }

    fn headers_end(&mut self, entity: &Entity<Bytes>, found: &mut Vec<Finding>) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        if entity.kind() != Kind::Leaf {
            return;
        }
        let is_text = entity.media_type().is("text", "*");
        let label = entity.charset().filter(|_| is_text);
        let charset = label.as_deref().and_then(Charset::for_label);
        if charset.is_none() && label.is_some() {
            let (at, len) = open.content_type;
            let code = DefectCode::UnknownCharset;
            found.push(Finding::once(code, at, len));
        }
        open.leaf = Some(Leaf {
            body: self.at,
            decoder: TransferDecoder::new(entity.encoding()),
            text: is_text.then(|| TextDecoder::new(charset)),
        });
    }

    fn body(&mut self, piece: &[u8]) {
        let leaf = self.open.last_mut().and_then(|open| open.leaf.as_mut());
        if let Some(leaf) = leaf {
            leaf.decoder.extend(piece, &mut self.decoded);
            if let Some(decoder) = &mut leaf.text {
                self.text.clear();
                decoder.decode(&self.decoded, &mut self.text);
            }
        }
    }

    fn end(&mut self, found: &mut Vec<Finding>) {
        let Some(mut leaf) = self.open.pop().and_then(|open| open.leaf) else {
            return;
        };
        leaf.decoder.finish_into(&mut self.decoded);
        // Of a body that is its own content the parser has said everything.
        if !matches!(leaf.decoder, TransferDecoder::Identity(_)) {
            let problems = leaf.decoder.problems();
            found.extend(problems.iter().map(|problem| Finding {
                code: problem.code,
                at: leaf.body + problem.first,
                len: 1,
                count: problem.count,
            }));
        }
        if let Some(mut decoder) = leaf.text {
            self.text.clear();
            decoder.decode(&self.decoded, &mut self.text);
            decoder.finish(&mut self.text);
            if decoder.malformed() > 0 {
                let len = self.at - leaf.body;
                let code = DefectCode::UndecodableText;
                found.push(Finding::once(code, leaf.body, len));
            }
        }
    }
}

/// Reads the value of a field for what has to be forgiven. Of Content-Type, Content-Transfer-Encoding and
/// Content-Disposition the parser has said it.
fn judge(field: &Field<Bytes>, sink: &mut mime_core::Sink<'_>) {
    let value = field.value();
    match field.known() {
        Some(Known::From | Known::Sender | Known::ReplyTo | Known::To | Known::Cc | Known::Bcc) => {
            field::addresses(value, sink);
        }
        Some(Known::MessageId | Known::InReplyTo | Known::References | Known::ContentId) => {
            field::message_ids(value, sink);
        }
        Some(Known::Subject | Known::ContentDescription) => {
            field::unstructured(value, sink);
        }
        Some(Known::Date) => {
            field::date(value, sink);
        }
        Some(
            Known::ContentType
            | Known::ContentTransferEncoding
            | Known::ContentDisposition
            | Known::MimeVersion,
        )
        | Some(_)
        | None => {}
    }
}
