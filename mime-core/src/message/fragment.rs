//! Messages in fragments, and bodies that are elsewhere (RFC 2046, sections 5.2.2 and 5.2.3).
//!
//! Neither is read as an embedded message. A fragment is cut anywhere: what is in it may begin in the middle. The body
//! of an `external-body` begins with a header, but what this header describes is not there: as an entity it would be
//! taken for content. So both are leaves, and what they hold is asked for here.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use thiserror::Error;

use super::{Message, Part};
use crate::event::Field;
use crate::field::{self, ExternalBody, Partial};
use crate::name::Known;

/// Why fragments do not make a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// One of them is no `message/partial`, or has no `id` or `number`.
    #[error("fragment {index} of those given is none")]
    NotPartial {
        /// Which of those given, from 0.
        index: usize,
    },
    /// One of them stands under a transfer encoding, which is forbidden.
    #[error("fragment {index} of those given is encoded")]
    Encoded {
        /// Which of those given, from 0.
        index: usize,
    },
    /// One of them belongs to another message.
    #[error("fragment {index} of those given has another id")]
    OtherId {
        /// Which of those given, from 0.
        index: usize,
    },
    /// One of them says another total, or has a number beyond it.
    #[error("fragment {index} of those given disagrees on the total")]
    OtherTotal {
        /// Which of those given, from 0.
        index: usize,
    },
    /// Two of them have one number and unlike bodies.
    #[error("two unlike fragments have the number {number}")]
    Conflict {
        /// The number they share.
        number: u32,
    },
    /// A fragment is not there.
    #[error("fragment {number} is missing")]
    Missing {
        /// The least number that is missing.
        number: u32,
    },
    /// No fragment says how many there are.
    #[error("no fragment says how many there are")]
    NoTotal,
    /// The first fragment ends within the header of the message inside.
    #[error("the header is cut by the end of the first fragment")]
    OpenHeader,
}

/// A message put together from its fragments: pieces of theirs, in order, nothing copied.
#[derive(Clone, Debug)]
pub struct Reassembled<'a> {
    pieces: Vec<&'a [u8]>,
}

impl<'a> Reassembled<'a> {
    /// The pieces: joined, they are the message.
    pub fn pieces(&self) -> impl Iterator<Item = &'a [u8]> {
        self.pieces.iter().copied()
    }

    /// The message.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.pieces.concat()
    }
}

/// Puts the fragments of one message together (RFC 2046, section 5.2.2.1), given in any order.
///
/// A fragment that came twice counts once. The header is [`transparent_fields`] of the first fragment and the message
/// in it; those of the other fragments are dropped. What comes out may be a fragment again.
///
/// # Errors
///
/// [`Incomplete`] says what is missing or wrong.
pub fn reassemble<'a>(fragments: &[Part<'_, 'a>]) -> Result<Reassembled<'a>, Incomplete> {
    let ordered = ordered(fragments)?;
    let (first, rest) = ordered
        .split_first()
        .ok_or(Incomplete::Missing { number: 1 })?;
    let config = first.message.config().with_headers_only();
    let inner = Message::parse_with(first.body(), config);
    let header = inner.root().header();
    if inner.root().body().is_empty() && !rest.is_empty() && !ends_header(header) {
        return Err(Incomplete::OpenHeader);
    }
    let mut pieces: Vec<_> = transparent_fields(first, &inner.root())
        .map(Field::into_raw)
        .collect();
    // The header and its empty line end alike; a header without one gets it here.
    let empty_line: &[u8] = match header {
        [.., b'\r', b'\n', b'\r', b'\n'] | b"\r\n" => b"\r\n",
        [.., b'\n', b'\n'] | b"\n" => b"\n",
        _ => b"\r\n",
    };
    pieces.push(empty_line);
    pieces.push(inner.root().body());
    pieces.extend(rest.iter().map(Part::body));
    Ok(Reassembled { pieces })
}

fn ends_header(header: &[u8]) -> bool {
    let lines = header.strip_suffix(b"\n");
    let lines = lines.map(|lines| lines.strip_suffix(b"\r").unwrap_or(lines));
    lines.is_some_and(|lines| lines.is_empty() || lines.ends_with(b"\n"))
}

