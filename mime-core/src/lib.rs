//! MIME as a Sans-IO machine: octets in, events out, every octet once.
//!
//! For programs that read mail of any size from anybody: a filter, a verifier of signatures, an archive, a mail
//! client. Octets may arrive in any pieces; memory does not grow with the message; no message is an error, and what
//! is wrong with one is said with its place.
//!
//! ```text
//!            ┌──────────────────────────────────────────────┐
//!  rx ──────▶│ Parser::poll, lend                           │──────▶ Event<Bytes>, Event<&[u8]>
//!            │   ┌──────────────────────────────────────┐   │
//!  window ───┼──▶│ Scanner::scan                        │───┼──────▶ (Token, length)
//!            │   │  header ▸ body ▸ open boundaries     │   │
//!            │   └──────────────────────────────────────┘   │
//!  slice ───▶│ Reader, Message::parse                       │──────▶ Event<&[u8]>, a tree of ranges
//!            └──────────────────────────────────────────────┘
//!            ┌──────────────────────────────────────────────┐
//!  Draft ───▶│ Composer::poll, body                         │──────▶ tx, compose::Event
//!            └──────────────────────────────────────────────┘
//! ```
//!
//! # The loop
//!
#![doc = "```"]
#![doc = include_str!("../examples/events.rs")]
#![doc = "```"]
//!
//! - [`poll`](Parser::poll) takes off `rx` what it understood. On `None` feed more, or say [`eof`](Parser::eof).
//!   What stays in `rx` is undecided: one field, or one line that may be a delimiter.
//! - [`lend`](Parser::lend) is `poll` for hosts that keep few octets: those of an event stay in `rx` until the next call.
//! - The octets of all events, joined, are the input, whatever the input and however it was cut. Where the cuts
//!   were changes nothing but the pieces of a body.
//! - A message ends with exactly one [`Event::Closed`], then silence.
//! - Inside an entity come its fields, [`HeadersEnd`](Event::HeadersEnd), its body or its parts, and
//!   [`End`](Event::End) with its extent. The line break before a delimiter belongs to the delimiter, so that the
//!   octets from [`Begin`](Event::Begin) to `End` are those that a signature over the entity covers.
//!
//! Messages are written by a [`Composer`], with a loop of its own: [`compose`].
//!
//! # What is wrong
//!
//! A [`Defect`] has a code, an offset and a length. [`decisions`] lists how everything is read that other
//! programs are known to read differently.
//!
//! # Limits
//!
//! The state is bounded by [`Limits`], and work is linear in the input: boundaries are looked up together, fields
//! and lines are never searched twice, and nothing recurses. Beyond a limit the octets come as
//! [`Event::Opaque`].
//!
//! # Where the RFC is
//!
//! | RFC | here |
//! |---|---|
//! | 5322, 2.1-2.2 and 3.5, lines, fields, message | [`Scanner`] |
//! | 2046, 5.1, multipart and boundaries | [`Scanner`] |
//! | 2046, 5.2.1 and 6532, 3.7, embedded messages | [`Scanner`] |
//! | 2046, 5.2.2 and 5.2.3, fragments and bodies elsewhere | [`message`] |
//! | 2045, 2046 and 5322, of messages that are edited | [`edit`] |
//! | 8621, 4.1.4, what is shown and what is attached | [`message::Bodies`] |
//! | 2045, 5 and 6, media type and encoding | [`Entity`], [`decode`] |
//! | 2183, disposition | [`Entity::disposition`] |
//! | 2231, 2047, 5322, 3, values of fields | [`field`] |
//! | 5322, 2047, 2231, 6532, writing them; 2049, 3, robust bodies; 6152, 3030, 6531, what the way carries | [`compose`] |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod boundary;
mod charset;
pub mod compose;
mod config;
pub mod decode;
mod defect;
pub mod edit;
mod entity;
mod event;
pub mod field;
mod limits;
mod line;
pub mod message;
mod name;
mod parser;
mod scanner;

#[doc = include_str!("../docs/decisions.md")]
pub mod decisions {}

pub use charset::{Charset, TextDecoder};
pub use compose::{Composer, RawField};
pub use config::Config;
pub use decode::TransferEncoding;
pub use defect::{Defect, DefectCode, Sink};
pub use entity::{Entity, Extent, Heading, Kind, Role, Totals};
pub use event::{Event, Field};
pub use limits::Limits;
pub use message::{Message, Part};
pub use name::Known;
pub use parser::{Parser, Reader};
pub use scanner::{FieldShape, Scanner, Token};
