//! The bodies of the fuzz targets: functions of octets that panic when a rule is broken.
//!
//! `fuzz_targets/` has a line for each; `tests/replay.rs` runs them over the corpus on stable.
//!
//! | target | input | what must hold |
//! |---|---|---|
//! | [`tls_client`], [`tls_server`] | a variant, then what the peer sends, forged past the AEAD | the laws; no data before `Connected` |
//! | [`tls_middle`] | what somebody in the middle does to the messages of an honest pair | nobody is fooled |
//! | [`tls_traffic`] | what two connected ends do and what is forged between them | the laws; data in order |
//! | [`tls_records`] | plaintexts, paddings and damage under keys that check | what is sealed opens; what is damaged does not |
//! | [`tls_messages`] | octets for every codec | what parses encodes to the same octets |
//! | [`tls_split`] | a variant, a seed, then what the peer sends | any cut gives the same events and output |
//! | [`mime_scanner`] | a configuration, a seed, a message | every octet once; any cut, `Reader`, `Parser` and `Message` agree; limits hold |
//! | [`mime_fields`] | which reader of fields, a value | defects lie in the value; what is printed is read again |
//! | [`mime_compose`] | a tree, the way it goes, the pieces of its bodies | what is written reads back; no value becomes a field |
//! | [`mime_decoders`] | which transform, a seed, octets | any cut gives the same; a reference agrees; what is encoded comes back |
//! | [`mime_edit`] | edits, a message | what is not edited stays; fields change no structure |
//! | `mime_differential` | a message | mail-parser reads the same, or a class of differences is recorded; needs the feature `differential` |
//! | [`esp_open`] | an SA, a packet from a stranger | nothing is opened, no window moves, each reason is counted |
//! | [`esp_round`] | an SA, a packet | what is sealed opens once; one bit changed, and it does not |
//! | [`esp_tcp`] | an end, a piece, a stream | any cut gives the same packets; framed anew they are the same octets |
//! | [`ah_open`] | an SA, a packet from a stranger | nothing is opened, and nothing of it changed |
//! | [`ah_round`] | an SA, a packet | what is signed opens once; one bit changed, and it does not |
//! | [`dkim_canon`] | a seed, a body | any cut is that of a naive reference |
//! | [`dkim_tags`] | a tag list | what is taken keeps the rules of its kind |
//! | [`dkim_verify`] | a seed, a message | the laws; any cut gives the same verdicts |
//! | [`spf_check`] | who sends, and what the DNS says | one verdict, few questions, whatever the order of answers |
//! | [`dmarc_check`] | authors, what passed, and what the DNS says | the same |
//! | [`arc_chain`] | a seed, a chain and what is altered in it, or a message | the laws; verifier and sealer agree |

mod arc;
mod dkim;
mod esp;
mod host;
mod messages;
mod middle;
mod mime;
mod policy;
mod records;
mod traffic;

pub use arc::arc_chain;
pub use dkim::{dkim_canon, dkim_tags, dkim_verify};
pub use esp::{ah_open, ah_round, esp_open, esp_round, esp_tcp};
pub use host::{Variant, recording};
pub use messages::tls_messages;
pub use middle::tls_middle;
#[cfg(feature = "differential")]
pub use mime::mime_differential;
pub use mime::{
    DECODERS, FIELDS, mime_compose, mime_decoders, mime_edit, mime_fields, mime_scanner,
};
pub use policy::{dmarc_check, spf_check};
pub use records::tls_records;
pub use traffic::tls_traffic;

use testkit::laws;

/// Forged octets for a client.
pub fn tls_client(data: &[u8]) {
    let Some((&variant, stream)) = data.split_first() else {
        return;
    };
    let variant = Variant(variant);
    let run = laws::drive(variant.client(), stream.chunks(4096), true);
    check_order(&run);
}

/// Forged octets for a server.
pub fn tls_server(data: &[u8]) {
    let Some((&variant, stream)) = data.split_first() else {
        return;
    };
    let variant = Variant(variant);
    let run = laws::drive(variant.server(), stream.chunks(4096), true);
    check_order(&run);
}

/// The same octets whole and cut up.
pub fn tls_split(data: &[u8]) {
    let [variant, seed, stream @ ..] = data else {
        return;
    };
    let variant = Variant(*variant);
    laws::split_with(|| variant.client(), stream, u64::from(*seed));
    laws::split_with(|| variant.server(), stream, u64::from(*seed));
}

/// Data, tickets and closure come behind `Connected`.
fn check_order(run: &laws::Run) {
    let connected = run
        .events
        .iter()
        .position(|event| event.starts_with("Event(Connected"));
    for (index, event) in run.events.iter().enumerate() {
        let late = [
            "Event(Data",
            "Event(NewTicket",
            "Event(PeerClosed",
            "Event(Closed(Ok",
        ];
        if late.iter().any(|late| event.starts_with(late)) {
            assert!(
                connected.is_some_and(|at| at < index),
                "{event} before Connected"
            );
        }
    }
}
