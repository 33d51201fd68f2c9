//! Text in fields: plain where that is possible, encoded words where it must be (RFC 2047).

use super::error::Misuse;
use super::fold::{self, Fold, WIDTH};
use super::look::{Look, kind, kinds_of};
use crate::decode::Base64Encoder;

/// How text beyond US-ASCII is written in fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wording {
    /// As encoded words (RFC 2047), which every reader understands.
    #[default]
    EncodedWords,
    /// As it is (RFC 6532): only for messages [with SMTPUTF8](super::Config::with_smtputf8).
    Utf8,
}

impl Wording {
    /// Whether text may stand as it is, as far as its octets tell.
    fn admits(self, look: Look) -> bool {
        match self {
            Self::EncodedWords => !look.has(kind::HIGH),
            Self::Utf8 => true,
        }
    }
}

/// The longest encoded word (RFC 2047, section 2).
const MAX_WORD: usize = 75;
/// Octets of a word that are not text.
const FRAME: usize = 12;
const CLOSE: &[u8] = b"?=";
/// Words and runs of white space above this are encoded, which lets them be folded.
const MAX_PLAIN: usize = 900;
const MAX_SPACE: usize = 40;

/// Refuses what must not stand in a field; answers what the text holds. A tab is white space where `tab` says so.
pub(super) fn admit(text: &str, tab: bool) -> Result<Look, Misuse> {
    let look = Look::of(text);
    if look.has(kind::CONTROL) {
        for octet in text.bytes() {
            match octet {
                b'\r' | b'\n' => return Err(Misuse::LineBreak),
                b'\t' if tab => {}
                0..=31 | 127 => return Err(Misuse::ControlCharacter),
                _ => {}
            }
        }
    }
    if look.has(kind::HIGH) {
        // U+0080 to U+009F are the first of those that this octet begins.
        let text = text.as_bytes();
        let mut begins = memchr::memchr_iter(0xc2, text);
        if begins.any(|at| text.get(at + 1).is_some_and(|&octet| octet < 0xa0)) {
            return Err(Misuse::ControlCharacter);
        }
    }
    Ok(look)
}

/// Whether something in it begins like an encoded word.
fn holds_mark(text: &str, look: Look) -> bool {
    let text = text.as_bytes();
    let begins = |at| text.get(at + 1) == Some(&b'?');
    look.has(kind::EQUALS) && memchr::memchr_iter(b'=', text).any(begins)
}

/// Writes unstructured text (RFC 5322, section 2.2.1), such that reading it gives the text again, white space
/// included.
pub(super) fn unstructured(
    field: &mut Fold<'_>,
    text: &str,
    wording: Wording,
) -> Result<(), Misuse> {
    let look = admit(text, true)?;
    let white = |octet: Option<&u8>| matches!(octet, Some(b' ' | b'\t'));
    let edge = white(text.as_bytes().first()) || white(text.as_bytes().last());
    let plain = !edge && wording.admits(look) && !holds_mark(text, look);
    if plain && field.column() + text.len() + 2 <= WIDTH {
        if !text.is_empty() {
            field.piece(b" ", [text.as_bytes()]);
        }
        return Ok(());
    }
    // The white space before a run of words to be encoded, where the run begins, and where it ends.
    let mut run: Option<(&str, usize, usize)> = None;
    let trimmed = text.trim_end_matches([' ', '\t']).len();
    let mut at = 0;
    for (space, word) in fold::words(text) {
        let (start, end) = (at, at + space.len() + word.len());
        at = end;
        // White space at both ends would be lost: it is encoded with the word beside it.
        let encode = end >= trimmed && trimmed < text.len()
            || start == 0 && !space.is_empty()
            || space.len() > MAX_SPACE
            || word.len() > MAX_PLAIN
            || wording == Wording::EncodedWords && !word.is_ascii()
            || holds_mark(word, look);
        run = match (run, encode) {
            (Some((space, from, _)), true) => Some((space, from, end)),
            (None, true) => {
                // One octet of white space separates; reading drops none of the others.
                let kept = if start == 0 {
                    0
                } else if space.len() > MAX_SPACE {
                    1
                } else {
                    space.len()
                };
                Some((space.get(..kept).unwrap_or_default(), start + kept, end))
            }
            (run, false) => {
                if let Some((space, from, to)) = run {
                    encoded_words(field, space, text.get(from..to).unwrap_or_default());
                }
                let space = if start == 0 { " " } else { space };
                let rest = text.get(end - word.len()..).unwrap_or_default();
                if trimmed == text.len() && ends_plainly(field, space, rest) {
                    field.piece(space.as_bytes(), [rest.as_bytes()]);
                    return Ok(());
                }
                field.piece(space.as_bytes(), [word.as_bytes()]);
                None
            }
        };
    }
    if let Some((space, from, to)) = run {
        encoded_words(field, space, text.get(from..to).unwrap_or_default());
    }
    Ok(())
}

