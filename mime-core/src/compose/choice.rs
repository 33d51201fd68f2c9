//! How the octets of a body become lines of mail: the encoding that is right for them, and smallest.

use core::mem;

use bytes::{Bytes, BytesMut};

use super::Profile;
use super::error::Misuse;
use super::fold::MAX_LINE;
use super::part::{Content, Domain};
use crate::decode::FlowedEncoder;

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
            Content::Known(octets) => Traits::of(octets).domain(Habits::of(octets).long),
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

/// Octets looked at side by side.
const LANES: usize = 16;

/// Octets after which what the lanes counted is added up: none of them can overflow.
const STRETCH: usize = 254 * LANES;

/// What known octets hold, but for the length of their lines.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    bare_cr: bool,
    bare_lf: bool,
    nul: bool,
    eight_bit: bool,
    /// Octets that are three in quoted-printable.
    odd: usize,
}

impl Traits {
    fn of(octets: &[u8]) -> Self {
        let (Some((&first, here)), Some((&last, before))) =
            (octets.split_first(), octets.split_last())
        else {
            return Self::default();
        };
        const HIGH: u128 = u128::from_ne_bytes([0x80; LANES]);
        let met = |lanes: [u8; LANES]| u128::from_ne_bytes(lanes) != 0;
        let mut seen = Sweep::default();
        let mut odd = 0;
        seen.note(&[b' '; LANES], &pad(&[first]));
        for (before, here) in before.chunks(STRETCH).zip(here.chunks(STRETCH)) {
            seen.pass(before, here);
            odd += seen.take_odd();
        }
        Self {
            bare_cr: last == b'\r' || met(seen.bare_cr),
            bare_lf: met(seen.bare_lf),
            nul: met(seen.nul),
            eight_bit: u128::from_ne_bytes(seen.bits) & HIGH != 0,
            odd: odd + seen.take_odd(),
        }
    }

    /// Where the octets belong as they are; `long` says whether a line of them is too long.
    fn domain(self, long: bool) -> Domain {
        if self.bare_cr || self.bare_lf || self.nul || long {
            Domain::Binary
        } else if self.eight_bit {
            Domain::EightBit
        } else {
            Domain::SevenBit
        }
    }

    /// How text is coded, once its line ends are right.
    fn coding(self, octets: &[u8], profile: Profile) -> Coding {
        let ended = Self {
            bare_lf: false,
            ..self
        };
        let carried = match (ended.domain(false), profile) {
            (Domain::SevenBit, _) | (_, Profile::BinaryMime) => true,
            (Domain::EightBit, Profile::EightBitMime) => true,
            (Domain::EightBit | Domain::Binary, _) => false,
        };
        if carried {
            // Only now it matters how long the lines are, and how they begin.
            let lines = Habits::of(octets);
            let domain = ended.domain(lines.long);
            let copied = match (domain, profile) {
                (Domain::SevenBit | Domain::EightBit, _) => !lines.fragile,
                (Domain::Binary, Profile::BinaryMime) => true,
                (Domain::Binary, Profile::SevenBit | Profile::EightBitMime) => false,
            };
            if copied {
                return Coding::Copy(domain);
            }
        }
        if self.quoted_len(octets) <= base64_len(octets) {
            Coding::QuotedPrintable
        } else {
            Coding::Base64
        }
    }

    /// Octets of the text in quoted-printable: every line break exact, soft ones by estimate.
    fn quoted_len(self, octets: &[u8]) -> usize {
        let total = octets.len() + 2 * self.odd;
        total + total / 75 * 3
    }
}

/// What lanes have met.
#[derive(Default)]
struct Sweep {
    bare_cr: [u8; LANES],
    bare_lf: [u8; LANES],
    nul: [u8; LANES],
    /// The bits of all octets.
    bits: [u8; LANES],
    odd: [u8; LANES],
}

impl Sweep {
    /// Looks at a stretch, at each octet with the one before it.
    fn pass(&mut self, before: &[u8], here: &[u8]) {
        let (befores, rest_before) = before.as_chunks();
        let (heres, rest_here) = here.as_chunks();
        for (before, here) in befores.iter().zip(heres) {
            self.note(before, here);
        }
        if !rest_here.is_empty() {
            self.note(&pad(rest_before), &pad(rest_here));
        }
    }

    fn note(&mut self, before: &[u8; LANES], here: &[u8; LANES]) {
        let lanes = self.bare_cr.iter_mut().zip(&mut self.bare_lf);
        let lanes = lanes.zip(&mut self.nul).zip(&mut self.bits);
        let lanes = lanes.zip(&mut self.odd);
        for (((((cr, lf), nul), bits), odd), (&last, &octet)) in lanes.zip(before.iter().zip(here))
        {
            let (is_cr, is_lf) = (mask(last == b'\r'), mask(octet == b'\n'));
            *cr |= is_cr & !is_lf;
            *lf |= is_lf & !is_cr;
            *nul |= mask(octet == 0);
            *bits |= octet;
            // HT, LF and CR are the controls that need no encoding.
            let kept = mask(octet == b'\t') | is_lf | mask(octet == b'\r');
            let control = mask(octet < b' ') & !kept;
            let coded = control | mask(octet > b'~') | mask(octet == b'=');
            *odd = odd.wrapping_sub(coded);
        }
    }

    fn take_odd(&mut self) -> usize {
        // Pairs of lanes are added, and what they give, all at once.
        const PAIRS: u128 = u128::from_ne_bytes([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
        const LOW: u128 = PAIRS * 0xff;
        let lanes = u128::from_ne_bytes(mem::take(&mut self.odd));
        let pairs = (lanes & LOW) + (lanes >> 8 & LOW);
        let [high, low, ..] = pairs.wrapping_mul(PAIRS).to_be_bytes();
        usize::from(u16::from_be_bytes([high, low]))
    }
}

/// All bits, or none: what a comparison of vectors answers.
fn mask(is: bool) -> u8 {
    u8::from(is).wrapping_neg()
}

/// The octets, with spaces behind them.
fn pad(octets: &[u8]) -> [u8; LANES] {
    let mut padded = [b' '; LANES];
    if let Some(begin) = padded.get_mut(..octets.len()) {
        begin.copy_from_slice(octets);
    }
    padded
}

/// How lines are made.
#[derive(Clone, Copy, Debug, Default)]
struct Habits {
    /// One is above 998 octets (RFC 5322, section 2.1.1).
    long: bool,
    /// One begins with "From ", which mailboxes in files change, or is a full stop alone, which ends a message in
    /// careless hands (RFC 2049, section 3).
    fragile: bool,
}

impl Habits {
    fn of(octets: &[u8]) -> Self {
        let mut habits = Self::default();
        let mut at = 0;
        let ends = memchr::memchr_iter(b'\n', octets).chain([octets.len()]);
        for end in ends {
            let line = octets.get(at..end).unwrap_or_default();
            habits.fragile |= match line {
                [b'F', rest @ ..] => rest.starts_with(b"rom "),
                [b'.'] | [b'.', b'\r'] => true,
                _ => false,
            };
            habits.long |=
                line.len() > MAX_LINE && line.strip_suffix(b"\r").unwrap_or(line).len() > MAX_LINE;
            at = end + 1;
        }
        habits
    }
}

/// Octets of the text in base64, its line breaks as they are.
fn base64_len(octets: &[u8]) -> usize {
    let characters = octets.len().div_ceil(3) * 4;
    characters + characters.div_ceil(76) * 2
}
