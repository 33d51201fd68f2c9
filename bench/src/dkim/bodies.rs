//! Bodies that are made: the same octets in every run.

use std::iter::repeat_n;

/// What a body is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Words with single spaces between them, in lines of about 70.
    Text,
    /// Lines of 76 without white space.
    Base64,
    /// Tags one to a line, indented by two spaces a level.
    Html,
    /// Words of one to eight octets with one to three spaces or TABs between them, often at the ends of lines too.
    Ragged,
}

/// A body of at least `len` octets, up to a line more.
pub(super) fn body(kind: Kind, len: usize) -> Vec<u8> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut body = Vec::with_capacity(len + 256);
    while body.len() < len {
        match kind {
            Kind::Text => text(&mut dice, &mut body),
            Kind::Base64 => base64(&mut dice, &mut body),
            Kind::Html => html(&mut dice, &mut body),
            Kind::Ragged => ragged(&mut dice, &mut body),
        }
        body.extend_from_slice(b"\r\n");
    }
    body
}

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    const fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    const fn below(&mut self, end: usize) -> usize {
        (self.draw() % end as u64) as usize
    }

    fn word(&mut self, longest: usize, body: &mut Vec<u8>) {
        for _ in 0..=self.below(longest) {
            body.push(b"etaoinshrdlucmfwypvbgkjqxz"[self.below(26)]);
        }
    }
}

fn text(dice: &mut Dice, body: &mut Vec<u8>) {
    let end = body.len() + 70;
    dice.word(9, body);
    while body.len() + 10 < end {
        body.push(b' ');
        dice.word(9, body);
    }
}

fn base64(dice: &mut Dice, body: &mut Vec<u8>) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for _ in 0..76 {
        body.push(ALPHABET[dice.below(64)]);
    }
}

fn html(dice: &mut Dice, body: &mut Vec<u8>) {
    let level = 1 + dice.below(8);
    body.extend(repeat_n(b' ', 2 * level));
    body.extend_from_slice(b"<td class=\"");
    dice.word(8, body);
    body.extend_from_slice(b"\" style=\"color: #333333; padding: 4px\">");
    for _ in 0..dice.below(5) {
        dice.word(9, body);
        body.push(b' ');
    }
    dice.word(9, body);
    body.extend_from_slice(b"</td>");
}

fn ragged(dice: &mut Dice, body: &mut Vec<u8>) {
    let end = body.len() + 66;
    while body.len() < end {
        dice.word(8, body);
        for _ in 0..=dice.below(3) {
            body.push(if dice.below(4) == 0 { b'\t' } else { b' ' });
        }
    }
    if dice.below(2) == 0 {
        dice.word(8, body);
    }
}
