//! How the octets of a body become lines of mail: the encoding that is right for them, and smallest.

use bytes::{Bytes, BytesMut};

use super::Profile;
use super::error::Misuse;
use super::part::{Content, Domain};
use crate::decode::FlowedEncoder;
use crate::defect::DefectCode;
use crate::line::{Census, Lines};

/// A Content-Transfer-Encoding that is written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// 7bit, 8bit or binary.
    Copy(Domain),
    QuotedPrintable,
    Base64,
}

impl Coding {
    pub(super) fn name(self) -> &'static [u8] {
        match self {
            Self::Copy(Domain::SevenBit) => b"7bit",
            Self::Copy(Domain::EightBit) => b"8bit",
            Self::Copy(Domain::Binary) => b"binary",
            Self::QuotedPrintable => b"quoted-printable",
            Self::Base64 => b"base64",
        }
    }

    /// What octets come out.
    pub(super) fn domain(self) -> Domain {
        match self {
            Self::Copy(domain) => domain,
            Self::QuotedPrintable | Self::Base64 => Domain::SevenBit,
        }
    }
}

/// What is done to lines before they are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Nothing: they are right, or no lines.
    Keep,
    /// They get CRLF at their ends.
    Crlf,
    /// They are broken softly.
    Flowed,
}

/// A body, and what to do with it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) content: Content,
    pub(super) rule: Rule,
    pub(super) coding: Coding,
}

impl Work {
    /// Room that the coded body is likely to fit in, as far as it is known.
    pub(super) fn capacity(&self) -> usize {
        match (&self.content, self.coding) {
            (Content::Pulled(_), _) => 0,
            // What encodes needs some room to work in.
            (Content::Known(octets), Coding::Copy(_)) => octets.len() + octets.len() / 16,
            (Content::Known(octets), Coding::QuotedPrintable) => {
                octets.len() + octets.len() / 4 + 256
            }
            (Content::Known(octets), Coding::Base64) => base64_len(octets) + 256,
        }
    }

    /// Octets that must come out of the decoder as they are.
    pub(super) fn octets(content: Content, profile: Profile) -> Self {
        let coding = match profile {
            Profile::SevenBit | Profile::EightBitMime => Coding::Base64,
            Profile::BinaryMime => Coding::Copy(Domain::Binary),
        };
        Self {
            content,
            rule: Rule::Keep,
            coding,
        }
    }

    /// Octets that must not be touched. `declared` is believed of what is not known; it is checked on the way.
    pub(super) fn verbatim(
        content: Content,
        declared: Domain,
        profile: Profile,
    ) -> Result<Self, Misuse> {
        let domain = match &content {
            Content::Known(octets) => Traits::of(octets).domain(),
            Content::Pulled(_) => declared,
        };
        match (domain, profile) {
            (Domain::EightBit, Profile::SevenBit) => Err(Misuse::NeedsEightBit),
            (Domain::Binary, Profile::SevenBit | Profile::EightBitMime) => Err(Misuse::NeedsBinary),
            (Domain::SevenBit | Domain::EightBit | Domain::Binary, _) => Ok(Self {
                content,
                rule: Rule::Keep,
                coding: Coding::Copy(domain),
            }),
        }
    }

    /// Lines of text; answers the charset too, which is not looked for if it is `named`.
    pub(super) fn text(
        content: Content,
        flowed: bool,
        named: bool,
        profile: Profile,
    ) -> Result<(Self, &'static [u8]), Misuse> {
        let octets = match content {
            Content::Pulled(_) => {
                let rule = if flowed { Rule::Flowed } else { Rule::Keep };
                let coding = Coding::QuotedPrintable;
                let work = Self {
                    content,
                    rule,
                    coding,
                };
                return Ok((work, b"utf-8"));
            }
            Content::Known(octets) if flowed => flow(&octets),
            Content::Known(octets) => octets,
        };
        let traits = Traits::of(&octets);
        if !named && traits.eight_bit && core::str::from_utf8(&octets).is_err() {
            return Err(Misuse::NotUtf8);
        }
        let charset: &[u8] = if traits.eight_bit {
            b"utf-8"
        } else {
            b"us-ascii"
        };
        let coding = traits.coding(&octets, profile);
        let rule = match coding {
            Coding::Copy(_) | Coding::Base64 if traits.bare_lf => Rule::Crlf,
            // The encoder makes lines by itself.
            Coding::Copy(_) | Coding::Base64 | Coding::QuotedPrintable => Rule::Keep,
        };
        let work = Self {
            content: Content::Known(octets),
            rule,
            coding,
        };
        Ok((work, charset))
    }
}

