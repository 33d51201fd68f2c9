//! Addresses: RFC 5322 appendix A, RFC 6854, RFC 6532, and what must never become an address.
#![cfg(test)]

use mime_core::DefectCode;
use mime_core::field::{Address, MAX_ADDRESSES, MAX_COMMENT_DEPTH, Mailbox, addresses};

fn show(mailbox: &Mailbox<'_>) -> String {
    let name = mailbox.name.as_deref().map(|name| format!("{name} "));
    let address = mailbox
        .address
        .as_ref()
        .map_or("-".into(), ToString::to_string);
    format!("{}<{address}>", name.unwrap_or_default())
}

fn read(value: &str) -> (String, Vec<DefectCode>) {
    let mut defects = Vec::new();
    let list = addresses(value.as_bytes(), &mut |code, range| {
        assert!(
            range.start <= range.end && range.end <= value.len(),
            "{value} {code:?}"
        );
        defects.push(code);
    });
    let list: Vec<_> = list
        .iter()
        .map(|address| match address {
            Address::Mailbox(mailbox) => show(mailbox),
            Address::Group(group) => {
                let members: Vec<_> = group.mailboxes.iter().map(show).collect();
                format!("{}: {};", group.name, members.join(", "))
            }
            _ => unreachable!(),
        })
        .collect();
    (list.join(" | "), defects)
}

fn clean(value: &str) -> String {
    let (list, defects) = read(value);
    assert_eq!(defects, [], "{value}");
    list
}

#[test]
fn a_comma_after_a_group_separates_it_and_skips_nobody() {
    assert_eq!(
        clean("team: a@x.test, b@x.test;, c@x.test"),
        "team: <a@x.test>, <b@x.test>; | <c@x.test>"
    );
    assert_eq!(
        clean("one:; (a comment) , two: a@x.test;"),
        "one: ; | two: <a@x.test>;"
    );
    let (list, defects) = read("one:;,, a@x.test");
    assert_eq!(list, "one: ; | <a@x.test>");
    assert_eq!(defects, [DefectCode::ObsoleteAddress]);
}

#[test]
fn examples_of_rfc_5322_appendix_a() {
    for (value, expected) in [
        (
            "John Doe <jdoe@machine.example>",
            "John Doe <jdoe@machine.example>",
        ),
        (
            "\"Joe Q. Public\" <john.q.public@example.com>",
            "Joe Q. Public <john.q.public@example.com>",
        ),
        (
            "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            "Mary Smith <mary@x.test> | <jdoe@example.org> | Who? <one@y.test>",
        ),
        (
            "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
            "<boss@nil.test> | Giant; \"Big\" Box <sysservices@example.net>",
        ),
        (
            "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            "A Group: Ed Jones <c@a.test>, <joe@where.test>, John <jdoe@one.test>;",
        ),
        ("Undisclosed recipients:;", "Undisclosed recipients: ;"),
        (
            "\"Mary Smith: Personal Account\" <smith@home.example>",
            "Mary Smith: Personal Account <smith@home.example>",
        ),
    ] {
        assert_eq!(clean(value), expected);
    }
}

