//! What the octets of a text are, told by one look at each.

/// Kinds of octets. One may be of several.
pub(super) mod kind {
    /// `atext` (RFC 5322, section 3.2.3; RFC 6532, section 3.2).
    pub(in crate::compose) const ATEXT: u8 = 1;
    /// Above 127.
    pub(in crate::compose) const HIGH: u8 = 2;
    /// A control character, HT among them.
    pub(in crate::compose) const CONTROL: u8 = 4;
    /// What stands for itself in a Q word in every place (RFC 2047, section 5).
    pub(in crate::compose) const LITERAL: u8 = 8;
    /// What an encoded word begins with.
    pub(in crate::compose) const EQUALS: u8 = 16;
    /// A space.
    pub(in crate::compose) const SPACE: u8 = 32;
    /// What neither an identifier nor an atom of one holds.
    pub(in crate::compose) const DELIMITER: u8 = 64;
    /// A full stop.
    pub(in crate::compose) const DOT: u8 = 128;
}

const KINDS: [u8; 256] = kinds();

#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "at compile time either one is an error"
)]
const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut octet = 0;
    while octet < kinds.len() {
        kinds[octet] = kind_of(octet as u8);
        octet += 1;
    }
    kinds
}

const fn kind_of(octet: u8) -> u8 {
    match octet {
        b' ' => kind::SPACE | kind::DELIMITER,
        b'<' | b'>' | b'(' | b')' | b'"' | b',' | b'\\' => kind::DELIMITER,
        b'.' => kind::DOT,
        b'=' => kind::ATEXT | kind::EQUALS,
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'!' | b'*' | b'+' | b'-' | b'/' => {
            kind::ATEXT | kind::LITERAL
        }
        b'#'..=b'\'' | b'?' | b'^'..=b'`' | b'{'..=b'~' => kind::ATEXT,
        128.. => kind::ATEXT | kind::HIGH,
        0..=31 | 127 => kind::CONTROL,
        b':' | b';' | b'@' | b'[' | b']' => 0,
    }
}

/// The kinds of an octet.
#[inline]
pub(super) fn kinds_of(octet: u8) -> u8 {
    KINDS.get(usize::from(octet)).copied().unwrap_or_default()
}

/// What all octets of a text are together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    some: u8,
    all: u8,
}

impl Look {
    pub(super) fn of(text: &str) -> Self {
        let (mut some, mut all) = (0, u8::MAX);
        for octet in text.bytes() {
            let kinds = kinds_of(octet);
            some |= kinds;
            all &= kinds;
        }
        Self { some, all }
    }

    /// Whether an octet is of one of these kinds.
    pub(super) fn has(self, kinds: u8) -> bool {
        self.some & kinds != 0
    }

    /// Whether there are octets, and every one is of this kind.
    pub(super) fn is_all(self, kind: u8) -> bool {
        self.some & self.all & kind != 0
    }
}
