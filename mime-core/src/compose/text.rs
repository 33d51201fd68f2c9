//! Text in fields: plain where that is possible, encoded words where it must be (RFC 2047).

use super::error::Misuse;
use super::fold::{self, Fold, WIDTH};
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
    fn admits(self, text: &str) -> bool {
        match self {
            Self::EncodedWords => text.is_ascii(),
            Self::Utf8 => true,
        }
    }
}

/// The longest encoded word (RFC 2047, section 2).
const MAX_WORD: usize = 75;
/// What every word here begins and ends with; the letter is the encoding.
const OPEN: (&[u8], &[u8]) = (b"=?utf-8?", b"?");
const CLOSE: &[u8] = b"?=";
/// Octets of a word that are not text.
const FRAME: usize = 12;
/// Words and runs of white space above this are encoded, which lets them be folded.
const MAX_PLAIN: usize = 900;
const MAX_SPACE: usize = 40;

/// Refuses what must not stand in a field. A tab is white space where `tab` says so.
pub(super) fn admit(text: &str, tab: bool) -> Result<(), Misuse> {
    // One look without branches at what nearly always is in order.
    let suspect = |seen, octet: u8| seen | (octet < b' ') | (octet == 127);
    if text.bytes().fold(false, suspect) {
        for octet in text.bytes() {
            match octet {
                b'\r' | b'\n' => return Err(Misuse::LineBreak),
                b'\t' if tab => {}
                0..=31 | 127 => return Err(Misuse::ControlCharacter),
                _ => {}
            }
        }
    }
    // U+0080 to U+009F are the first of those that this octet begins.
    let text = text.as_bytes();
    let mut begins = memchr::memchr_iter(0xc2, text);
    if begins.any(|at| text.get(at + 1).is_some_and(|&octet| octet < 0xa0)) {
        return Err(Misuse::ControlCharacter);
    }
    Ok(())
}

/// Whether something in it begins like an encoded word.
fn holds_mark(text: &str) -> bool {
    let text = text.as_bytes();
    let mut marks = memchr::memchr_iter(b'=', text);
    marks.any(|at| text.get(at + 1) == Some(&b'?'))
}

/// Writes unstructured text (RFC 5322, section 2.2.1), such that reading it gives the text again, white space
/// included.
pub(super) fn unstructured(
    field: &mut Fold<'_>,
    text: &str,
    wording: Wording,
) -> Result<(), Misuse> {
    admit(text, true)?;
    let edge = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    let plain = wording.admits(text) && !edge && !holds_mark(text);
    if plain && field.column() + text.len() + 2 <= WIDTH {
        if !text.is_empty() {
            field.piece(b" ", &[text.as_bytes()]);
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
            || !wording.admits(word)
            || holds_mark(word);
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
                field.piece(space.as_bytes(), &[word.as_bytes()]);
                None
            }
        };
    }
    if let Some((space, from, to)) = run {
        encoded_words(field, space, text.get(from..to).unwrap_or_default());
    }
    Ok(())
}

/// Writes a phrase (RFC 5322, section 3.2.5): atoms, a quoted string, or encoded words.
pub(super) fn phrase(field: &mut Fold<'_>, text: &str, wording: Wording) -> Result<(), Misuse> {
    admit(text, false)?;
    let words = || fold::words(text);
    let short = words().all(|(space, word)| space.len() + word.len() < WIDTH - 8);
    if !wording.admits(text) || holds_mark(text) || !short {
        // Some readers put a space between two encoded words of a phrase: one, if one can hold it.
        let (base64, width) = measure(text);
        if width <= MAX_WORD - FRAME {
            let mut word = [0; MAX_WORD];
            let len = encode(text, base64, &mut word);
            field.piece(b" ", &[word.get(..len).unwrap_or_default()]);
        } else {
            encoded_words(field, " ", text);
        }
        return Ok(());
    }
    let atom = |(at, (space, word)): (usize, (&str, &str))| {
        let spaced = space == if at == 0 { "" } else { " " };
        spaced && !word.is_empty() && word.bytes().all(is_atext)
    };
    if words().enumerate().all(atom) {
        for (_, word) in words() {
            field.piece(b" ", &[word.as_bytes()]);
        }
        return Ok(());
    }
    quoted(field, text);
    Ok(())
}