/// Whether what is left is plain, and fits on the present line.
fn ends_plainly(field: &Fold<'_>, space: &str, rest: &str) -> bool {
    rest.len() <= MAX_SPACE
        && field.column() + space.len() + rest.len() < WIDTH
        && !Look::of(rest).has(kind::HIGH | kind::EQUALS)
}

/// Writes a phrase (RFC 5322, section 3.2.5): atoms, a quoted string, or encoded words.
pub(super) fn phrase(field: &mut Fold<'_>, text: &str, wording: Wording) -> Result<(), Misuse> {
    let look = admit(text, false)?;
    // Some readers keep the line break of a phrase that is folded, but for encoded words.
    let short = text.len() <= WIDTH - 4;
    if !short || !wording.admits(look) || holds_mark(text, look) {
        encoded_phrase(field, text);
        return Ok(());
    }
    if look.is_all(kind::ATEXT) {
        field.piece(b" ", [text.as_bytes()]);
        return Ok(());
    }
    let atom = |word: &str| !word.is_empty() && word.bytes().all(is_atext);
    if text.is_empty() {
        return Ok(());
    }
    if text.split(' ').all(atom) {
        field.piece(b" ", [text.as_bytes()]);
        return Ok(());
    }
    let mut string = [0; WIDTH - 2];
    match quote(text, &mut string) {
        Some(string) => field.piece(b" ", [string]),
        None => encoded_phrase(field, text),
    }
    Ok(())
}

/// Writes a phrase as encoded words.
fn encoded_phrase(field: &mut Fold<'_>, text: &str) {
    // Some readers put a space between two encoded words of a phrase: one, if one can hold it.
    let (base64, width) = measure(text);
    if width <= MAX_WORD - FRAME {
        let mut word = [0; MAX_WORD];
        let len = encode(text, base64, &mut word);
        field.piece(b" ", [word.get(..len).unwrap_or_default()]);
    } else {
        encoded_words(field, " ", text);
    }
}

/// The text as a quoted string, if there is room for it.
pub(super) fn quote<'a>(text: &str, room: &'a mut [u8]) -> Option<&'a [u8]> {
    let escaped = text.bytes().flat_map(|octet| {
        let escape = matches!(octet, b'"' | b'\\').then_some(b'\\');
        escape.into_iter().chain([octet])
    });
    let octets = [b'"'].into_iter().chain(escaped).chain([b'"']);
    let mut len = 0;
    for octet in octets {
        *room.get_mut(len)? = octet;
        len += 1;
    }
    room.get(..len)
}

/// `atext` (RFC 5322, section 3.2.3; RFC 6532, section 3.2).
pub(super) fn is_atext(octet: u8) -> bool {
    kinds_of(octet) & kind::ATEXT != 0
}

fn q_width(octet: u8) -> usize {
    if kinds_of(octet) & (kind::LITERAL | kind::SPACE) == 0 {
        3
    } else {
        1
    }
}

/// Whether text is encoded in base64, and how long it is then. Q, which people can read, is taken unless half of it
/// would be digits (RFC 2047, section 4).
fn measure(text: &str) -> (bool, usize) {
    let q_total: usize = text.bytes().map(q_width).sum();
    if q_total > 2 * text.len() {
        (true, text.len().div_ceil(3) * 4)
    } else {
        (false, q_total)
    }
}

