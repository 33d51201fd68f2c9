//! Edits of any message: what is not edited stays as it is.

use arbitrary::{Arbitrary, Unstructured};
use mime_core::{Config, Kind, Message, Part, compose::RawField, edit::Place};

#[derive(Arbitrary, Debug)]
struct Wish {
    bits: u8,
    edits: Vec<Edit>,
}

#[derive(Arbitrary, Debug)]
enum Edit {
    Add { part: u8, place: u8, field: u8 },
    Change { part: u8, nth: u8, field: u8 },
    Set { part: u8, field: u8 },
    Remove { part: u8, nth: u8 },
    Body { part: u8, octets: u8 },
    Replace { part: u8, octets: u8 },
    Insert { part: u8, at: u8, octets: u8 },
    Drop { part: u8 },
}

const FIELDS: [(&str, &str); 8] = [
    ("X-New", "1"),
    ("Subject", "long;\r\n folded"),
    ("Content-Type", "text/html"),
    ("Content-Type", "multipart/related; boundary=B"),
    ("Content-Transfer-Encoding", "base64"),
    ("MIME-Version", "1.0"),
    ("From", "a@b"),
    ("--B", "x"),
];

const OCTETS: [&[u8]; 8] = [
    b"",
    b"x",
    b"\r\nbody\r\n",
    b"A: 1\nB: 2\n\nbody\n",
    b"hello\r\n--B\r\nthere",
    b"Content-Type: text/html\r\n\r\nhtml",
    b"Content-Type: message/rfc822\r\n\r\nS: 1\r\n\r\nin",
    b"Content-Type: multipart/mixed; boundary=N\r\n\r\n--N\r\n\r\n1\r\n--N\r\n\r\n2\r\n--N--\r\n",
];

/// How much of an entity is edited.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touched {
    No,
    Header,
    All,
}

/// The length of the edits, the edits, then the message.
pub fn mime_edit(data: &[u8]) {
    let Some((&len, rest)) = data.split_first() else {
        return;
    };
    let (edits, raw) = rest.split_at(rest.len().min(usize::from(len)));
    let Ok(wish) = Wish::arbitrary(&mut Unstructured::new(edits)) else {
        return;
    };
    let mut config = Config::new();
    if wish.bits & 1 != 0 {
        config = config.with_strict_lines();
    }
    if wish.bits & 2 != 0 {
        config = config.with_encoded_composites();
    }
    if wish.bits & 4 != 0 {
        config = config.with_headers_only();
    }
    let message = Message::parse_with(raw, config);
    assert_eq!(
        message.edit().finish().to_vec(),
        raw,
        "no edit is no change"
    );

    let count = message.parts().count();
    let mut touched = vec![Touched::No; count];
    let (mut structure, mut any) = (false, false);
    let mut editor = message.edit();
    for edit in &wish.edits {
        let (part, result, depth) = apply(&mut editor, edit, count);
        if result.is_ok() {
            any = true;
            touched[part] = touched[part].max(depth);
            structure |= !matches!(
                edit,
                Edit::Add { .. } | Edit::Change { .. } | Edit::Set { .. } | Edit::Remove { .. }
            );
        }
    }
    let edited = editor.finish();
    let out = edited.to_vec();
    assert_eq!(edited.octets(), out.len());
    if !any {
        assert_eq!(out, raw, "a refused edit does nothing");
    }
    let again = Message::parse_with(&out, config);
    if !structure {
        let bodies = |message: &Message<'_>| -> Vec<Vec<u8>> {
            let leaves = message
                .parts()
                .filter(|part| part.children().next().is_none());
            leaves.map(|part| part.body().to_vec()).collect()
        };
        assert_eq!(again.parts().count(), count, "fields change no structure");
        assert_eq!(bodies(&again), bodies(&message), "fields change no body");
    }
    untouched(&message, &touched, &out);
}

fn apply(
    editor: &mut mime_core::edit::Editor<'_, '_>,
    edit: &Edit,
    count: usize,
) -> (usize, Result<(), mime_core::edit::Misuse>, Touched) {
    let at = |part: u8| usize::from(part) % (count + 1).min(16);
    let field = |index: u8| {
        let (name, value) = FIELDS[usize::from(index) % FIELDS.len()];
        RawField::new(name, value).expect("a field")
    };
    let octets = |index: u8| OCTETS[usize::from(index) % OCTETS.len()];
    match *edit {
        Edit::Add {
            part,
            place,
            field: new,
        } => {
            let nth = usize::from(place / 4 % 8);
            let place = match place % 4 {
                0 => Place::Top,
                1 => Place::End,
                2 => Place::Before(nth),
                _ => Place::After(nth),
            };
            (
                at(part),
                editor.add_field(at(part), place, field(new)),
                Touched::Header,
            )
        }
        Edit::Change {
            part,
            nth,
            field: new,
        } => {
            let result = editor.change_field(at(part), usize::from(nth % 8), field(new));
            (at(part), result, Touched::Header)
        }
        Edit::Set { part, field: new } => (
            at(part),
            editor.set_field(at(part), field(new)),
            Touched::Header,
        ),
        Edit::Remove { part, nth } => {
            let result = editor.remove_field(at(part), usize::from(nth % 8));
            (at(part), result, Touched::Header)
        }
        Edit::Body { part, octets: new } => (
            at(part),
            editor.replace_body(at(part), octets(new)),
            Touched::All,
        ),
        Edit::Replace { part, octets: new } => (
            at(part),
            editor.replace_part(at(part), octets(new)),
            Touched::All,
        ),
        Edit::Insert {
            part,
            at: nth,
            octets: new,
        } => {
            let result = editor.insert_part(at(part), usize::from(nth % 8), octets(new));
            (at(part), result, Touched::Header)
        }
        Edit::Drop { part } => (at(part), editor.remove_part(at(part)), Touched::All),
    }
}

/// The octets of every leaf that is not edited are there, in their order.
fn untouched(message: &Message<'_>, touched: &[Touched], out: &[u8]) {
    let mut rest = out;
    for leaf in message.parts().filter(|part| part.kind() == Kind::Leaf) {
        let outer = std::iter::successors(leaf.parent(), Part::parent);
        if outer
            .into_iter()
            .any(|part| touched[part.index()] == Touched::All)
        {
            continue;
        }
        let octets = match touched[leaf.index()] {
            Touched::No => leaf.raw(),
            Touched::Header => leaf.body(),
            Touched::All => continue,
        };
        if octets.is_empty() {
            continue;
        }
        let found = rest
            .windows(octets.len())
            .position(|window| window == octets);
        let found =
            found.unwrap_or_else(|| panic!("{:?} is lost", octets.escape_ascii().to_string()));
        rest = &rest[found + octets.len()..];
    }
}
