//! Text of strangers on a terminal.

use std::fmt::{self, Write};

/// Text in which whatever steers a terminal, or reorders and hides what is read there, stands as `\u{…}`.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if is_printable(c) {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_unicode())?;
            }
        }
        Ok(())
    }
}

/// Whether a character can be shown as it is: no control, no line break, nothing that changes the direction of
/// its neighbours, nothing that cannot be seen. Joiners stay: Persian and many pictures need them.
pub(crate) fn is_printable(c: char) -> bool {
    let steers = c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    let hides = matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    !(steers || breaks || hides)
}

/// The beginning of `text` that has at most `max` characters, and whether that is all.
pub(crate) fn beginning(text: &str, max: usize) -> (&str, bool) {
    match text.char_indices().nth(max) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), false),
        None => (text, true),
    }
}

#[cfg(test)]
mod tests {
    use super::{Printable, beginning};

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        let shown =
            Printable("a\u{1b}[31mb\r\n\u{9b}c\u{7f}\0 \u{202e}gpj.exe\u{feff}").to_string();
        assert_eq!(
            shown,
            "a\\u{1b}[31mb\\u{d}\\u{a}\\u{9b}c\\u{7f}\\u{0} \\u{202e}gpj.exe\\u{feff}"
        );
        assert_eq!(Printable("Grüße 日本 👩‍🔬").to_string(), "Grüße 日本 👩‍🔬");
    }

    #[test]
    fn a_beginning_ends_between_characters() {
        assert_eq!(beginning("äöü", 2), ("äö", false));
        assert_eq!(beginning("äöü", 3), ("äöü", true));
    }
}
