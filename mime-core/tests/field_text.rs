//! Unstructured text and encoded words: the examples of RFC 2047 and RFC 2231, and broken words.
#![cfg(test)]

use mime_core::DefectCode;
use mime_core::field::{keywords, unstructured};
use mime_core::{Charset, TextDecoder};
use proptest::prelude::*;

fn text(value: &str) -> (String, Vec<DefectCode>) {
    octets(value.as_bytes())
}

fn octets(value: &[u8]) -> (String, Vec<DefectCode>) {
    let mut defects = Vec::new();
    let text = unstructured(value, &mut |code, range| {
        assert!(range.end <= value.len() && range.start <= range.end);
        defects.push(code);
    });
    (text.into_owned(), defects)
}

fn clean(value: &str) -> String {
    let (text, defects) = text(value);
    assert_eq!(defects, [], "{value}");
    text
}

#[test]
fn examples_of_rfc_2047_section_8() {
    for (value, expected) in [
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=", "a b"),
        ("=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"),
        (
            "=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=",
            "Keld Jørn Simonsen",
        ),
        (
            "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=",
            "If you can read this yo",
        ),
    ] {
        assert_eq!(clean(value), expected);
    }
}

#[test]
fn language_of_rfc_2231_is_no_part_of_the_charset() {
    assert_eq!(clean("=?US-ASCII*EN?Q?Keith_Moore?="), "Keith Moore");
}

#[test]
fn adjacent_words_of_one_charset_are_joined_before_they_are_decoded() {
    assert_eq!(clean("=?utf-8?Q?caf=C3?=\r\n =?UTF-8?B?qQ==?="), "café");
}

#[test]
fn a_failed_word_is_left_as_text_and_scanning_goes_on_after_it() {
    for (value, expected) in [
        ("=?utf-8?x?abc?= =?utf-8?q?d?=", "=?utf-8?x?abc?= d"),
        ("=?utf-8?q?abc =?utf-8?q?d?=", "=?utf-8?q?abc d"),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("=??q?abc?=", "=??q?abc?="),
        ("=?", "=?"),
    ] {
        assert_eq!(
            text(value),
            (expected.into(), vec![DefectCode::BrokenEncodedWord]),
            "{value}"
        );
    }
}