/// Writes text as encoded words. No character is cut.
pub(super) fn encoded_words(field: &mut Fold<'_>, space: &str, text: &str) {
    let (base64, _) = measure(text);
    let mut space = if space.is_empty() { " " } else { space };
    let mut rest = text;
    while !rest.is_empty() {
        // One octet is left for a separator. A word that had no room for anything goes to the next line.
        let left = WIDTH.saturating_sub(field.column() + space.len() + FRAME + 1);
        let room = if left < 12 { MAX_WORD - FRAME } else { left };
        let room = room.min(MAX_WORD - FRAME);
        let (base64, len) = match fit(rest, room, base64) {
            len if !base64 || len == rest.len() => (base64, len),
            // Some readers lose what follows the padding of a word in base64: only the last one has it.
            len => match unpadded(rest, len) {
                Some(len) => (true, len),
                None => (false, fit(rest, room, false)),
            },
        };
        let (now, later) = rest.split_at_checked(len).unwrap_or((rest, ""));
        let mut word = [0; MAX_WORD];
        let len = encode(now, base64, &mut word);
        field.piece(space.as_bytes(), [word.get(..len).unwrap_or_default()]);
        (space, rest) = (" ", later);
    }
}

/// Octets of `text`, in whole characters, whose encoding takes no more than `room`.
fn fit(text: &str, room: usize, base64: bool) -> usize {
    let most = if base64 {
        room / 4 * 3
    } else {
        let mut width = 0;
        let passes = |octet| {
            width += q_width(octet);
            width > room
        };
        text.bytes().position(passes).unwrap_or(text.len())
    };
    let mut len = most.min(text.len());
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    len
}

/// The most octets up to `len`, in whole characters, that are whole groups of base64.
fn unpadded(text: &str, len: usize) -> Option<usize> {
    let whole = |&len: &usize| len % 3 == 0 && text.is_char_boundary(len);
    (1..=len).rev().find(whole)
}

/// Puts one encoded word into `word`; answers its length.
fn encode(text: &str, base64: bool, word: &mut [u8; MAX_WORD]) -> usize {
    let len = FRAME - CLOSE.len();
    let Some((open, room)) = word.split_at_mut_checked(len) else {
        return 0;
    };
    open.copy_from_slice(if base64 { b"=?utf-8?b?" } else { b"=?utf-8?q?" });
    let len = len
        + if base64 {
            encode_base64(text, room)
        } else {
            encode_q(text, room)
        };
    if let Some(close) = word.get_mut(len..len + CLOSE.len()) {
        close.copy_from_slice(CLOSE);
    }
    len + CLOSE.len()
}

fn encode_base64(text: &str, room: &mut [u8]) -> usize {
    let mut line = [0; 80];
    let mut encoder = Base64Encoder::new();
    encoder.encode(text.as_bytes(), &mut line);
    // Without the CRLF of its line.
    let len = encoder.finish(&mut line).written.saturating_sub(2);
    let (room, line) = (room.get_mut(..len), line.get(..len));
    if let (Some(room), Some(line)) = (room, line) {
        room.copy_from_slice(line);
    }
    len
}

fn encode_q(text: &str, room: &mut [u8]) -> usize {
    let mut len = 0;
    for octet in text.bytes() {
        let kinds = kinds_of(octet);
        if kinds & (kind::LITERAL | kind::SPACE) != 0 {
            if let Some(slot) = room.get_mut(len) {
                *slot = if kinds & kind::SPACE != 0 {
                    b'_'
                } else {
                    octet
                };
            }
            len += 1;
        } else {
            if let Some(slots) = room.get_mut(len..len + 3) {
                slots.copy_from_slice(&[b'=', digit(octet >> 4), digit(octet & 15)]);
            }
            len += 3;
        }
    }
    len
}

