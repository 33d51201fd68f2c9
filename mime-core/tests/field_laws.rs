//! Laws of all readers of fields: no octets make them panic, and their work is linear.
#![cfg(test)]

use core::ops::Range;
use core::time::Duration;

use mime_core::DefectCode;
use mime_core::field::{self, Address};
use proptest::prelude::*;

type Reader = fn(&[u8], &mut dyn FnMut(DefectCode, Range<usize>));

const READERS: [(&str, Reader); 15] = [
    ("unstructured", |v, s| drop(field::unstructured(v, s))),
    ("keywords", |v, s| drop(field::keywords(v, s))),
    ("addresses", |v, s| {
        for address in field::addresses(v, s) {
            for mailbox in address.mailboxes() {
                drop(mailbox.address.as_ref().map(ToString::to_string));
            }
        }
    }),
    ("date", |v, s| {
        let _ = field::date(v, s);
    }),
    ("message_ids", |v, s| drop(field::message_ids(v, s))),
    ("received", |v, s| {
        let trace = field::received(v, s);
        let _ = trace
            .from
            .map(|from| (from.ip(), from.helo().map(str::to_owned)));
    }),
    ("media_type", |v, s| {
        let media_type = field::media_type(v, s);
        for name in ["a", "boundary", "filename"] {
            let _ = (media_type.parameter(name), media_type.text(name));
            let _ = media_type.parameters().language(name);
        }
    }),
    ("disposition", |v, s| {
        drop(field::disposition(v, s).filename())
    }),
    ("list_commands", |v, s| drop(field::list_commands(v, s))),
    ("list_id", |v, s| drop(field::list_id(v, s))),
    ("authentication_results", |v, s| {
        drop(field::authentication_results(v, s))
    }),
    ("delivery_status", |v, s| drop(field::delivery_status(v, s))),
    ("disposition_notification", |v, s| {
        drop(field::disposition_notification(v, s))
    }),
    ("feedback_report", |v, s| drop(field::feedback_report(v, s))),
    ("transfer_encoding", |v, _| {
        let _ = mime_core::decode::TransferEncoding::from_value(v);
    }),
];

fn values() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..6),
        prop::sample::select(vec![
            "a",
            "@",
            ".",
            "<",
            ">",
            "(",
            ")",
            "\"",
            "\\",
            ",",
            ";",
            ":",
            "=",
            "*",
            "'",
            "%",
            "/",
            "[",
            "]",
            " ",
            "\r\n ",
            "=?utf-8?q?a=40b?=",
            "=?x?b?YQ==?=",
            "=?",
            "?=",
            "name*0*=",
            "filename=",
            "1 Jul 2003",
            "10:52",
            "+0200",
            "from",
            "by",
            "none",
            "é",
            "\n\n",
            "Final-Recipient: x;y",
            "%41",
            "utf-8''",
        ])
        .prop_map(|s: &str| s.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_octets_make_a_reader_panic_or_point_outside_the_value(value in values()) {
        for (name, reader) in READERS {
            reader(&value, &mut |code, range| {
                assert!(range.start <= range.end && range.end <= value.len(), "{name} {code:?} {range:?}");
            });
        }
    }

    #[test]
    fn an_address_prints_as_it_is_read(local in "[ -~]{1,10}", domain in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}") {
        let quoted = local.replace('\\', "\\\\").replace('"', "\\\"");
        let value = format!("\"{quoted}\"@{domain}");
        let list = field::addresses(value.as_bytes(), &mut |_, _| {});
        let Some(Address::Mailbox(mailbox)) = list.first() else { panic!("{value}") };
        let address = mailbox.address.as_ref().unwrap();
        prop_assert_eq!(&*address.local, &local);
        let printed = address.to_string();
        let again = field::addresses(printed.as_bytes(), &mut |_, _| {});
        let again = again.iter().flat_map(Address::mailboxes).next();
        prop_assert_eq!(again.and_then(|m| m.address.as_ref()), Some(address));
    }
}

/// Restarts after a failed token are quadratic: 60 kB of any of these would take many seconds.
#[test]
fn work_is_linear_in_the_value() {
    let probes = [
        "(",
        ")",
        "\"",
        "<",
        ",",
        ";",
        ":",
        "@",
        "=?",
        "=?a?q?",
        "=?a?b?",
        "=?utf-8?q?x?=",
        "=?utf-8?q?x,",
        "?=",
        "a ",
        " ",
        "\\",
        "[",
        "a.",
        "a@b,",
        "a:",
        "<a@b>",
        "<a@b> ",
        "x*0*=%41;",
        "x=",
        "=",
        "*",
        "x*1=y;",
        "\r\n ",
        "a=b ",
        ";a",
        "'",
        "a/",
        "x=\"",
        "<@",
        "@a,",
        "\"a\" ",
        "=?a",
        "from ",
        "a=b;",
        "%",
    ];
    for probe in probes {
        let value = probe.repeat(60_000 / probe.len());
        for prefix in ["", "text/plain; "] {
            let value = [prefix.as_bytes(), value.as_bytes()].concat();
            for (name, reader) in READERS {
                let start = cpu_time();
                reader(&value, &mut |_, _| {});
                let took = cpu_time() - start;
                assert!(
                    took < Duration::from_secs(2),
                    "{name} on {prefix:?} {probe:?}: {took:?}"
                );
            }
        }
    }
}

#[allow(clippy::disallowed_methods)] // A bound that only a quadratic reader breaks.
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}