#[test]
fn words_with_faults_that_leave_their_meaning_clear_are_decoded() {
    for (value, expected) in [
        ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?b?w6k?=", "é"),
        ("x=?utf-8?q?a?=", "xa"),
        ("=?utf-8?q?a?=x", "ax"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a=ZZ?=", "a=ZZ"),
    ] {
        assert_eq!(
            text(value),
            (expected.into(), vec![DefectCode::LooseEncodedWord]),
            "{value}"
        );
    }
    let long = format!("=?utf-8?q?{}?=", "a".repeat(70));
    assert_eq!(text(&long).1, [DefectCode::LooseEncodedWord]);
}

#[test]
fn an_unknown_charset_is_read_as_utf_8_or_windows_1252() {
    assert_eq!(
        text("=?x-no?q?caf=C3=A9?="),
        ("café".into(), vec![DefectCode::UnknownCharset])
    );
    assert_eq!(
        text("=?x-no?q?caf=E9?="),
        ("café".into(), vec![DefectCode::UnknownCharset])
    );
}

#[test]
fn text_that_is_not_in_its_charset_is_reported() {
    assert_eq!(
        text("=?utf-8?q?caf=E9?="),
        ("caf\u{fffd}".into(), vec![DefectCode::UndecodableText])
    );
    let ascii = text("=?us-ascii?q?caf=E9?=");
    assert_eq!(ascii, ("café".into(), vec![DefectCode::UndecodableText]));
}

#[test]
fn raw_utf_8_is_text_and_other_octets_are_windows_1252() {
    assert_eq!(clean("Grüße"), "Grüße");
    assert_eq!(
        octets(b"caf\xe9 \x80"),
        ("café €".into(), vec![DefectCode::RawEightBit])
    );
}

#[test]
fn unfolding_takes_line_breaks_and_keeps_white_space() {
    assert_eq!(clean(" a\r\n b\r\n\tc "), "a b\tc");
}

#[test]
fn keywords_are_phrases_between_commas() {
    let value = b"one, \"two, three\",\r\n =?utf-8?q?f=C3=BCnf?= six, ";
    assert_eq!(
        keywords(value, &mut |_, _| {}),
        ["one", "two, three", "fünf six"]
    );
}

#[test]
fn built_in_charsets() {
    for (label, octets, expected) in [
        ("utf-8", &b"\xc3\xa9"[..], "é"),
        ("ISO-8859-1", b"\xe9\x80", "é€"),
        ("windows-1252", b"\x93x\x94", "“x”"),
        ("utf-16", b"\xff\xfea\0", "a"),
        ("utf-16", b"\xfe\xff\0a", "a"),
        ("utf-16", b"\0a", "a"),
        ("utf-16le", b"\x3d\xd8\x00\xde", "😀"),
        ("utf-16be", b"\xd8\x3d\xde\x00", "😀"),
        ("utf-7", b"Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
        ("utf-7", b"A+ImIDkQ.", "A≢Α."),
        ("unicode-1-1-utf-7", b"1 +- 1", "1 + 1"),
    ] {
        let charset = Charset::for_label(label.as_bytes()).unwrap();
        assert_eq!(charset.decode(octets), (expected.into(), true), "{label}");
    }
    for (label, octets) in [
        ("us-ascii", &b"\xe9"[..]),
        ("utf-8", b"\xe9"),
        ("utf-16le", b"\x3d\xd8a\0"),
        ("utf-16le", b"a"),
        ("utf-7", b"\xe9"),
    ] {
        assert!(
            !Charset::for_label(label.as_bytes())
                .unwrap()
                .decode(octets)
                .1,
            "{label}"
        );
    }
    assert_eq!(Charset::for_label(b"x-unknown"), None);
}

#[cfg(feature = "charsets")]
#[test]
fn listed_charsets_and_their_aliases() {
    for (label, octets, expected) in [
        ("koi8-r", &b"\xf0\xd2\xc9"[..], "При"),
        ("cp932", b"\x83\x6e", "ハ"),
        ("ks_c_5601", b"\xb0\xa1", "가"),
        ("iso-8859-8-i", b"\xe0", "א"),
        ("gb2312", b"\xc4\xe3", "你"),
        ("iso-2022-jp", b"\x1b$B$\"\x1b(B", "あ"),
    ] {
        let charset = Charset::for_label(label.as_bytes()).unwrap();
        assert_eq!(charset.decode(octets), (expected.into(), true), "{label}");
    }
}

proptest! {
    #[test]
    fn text_never_depends_on_how_octets_are_cut(
        octets in proptest::collection::vec(prop_oneof![
            any::<u8>(),
            prop::sample::select(b"a+-A\xc3\xa9\xd8\x3d\xe2\x82\xac".to_vec()),
        ], 0..40),
        cut in 1usize..9,
        label in prop::sample::select(vec!["utf-8", "us-ascii", "utf-16", "utf-16le", "utf-7", "latin1", "gb2312", "none"]),
    ) {
        let charset = Charset::for_label(label.as_bytes());
        let mut whole = String::new();
        let mut decoder = TextDecoder::new(charset);
        decoder.decode(&octets, &mut whole);
        decoder.finish(&mut whole);
        let clean = decoder.malformed() == 0;
        let mut pieces = String::new();
        let mut decoder = TextDecoder::new(charset);
        for piece in octets.chunks(cut) {
            decoder.decode(piece, &mut pieces);
        }
        decoder.finish(&mut pieces);
        prop_assert_eq!(pieces, whole);
        prop_assert_eq!(decoder.malformed() == 0, clean);
    }

    #[test]
    fn plain_text_is_itself(value in "[a-zé]{1,5}( [a-zé]{1,5}){0,5}") {
        prop_assert_eq!(clean(&value), value);
    }
}