/// The fragments by number, each once, none missing.
fn ordered<'m, 'a>(fragments: &[Part<'m, 'a>]) -> Result<Vec<Part<'m, 'a>>, Incomplete> {
    let mut read = Vec::with_capacity(fragments.len());
    for (index, part) in fragments.iter().enumerate() {
        let partial = part.partial().ok_or(Incomplete::NotPartial { index })?;
        if !part.encoding().is_identity() {
            return Err(Incomplete::Encoded { index });
        }
        read.push((partial, *part));
    }
    let id = read.first().map(|(partial, _)| partial.id.clone());
    let total = read.iter().find_map(|(partial, _)| partial.total);
    for (index, (partial, _)) in read.iter().enumerate() {
        if Some(&partial.id) != id.as_ref() {
            return Err(Incomplete::OtherId { index });
        }
        if partial.total.is_some_and(|other| Some(other) != total)
            || total.is_some_and(|total| partial.number > total)
        {
            return Err(Incomplete::OtherTotal { index });
        }
    }
    // Stable: of equal fragments the first one given stays.
    read.sort_by_key(|(partial, _)| partial.number);
    let mut ordered: Vec<Part<'_, '_>> = Vec::with_capacity(read.len());
    let mut expected = 1;
    for (Partial { number, .. }, part) in read {
        match ordered.last() {
            Some(last) if number < expected => {
                if last.body() != part.body() {
                    return Err(Incomplete::Conflict { number });
                }
                continue;
            }
            Some(_) | None if number > expected => {
                return Err(Incomplete::Missing { number: expected });
            }
            Some(_) | None => {}
        }
        ordered.push(part);
        expected = number.saturating_add(1);
    }
    match total {
        Some(total) if expected <= total => Err(Incomplete::Missing { number: expected }),
        Some(_) => Ok(ordered),
        None if ordered.is_empty() => Err(Incomplete::Missing { number: 1 }),
        None => Err(Incomplete::NoTotal),
    }
}

/// The fields of what is inside something transparent: those of `outer` that are not about its content, then those
/// of `inner` that are (RFC 2046, section 5.2.2.1). For fragments, and for a body that is elsewhere and its phantom.
pub fn transparent_fields<'a>(
    outer: &Part<'_, 'a>,
    inner: &Part<'_, 'a>,
) -> impl Iterator<Item = Field<&'a [u8]>> {
    let kept = outer.fields().filter(|field| !is_of_content(field));
    kept.chain(inner.fields().filter(is_of_content))
}

fn is_of_content(field: &Field<&[u8]>) -> bool {
    let prefix = field.name().get(..8);
    prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"content-"))
        || matches!(
            field.known(),
            Some(Known::Subject | Known::MessageId | Known::MimeVersion)
        )
        || field.is("Encrypted")
}

impl<'a> Part<'_, 'a> {
    /// Which fragment it is of which message, if it is `message/partial`: for [`reassemble`].
    #[must_use]
    pub fn partial(&self) -> Option<Partial<'a>> {
        field::partial(self.value(Known::ContentType)?, &mut |_, _| {})
    }

    /// Where the body is, if it is `message/external-body`.
    #[must_use]
    pub fn external_body(&self) -> Option<ExternalBody<'a>> {
        field::external_body(self.value(Known::ContentType)?, &mut |_, _| {})
    }

    /// What stands in for a body that is elsewhere: its header, and a body that only a mail server has use for.
    ///
    /// Content-Type and Content-Transfer-Encoding in it are those of the data elsewhere, and mean nothing for the
    /// octets here. `None` if it is no `message/external-body`, or encoded.
    #[must_use]
    pub fn phantom(&self) -> Option<Message<'a>> {
        let is_phantom = self.media_type().is("message", "external-body");
        if !is_phantom || !self.encoding().is_identity() {
            return None;
        }
        let config = self.message.config().with_headers_only();
        Some(Message::parse_with(self.body(), config))
    }

    /// The identifier of the data elsewhere: Content-ID of the [`phantom`](Self::phantom).
    #[must_use]
    pub fn external_id(&self) -> Option<Cow<'a, str>> {
        self.phantom()?.root().content_id()
    }
}
