//! Any tree, written and read back.

use std::collections::HashMap;

use arbitrary::{Arbitrary, Unstructured};
use bytes::{Bytes, BytesMut};
use mime_core::{
    DefectCode, Kind, Message, Part as Read,
    compose::{
        Address, Composer, Config, Disposition, Draft, Event, Header, MediaType, Misuse, Part,
        Profile, RawField, Slot, Wording,
    },
    field,
};

#[derive(Arbitrary, Debug)]
struct Wish {
    random: [u8; 16],
    profile: u8,
    utf8: bool,
    piece: u8,
    pending: u8,
    heading: Heading,
    fields: Vec<Extra>,
    body: Tree,
}

#[derive(Arbitrary, Debug)]
struct Heading {
    subject: Option<String>,
    from: Option<(String, String)>,
    id: Option<String>,
    date: Option<(i64, Option<i16>)>,
}

#[derive(Arbitrary, Debug)]
enum Extra {
    Text(String),
    Raw(String, String),
    Verbatim(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Tree {
    Text {
        text: String,
        pulled: bool,
    },
    Flowed(String),
    Octets {
        octets: Vec<u8>,
        name: String,
        pulled: bool,
    },
    /// A part whose octets must not change.
    Verbatim {
        octets: Vec<u8>,
        pulled: bool,
    },
    Parts(bool, Vec<Tree>),
    Message(Heading, Box<Tree>),
}

/// What a reader must see of an entity, in their order. `None` where anything may be.
#[derive(Debug)]
struct Seen<'w> {
    kind: Kind,
    heading: Option<&'w Heading>,
    name: Option<&'w str>,
    content: Option<Vec<u8>>,
}

const INNER: &[u8] = b"Content-Type: application/x-signed\r\nX-Kept:   as it  is\r\n\r\n";

/// A tree of entities, the way it goes, and how the host hands over its bodies.
pub fn mime_compose(data: &[u8]) {
    let Ok(wish) = Wish::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let profile = match wish.profile % 3 {
        0 => Profile::SevenBit,
        1 => Profile::EightBitMime,
        _ => Profile::BinaryMime,
    };
    let mut config = Config::new(profile);
    if wish.utf8 {
        config = config.with_smtputf8();
    }
    let Some(whole) = write(&wish, &config, usize::MAX) else {
        return;
    };
    let narrow = config.with_max_pending(usize::from(wish.pending) + 1);
    let pieces = write(&wish, &narrow, usize::from(wish.piece) + 1);
    assert_eq!(pieces.as_ref(), Some(&whole), "pieces change nothing");
    check(&wish, &whole, profile);
}

/// The pulled bodies, by their slots.
type Bodies = HashMap<Slot, Vec<u8>>;

/// `None` for what the composer refuses.
fn write(wish: &Wish, config: &Config, piece: usize) -> Option<Vec<u8>> {
    let mut bodies = Bodies::new();
    let draft = draft(wish, &mut bodies).ok()?;
    let mut composer = Composer::new(config, draft, wish.random).ok()?;
    let (mut tx, mut sent) = (BytesMut::new(), Vec::new());
    loop {
        match composer.poll(&mut tx) {
            Some(Event::WantBody(slot)) => {
                assert!(composer.poll(&mut tx).is_none(), "an answer is due");
                let rest = bodies.get_mut(&slot).expect("a slot of the tree");
                let later = rest.split_off(rest.len().min(piece));
                let now = std::mem::replace(rest, later);
                composer
                    .body(slot, Bytes::from(now), rest.is_empty())
                    .expect("it was asked for");
            }
            Some(Event::Closed(outcome)) => {
                sent.extend_from_slice(&tx);
                tx.clear();
                assert!(
                    composer.poll(&mut tx).is_none() && tx.is_empty(),
                    "silence behind the end"
                );
                return outcome.ok().map(|()| sent);
            }
            Some(event) => unreachable!("{event:?}"),
            None => {
                assert!(!tx.is_empty(), "nothing to flush, nothing to answer");
                sent.extend_from_slice(&tx);
                tx.clear();
            }
        }
    }
}

fn draft(wish: &Wish, bodies: &mut Bodies) -> Result<Draft, Misuse> {
    let wording = if wish.utf8 {
        Wording::Utf8
    } else {
        Wording::EncodedWords
    };
    let mut header = header(&wish.heading, wording)?;
    for extra in &wish.fields {
        header = match extra {
            Extra::Text(text) => header.with_text("X-Text", text)?,
            Extra::Raw(name, value) => header.with_field(&RawField::new(name, value)?)?,
            Extra::Verbatim(octets) => header.with_field(&RawField::verbatim(octets)?)?,
        };
    }
    Ok(Draft::new(header, part(&wish.body, wording, bodies)?))
}

fn header(heading: &Heading, wording: Wording) -> Result<Header, Misuse> {
    let mut header = Header::new(wording);
    if let Some(subject) = &heading.subject {
        header = header.with_subject(subject)?;
    }
    if let Some((name, address)) = &heading.from {
        header = header.with_from(&[Address::new(name, address)])?;
    }
    if let Some(id) = &heading.id {
        header = header.with_message_id(id)?;
    }
    if let Some((unix, zone)) = heading.date {
        header = header.with_date(unix, zone)?;
    }
    Ok(header)
}

fn part(tree: &Tree, wording: Wording, bodies: &mut Bodies) -> Result<Part, Misuse> {
    let mut slot = |octets: &[u8]| {
        let slot = Slot(bodies.len() as u32);
        bodies.insert(slot, octets.to_vec());
        slot
    };
    Ok(match tree {
        Tree::Text { text, pulled: true } => Part::plain(slot(text.as_bytes())),
        Tree::Text { text, .. } => Part::html(text.clone()),
        Tree::Flowed(text) => Part::flowed(text.clone()),
        Tree::Octets {
            octets,
            name,
            pulled,
        } => {
            let kind = MediaType::new("application/octet-stream")?;
            let part = match pulled {
                true => Part::octets(kind, slot(octets)),
                false => Part::octets(kind, octets.clone()),
            };
            part.with_disposition(&Disposition::attachment().with_filename(name)?)?
        }
        Tree::Verbatim { octets, pulled } => {
            let whole = [INNER, octets].concat();
            match pulled {
                true => Part::verbatim(slot(&whole)),
                false => Part::verbatim(whole),
            }
        }
        Tree::Parts(digest, parts) => {
            let parts: Result<_, _> = parts
                .iter()
                .map(|tree| part(tree, wording, bodies))
                .collect();
            let kind = if *digest {
                "multipart/digest"
            } else {
                "multipart/mixed"
            };
            Part::multipart(MediaType::new(kind)?, parts?)
        }
        Tree::Message(heading, body) => Part::message(Draft::new(
            header(heading, wording)?,
            part(body, wording, bodies)?,
        )),
    })
}

fn expected<'w>(tree: &'w Tree, heading: Option<&'w Heading>, out: &mut Vec<Seen<'w>>) {
    let mut seen = |kind, name, content| {
        out.push(Seen {
            kind,
            heading,
            name,
            content,
        });
    };
    match tree {
        Tree::Text { text, .. } => {
            let lines = text.replace("\r\n", "\n").replace('\n', "\r\n");
            seen(Kind::Leaf, None, Some(lines.into_bytes()));
        }
        Tree::Flowed(_) => seen(Kind::Leaf, None, None),
        Tree::Octets { octets, name, .. } => seen(Kind::Leaf, Some(name), Some(octets.clone())),
        Tree::Verbatim { octets, .. } => seen(Kind::Leaf, None, Some(octets.clone())),
        Tree::Parts(_, parts) => {
            seen(Kind::Multipart, None, None);
            parts.iter().for_each(|part| expected(part, None, out));
        }
        Tree::Message(heading, body) => {
            seen(Kind::Message, None, None);
            expected(body, Some(heading), out);
        }
    }
}

