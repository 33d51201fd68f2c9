//! mail-parser's tables of values of fields.

use std::collections::BTreeMap;

use mime_core::{Config, Event, Reader};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::differences::{folder, judge};
use crate::values;

#[test]
fn values_of_fields_are_what_mail_parser_reads() {
    let mut found = BTreeMap::new();
    let table = |name: &str, rows: usize, ours: fn(&[u8]) -> Value, theirs: fn(&Value) -> Value| {
        let text = std::fs::read_to_string(folder("mail-parser").join(name)).unwrap();
        let table: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(table.len(), rows, "{name}");
        for (number, row) in table.iter().enumerate() {
            let ours = ours(&value(row["header"].as_str().unwrap()));
            let theirs = theirs(&row["expected"]);
            if ours != theirs {
                let difference = format!("{} is {theirs} there, {ours} here", row["header"]);
                found.insert(format!("{name} {number}"), difference);
            }
        }
    };
    let mut table = table;
    table("address.json", 132, values::addresses, Value::clone);
    table(
        "content_type.json",
        126,
        values::content_type,
        values::content_type_of_peer,
    );
    table("date.json", 84, values::date, values::date_of_peer);
    table("id.json", 34, values::message_ids, Value::clone);
    table("list.json", 38, values::keywords, Value::clone);
    table(
        "received.json",
        202,
        values::received,
        values::received_of_peer,
    );
    table(
        "unstructured.json",
        54,
        values::unstructured,
        values::text_of_peer,
    );
    judge(include_str!("tables.txt"), &found);
}

#[test]
fn values_of_fields_are_what_python_reads() {
    let mut found = BTreeMap::new();
    let rows = std::fs::read_to_string(folder("cpython").join("values.jsonl")).unwrap();
    let rows: Vec<Value> = rows
        .lines()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    assert!(rows.len() >= 230, "{} rows", rows.len());
    for row in &rows {
        let name = row["name"].as_str().unwrap();
        let value: Vec<u8> = serde_json::from_value(row["value"].clone()).unwrap();
        let ours = match name {
            "To" => values::addresses(&value),
            "Date" => values::date(&value),
            "Content-Type" => values::content_type_or_text(&value),
            "Content-Disposition" => values::disposition(&value),
            "Subject" => values::unstructured(&value),
            name => panic!("{name} is not compared"),
        };
        let theirs = &row["expected"];
        if ours != *theirs {
            let text = String::from_utf8_lossy(&value);
            let hash = Sha256::digest(&value);
            let name = format!("{name} {:02x}{:02x}{:02x}", hash[0], hash[1], hash[2]);
            found.insert(name, format!("{text:?} is {theirs} there, {ours} here"));
        }
    }
    judge(include_str!("cpython-values.txt"), &found);
}

/// The value of the field that these octets begin with.
fn value(octets: &str) -> Vec<u8> {
    let message = format!("X:{octets}");
    let field = Reader::new(Config::new(), message.as_bytes()).find_map(|event| match event {
        Event::Field(field) => Some(field.value().to_vec()),
        _ => None,
    });
    field.unwrap()
}
