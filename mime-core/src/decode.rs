//! Transfer codings and line disciplines as transforms: octets in, octets out, cut anywhere.
//!
//! Every transform has the same four methods. `decode` (or `encode`) takes from a source and fills a
//! destination until one of them is used up; `finish` says that the input is complete; `extend` and
//! `finish_into` do the same for a [`BytesMut`] that grows. What comes out does not depend on how the input was
//! cut. Decoders never fail: they count what they forgive, by kind, with the first place
//! ([`Problems`]).
//!
//! ```
//! use mime_core::decode::Base64Decoder;
//!
//! let mut decoder = Base64Decoder::new();
//! let mut text = bytes::BytesMut::new();
//! decoder.extend(b"SGVs\r\nbG8", &mut text);
//! decoder.extend(b"=\r\n", &mut text);
//! decoder.finish_into(&mut text);
//! assert_eq!(&text[..], b"Hello");
//! assert!(decoder.problems().is_empty());
//! ```
//!
//! # Decisions
//!
//! | what | how it is read | problem | test |
//! |---|---|---|---|
//! | base64: octets outside the alphabet | skipped; CR and LF silently | `Base64Junk` | `base64_octets_outside_the_alphabet_are_skipped` |
//! | base64: data after the padding | ignored | `Base64AfterPadding` | `base64_data_after_padding_is_ignored` |
//! | base64: padding that completes no group | skipped | `Base64Junk` | `base64_padding_that_completes_no_group_is_skipped` |
//! | base64: a last group without padding | decoded | `Base64Truncated` | `base64_without_padding_is_decoded` |
//! | base64: bits left over that are not zero | dropped | `Base64TrailingBits` | `base64_trailing_bits_are_reported` |
//! | quoted-printable: `=`, white space, line end | a soft line break | | `quoted_printable_soft_break_may_be_followed_by_white_space` |
//! | quoted-printable: any other `=` that encodes nothing | kept, with the octet behind it | `QuotedPrintableEscape` | `quoted_printable_invalid_escapes_are_kept` |
//! | quoted-printable: white space before a line end | dropped | `QuotedPrintableTrailingSpace` | `quoted_printable_white_space_before_a_line_end_is_dropped` |
//! | quoted-printable: long lines, octets above 127 | kept | `QuotedPrintableLongLine`, `QuotedPrintableRaw` | `quoted_printable_long_lines_and_raw_octets_are_reported` |
//! | quoted-printable: `=` at the very end | dropped | `QuotedPrintableSoftEnd` | `quoted_printable_soft_break_at_the_end_is_dropped` |
//! | uuencode: text around the file | dropped | `UuencodeNoBegin`, `UuencodeNoEnd` | `uuencode_decodes_one_file` |
//! | SMTP: a full stop between line feeds alone | text | | `dot_unstuffing_stops_at_crlf_only` |

mod base64;
mod flowed;
mod lines;
mod quoted_printable;
mod stream;
mod transfer;
mod uuencode;

use bytes::BytesMut;

pub(crate) use self::base64::value as base64_value;
pub use self::base64::{Base64Decoder, Base64Encoder};
pub use self::flowed::{FlowedDecoder, FlowedEncoder};
pub use self::lines::{CrlfNormalizer, DotStuffer, DotUnstuffer};
pub use self::quoted_printable::{QuotedPrintableDecoder, QuotedPrintableEncoder};
pub use self::stream::{Problem, Problems, Progress};
pub use self::transfer::{IdentityDecoder, TransferDecoder, TransferEncoding};
pub use self::uuencode::UuencodeDecoder;

/// How much a growing destination is lengthened at a time: what is added must be zeroed first.
const STRIDE: usize = 8192;

fn append(mut src: &[u8], tx: &mut BytesMut, mut feed: impl FnMut(&[u8], &mut [u8]) -> Progress) {
    loop {
        let len = tx.len();
        // Text that is encoded is longer than before, and what encodes needs some room to work in.
        let room = (src.len() + src.len() / 2 + 64).min(STRIDE);
        tx.resize(len + room, 0);
        let Progress { read, written } = feed(src, tx.get_mut(len..).unwrap_or_default());
        tx.truncate(len + written);
        src = src.get(read..).unwrap_or_default();
        // Room that is left means that nothing waits; nothing read, that the input has ended by itself.
        if written < room && (src.is_empty() || read == 0 && written == 0) {
            return;
        }
    }
}

/// Room for what a transform holds back; more than most of them can.
const END: usize = 32;

fn append_end(tx: &mut BytesMut, mut finish: impl FnMut(&mut [u8]) -> Progress) {
    loop {
        let len = tx.len();
        tx.resize(len + END, 0);
        let Progress { written, .. } = finish(tx.get_mut(len..).unwrap_or_default());
        tx.truncate(len + written);
        // Room that is left means that nothing waits.
        if written < END {
            return;
        }
    }
}