/// An upper-case hexadecimal digit.
pub(super) fn digit(value: u8) -> u8 {
    let letter = (b'A' - b'9' - 1) * u8::from(value > 9);
    b'0' + (value & 15) + letter
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;
    use crate::field;

    fn written(text: &str, wording: Wording) -> String {
        let mut out = Vec::new();
        let mut field = Fold::new(&mut out, "Subject").unwrap();
        unstructured(&mut field, text, wording).unwrap();
        field.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn read(raw: &str) -> String {
        let value = raw.strip_prefix("Subject:").unwrap();
        let value = value.strip_suffix("\r\n").unwrap();
        let mut faults = Vec::new();
        let text = field::unstructured(value.as_bytes(), &mut |code, _| faults.push(code));
        assert!(faults.is_empty(), "{faults:?} in {raw}");
        text.to_string()
    }

    #[test]
    fn only_the_last_word_of_base64_is_padded() {
        for text in [
            "\u{65e5}".repeat(60),
            alloc::format!("a{}", "\u{65e5}".repeat(60)),
            "\u{1f600}".repeat(40),
            alloc::format!("\u{43f}{}\u{43f}", "\u{1f600}\u{65e5}".repeat(30)),
        ] {
            let raw = written(&text, Wording::EncodedWords);
            assert!(!raw.contains("=?=\r\n =?utf-8?b?"), "{raw}");
            assert!(raw.contains("?b?"), "{raw}");
            assert_eq!(read(&raw), text);
        }
    }

    #[test]
    fn a_phrase_is_never_folded_but_between_encoded_words() {
        for len in 60..80 {
            let name = "x ".repeat(len / 2) + &"y".repeat(len % 2);
            let mut out = Vec::new();
            let mut field = Fold::new(&mut out, "To").unwrap();
            phrase(&mut field, name.trim_end(), Wording::EncodedWords).unwrap();
            field.finish().unwrap();
            let raw = String::from_utf8(out).unwrap();
            let whole = raw.contains(name.trim_end());
            assert_eq!(whole, name.trim_end().len() <= 74, "{raw}");
            assert_eq!(whole, !raw.contains("=?"), "{raw}");

            let name = alloc::format!("a, {name}");
            let mut out = Vec::new();
            let mut field = Fold::new(&mut out, "To").unwrap();
            phrase(&mut field, name.trim_end(), Wording::EncodedWords).unwrap();
            field.finish().unwrap();
            let raw = String::from_utf8(out).unwrap();
            let inside = raw.split('"').nth(1).unwrap_or_default();
            assert!(!inside.contains('\n'), "{raw}");
            assert_eq!(raw.contains('"'), name.trim_end().len() <= 74, "{raw}");
        }
    }

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(
            written("Hello, world", Wording::EncodedWords),
            "Subject: Hello, world\r\n"
        );
        assert_eq!(written("", Wording::EncodedWords), "Subject:\r\n");
        assert_eq!(
            written("Gr\u{fc}\u{df}e", Wording::Utf8),
            "Subject: Gr\u{fc}\u{df}e\r\n"
        );
    }

    #[test]
    fn only_words_that_need_it_are_encoded_with_the_space_between_them() {
        assert_eq!(
            written(
                "Sch\u{f6}ne Gr\u{fc}\u{df}e from here",
                Wording::EncodedWords
            ),
            "Subject: =?utf-8?q?Sch=C3=B6ne_Gr=C3=BC=C3=9Fe?= from here\r\n"
        );
    }

    #[test]
    fn every_text_reads_back_as_itself_in_lines_of_78() {
        let long = "\u{1f600}".repeat(100);
        let texts = [
            " leading",
            "trailing ",
            "   ",
            "a  b\tc",
            "=?utf-8?q?x?=",
            "a =?b \u{e9} ?= c",
            "\u{65e5}\u{672c}\u{8a9e} \u{65e5}\u{672c}",
            &long,
            &"x".repeat(3000),
            &"word ".repeat(100),
            &alloc::format!("a{}b", " ".repeat(2000)),
            &alloc::format!("\u{e9}{}b \u{e9}", " ".repeat(99)),
            "x \u{e9}",
        ];
        for text in texts {
            for wording in [Wording::EncodedWords, Wording::Utf8] {
                let raw = written(text, wording);
                assert_eq!(read(&raw), text, "{raw}");
                let short = |line: &str| line.len() <= 78 || line.split_whitespace().count() < 3;
                assert!(raw.lines().all(short), "{raw}");
                let mut words = raw.split([' ', '\r', '\n']);
                assert!(words.all(|word| !word.starts_with("=?") || word.len() <= 75));
            }
        }
    }

    #[test]
    fn line_breaks_and_controls_are_refused() {
        for (text, misuse) in [
            ("a\r\nBcc: b", Misuse::LineBreak),
            ("a\n", Misuse::LineBreak),
            ("a\rb", Misuse::LineBreak),
            ("a\0b", Misuse::ControlCharacter),
            ("a\u{85}b", Misuse::ControlCharacter),
        ] {
            let mut out = Vec::new();
            let mut field = Fold::new(&mut out, "Subject").unwrap();
            assert_eq!(unstructured(&mut field, text, Wording::Utf8), Err(misuse));
            drop(field);
            assert!(out.is_empty(), "nothing is left of it");
        }
    }
}
