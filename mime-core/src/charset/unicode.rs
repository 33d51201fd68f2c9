//! UTF-16 (RFC 2781) and UTF-7 (RFC 2152), resumable at any octet.

use alloc::string::String;

use crate::decode::base64_value;

#[derive(Clone, Copy, Debug)]
enum Order {
    /// Not known before the first two octets.
    Mark,
    Little,
    Big,
}

#[derive(Clone, Debug)]
pub(super) struct Utf16 {
    order: Order,
    half: Option<u8>,
    units: Units,
}

impl Utf16 {
    fn new(order: Order) -> Self {
        Self {
            order,
            half: None,
            units: Units::default(),
        }
    }

    pub(super) fn by_mark() -> Self {
        Self::new(Order::Mark)
    }

    pub(super) fn little() -> Self {
        Self::new(Order::Little)
    }

    pub(super) fn big() -> Self {
        Self::new(Order::Big)
    }

    pub(super) fn decode(&mut self, src: &[u8], text: &mut String) -> u64 {
        let mut malformed = 0;
        for &octet in src {
            let Some(first) = self.half.take() else {
                self.half = Some(octet);
                continue;
            };
            let pair = [first, octet];
            let unit = match self.order {
                Order::Little => u16::from_le_bytes(pair),
                Order::Big => u16::from_be_bytes(pair),
                // Without a mark, big endian (RFC 2781, section 4.3).
                Order::Mark => {
                    self.order = if pair == [0xff, 0xfe] {
                        Order::Little
                    } else {
                        Order::Big
                    };
                    if matches!(pair, [0xff, 0xfe] | [0xfe, 0xff]) {
                        continue;
                    }
                    u16::from_be_bytes(pair)
                }
            };
            malformed += self.units.push(unit, text);
        }
        malformed
    }

    pub(super) fn finish(&mut self, text: &mut String) -> u64 {
        let mut malformed = self.units.finish(text);
        if self.half.take().is_some() {
            text.push(char::REPLACEMENT_CHARACTER);
            malformed += 1;
        }
        malformed
    }
}

/// Code units to characters.
#[derive(Clone, Debug, Default)]
struct Units {
    high: Option<u16>,
}

impl Units {
    fn push(&mut self, unit: u16, text: &mut String) -> u64 {
        let mut malformed = 0;
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                let point =
                    0x1_0000 + ((u32::from(high) & 0x3ff) << 10) + (u32::from(unit) & 0x3ff);
                text.push(char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
                return 0;
            }
            text.push(char::REPLACEMENT_CHARACTER);
            malformed += 1;
        }
        match char::from_u32(u32::from(unit)) {
            Some(whole) => text.push(whole),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => {
                text.push(char::REPLACEMENT_CHARACTER);
                malformed += 1;
            }
        }
        malformed
    }

    fn finish(&mut self, text: &mut String) -> u64 {
        if self.high.take().is_none() {
            return 0;
        }
        text.push(char::REPLACEMENT_CHARACTER);
        1
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Utf7 {
    shifted: bool,
    /// Nothing has followed the plus sign yet: `+-` is a plus sign.
    fresh: bool,
    bits: u32,
    count: u32,
    units: Units,
}

impl Utf7 {
    pub(super) fn decode(&mut self, src: &[u8], text: &mut String) -> u64 {
        let mut malformed = 0;
        for &octet in src {
            if self.shifted {
                malformed += self.shifted(octet, text);
            } else if octet == b'+' {
                self.shifted = true;
                self.fresh = true;
                self.bits = 0;
                self.count = 0;
            } else {
                malformed += direct(octet, text);
            }
        }
        malformed
    }

    fn shifted(&mut self, octet: u8, text: &mut String) -> u64 {
        if let Some(value) = base64_value(octet) {
            self.fresh = false;
            self.bits = (self.bits << 6 | u32::from(value)) & 0x003f_ffff;
            self.count += 6;
            if self.count < 16 {
                return 0;
            }
            self.count -= 16;
            let [.., high, low] = (self.bits >> self.count).to_be_bytes();
            return self.units.push(u16::from_be_bytes([high, low]), text);
        }
        let fresh = self.fresh;
        let mut malformed = self.leave(text);
        match (octet, fresh) {
            (b'-', true) => text.push('+'),
            (b'-', false) => {}
            _ => malformed += direct(octet, text),
        }
        malformed
    }

    fn leave(&mut self, text: &mut String) -> u64 {
        self.shifted = false;
        // The bits left over are fewer than a code unit and must be zero.
        let left = self.bits & ((1 << self.count.min(16)) - 1);
        let malformed = self.units.finish(text) + u64::from(left != 0 || self.count >= 6);
        self.bits = 0;
        self.count = 0;
        malformed
    }

    pub(super) fn finish(&mut self, text: &mut String) -> u64 {
        if self.shifted { self.leave(text) } else { 0 }
    }
}

fn direct(octet: u8, text: &mut String) -> u64 {
    if octet.is_ascii() {
        text.push(char::from(octet));
        return 0;
    }
    text.push(char::REPLACEMENT_CHARACTER);
    1
}
