//! Leaves and defects of messages, as Python's `email` and `mail-parser` see them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bytes::BytesMut;
use mime_core::decode::TransferDecoder;
use mime_core::{DefectCode, Message, Part};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::differences::{folder, judge};

#[test]
fn spamassassin_is_what_python_reads() {
    let found = compare("spamassassin", "python.jsonl");
    judge(include_str!("spamassassin-python.txt"), &found);
}

#[test]
fn spamassassin_is_what_mail_parser_reads() {
    let found = compare("spamassassin", "mail-parser.jsonl");
    judge(include_str!("spamassassin-mail-parser.txt"), &found);
}

#[test]
fn cpythons_messages_are_what_python_reads() {
    let found = compare("cpython", "python.jsonl");
    judge(include_str!("cpython-python.txt"), &found);
}

#[test]
fn cpythons_messages_are_what_mail_parser_reads() {
    let found = compare("cpython", "mail-parser.jsonl");
    judge(include_str!("cpython-mail-parser.txt"), &found);
}

#[test]
fn mail_parsers_messages_are_what_python_reads() {
    let found = compare("mail-parser", "python.jsonl");
    judge(include_str!("mail-parser-python.txt"), &found);
}

#[test]
fn mail_parsers_messages_without_goldens_are_what_it_reads() {
    let mut found = compare("mail-parser", "mail-parser.jsonl");
    found.retain(|name, _| name.starts_with("issues/"));
    judge(include_str!("mail-parser-issues.txt"), &found);
}

/// Reads the messages of a corpus, and answers where we differ from the readings in `peer`.
fn compare(corpus: &str, peer: &str) -> BTreeMap<String, String> {
    let folder = folder(corpus);
    let lines = std::fs::read_to_string(folder.join(peer)).unwrap();
    let mut found = BTreeMap::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = line["name"].as_str().unwrap();
        let raw = std::fs::read(folder.join("messages").join(name)).unwrap();
        let theirs = Reading::of_peer(&line);
        let ours = Reading::new(&raw, theirs.defects.is_some());
        if ours != theirs {
            found.insert(name.into(), format!("{theirs} there, {ours} here"));
        }
    }
    println!("{} messages of {corpus}", lines.lines().count());
    found
}

/// A leaf: its media type, the hash of its octets, and their number.
type Leaf = (String, String, u64);

/// What a message is to a reader.
#[derive(PartialEq, Eq)]
struct Reading {
    leaves: Vec<Leaf>,
    /// The kinds of defects, where the peer names some.
    defects: Option<BTreeSet<String>>,
}

impl Reading {
    fn of_peer(line: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let leaf = |leaf: &Value| (text(&leaf[0]), text(&leaf[1]), leaf[2].as_u64().unwrap());
        let defects = |list: &Vec<Value>| list.iter().map(text).collect();
        Self {
            leaves: line["leaves"]
                .as_array()
                .unwrap()
                .iter()
                .map(leaf)
                .collect(),
            defects: line["defects"].as_array().map(defects),
        }
    }

    fn new(raw: &[u8], defects: bool) -> Self {
        let message = Message::parse(raw);
        let mut codes: Vec<_> = message.defects().iter().map(|defect| defect.code).collect();
        let mut leaves = Vec::new();
        for part in message.leaves() {
            leaves.push(leaf(&part, &mut codes));
        }
        let name = |code: &DefectCode| Some(name_in_python(*code)?.to_owned());
        Self {
            leaves,
            defects: defects.then(|| codes.iter().filter_map(name).collect()),
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, hash, octets) in &self.leaves {
            write!(f, "[{name} {octets} {}]", &hash[..8])?;
        }
        for defect in self.defects.iter().flatten() {
            write!(f, " {defect}")?;
        }
        Ok(())
    }
}

fn leaf(part: &Part<'_, '_>, codes: &mut Vec<DefectCode>) -> Leaf {
    let media_type = part.media_type();
    let half = |octets: &[u8]| String::from_utf8_lossy(octets).to_ascii_lowercase();
    let name = format!("{}/{}", half(media_type.kind()), half(media_type.subtype()));
    let mut decoder = TransferDecoder::new(part.encoding());
    let mut octets = BytesMut::new();
    decoder.extend(part.body(), &mut octets);
    decoder.finish_into(&mut octets);
    codes.extend(decoder.problems().iter().map(|problem| problem.code));
    let hash = Sha256::digest(&octets);
    let hash = hash.iter().map(|octet| format!("{octet:02x}")).collect();
    (name, hash, octets.len() as u64)
}

/// The kinds that Python has a name for.
fn name_in_python(code: DefectCode) -> Option<&'static str> {
    Some(match code {
        DefectCode::MissingBoundary | DefectCode::EmptyBoundary => "NoBoundaryInMultipartDefect",
        DefectCode::MissingDelimiter => "StartBoundaryNotFoundDefect",
        DefectCode::MissingClose => "CloseBoundaryNotFoundDefect",
        DefectCode::NothingToContinue => "FirstHeaderLineIsContinuationDefect",
        DefectCode::MissingBlankLine => "MissingHeaderBodySeparatorDefect",
        DefectCode::EncodedComposite => "InvalidMultipartContentTransferEncodingDefect",
        DefectCode::Base64Truncated | DefectCode::Base64Junk | DefectCode::Base64AfterPadding => {
            "InvalidBase64"
        }
        _ => return None,
    })
}
