//! Boundaries, and the watch for them in bodies that are copied.

use bytes::BytesMut;

use super::error::Error;
use super::part::{Domain, Slot};
use super::text::digit;
use crate::line::{Census, Lines};

/// What all boundaries of a message end with: `=_` and 128 random bits.
///
/// Before it stands the number of the multipart. So one search finds all of them, none begins another, and neither
/// quoted-printable nor base64 can hold one (RFC 2045, section 6.7, rule 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail([u8; Self::LEN]);

impl Tail {
    const LEN: usize = 34;

    /// Another one for each attempt.
    pub(super) fn new(random: [u8; 16], attempt: u32) -> Self {
        // An odd number: it takes 2^128 attempts to come back.
        const STRIDE: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
        let bits = STRIDE.wrapping_mul(u128::from(attempt));
        let bits = u128::from_be_bytes(random).wrapping_add(bits).to_be_bytes();
        let mut tail = [0; Self::LEN];
        let (pairs, _) = tail.as_chunks_mut();
        let digits = bits.map(|octet| [digit(octet >> 4), digit(octet & 15)]);
        for (pair, digits) in pairs.iter_mut().zip([*b"=_"].into_iter().chain(digits)) {
            *pair = digits;
        }
        Self(tail)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Where it is in `octets`.
    pub(super) fn find(&self, octets: &[u8]) -> Option<usize> {
        // Setting up a search for so long a needle costs more than most bodies.
        let mut places = memchr::memchr_iter(b'=', octets);
        places.find(|&at| octets.get(at..at + Self::LEN) == Some(&self.0[..]))
    }
}

/// Decimal digits of the number of a multipart, the last ones of the array, and how many they are.
pub(super) fn number(mut value: usize) -> ([u8; 20], usize) {
    let mut digits = [b'0'; 20];
    let mut len = 0;
    for slot in digits.iter_mut().rev() {
        *slot = u8::try_from(value % 10).map_or(b'0', digit);
        value /= 10;
        len += 1;
        if value == 0 {
            break;
        }
    }
    (digits, len)
}

/// Watches octets that nobody could look at beforehand.
#[derive(Debug)]
pub(super) struct Guard {
    slot: Slot,
    domain: Domain,
    tail: Option<Tail>,
    /// So many octets of the tail came last, and are held back.
    held: usize,
    at: u64,
    lines: Lines,
    census: Census,
}

impl Guard {
    pub(super) fn new(slot: Slot, domain: Domain, tail: Option<Tail>) -> Self {
        Self {
            slot,
            domain,
            tail,
            held: 0,
            at: 0,
            lines: Lines::new(false),
            census: Census::default(),
        }
    }

    /// Appends `octets` to `tx`, but for those that may begin a boundary.
    pub(super) fn pass(&mut self, octets: &[u8], tx: &mut BytesMut) -> Result<(), Error> {
        if self.domain < Domain::Binary {
            self.lines.pass(octets, self.at, &mut self.census);
            self.at += octets.len() as u64;
            self.judge()?;
        }
        match self.tail {
            Some(tail) => self.watch(tail, octets, tx),
            None => {
                tx.extend_from_slice(octets);
                Ok(())
            }
        }
    }

    /// Appends what was held back.
    pub(super) fn finish(&mut self, tx: &mut BytesMut) -> Result<(), Error> {
        if self.domain < Domain::Binary {
            self.lines.finish(self.at, &mut self.census);
            self.judge()?;
        }
        if let Some(tail) = self.tail {
            self.release(tail, tx);
        }
        Ok(())
    }

    fn judge(&self) -> Result<(), Error> {
        let mut defects = self.census.defects(false, self.domain == Domain::SevenBit);
        match defects.next() {
            None => Ok(()),
            Some(_) => Err(Error::OutsideDomain {
                slot: self.slot,
                domain: self.domain,
            }),
        }
    }