/// Writes a quoted string, folded at its white space if it must be.
pub(super) fn quoted(field: &mut Fold<'_>, text: &str) {
    let (mut space, mut open): (&str, &[u8]) = (" ", b"\"");
    let mut piece = [0; 2 * WIDTH];
    for (white, word) in fold::words(text) {
        // The white space at the beginning is inside the quotes.
        let inside = if open.is_empty() { "" } else { white };
        if open.is_empty() {
            space = white;
        }
        let escaped = word.bytes().filter(|o| matches!(o, b'"' | b'\\')).count();
        let octets = open.iter().copied().chain(inside.bytes());
        let octets = octets.chain(word.bytes().flat_map(|octet| {
            let escape = matches!(octet, b'"' | b'\\').then_some(b'\\');
            escape.into_iter().chain([octet])
        }));
        let len = open.len() + inside.len() + word.len() + escaped;
        for (slot, octet) in piece.iter_mut().zip(octets) {
            *slot = octet;
        }
        field.piece(space.as_bytes(), &[piece.get(..len).unwrap_or_default()]);
        open = b"";
    }
    if !open.is_empty() {
        field.piece(b" ", &[open]);
    }
    field.push(b"\"");
}

/// `atext` (RFC 5322, section 3.2.3; RFC 6532, section 3.2).
pub(super) fn is_atext(octet: u8) -> bool {
    let sign = matches!(
        octet,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~'
    );
    octet.is_ascii_alphanumeric() || !octet.is_ascii() || sign
}

/// What stands for itself in a Q word in every place (RFC 2047, section 5).
fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/')
}

fn q_width(octet: u8) -> usize {
    if is_plain(octet) || octet == b' ' {
        1
    } else {
        3
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
        let len = fit(rest, room.min(MAX_WORD - FRAME), base64);
        let (now, later) = rest.split_at_checked(len).unwrap_or((rest, ""));
        let mut word = [0; MAX_WORD];
        let len = encode(now, base64, &mut word);
        field.piece(space.as_bytes(), &[word.get(..len).unwrap_or_default()]);
        (space, rest) = (" ", later);
    }
}

/// Octets of `text`, in whole characters, whose encoding takes no more than `room`.
fn fit(text: &str, room: usize, base64: bool) -> usize {
    let (mut len, mut width) = (0, 0);
    for c in text.chars() {
        let mut octets = [0; 4];
        let octets = c.encode_utf8(&mut octets).as_bytes();
        width += octets.iter().map(|&o| q_width(o)).sum::<usize>();
        let total = if base64 {
            (len + octets.len()).div_ceil(3) * 4
        } else {
            width
        };
        if total > room {
            break;
        }
        len += octets.len();
    }
    len
}

/// Puts one encoded word into `word`; answers its length.
fn encode(text: &str, base64: bool, word: &mut [u8; MAX_WORD]) -> usize {
    let mut len = 0;
    let mut put = |octets: &[u8]| {
        if let Some(room) = word.get_mut(len..len + octets.len()) {
            room.copy_from_slice(octets);
            len += octets.len();
        }
    };
    put(OPEN.0);
    put(if base64 { b"b" } else { b"q" });
    put(OPEN.1);
    if base64 {
        let mut line = [0; 80];
        let mut encoder = Base64Encoder::new();
        encoder.encode(text.as_bytes(), &mut line);
        let written = encoder.finish(&mut line).written;
        // Without the CRLF of its line.
        put(line.get(..written.saturating_sub(2)).unwrap_or_default());
    } else {
        for octet in text.bytes() {
            match octet {
                b' ' => put(b"_"),
                _ if is_plain(octet) => put(&[octet]),
                _ => put(&[b'=', digit(octet >> 4), digit(octet & 15)]),
            }
        }
    }
    put(CLOSE);
    len
}

/// An upper-case hexadecimal digit.
pub(super) fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'A' + (value & 15) - 10,
    }
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
