//! JSON for programs, which may end on a terminal all the same.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

use super::printable::is_printable;

/// Writes `value` on one line, without the line end.
pub(crate) fn write(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(to, Escaping);
    value.serialize(&mut serializer).map_err(io::Error::from)
}

/// Escapes what is not printable: it means the same to a parser.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, odd)) = rest.char_indices().find(|(_, c)| !is_printable(*c)) {
            let (plain, after) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            for unit in odd.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.get(odd.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn what_is_not_printable_is_escaped_and_means_the_same() {
        let text = "ü\u{1b}\u{9b}\u{202e}\u{e0041}\n\"";
        let mut json = Vec::new();
        write(&mut json, &text).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert_eq!(json, r#""ü\u001b\u009b\u202e\udb40\udc41\n\"""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
