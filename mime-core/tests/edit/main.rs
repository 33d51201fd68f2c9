//! Edits of messages: what changes, what stays, what is refused.
#![cfg(test)]

extern crate alloc;

mod fields;
mod laws;
mod model;
mod parts;

use mime_core::Message;
use mime_core::compose::RawField;
use mime_core::edit::{Editor, Misuse};

/// A field of this name and value.
fn field(name: &str, value: &str) -> RawField {
    RawField::new(name, value).unwrap()
}

/// The message after edits that must be possible.
fn edited(raw: &str, edit: impl FnOnce(&mut Editor<'_, '_>) -> Result<(), Misuse>) -> String {
    let message = Message::parse(raw.as_bytes());
    let mut editor = message.edit();
    edit(&mut editor).unwrap();
    String::from_utf8(editor.finish().to_vec()).unwrap()
}

/// Why an edit is refused; then it changes nothing.
fn refused(raw: &str, edit: impl FnOnce(&mut Editor<'_, '_>) -> Result<(), Misuse>) -> Misuse {
    let message = Message::parse(raw.as_bytes());
    let mut editor = message.edit();
    let misuse = edit(&mut editor).unwrap_err();
    assert_eq!(editor.finish().to_vec(), raw.as_bytes());
    misuse
}
