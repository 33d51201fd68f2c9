//! Names for files, from names that strangers chose.

use super::printable::is_printable;
use crate::command::media_type;

/// Octets of a name. Every file system takes 255, some that encrypt names 143; numbers need a few.
const MAX_NAME: usize = 120;

/// Octets of an extension that is kept when a name is cut.
const MAX_EXTENSION: usize = 16;

/// Names that Windows gives to devices, whatever their extension and case.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// A name for the file of part `index`, safe in a folder of any system: one component, visible, no device, nothing
/// that a shell or a person takes for something else.
///
/// `declared` is what the sender proposes. Folders in it are dropped, not made.
pub(crate) fn file_name(declared: Option<&str>, kind: &str, index: usize) -> String {
    let declared = declared.unwrap_or_default();
    let last = declared.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().map(tame).collect();
    // Windows drops dots and spaces at the end, so that other checks would see another name.
    name.truncate(name.trim_end_matches([' ', '.']).len());
    let begins = name.trim_start_matches(' ');
    if begins.len() < name.len() {
        name = begins.to_owned();
    }
    if name.trim_matches(['_', '.']).is_empty() {
        return format!("part-{index}.{}", media_type::extension(kind));
    }
    // Hidden files, options of programs, home folders.
    if name.starts_with(['.', '-', '~']) || is_device(&name) {
        name.insert(0, '_');
    }
    cut(&name)
}

/// The `number`th name of that kind: `name (2).txt`.
pub(crate) fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    format!("{stem} ({number}){extension}")
}

fn tame(c: char) -> char {
    let special = matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*');
    if special || !is_printable(c) || matches!(c, '\u{200c}' | '\u{200d}') {
        '_'
    } else if c.is_whitespace() {
        ' '
    } else {
        c
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_lowercase();
    let ported = |port: &str| {
        let mut rest = stem.strip_prefix(port).unwrap_or_default().chars();
        let digit = |c: char| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³');
        rest.next().is_some_and(digit) && rest.next().is_none()
    };
    DEVICES.contains(&stem.as_str()) || ported("com") || ported("lpt")
}

/// The name up to its extension, and the extension with its dot.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) if name.len() - dot <= MAX_EXTENSION => name.split_at(dot),
        Some(_) | None => (name, ""),
    }
}

fn cut(name: &str) -> String {
    if name.len() <= MAX_NAME {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let mut end = MAX_NAME - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = stem.get(..end).unwrap_or_default();
    format!("{}{extension}", stem.trim_end_matches([' ', '.']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_NAME, file_name, is_device, numbered};
    use crate::command::mime::printable::is_printable;

    /// What every system takes for the name of a file in a folder, and for nothing else.
    fn is_safe(name: &str) -> bool {
        let odd = |c: char| !is_printable(c) || "/\\<>:\"|?*".contains(c);
        !name.is_empty()
            && name.len() <= MAX_NAME + 8
            && !name.contains(odd)
            && !name.starts_with(['.', '-', '~', ' '])
            && !name.ends_with(['.', ' '])
            && !is_device(name)
    }

    proptest! {
        #[test]
        fn whatever_is_proposed_the_name_is_safe(
            declared in prop_oneof![
                any::<String>(),
                "[./\\\\:~ -]{0,4}(con|NUL|com1|lpt¹|a|é|\u{202e}|\u{1b}){0,3}[. ]{0,3}(pdf|gz|x{20}|é{130})?[. ]{0,3}",
            ],
            kind in any::<String>(),
            number in 2..10_000_u32,
        ) {
            let name = file_name(Some(&declared), &kind, 3);
            prop_assert!(is_safe(&name), "{declared:?}: {name:?}");
            let other = numbered(&name, number);
            prop_assert!(is_safe(&other) && other != name, "{declared:?}: {other:?}");
        }
    }

    fn named(declared: &str) -> String {
        file_name(Some(declared), "application/pdf", 3)
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for (declared, name) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("/etc/passwd", "passwd"),
            ("C:\\Windows\\x.dll", "x.dll"),
            ("C:x.dll", "C_x.dll"),
            ("\\\\server\\share\\x", "x"),
            ("x.txt:stream", "x.txt_stream"),
            ("a/b\0/../c\0.pdf", "c_.pdf"),
            ("..", "part-3.pdf"),
            (".", "part-3.pdf"),
            ("...", "part-3.pdf"),
            ("/", "part-3.pdf"),
            ("a/", "part-3.pdf"),
            ("", "part-3.pdf"),
            (" . ", "part-3.pdf"),
        ] {
            assert_eq!(named(declared), name, "{declared:?}");
        }
    }

    #[test]
    fn a_name_is_what_it_looks_like() {
        for (declared, name) in [
            (".bashrc", "_.bashrc"),
            ("-rf", "_-rf"),
            ("~root", "_~root"),
            ("a.pdf. . ", "a.pdf"),
            ("  a.pdf", "a.pdf"),
            ("a\r\nb\u{1b}[31m.pdf", "a__b_[31m.pdf"),
            ("exe\u{202e}fdp.pdf", "exe_fdp.pdf"),
            ("a\u{200b}b\u{feff}.pdf", "a_b_.pdf"),
            ("a\u{a0}b\u{3000}c.pdf", "a b c.pdf"),
            ("a<b>\"c\"|d?*.pdf", "a_b__c__d__.pdf"),
            ("Grüße 日本.pdf", "Grüße 日本.pdf"),
            ("\u{1}\u{2}", "part-3.pdf"),
        ] {
            assert_eq!(named(declared), name, "{declared:?}");
        }
    }

    #[test]
    fn no_name_is_that_of_a_device() {
        for declared in [
            "CON",
            "con.txt",
            "Nul.tar.gz",
            "aux .c",
            "COM1",
            "lpt9.x",
            "com¹",
            "CONIN$",
            "prn.",
        ] {
            assert!(named(declared).starts_with('_'), "{declared}");
        }
        for declared in ["console.txt", "com", "com10", "lpt", "auxiliary", "nulls"] {
            assert_eq!(named(declared), declared);
        }
    }

    #[test]
    fn a_long_name_is_cut_and_keeps_its_extension() {
        let name = named(&format!("{}.pdf", "ü".repeat(400)));
        assert!(name.len() <= MAX_NAME && name.ends_with("ü.pdf"), "{name}");
        let name = named(&format!("a.{}", "x".repeat(400)));
        assert_eq!(name.len(), MAX_NAME);
        let name = named(&"é".repeat(400));
        assert_eq!(name.len(), MAX_NAME);
        let name = named(&format!("{}. .pdf", "x".repeat(MAX_NAME - 5)));
        assert_eq!(name, format!("{}.pdf", "x".repeat(MAX_NAME - 5)));
    }

    #[test]
    fn a_number_stands_before_the_extension() {
        assert_eq!(numbered("a.b.pdf", 2), "a.b (2).pdf");
        assert_eq!(numbered("none", 12), "none (12)");
        assert_eq!(numbered(".x", 2), ".x (2)");
    }
}