fn check(wish: &Wish, sent: &[u8], profile: Profile) {
    let message = Message::parse(sent);
    let mut list = Vec::new();
    expected(&wish.body, Some(&wish.heading), &mut list);
    assert_eq!(message.parts().count(), list.len(), "entities");
    for (part, seen) in message.parts().zip(&list) {
        assert_eq!(part.kind(), seen.kind);
        if let Some(heading) = seen.heading {
            check_heading(&part, heading);
        }
        if let Some(name) = seen.name {
            assert_eq!(part.filename().as_deref(), Some(name), "filename");
        }
        if let Some(content) = &seen.content {
            let decoded = part.decoded(usize::MAX).expect("no limit");
            assert_eq!(&decoded.octets[..], content, "content");
        }
        // Of header and lines, whatever is inside.
        assert!(
            part.header()
                .split(|octet| *octet == b'\n')
                .all(|line| line.len() <= 999)
        );
    }
    check_fields(wish, &message);
    let verbatim = contains_verbatim(&wish.body) || !wish.fields.is_empty();
    if !verbatim && !wish.utf8 {
        if profile == Profile::SevenBit {
            assert!(sent.is_ascii(), "octets above 127 on a way of 7bit");
            assert!(
                sent.split(|octet| *octet == b'\n')
                    .all(|line| line.len() <= 999)
            );
        }
        let wrong = message
            .defects()
            .iter()
            .find(|defect| defect.code != DefectCode::EightBitInField);
        assert_eq!(wrong, None, "what is written is without defects");
    }
}