    fn watch(&mut self, tail: Tail, octets: &[u8], tx: &mut BytesMut) -> Result<(), Error> {
        let mut rest = octets;
        while self.held > 0
            && let [octet, after @ ..] = rest
        {
            if tail.0.get(self.held) != Some(octet) {
                self.release(tail, tx);
                break;
            }
            self.held += 1;
            rest = after;
            if self.held == Tail::LEN {
                return Err(Error::BoundaryInBody(self.slot));
            }
        }
        if self.held > 0 {
            return Ok(());
        }
        if let Some(at) = tail.find(rest) {
            tx.extend_from_slice(rest.get(..at).unwrap_or_default());
            return Err(Error::BoundaryInBody(self.slot));
        }
        // Only its first octet is an equals sign: nothing before the last one can begin it.
        let near = rest.len().saturating_sub(Tail::LEN - 1);
        let last = memchr::memrchr(b'=', rest.get(near..).unwrap_or_default());
        let begun = last.map(|last| near + last);
        let begun = begun.filter(|&at| tail.0.starts_with(rest.get(at..).unwrap_or_default()));
        let (now, held) = rest.split_at(begun.unwrap_or(rest.len()));
        tx.extend_from_slice(now);
        self.held = held.len();
        Ok(())
    }

    fn release(&mut self, tail: Tail, tx: &mut BytesMut) {
        tx.extend_from_slice(tail.0.get(..self.held).unwrap_or_default());
        self.held = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Slot = Slot(1);

    fn run(octets: &[u8], size: usize, domain: Domain) -> (BytesMut, Result<(), Error>) {
        let mut guard = Guard::new(SLOT, domain, Some(Tail::new([7; 16], 0)));
        let mut tx = BytesMut::new();
        let passed = octets
            .chunks(size)
            .try_for_each(|piece| guard.pass(piece, &mut tx));
        let passed = passed.and_then(|()| guard.finish(&mut tx));
        (tx, passed)
    }

    #[test]
    fn no_octet_of_a_boundary_is_emitted_however_it_was_cut() {
        let tail = Tail::new([7; 16], 0);
        let body = [b"x=_07=_0\n--1", tail.as_bytes(), b"\nrest"].concat();
        for size in 1..body.len() {
            let (tx, passed) = run(&body, size, Domain::Binary);
            assert_eq!(passed, Err(Error::BoundaryInBody(SLOT)));
            assert_eq!(&tx[..], b"x=_07=_0\n--1", "{size}");
        }
    }

    #[test]
    fn what_only_begins_like_a_boundary_passes_whole() {
        let tail = Tail::new([7; 16], 0);
        let nearly = &tail.as_bytes()[..33];
        let body = [b"=", nearly, nearly, b"=_=", nearly].concat();
        for size in 1..body.len() {
            let (tx, passed) = run(&body, size, Domain::Binary);
            assert_eq!((passed, &tx[..]), (Ok(()), &body[..]), "{size}");
        }
    }

    #[test]
    fn octets_outside_the_declared_domain_end_the_message() {
        let outside = |domain| Err(Error::OutsideDomain { slot: SLOT, domain });
        for size in 1..4 {
            for (body, seven, eight) in [
                (&b"a\r\nb"[..], true, true),
                (b"\xff", false, true),
                (b"a\nb", false, false),
                (b"a\r", false, false),
                (b"\0", false, false),
            ] {
                let expect = |domain, good| if good { Ok(()) } else { outside(domain) };
                for (domain, good) in [(Domain::SevenBit, seven), (Domain::EightBit, eight)] {
                    assert_eq!(run(body, size, domain).1, expect(domain, good), "{body:?}");
                }
                assert_eq!(run(body, size, Domain::Binary).1, Ok(()));
            }
        }
        let line = [b'x'; 999];
        assert!(run(&line[..998], 100, Domain::SevenBit).1.is_ok());
        assert_eq!(
            run(&line, 100, Domain::SevenBit).1,
            outside(Domain::SevenBit)
        );
    }

    #[test]
    fn attempts_give_other_boundaries_that_quoted_printable_cannot_hold() {
        let first = Tail::new([255; 16], 0);
        assert_eq!(first.as_bytes(), b"=_FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
        assert_ne!(first, Tail::new([255; 16], 1));
    }
}
