//! What a body holds, without its transfer encoding and as text.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use thiserror::Error;

use super::Part;
use crate::charset::{self, Charset};
use crate::decode::{Problems, TransferDecoder};
use crate::defect::{Defect, DefectCode};
use crate::name::Known;

/// Octets decoded at a time.
const STRIDE: usize = 8192;

/// Octets made ready at a time where they stay: few enough to be still near when they are filled.
const AHEAD: usize = 1 << 16;

/// Room that is kept behind what a content is expected to have, so that its last octets do not move it.
const SPARE: usize = 256;

/// More content than the caller wants to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the content has more than {max} octets")]
pub struct TooLong {
    /// The caller's limit.
    pub max: usize,
}

/// The content of a body, without its transfer encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded<'a> {
    /// The octets: those of the message where nothing is encoded.
    pub octets: Cow<'a, [u8]>,
    /// What the decoder forgave: each kind once, at its first place in the message.
    pub defects: Vec<Defect>,
}

/// The content of a body as text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text<'a> {
    /// The text, with the line ends and the mark of byte order that it has.
    pub text: Cow<'a, str>,
    /// The charset it claims, if it claims one that is known here.
    pub charset: Option<Charset>,
    /// What was forgiven: each kind once, at its first place in the message if that is known.
    pub defects: Vec<Defect>,
}

impl<'a> Part<'_, 'a> {
    /// Hands the content to `write` in pieces, in constant memory, and answers what was forgiven, by offsets in the
    /// [`body`](Self::body).
    pub fn decode(&self, mut write: impl FnMut(&[u8])) -> Problems {
        let ended = self.try_decode(|piece| {
            write(piece);
            Ok::<(), core::convert::Infallible>(())
        });
        match ended {
            Ok(problems) => problems,
            Err(never) => match never {},
        }
    }

    /// The content: the body without its transfer encoding. An encoding that is not known leaves the octets as
    /// they are (RFC 2049, section 2).
    ///
    /// # Errors
    ///
    /// [`TooLong`], if the content has more than `max` octets. No more than these are ever held.
    pub fn decoded(&self, max: usize) -> Result<Decoded<'a>, TooLong> {
        let body = self.body();
        if self.encoding().is_identity() {
            if body.len() > max {
                return Err(TooLong { max });
            }
            let problems = self.encoding().audit(body);
            return Ok(Decoded {
                octets: Cow::Borrowed(body),
                defects: self.located(&problems),
            });
        }
        let (octets, problems) = self.decoded_within(max)?;
        Ok(Decoded {
            octets: Cow::Owned(octets),
            defects: self.located(&problems),
        })
    }

    /// The content in a vector of its own, into which it is decoded without a copy on the way.
    fn decoded_within(&self, max: usize) -> Result<(Vec<u8>, Problems), TooLong> {
        let mut rest = self.body();
        let expected = self.encoding().most_content(rest.len()).min(max);
        let mut octets = Vec::with_capacity(expected.saturating_add(SPARE));
        let mut decoder = TransferDecoder::new(self.encoding());
        loop {
            let read = decoder.append_lines(rest, max - octets.len(), &mut octets);
            rest = rest.get(read..).unwrap_or_default();
            let len = octets.len();
            // As much as is left to be filled, so that nothing grows; but always some.
            let left = expected.saturating_sub(len) + SPARE / 2;
            let room = left.min(rest.len().saturating_add(SPARE / 2)).min(AHEAD);
            octets.resize(len + room, 0);
            let step = decoder.decode(rest, octets.get_mut(len..).unwrap_or_default());
            octets.truncate(len + step.written);
            rest = rest.get(step.read..).unwrap_or_default();
            if octets.len() > max {
                return Err(TooLong { max });
            }
            // Room that is left means that nothing waits; nothing read, that the content ended by itself.
            if step.written < room && (rest.is_empty() || step.read == 0 && step.written == 0) {
                break;
            }
        }
        let mut room = [0; SPARE];
        loop {
            let step = decoder.finish(&mut room);
            if step.written == 0 {
                return Ok((octets, decoder.problems()));
            }
            if step.written > max - octets.len() {
                return Err(TooLong { max });
            }
            octets.extend_from_slice(room.get(..step.written).unwrap_or_default());
        }
    }

    /// The content as text, in the charset that the media type names.
    ///
    /// Without a charset, or with one that is not known here, octets above 127 are UTF-8 where that is valid and
    /// windows-1252 elsewhere. Line ends, `format=flowed` and markup stay as they are.
    ///
    /// # Errors
    ///
    /// [`TooLong`], if the content has more than `max` octets. As UTF-8 it may have three times as many.
    pub fn text(&self, max: usize) -> Result<Text<'a>, TooLong> {
        let Decoded {
            octets,
            mut defects,
        } = self.decoded(max)?;
        let label = self.media_type().parameter("charset");
        let charset = label.as_deref().and_then(Charset::for_label);
        if label.is_some() && charset.is_none() {
            let (at, len) = self.place(Known::ContentType).unwrap_or_default();
            defects.push(defect(DefectCode::UnknownCharset, at, len));
        }
        let (text, clean) = match octets {
            Cow::Borrowed(octets) => charset::text(octets, charset),
            Cow::Owned(octets) => {
                let (text, clean) = charset::owned_text(octets, charset);
                (Cow::Owned(text), clean)
            }
        };
        if !clean {
            let body = self.body_range();
            defects.push(defect(DefectCode::UndecodableText, body.start, body.len()));
        }
        Ok(Text {
            text,
            charset,
            defects,
        })
    }

    fn try_decode<E>(&self, mut write: impl FnMut(&[u8]) -> Result<(), E>) -> Result<Problems, E> {
        let mut decoder = TransferDecoder::new(self.encoding());
        let mut room = [0; STRIDE];
        let mut rest = self.body();
        loop {
            let step = decoder.decode(rest, &mut room);
            rest = rest.get(step.read..).unwrap_or_default();
            write(room.get(..step.written).unwrap_or_default())?;
            // Nothing read means that the content ended by itself.
            if step.written == 0 && (rest.is_empty() || step.read == 0) {
                break;
            }
        }
        loop {
            let step = decoder.finish(&mut room);
            if step.written == 0 {
                return Ok(decoder.problems());
            }
            write(room.get(..step.written).unwrap_or_default())?;
        }
    }

    fn located(&self, problems: &Problems) -> Vec<Defect> {
        let body = self.body_range();
        let place = |first: u64| {
            let first = usize::try_from(first).unwrap_or(usize::MAX);
            body.start.saturating_add(first).min(body.end)
        };
        let defects = problems.iter().map(|problem| {
            let at = place(problem.first);
            defect(problem.code, at, (body.end - at).min(1))
        });
        defects.collect()
    }
}

fn defect(code: DefectCode, at: usize, len: usize) -> Defect {
    Defect {
        code,
        at: at as u64,
        len: len as u64,
    }
}
