//! mail-parser's messages, against what mail-parser wrote down of them: the tree, where everything lies, what the
//! fields say, decoded text and octets. Each message is read with LF and with CRLF.

use std::collections::BTreeMap;
use std::path::Path;

use mime_core::{Config, Field, Kind, Message, Part};
use serde_json::{Value, json};

use crate::differences::{files, folder, judge};
use crate::values;

const SUITES: [&str; 5] = ["rfc", "legacy", "thirdparty", "malformed", "regressions"];

/// More than any of these messages holds.
const MAX: usize = 10_000_000;

#[test]
fn messages_are_what_mail_parser_wrote_down() {
    let root = folder("mail-parser/eml");
    let mut found = BTreeMap::new();
    let mut messages = 0;
    for suite in SUITES {
        for path in files(&root.join(suite)) {
            if path.extension().is_some_and(|it| it == "eml") {
                messages += 1;
                let differences = compare(&path);
                if !differences.is_empty() {
                    let name = path.strip_prefix(&root).unwrap().display().to_string();
                    found.insert(name, differences.join("; "));
                }
            }
        }
    }
    println!("{messages} messages");
    assert_eq!(messages, 184);
    judge(include_str!("goldens.txt"), &found);
}

fn compare(path: &Path) -> Vec<String> {
    let raw = std::fs::read(path).unwrap();
    let (lf, crlf) = line_ends(&raw);
    let mut differences = Vec::new();
    for (input, extension) in [(lf, "json"), (crlf, "crlf.json")] {
        let golden = std::fs::read(path.with_extension(extension)).unwrap();
        let golden: Value = serde_json::from_slice(&golden).unwrap();
        if golden.is_null() {
            differences.push("no message there".into());
            continue;
        }
        let message = Message::parse_with(&input, Config::new());
        let pair = Pair {
            theirs: golden["parts"].as_array().unwrap(),
            messages: golden["messages"].as_array().unwrap(),
        };
        let mut list = Vec::new();
        pair.compare(message.root(), 0, &mut list);
        // With the other line ends the same differences are no news.
        differences.extend(list);
    }
    differences.sort();
    differences.dedup();
    differences
}

/// How mail-parser made its inputs.
fn line_ends(raw: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let lf = raw
        .iter()
        .copied()
        .filter(|&octet| octet != b'\r')
        .collect();
    let mut crlf = Vec::new();
    let mut last = 0;
    for &octet in raw {
        if octet == b'\n' && last != b'\r' {
            crlf.push(b'\r');
        }
        crlf.push(octet);
        last = octet;
    }
    (lf, crlf)
}

/// What they know of a message.
struct Pair<'g> {
    theirs: &'g [Value],
    messages: &'g [Value],
}

impl Pair<'_> {
    fn compare(&self, ours: Part<'_, '_>, theirs: usize, list: &mut Vec<String>) {
        let part = &self.theirs[theirs];
        let mut check = |what: &str, here: Value, there: &Value| {
            if here != *there {
                list.push(format!("part {theirs} {what} {there} there, {here} here"));
            }
        };
        let (header, body) = (ours.header_range(), ours.body_range());
        check("begins", json!(header.start), &part["offset_header"]);
        check("body begins", json!(body.start), &part["offset_body"]);
        check("ends", json!(body.end), &part["offset_end"]);
        let kind = part["kind"].as_str().unwrap();
        let fields: Vec<_> = ours.fields().collect();
        let headers = part["headers"].as_array().unwrap();
        check("fields", json!(fields.len()), &json!(headers.len()));
        let mut at = header.start;
        for (field, header) in fields.iter().zip(headers) {
            compare_field(field, &mut at, header, &mut check);
        }
        match (ours.kind(), kind) {
            (Kind::Multipart, "multipart") => {
                let children = part["children"].as_array().unwrap();
                let inside: Vec<_> = ours.children().collect();
                check("children", json!(inside.len()), &json!(children.len()));
                for (ours, theirs) in inside.into_iter().zip(children) {
                    self.compare(ours, index(theirs), list);
                }
            }
            (Kind::Message, "message") => {
                let nested = &self.messages[index(&part["nested"])];
                let inside = ours.children().next().unwrap();
                self.compare(inside, index(&nested["root"]), list);
            }
            (Kind::Leaf, "message") => {
                let nested = &self.messages[index(&part["nested"])];
                match ours.encoded_message(MAX) {
                    Ok(inside) => {
                        self.compare(inside.message().root(), index(&nested["root"]), list);
                    }
                    Err(why) => list.push(format!("part {theirs} message there, {why} here")),
                }
            }
            (Kind::Leaf, "text" | "html") => {
                let text = ours.text(MAX).unwrap().text;
                check("text", json!(text), &part["text"]);
            }
            (Kind::Leaf, "binary" | "inline_binary") => {
                let octets = ours.decoded(MAX).unwrap().octets;
                check("octets", json!(base64(&octets)), &part["binary"]);
            }
            (ours, _) => check("kind", json!(format!("{ours:?}")), &part["kind"]),
        }
    }
}

fn index(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn base64(octets: &[u8]) -> String {
    let mut encoder = mime_core::decode::Base64Encoder::new();
    let mut text = bytes::BytesMut::new();
    encoder.extend(octets, &mut text);
    encoder.finish_into(&mut text);
    let solid = text.iter().filter(|o| !o.is_ascii_whitespace());
    solid.map(|&octet| char::from(octet)).collect()
}

fn compare_field(
    field: &Field<&[u8]>,
    at: &mut usize,
    theirs: &Value,
    check: &mut impl FnMut(&str, Value, &Value),
) {
    let start = *at;
    let name = String::from_utf8_lossy(field.name());
    let what = |of: &str| format!("{name}{of}");
    check(&what(""), json!(name), &theirs["name"]);
    check(&what(" begins"), json!(start), &theirs["offset_field"]);
    *at = start + field.raw().len();
    check(&what(" ends"), json!(*at), &theirs["offset_end"]);
    let value = &theirs["value"];
    let Some((shape, there)) = value.as_object().and_then(|it| it.iter().next()) else {
        return;
    };
    let here = field.value();
    let (here, there) = match shape.as_str() {
        // Fields that they know to be no text stay as they stand.
        "text" if *there == json!(String::from_utf8_lossy(here).trim()) => return,
        "text" => (values::unstructured(here), values::text_of_peer(there)),
        "text_list" if field.is("Keywords") || field.is("Content-Language") => {
            (values::keywords(here), there.clone())
        }
        "text_list" => (values::message_ids(here), there.clone()),
        "address" if field.is("List-ID") => (values::list_id(here), there.clone()),
        "address" if name.to_ascii_lowercase().starts_with("list-") => {
            (values::list_commands(here), there.clone())
        }
        "address" => (values::addresses(here), there.clone()),
        "date_time" => (values::date(here), values::date_of_peer(there)),
        "content_type" if field.is("Content-Type") => (
            values::content_type(here),
            values::content_type_of_peer(there),
        ),
        "content_type" => (
            values::disposition(here),
            values::content_type_of_peer(there),
        ),
        "received" => (values::received(here), values::received_of_peer(there)),
        _ => unreachable!("{shape}"),
    };
    check(&what(" says"), here, &there);
}