/// What is known is broken beforehand, so that its encoding is chosen for the lines that will be there.
fn flow(octets: &[u8]) -> Bytes {
    let mut lines = BytesMut::with_capacity(octets.len() + octets.len() / 32);
    let mut encoder = FlowedEncoder::new(false);
    encoder.extend(octets, &mut lines);
    encoder.finish_into(&mut lines);
    lines.freeze()
}

/// What known octets hold.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    bare_cr: bool,
    bare_lf: bool,
    nul: bool,
    long: bool,
    eight_bit: bool,
}

impl Traits {
    fn of(octets: &[u8]) -> Self {
        let (mut lines, mut census) = (Lines::new(false), Census::default());
        lines.pass(octets, 0, &mut census);
        lines.finish(octets.len() as u64, &mut census);
        let has = |code| {
            census
                .defects(false, true)
                .any(|defect| defect.code == code)
        };
        Self {
            bare_cr: has(DefectCode::BareCr),
            bare_lf: has(DefectCode::BareLf),
            nul: has(DefectCode::Nul),
            long: has(DefectCode::LongLine),
            eight_bit: has(DefectCode::EightBitInSevenBit),
        }
    }

    /// Where the octets belong as they are.
    fn domain(self) -> Domain {
        if self.bare_cr || self.bare_lf || self.nul || self.long {
            Domain::Binary
        } else if self.eight_bit {
            Domain::EightBit
        } else {
            Domain::SevenBit
        }
    }

    /// How text is coded, once its line ends are right.
    fn coding(self, octets: &[u8], profile: Profile) -> Coding {
        let lines = Self {
            bare_lf: false,
            ..self
        };
        let copied = match (lines.domain(), profile) {
            (Domain::SevenBit, _) => !is_fragile(octets),
            (Domain::EightBit, Profile::EightBitMime | Profile::BinaryMime) => !is_fragile(octets),
            (Domain::Binary, Profile::BinaryMime) => true,
            (Domain::EightBit | Domain::Binary, _) => false,
        };
        if copied {
            return Coding::Copy(lines.domain());
        }
        if quoted_len(octets) <= base64_len(octets) {
            Coding::QuotedPrintable
        } else {
            Coding::Base64
        }
    }
}

/// Whether a line begins with "From ", which mailboxes in files change, or is a full stop alone, which ends a message
/// in careless hands (RFC 2049, section 3).
fn is_fragile(octets: &[u8]) -> bool {
    let begins = |line: &[u8]| {
        line.starts_with(b"From ")
            || matches!(line, [b'.'] | [b'.', b'\n', ..] | [b'.', b'\r', b'\n', ..])
    };
    let mut ends = memchr::memchr_iter(b'\n', octets);
    begins(octets) || ends.any(|end| begins(octets.get(end + 1..).unwrap_or_default()))
}

/// Octets of the text in quoted-printable: every line break exact, soft ones by estimate.
fn quoted_len(octets: &[u8]) -> usize {
    // Without branches, in counts of one octet: a compiler sees vectors.
    let odd = |o: u8| {
        let control = (o < b' ') & (o != b'\t') & (o != b'\n') & (o != b'\r');
        u8::from(control | (o > b'~') | (o == b'='))
    };
    let stretch = |octets: &[u8]| {
        octets
            .iter()
            .fold(0u8, |odds, &o| odds.wrapping_add(odd(o)))
    };
    let odds: usize = octets
        .chunks(255)
        .map(|octets| usize::from(stretch(octets)))
        .sum();
    let total = octets.len() + 2 * odds;
    total + total / 75 * 3
}

/// Octets of the text in base64, its line breaks as they are.
fn base64_len(octets: &[u8]) -> usize {
    let characters = octets.len().div_ceil(3) * 4;
    characters + characters.div_ceil(76) * 2
}
