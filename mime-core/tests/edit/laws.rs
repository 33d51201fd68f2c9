//! Laws: no edit is no change, and the edited message reads as the old one with the edits.

use mime_core::compose::RawField;
use mime_core::edit::{Misuse, Place};
use mime_core::{Config, Message};
use proptest::prelude::*;

use crate::model::Entity;

fn configs() -> [Config; 4] {
    let config = Config::new();
    [
        config,
        config.with_strict_lines(),
        config.with_encoded_composites(),
        config.with_headers_only(),
    ]
}

/// Bodies and parts, good and bad.
const NEW: &[&str] = &[
    "",
    "x",
    "x\r\n",
    "\r\nbody",
    "\n\n",
    "A: 1",
    "A: 1\r\n",
    "A: 1\r\n\r\n",
    "A: 1\nB: 2\n\nbody\n",
    " x",
    "x\r",
    "-",
    "--\r\n",
    "From a@b\r\nA: 1\r\n\r\nx",
    "hello\r\n--B\r\nthere",
    "Content-Type: text/html\r\n\r\nhtml",
    "Content-Type: message/rfc822\r\n\r\nS: 1\r\n\r\nin",
    "Content-Type: multipart/mixed; boundary=N\r\n\r\n--N\r\n\r\n1\r\n--N\r\n\r\n2\r\n--N--\r\n",
    "Content-Type: multipart/mixed; boundary=N\r\n\r\n--N\r\n\r\nopen",
    "Content-Type: multipart/mixed; boundary=B--\r\n\r\nopen",
    "Content-Type: multipart/mixed; boundary=B\r\n\r\nopen",
    "--B\r\n\r\n1\r\n--B--",
    "--C\n\nA\n--C--\nafter",
    "pre\r\n--C\r\nA: 1\r\n--C--",
];

const FIELDS: &[(&str, &str)] = &[
    ("X-New", "1"),
    ("Subject", "long;\r\n folded"),
    ("Content-Type", "text/html"),
    ("Content-Type", "multipart/related; boundary=B"),
    ("Content-Transfer-Encoding", "base64"),
    ("Content-Transfer-Encoding", "8bit"),
    ("MIME-Version", "1.0"),
    ("--B", "x"),
];

/// One edit: what, of which entity, where in it, with which octets.
type Edit = (u8, usize, usize, usize);

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec((0u8..8, 0usize..12, 0usize..6, 0usize..64), 0..7)
}

/// Makes edits, and says which were possible.
fn hold(raw: &[u8], config: Config, edits: &[Edit]) -> Vec<Result<(), Misuse>> {
    let message = Message::parse_with(raw, config);
    let mut expected = Entity::parse(raw, config);
    let mut editor = message.edit();
    let mut done = Vec::new();
    for &(what, part, nth, new) in edits {
        let part = part % message.parts().count();
        let entity = message.part(part).unwrap();
        let (name, value) = FIELDS[new % FIELDS.len()];
        let field = RawField::new(name, value).unwrap();
        let octets = NEW[new % NEW.len()].as_bytes();
        let place = match nth {
            0 => Place::Top,
            1 => Place::End,
            _ if new % 2 == 0 => Place::Before(nth - 2),
            _ => Place::After(nth - 2),
        };
        let result = match what {
            0 | 1 => editor.add_field(part, place, field.clone()),
            2 => editor.change_field(part, nth, field.clone()),
            3 => editor.remove_field(part, nth),
            4 => editor.replace_body(part, octets),
            5 => editor.replace_part(part, octets),
            6 => editor.insert_part(part, nth, octets),
            _ => editor.remove_part(part),
        };
        done.push(result);
        if result.is_err() {
            continue;
        }
        let model = expected.find(part).unwrap();
        match what {
            0 | 1 => model.add(place, field.as_bytes()),
            2 => model.change(nth, field.as_bytes()),
            3 => model.remove(nth),
            4 => model.body(&entity, octets, config),
            5 => {
                let outer = entity
                    .parent()
                    .filter(|_| !entity.delimiter_range().is_empty());
                model.become_part(Entity::part(outer.as_ref(), octets, config));
            }
            6 => model.insert(nth, Entity::part(Some(&entity), octets, config)),
            _ => model.go(),
        }
    }
    let out = editor.finish().to_vec();
    if done.iter().all(Result::is_err) {
        assert_eq!(out, raw, "a refused edit does nothing");
    }
    let read = Entity::parse(&out, config);
    assert_eq!(
        read.all_lines(),
        expected.all_lines(),
        "\n{}\n{}\n{edits:?}",
        raw.escape_ascii(),
        out.escape_ascii()
    );
    done
}

/// Fragments of mail in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        3 => Just("\r\n"),
        1 => Just("\n"),
        1 => Just("\r"),
        1 => Just("-"),
        2 => Just("\r\n--B\r\n"),
        2 => Just("--B\r\n"),
        2 => Just("\r\n--C\r\n"),
        1 => Just("--C\n"),
        1 => Just("\r\n--B--"),
        1 => Just("\n--C--\n"),
        1 => Just("\r\n\r\n"),
        1 => Just(" "),
        1 => Just(":"),
        3 => Just("A: b\r\n"),
        1 => Just("From a: b\r\n"),
        1 => Just("From "),
        3 => Just("Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"),
        2 => Just("Content-Type: multipart/mixed; boundary=B\r\n"),
        3 => Just("Content-Type: multipart/digest; boundary=C\n\n--C\n"),
        1 => Just("Content-Type: multipart/mixed; boundary=\"B--\"\r\n\r\n"),
        2 => Just("Content-Type: message/rfc822\r\n\r\n"),
        1 => Just("Content-Type: message/rfc822\r\n"),
        1 => Just("Content-Transfer-Encoding: base64\r\n"),
        2 => Just("x"),
        1 => Just("\0\u{e9}"),
    ];
    proptest::collection::vec(fragment, 0..24).prop_map(|list| list.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn an_edited_message_reads_as_the_old_one_with_the_edits(raw in fragments(), edits in edits()) {
        for config in configs() {
            hold(&raw, config, &edits);
        }
    }

    #[test]
    fn no_edit_is_no_change(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
        for config in configs() {
            let message = Message::parse_with(&raw, config);
            prop_assert_eq!(message.edit().finish().to_vec(), &raw[..]);
            hold(&raw, config, &[(0, 0, 1, 0), (4, 0, 0, 1)]);
        }
    }
}

/// Walks `SECUREWIRE_MIME_CORPUS`: every file is a message. Without the variable there is nothing to do.
#[test]
fn a_corpus_is_edited_and_reads_as_the_model_says() {
    let Some(folder) = std::env::var_os("SECUREWIRE_MIME_CORPUS") else {
        return;
    };
    let (mut folders, mut messages, mut edits, mut refused) = (vec![folder.into()], 0, 0, 0);
    while let Some(folder) = folders.pop() {
        let folder: std::path::PathBuf = folder;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let raw = std::fs::read(&path).unwrap();
            messages += 1;
            hold(&raw, Config::new(), &[]);
            for what in 0..8 {
                for part in 0..4 {
                    let done = hold(&raw, Config::new(), &[(what, part, 1, 9 * part + 7)]);
                    edits += 1;
                    refused += done.iter().filter(|it| it.is_err()).count();
                }
            }
        }
    }
    println!("{messages} messages, {edits} edits, {refused} refused");
}
