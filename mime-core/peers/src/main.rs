//! Messages as `mail-parser` reads them, one JSON object a line.
//!
//!     mime-peers leaves FOLDER > LINES      as tests/corpora/python.py says it, without defects
//!     mime-peers contents FOLDER > LINES    as the example compose_samples says it

use std::path::{Path, PathBuf};

use mail_parser::{AddressList, Message, MessageParser, MessagePart, PartKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder] = arguments.as_slice() else {
        panic!("mime-peers leaves|contents FOLDER");
    };
    let mut files = Vec::new();
    walk(Path::new(folder), &mut files);
    files.sort();
    for file in files {
        let raw = std::fs::read(&file).unwrap();
        let message = MessageParser::new().parse(&raw);
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap();
        let line = match what.as_str() {
            "leaves" => {
                let parts = message.iter().flat_map(parts);
                let leaves: Vec<Value> = parts.filter(is_leaf).map(|part| leaf(&part)).collect();
                json!({ "name": name, "leaves": leaves })
            }
            _ if !name.ends_with(".eml") => continue,
            _ => contents(name, &message.expect("a message")),
        };
        println!("{line}");
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// All parts in the order of the octets: those of messages inside messages are listed last.
fn parts<'m>(message: &'m Message<'_>) -> Vec<MessagePart<'m>> {
    let mut parts: Vec<_> = message.parts().collect();
    parts.sort_by_key(MessagePart::offset_header);
    parts
}

fn is_leaf(part: &MessagePart<'_>) -> bool {
    !matches!(part.kind(), PartKind::Multipart | PartKind::Message(_))
}

fn leaf(part: &MessagePart<'_>) -> Value {
    let octets = part.decoded();
    let hash = Sha256::digest(&octets);
    json!([media_type(part), hex(&hash), octets.len()])
}

fn media_type(part: &MessagePart<'_>) -> String {
    let media_type = part.content_type();
    let media_type = media_type.map_or("text/plain".into(), |media_type| {
        let subtype = media_type.subtype().unwrap_or_default();
        format!("{}/{subtype}", media_type.ctype())
    });
    media_type.to_ascii_lowercase()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn contents(file: &str, message: &Message<'_>) -> Value {
    let parts = parts(message);
    let leaf = |part: &MessagePart<'_>| {
        json!({
            "type": media_type(part),
            "name": part.attachment_name(),
            "hex": hex(&part.decoded()),
        })
    };
    let leaves: Vec<Value> = parts.iter().filter(|it| is_leaf(it)).map(leaf).collect();
    json!({
        "file": file,
        "subject": message.subject(),
        "from": mailboxes(message.from()),
        "to": mailboxes(message.to()),
        "date": message.date().map(|date| date.to_timestamp()),
        "message_id": message.message_id(),
        "types": parts.iter().map(media_type).collect::<Vec<_>>(),
        "leaves": leaves,
    })
}

fn mailboxes(list: Option<AddressList<'_>>) -> Vec<Value> {
    let mailboxes = list.into_iter().flat_map(|list| list.mailboxes());
    mailboxes
        .map(|it| json!({ "name": it.name(), "address": it.address() }))
        .collect()
}