#[test]
fn obsolete_forms_of_rfc_5322_appendix_a() {
    let (list, defects) = read("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example");
    assert_eq!(list, "Mary Smith <mary@example.net> | <jdoe@test.example>");
    assert_eq!(defects, [DefectCode::ObsoleteAddress; 3]);
    let (list, defects) = read("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>");
    assert_eq!(
        (&*list, &defects[..]),
        ("Pete <pete@silly.test>", &[DefectCode::ObsoleteAddress][..])
    );
    assert_eq!(
        clean("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
        "Hidden recipients: ;"
    );
    assert_eq!(
        clean("Joe Q. Public <john.q.public@example.com>"),
        "Joe Q. Public <john.q.public@example.com>"
    );
}

#[test]
fn names_are_decoded_after_the_grammar_was_applied() {
    assert_eq!(
        clean("=?utf-8?q?a=40evil.example?= <b@c.test>"),
        "a@evil.example <b@c.test>"
    );
    assert_eq!(
        clean("=?utf-8?q?=3Ca=40evil=3E=2C?= <b@c.test>"),
        "<a@evil>, <b@c.test>"
    );
    assert_eq!(
        clean("=?ISO-8859-1?Q?Andr=E9?= Pirard <p@x.test>"),
        "André Pirard <p@x.test>"
    );
}

#[test]
fn an_address_is_never_fabricated_from_an_encoded_word() {
    for value in [
        "=?utf-8?q?a=40b.test?=",
        "=?utf-8?b?YUBiLnRlc3Q=?=",
        "=?utf-8?q?a@b.test?=",
    ] {
        let list = addresses(value.as_bytes(), &mut |_, _| {});
        assert!(
            list.iter()
                .flat_map(Address::mailboxes)
                .all(|m| m.address.is_none()),
            "{value}"
        );
    }
}

#[test]
fn an_encoded_word_with_a_comma_is_one_word_and_hides_no_brackets() {
    let loose = vec![DefectCode::LooseEncodedWord];
    assert_eq!(
        read("=?utf-8?q?Doe,_Joe?= <a@b.test>"),
        ("Doe, Joe <a@b.test>".into(), loose)
    );
    let (list, _) = read("=?utf-8?q?x<a@b.test>?= <c@d.test>");
    assert!(list.contains("<a@b.test>"), "{list}");
}

#[test]
fn what_is_no_address_has_none() {
    for value in [
        "a@b@c",
        "@b",
        "a@",
        "a b@c.test",
        "a@b c",
        "nobody",
        "a@\"b\"",
        "a@[1.2",
        "a@b.test c@d.test",
    ] {
        let list = addresses(value.as_bytes(), &mut |_, _| {});
        assert!(
            list.iter()
                .flat_map(Address::mailboxes)
                .all(|m| m.address.is_none()),
            "{value}"
        );
        assert!(
            read(value).1.contains(&DefectCode::InvalidAddress),
            "{value}"
        );
    }
}

#[test]
fn a_comment_names_whom_nothing_else_names() {
    assert_eq!(clean("john@x.test (John Doe)"), "John Doe <john@x.test>");
    assert_eq!(
        clean("<john@x.test> (John (the) Doe)"),
        "John (the) Doe <john@x.test>"
    );
    assert_eq!(clean("John <john@x.test> (home)"), "John <john@x.test>");
}

#[test]
fn comments_nest_by_counting_with_a_report_beyond_a_depth() {
    for (depth, defects) in [
        (MAX_COMMENT_DEPTH, vec![]),
        (MAX_COMMENT_DEPTH + 1, vec![DefectCode::DeepComment]),
    ] {
        let value = format!("{}{} a@b.test", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(read(&value).1, defects);
    }
    let deep = "(".repeat(100_000);
    assert_eq!(
        read(&deep).1,
        [
            DefectCode::DeepComment,
            DefectCode::UnclosedComment,
            DefectCode::ObsoleteAddress
        ]
    );
}

#[test]
fn quoted_local_parts_and_literals() {
    assert_eq!(clean("\"john doe\"@x.test"), "<\"john doe\"@x.test>");
    assert_eq!(clean("\"john\"@[192.0.2.1]"), "<john@[192.0.2.1]>");
    assert_eq!(clean("<\"a\\\"b\"@x.test>"), "<\"a\\\"b\"@x.test>");
}

#[test]
fn utf_8_stands_everywhere() {
    assert_eq!(
        clean("Jürgen <jürgen@bücher.example>"),
        "Jürgen <jürgen@bücher.example>"
    );
}

#[test]
fn brackets_around_what_is_no_address_hold_a_name() {
    let (list, defects) = read("<Undisclosed Recipients@x.test>, Joe <Some One@x.test>");
    assert_eq!(list, "Undisclosed Recipients@x.test <-> | Joe <->");
    assert_eq!(defects, [DefectCode::InvalidAddress; 2]);
}

#[test]
fn a_group_that_begins_ends_the_one_before() {
    let (list, defects) = read("one: a@x.test, two: b@x.test;, c@x.test");
    assert_eq!(list, "one: <a@x.test>; | two: <b@x.test>; | <c@x.test>");
    assert_eq!(defects, [DefectCode::UnclosedGroup]);
}

#[test]
fn encoded_words_with_a_comment_between_them_are_two_words() {
    let value = "=?utf-8?q?a?= (b) =?utf-8?q?c?= =?utf-8?q?d?= <x@y.test>";
    assert_eq!(clean(value), "a cd <x@y.test>");
}

#[test]
fn broken_lists_lose_nobody() {
    assert_eq!(
        read("a@b.test, Joe <c@d.test"),
        (
            "<a@b.test> | Joe <c@d.test>".into(),
            vec![DefectCode::UnclosedAngle]
        )
    );
    assert_eq!(
        read("Joe <a@b.test> Sue <c@d.test>").0,
        "Joe <a@b.test> | Sue <c@d.test>"
    );
    assert_eq!(
        read("G: a@b.test"),
        ("G: <a@b.test>;".into(), vec![DefectCode::UnclosedGroup])
    );
    assert_eq!(read("a@b.test; c@d.test").0, "<a@b.test> | <c@d.test>");
    assert_eq!(
        read("<MAILER-DAEMON>"),
        ("<MAILER-DAEMON>".into(), vec![DefectCode::InvalidAddress])
    );
    assert_eq!(read("<>"), ("<->".into(), vec![]));
    assert_eq!(
        read("a..b.@x.test"),
        (
            "<\"a..b.\"@x.test>".into(),
            vec![DefectCode::InvalidAddress]
        )
    );
}

#[test]
fn so_many_addresses_and_no_more() {
    let value = vec!["a@b.c"; MAX_ADDRESSES].join(",");
    assert_eq!(read(&value).1, []);
    assert_eq!(
        read(&format!("{value},a@b.c")).1,
        [DefectCode::TooManyAddresses]
    );
}

#[test]
fn the_limit_holds_where_no_comma_stands_between_mailboxes() {
    for unit in ["<", "<a@b> ", "a:<"] {
        let value = unit.repeat(MAX_ADDRESSES + 2);
        let mut codes = Vec::new();
        let list = addresses(value.as_bytes(), &mut |code, _| codes.push(code));
        let mailboxes: usize = list.iter().map(|address| address.mailboxes().len()).sum();
        assert!(mailboxes <= MAX_ADDRESSES, "{unit}: {mailboxes}");
        codes.retain(|code| *code == DefectCode::TooManyAddresses);
        assert_eq!(codes.len(), 1, "{unit}");
    }
}
