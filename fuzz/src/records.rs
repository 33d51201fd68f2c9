//! The record layer under keys that check.

use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use tls_core::{Event, HEADER_LEN, MAX_FRAGMENT, Sealer, wire::ContentType};

use crate::host::Variant;

const CHECKED: Variant = Variant(1 << 6);
const TAG_AND_TYPE: usize = 17;

#[derive(Arbitrary, Debug)]
enum Step {
    /// In place, within a buffer that may be too small.
    InPlace {
        plain: Vec<u8>,
        before: u8,
        behind: u16,
        padding: u16,
    },
    /// Any range, any padding.
    Wild {
        start: usize,
        end: usize,
        padding: usize,
        room: u8,
    },
    OutOfPlace {
        plain: Vec<u8>,
        too_long: bool,
    },
    /// A record with one octet changed.
    Damaged {
        plain: Vec<u8>,
        at: u16,
        mask: u8,
    },
    /// Any octets as a record.
    Noise {
        octets: Vec<u8>,
    },
}

/// Seals and opens.
pub fn tls_records(data: &[u8]) {
    let Ok(steps) = <Vec<Step>>::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let mut pair = CHECKED.pair();
    pair.run();
    let (mut sender, _) = pair.client.machine.tls.split().unwrap();
    let (_, mut receiver) = pair.server.machine.tls.split().unwrap();
    let kind = ContentType::APPLICATION_DATA;
    let mut open = |record: &mut [u8]| receiver.open(record);
    for step in steps {
        match step {
            Step::InPlace {
                plain,
                before,
                behind,
                padding,
            } => {
                let (start, padding) = (usize::from(before), usize::from(padding));
                let mut buffer = vec![0xee; start + plain.len() + usize::from(behind)];
                let range = start..start + plain.len();
                buffer[range.clone()].copy_from_slice(&plain);
                let sealed = sender.record_layer().unwrap().seal_in_place(
                    kind,
                    &mut buffer,
                    range.clone(),
                    padding,
                );
                let fits = start >= HEADER_LEN
                    && usize::from(behind) >= padding + TAG_AND_TYPE
                    && plain.len() + padding <= MAX_FRAGMENT;
                assert_eq!(sealed.is_ok(), fits);
                if let Ok(record) = sealed {
                    assert_eq!(record.len(), Sealer::record_len(plain.len(), padding));
                    assert!(buffer[..record.start].iter().all(|octet| *octet == 0xee));
                    assert!(buffer[record.end..].iter().all(|octet| *octet == 0xee));
                    check(&mut open, &mut buffer[record], &plain);
                }
            }
            Step::Wild {
                start,
                end,
                padding,
                room,
            } => {
                let mut buffer = vec![0xee; usize::from(room)];
                let layer = sender.record_layer().unwrap();
                if let Ok(record) = layer.seal_in_place(kind, &mut buffer, start..end, padding) {
                    let plain = vec![0xee; end.saturating_sub(start)];
                    check(&mut open, &mut buffer[record], &plain);
                }
            }
            Step::OutOfPlace { plain, too_long } => {
                let mut record =
                    vec![0; Sealer::record_len(plain.len(), 0) + usize::from(too_long)];
                let sealed = sender.seal(&plain, &mut record);
                assert_eq!(sealed.is_ok(), !too_long && plain.len() <= MAX_FRAGMENT);
                if sealed.is_ok() {
                    check(&mut open, &mut record, &plain);
                }
            }
            Step::Damaged { plain, at, mask } => {
                let mut record = vec![0; Sealer::record_len(plain.len(), 0)];
                if mask == 0 || sender.seal(&plain, &mut record).is_err() {
                    continue;
                }
                let at = usize::from(at) % record.len();
                record[at] ^= mask;
                // Neither this record nor any after it.
                assert!(
                    !matches!(open(&mut record), Ok(Some(_))),
                    "a damaged record opened"
                );
                break;
            }
            Step::Noise { mut octets } => {
                assert!(!matches!(open(&mut octets), Ok(Some(_))), "noise opened");
                break;
            }
        }
    }
    let mut rx = BytesMut::new();
    receiver.eof();
    let mut ends = 0;
    while let Some(event) = receiver.poll(&mut rx) {
        assert!(!matches!(event, Event::Data(_)));
        ends += usize::from(matches!(event, Event::Closed(_)));
    }
    assert_eq!(ends, 1);
}

fn check(
    open: &mut impl FnMut(&mut [u8]) -> Result<Option<core::ops::Range<usize>>, tls_core::Misuse>,
    record: &mut [u8],
    plain: &[u8],
) {
    match open(record) {
        Ok(Some(range)) => assert_eq!(&record[range], plain),
        Ok(None) if plain.is_empty() => {}
        // An earlier record was one empty record too many.
        Err(tls_core::Misuse::Closed) => {}
        other => panic!("a record of {} octets opened to {other:?}", plain.len()),
    }
}
