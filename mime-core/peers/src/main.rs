//! Leaves of messages as `mail-parser` reads them, in the lines that `tests/corpora/python.py` writes.
//!
//!     mime-peers FOLDER > LINES

use std::path::{Path, PathBuf};

use mail_parser::{Message, MessageParser, MessagePart, PartKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn main() {
    let folder = std::env::args().nth(1).expect("mime-peers FOLDER");
    let mut files = Vec::new();
    walk(Path::new(&folder), &mut files);
    files.sort();
    for file in files {
        let raw = std::fs::read(&file).unwrap();
        let message = MessageParser::new().parse(&raw);
        let leaves: Vec<Value> = message.iter().flat_map(leaves).collect();
        let name = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        println!("{}", json!({ "name": name, "leaves": leaves }));
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

fn leaves(message: &Message<'_>) -> Vec<Value> {
    let mut parts: Vec<_> = message.parts().filter(|part| is_leaf(part)).collect();
    // Parts of messages inside messages are listed last.
    parts.sort_by_key(|part| part.offset_header());
    parts.iter().map(leaf).collect()
}

fn is_leaf(part: &MessagePart<'_>) -> bool {
    !matches!(part.kind(), PartKind::Multipart | PartKind::Message(_))
}

fn leaf(part: &MessagePart<'_>) -> Value {
    let octets = part.decoded();
    let hash = Sha256::digest(&octets);
    let hash: String = hash.iter().map(|octet| format!("{octet:02x}")).collect();
    let media_type = part.content_type();
    let media_type = media_type.map_or("text/plain".into(), |media_type| {
        format!(
            "{}/{}",
            media_type.ctype(),
            media_type.subtype().unwrap_or_default()
        )
    });
    json!([media_type.to_ascii_lowercase(), hash, octets.len()])
}