fn contains_verbatim(tree: &Tree) -> bool {
    match tree {
        Tree::Verbatim { .. } => true,
        Tree::Parts(_, parts) => parts.iter().any(contains_verbatim),
        Tree::Message(_, body) => contains_verbatim(body),
        Tree::Text { .. } | Tree::Flowed(_) | Tree::Octets { .. } => false,
    }
}

fn check_heading(part: &Read<'_, '_>, heading: &Heading) {
    let mut faults = Vec::new();
    if let Some(subject) = &heading.subject {
        let field = part.field("Subject").expect("a subject");
        let read = field::unstructured(field.value(), &mut |code, _| faults.push(code));
        assert_eq!(&read, subject, "subject");
    }
    if let Some((name, address)) = &heading.from {
        let from = part.from();
        assert_eq!(from.len(), 1, "one address, whatever is in its name");
        let mailbox = &from[0].mailboxes()[0];
        assert_eq!(mailbox.name.as_deref().unwrap_or_default(), name, "name");
        let read = mailbox.address.as_ref().expect("an address").to_string();
        let given = field::addresses(address.as_bytes(), &mut |_, _| {});
        let given = given.first().and_then(|one| one.mailboxes().first());
        let given = given
            .and_then(|mailbox| mailbox.address.as_ref())
            .expect("it was admitted");
        assert_eq!(read, given.to_string(), "address");
    }
    if let Some(id) = &heading.id {
        assert_eq!(
            part.message_id().as_deref(),
            Some(id.as_str()),
            "identifier"
        );
    }
    if let Some((unix, zone)) = heading.date {
        let date = part.date().expect("a date");
        assert_eq!((date.unix, date.offset), (unix, zone.unwrap_or(0)));
        assert_eq!(date.zone_known, zone.is_some());
    }
    assert_eq!(faults, []);
}

/// No value of a field becomes another field.
fn check_fields(wish: &Wish, message: &Message<'_>) {
    let own = [
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Disposition",
    ];
    let own = |field: &mime_core::Field<&[u8]>| own.iter().any(|name| field.is(name));
    // A verbatim root brings its own.
    if matches!(wish.body, Tree::Verbatim { .. }) {
        return;
    }
    let found = message.root().fields().filter(|field| !own(field)).count();
    let heading = &wish.heading;
    let given = [
        heading.subject.is_some(),
        heading.from.is_some(),
        heading.id.is_some(),
        heading.date.is_some(),
    ];
    let given = given.into_iter().filter(|given| *given).count() + wish.fields.len();
    assert_eq!(found, given, "fields");
    for extra in &wish.fields {
        let raw = match extra {
            Extra::Text(text) => {
                let mut texts = message.root().fields().filter(|field| field.is("X-Text"));
                let read =
                    texts.any(|field| field::unstructured(field.value(), &mut |_, _| {}) == *text);
                assert!(read, "{text:?} is lost");
                continue;
            }
            Extra::Raw(name, value) => RawField::new(name, value),
            Extra::Verbatim(octets) => RawField::verbatim(octets),
        };
        let raw = raw.expect("it was taken");
        assert!(
            message
                .root()
                .fields()
                .any(|field| field.raw() == raw.as_bytes()),
            "{raw:?}"
        );
    }
}
