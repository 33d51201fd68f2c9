//! Limits at n and n + 1, constant memory, and trees of any depth.

use mime_core::Limits;
use mime_core::compose::{Composer, Config, Draft, Header, Misuse, Part, RawField, Slot, Wording};

use crate::driving::{RANDOM, compose, draft, drive, media_type, seven};
use crate::tree::{Bodies, seen};

fn limited(set: impl FnOnce(&mut Limits)) -> Config {
    let mut limits = Limits::default();
    set(&mut limits);
    seven().with_limits(limits)
}

fn nested(levels: usize) -> Part {
    let mut part = Part::plain("x");
    for level in 0..levels {
        part = match level % 2 {
            0 => Part::mixed(vec![part]),
            _ => Part::message(draft(part)),
        };
    }
    part
}

#[test]
fn entities_nest_as_deep_as_the_limit_and_no_deeper() {
    let config = limited(|limits| limits.max_depth = 7);
    let sent = compose(&config, draft(nested(7))).unwrap();
    assert_eq!(seen(&sent).len(), 8);
    assert_eq!(compose(&config, draft(nested(8))), Err(Misuse::TooDeep));
}

#[test]
fn there_are_as_many_entities_as_the_limit_and_no_more() {
    let config = limited(|limits| limits.max_parts = 4);
    let parts = |count: usize| draft(Part::mixed((0..count).map(|_| Part::plain("")).collect()));
    assert!(compose(&config, parts(3)).is_ok());
    assert_eq!(compose(&config, parts(4)), Err(Misuse::TooManyParts));
}

#[test]
fn a_header_is_as_long_as_the_limit_and_no_longer() {
    let header_of = |sent: &[u8]| {
        sent.windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap()
            + 4
    };
    let sent = compose(&seven(), draft(Part::plain("x"))).unwrap();
    let len = header_of(&sent);
    let fits = limited(|limits| limits.max_header = len);
    let sent = compose(&fits, draft(Part::plain("x"))).unwrap();
    let mut limits = Limits::default();
    limits.max_header = len;
    let config = mime_core::Config::new().with_limits(limits);
    let read = mime_core::Message::parse_with(&sent, config);
    assert_eq!(
        read.defects(),
        [],
        "what is written within limits is read within them"
    );
    let short = limited(|limits| limits.max_header = len - 1);
    assert_eq!(
        compose(&short, draft(Part::plain("x"))),
        Err(Misuse::HeaderTooLong)
    );
}

#[test]
fn a_header_has_as_many_fields_as_the_limit_and_no_more() {
    // Subject, MIME-Version, Content-Type and Content-Transfer-Encoding.
    let sent = |most, more| {
        let config = limited(|limits| limits.max_fields = most);
        let mut header = Header::new(Wording::EncodedWords);
        for _ in 0..more {
            header = header
                .with_field(&RawField::new("X", "y").unwrap())
                .unwrap();
        }
        compose(&config, Draft::new(header, Part::plain("x")))
    };
    assert!(sent(5, 2).is_ok());
    assert_eq!(sent(5, 3), Err(Misuse::HeaderTooLong));
}

#[test]
fn what_waits_for_the_host_does_not_grow_with_the_body() {
    let body = vec![0xe9; 4_000_000];
    for (size, pending) in [
        (1_000, 1),
        (1_000_000, 1),
        (100_000, 1 << 16),
        (4_000_000, 1 << 16),
    ] {
        for part in [
            Part::octets(media_type("a/b"), Slot(0)),
            Part::plain(Slot(0)),
        ] {
            let bodies = Bodies::from([(Slot(0), body.clone())]);
            let config = seven().with_max_pending(pending);
            let outcome = drive(&config, draft(part), &bodies, size);
            assert_eq!(outcome.end, Ok(()));
            assert!(outcome.sent.len() > 5_000_000);
            // Buffers grow by doubling.
            let most = 2 * (pending + 40 * 1024);
            assert!(outcome.capacity <= most, "{} of {most}", outcome.capacity);
        }
    }
}

#[test]
fn a_deep_tree_is_refused_and_freed_without_recursion() {
    let config = limited(|limits| {
        limits.max_depth = u32::MAX;
        limits.max_parts = u32::MAX;
    });
    drop(nested(100_000));
    assert_eq!(
        compose(&seven(), draft(nested(100_000))),
        Err(Misuse::TooDeep)
    );
    assert!(compose(&config, draft(nested(20_000))).is_ok());
    drop(Composer::new(&config, draft(nested(20_000)), RANDOM).unwrap());
}

#[test]
fn a_slot_is_asked_in_one_place() {
    let parts = vec![
        Part::plain(Slot(1)),
        Part::plain(Slot(2)),
        Part::plain(Slot(1)),
    ];
    let twice = Composer::new(&seven(), draft(Part::mixed(parts)), RANDOM);
    assert_eq!(twice.err(), Some(Misuse::DuplicateSlot));
    assert_eq!(
        compose(&seven(), draft(Part::plain(Slot(1)))),
        Err(Misuse::Unknown)
    );
}
