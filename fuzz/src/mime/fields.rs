//! Any octets as the value of every field.

use std::ops::Range;

use mime_core::{DefectCode, decode::TransferEncoding, field, field::Address};

type Sink<'a> = &'a mut dyn FnMut(DefectCode, Range<usize>);
type Reader = fn(&[u8], Sink<'_>);

/// Every reader of `field`, by name; an input chooses one with its first octet.
pub const FIELDS: [(&str, Reader); 15] = [
    ("unstructured", |value, sink| {
        let mut clean = true;
        let text = field::unstructured(value, &mut |code, range| {
            clean = false;
            sink(code, range);
        });
        // What holds no encoded word is text as it stands, unfolded.
        let unfolded = std::str::from_utf8(value)
            .unwrap_or("=?")
            .replace("\r\n ", " ")
            .replace("\r\n\t", "\t");
        if clean
            && unfolded.is_ascii()
            && !unfolded.contains(['\r', '\n'])
            && !unfolded.contains("=?")
        {
            assert_eq!(text.trim(), unfolded.trim(), "plain text");
        }
    }),
    ("keywords", |value, sink| drop(field::keywords(value, sink))),
    ("addresses", addresses),
    ("date", |value, sink| {
        if let Some(date) = field::date(value, sink) {
            assert!(date.offset.unsigned_abs() < 100 * 60, "{date:?}");
        }
    }),
    ("message_ids", message_ids),
    ("received", |value, sink| {
        let trace = field::received(value, sink);
        for clause in [trace.from, trace.by].into_iter().flatten() {
            let _ = (clause.ip(), clause.helo().map(str::to_owned));
        }
    }),
    ("media_type", |value, sink| {
        let media_type = field::media_type(value, sink);
        parameters(media_type.parameters());
        let name = (media_type.kind(), media_type.subtype());
        let token = |name: &[u8]| {
            let outside = |octet: &u8| b" \t\r\n;/".contains(octet);
            !name.is_empty() && !name.iter().any(outside)
        };
        if media_type.is_valid() {
            assert!(token(name.0) && token(name.1), "{name:?}");
        }
    }),
    ("disposition", |value, sink| {
        let disposition = field::disposition(value, sink);
        parameters(disposition.parameters());
        let _ = disposition.filename();
    }),
    ("list_commands", |value, sink| {
        drop(field::list_commands(value, sink));
    }),
    ("list_id", |value, sink| drop(field::list_id(value, sink))),
    ("authentication_results", |value, sink| {
        let results = field::authentication_results(value, sink);
        for result in &results.results {
            let _ = (result.is_pass(), result.property("header", "d"));
        }
    }),
    ("delivery_status", |value, sink| {
        let status = field::delivery_status(value, sink);
        drop(format!("{status:?}"));
    }),
    ("disposition_notification", |value, sink| {
        let notification = field::disposition_notification(value, sink);
        drop(format!("{notification:?}"));
    }),
    ("feedback_report", |value, sink| {
        let report = field::feedback_report(value, sink);
        drop(format!("{report:?}"));
    }),
    ("transfer_encoding", |value, _| {
        let encoding = TransferEncoding::from_value(value);
        // White space around it never matters.
        let spaced = [b" \t", value].concat();
        assert_eq!(TransferEncoding::from_value(&spaced), encoding);
    }),
];

/// Which reader, then the value.
pub fn mime_fields(data: &[u8]) {
    let Some((&index, value)) = data.split_first() else {
        return;
    };
    let (name, reader) = FIELDS[usize::from(index) % FIELDS.len()];
    let mut defects = Vec::new();
    reader(value, &mut |code, range| {
        assert!(
            range.start <= range.end && range.end <= value.len(),
            "{name}: {code:?} at {range:?} of {}",
            value.len()
        );
        defects.push((code, range));
    });
    // The same octets, the same reading.
    let mut again = defects.iter();
    reader(value, &mut |code, range| {
        assert_eq!(again.next(), Some(&(code, range)), "{name}");
    });
}

/// An address that was read without a defect prints as something that is read as the same address.
fn addresses(value: &[u8], sink: Sink<'_>) {
    let mut clean = true;
    let list = field::addresses(value, &mut |code, range| {
        clean = false;
        sink(code, range);
    });
    for mailbox in list.iter().flat_map(Address::mailboxes) {
        assert!(mailbox.range.start <= mailbox.range.end && mailbox.range.end <= value.len());
        let Some(address) = &mailbox.address else {
            continue;
        };
        if !clean {
            continue;
        }
        let printed = format!("<{address}>");
        let mut faults = Vec::new();
        let again = field::addresses(printed.as_bytes(), &mut |code, _| faults.push(code));
        let mut mailboxes = again.iter().flat_map(Address::mailboxes);
        let read = mailboxes
            .next()
            .and_then(|mailbox| mailbox.address.as_ref());
        assert_eq!(read, Some(address), "{printed}: {faults:?}");
        assert!(mailboxes.next().is_none(), "{printed} became two");
    }
}

/// So does a message identifier.
fn message_ids(value: &[u8], sink: Sink<'_>) {
    let mut clean = true;
    let list = field::message_ids(value, &mut |code, range| {
        clean = false;
        sink(code, range);
    });
    if !clean {
        return;
    }
    let printed: Vec<_> = list.iter().map(|id| format!("<{id}>")).collect();
    let printed = printed.join("\r\n ");
    let again = field::message_ids(printed.as_bytes(), &mut |_, _| {});
    assert_eq!(again, list, "{printed}");
}

/// Everything that can be asked of parameters.
fn parameters(parameters: &field::Parameters<'_>) {
    for parameter in parameters.iter().take(field::MAX_PARAMETERS) {
        let name = String::from_utf8_lossy(parameter.name()).into_owned();
        let _ = (parameter.value(), parameter.section(), parameter.range());
        let _ = (parameters.text(&name), parameters.language(&name));
        if parameter.section().is_none() && !parameter.is_extended() {
            // A plain one is there, whatever stands beside it.
            assert!(
                parameters.octets(&name).is_some() || !parameter.name().is_ascii(),
                "{name:?} is lost"
            );
        }
    }
}
