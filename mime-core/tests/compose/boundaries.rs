//! Boundaries that content holds, by accident or because somebody knew the random octets.

use mime_core::compose::{Error, Misuse, Part, Slot};

use crate::driving::{RANDOM, binary, compose, draft, drive, media_type, seven};
use crate::tree::{Bodies, seen};

const TAIL: &str = "=_0123456789ABCDEF0123456789ABCDEF";

/// What the composer tries one after the other.
fn tails(count: u128) -> String {
    const STRIDE: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let first = u128::from_be_bytes(RANDOM);
    let nth = |attempt| first.wrapping_add(STRIDE.wrapping_mul(attempt));
    (0..count)
        .map(|attempt| format!("--1=_{:032X}\r\n", nth(attempt)))
        .collect()
}

#[test]
fn known_content_makes_the_composer_take_another_boundary() {
    let text = format!("a\r\n--1{TAIL}\r\nb");
    let sent = compose(
        &seven(),
        draft(Part::mixed(vec![Part::plain(text.clone())])),
    )
    .unwrap();
    let seen = seen(&sent);
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].content.as_deref(), Some(text.as_bytes()));
}

#[test]
fn nested_multiparts_have_boundaries_of_which_none_begins_another() {
    let mut part = Part::plain("x");
    for _ in 0..30 {
        part = Part::mixed(vec![part]);
    }
    let sent = compose(&seven(), draft(part)).unwrap();
    assert_eq!(seen(&sent).len(), 31, "and not one defect");
}

#[test]
fn content_that_holds_fifteen_boundaries_is_written_and_sixteen_show_misuse() {
    let held = |count| draft(Part::mixed(vec![Part::plain(tails(count))]));
    assert!(compose(&seven(), held(15)).is_ok());
    assert_eq!(compose(&seven(), held(16)), Err(Misuse::BoundaryInContent));
}

#[test]
fn encoded_content_may_hold_what_it_likes() {
    let parts = vec![
        Part::octets(media_type("a/b"), tails(16)),
        Part::plain(format!("\0{}", tails(16))),
    ];
    let sent = compose(&seven(), draft(Part::mixed(parts))).unwrap();
    assert_eq!(seen(&sent).len(), 3);
}

#[test]
fn a_pulled_body_with_a_boundary_ends_the_message_before_the_boundary() {
    let body = format!("some text\r\n--1{TAIL}\r\nmore");
    for (part, config) in [
        (Part::verbatim(Slot(4)), seven()),
        (Part::octets(media_type("a/b"), Slot(4)), binary()),
    ] {
        let bodies = Bodies::from([(Slot(4), body.clone().into_bytes())]);
        let outcome = drive(&config, draft(Part::mixed(vec![part])), &bodies, 5);
        assert_eq!(outcome.end, Err(Error::BoundaryInBody(Slot(4))));
        let sent = String::from_utf8(outcome.sent).unwrap();
        assert!(sent.ends_with("some text\r\n--1"), "{sent}");
    }
}

#[test]
fn no_cut_of_a_pulled_body_hides_a_boundary_or_invents_one() {
    for (body, end) in [
        (
            format!("\r\n--1{TAIL}"),
            Err(Error::BoundaryInBody(Slot(4))),
        ),
        (
            format!("=_{}{}=_", TAIL.split_at(33).0, TAIL.split_at(20).0),
            Ok(()),
        ),
    ] {
        let bodies = Bodies::from([(Slot(4), body.clone().into_bytes())]);
        let message = || draft(Part::mixed(vec![Part::verbatim(Slot(4))]));
        let whole = drive(&seven(), message(), &bodies, usize::MAX / 2);
        assert_eq!(whole.end, end);
        for size in 1..body.len() {
            let pieces = drive(&seven(), message(), &bodies, size);
            assert_eq!((pieces.end, &pieces.sent), (end, &whole.sent), "{size}");
        }
    }
}

#[test]
fn a_body_outside_any_multipart_may_hold_a_boundary() {
    let bodies = Bodies::from([(Slot(4), TAIL.as_bytes().to_vec())]);
    let part = Part::message_verbatim(Slot(4));
    assert_eq!(drive(&seven(), draft(part), &bodies, 5).end, Ok(()));
}
