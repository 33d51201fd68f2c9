//! Writing messages: a tree in, octets out.
//!
//! [`Header`] and [`Part`] make a [`Draft`]; a [`Composer`] writes it into the host's buffer in bounded steps, and
//! asks for the bodies that are too large to be held.
//!
//! ```text
//!  Header ┐                 ┌──────────────────────────────────────┐
//!         ├─ Draft ────────▶│ Composer::poll                       │──────▶ tx
//!  Part ──┘                 │   text ▸ lines ▸ encoding ▸ watch    │
//!  piece of a body ────────▶│ Composer::body                       │──────▶ Event::WantBody, Closed
//!                           └──────────────────────────────────────┘
//! ```
//!
#![doc = "```"]
#![doc = include_str!("../examples/compose.rs")]
#![doc = "```"]
//!
//! - Nothing is invented: no date, no identifier. MIME-Version, Content-Type and Content-Transfer-Encoding are the
//!   composer's; every other field is the caller's.
//! - Fields are typed and escape what they are given; [`RawField`] is the only way to write one as it is, and cannot
//!   be made of octets that are more than one field. A line break in a value is [`Misuse`], never another field.
//! - Lines of fields are folded at 78 octets where they can be, and never pass 998.
//! - The encoding of a body is chosen for the [`Profile`]; [`Part`] says how.
//! - A boundary has 128 random bits. Known bodies are searched for it beforehand and another one is taken; pulled
//!   bodies that are copied are searched as they pass, and a hit ends the message before it is emitted.
//! - A message ends as its last body does: who needs a line end there, as SMTP does, adds it.

mod boundary;
mod choice;
mod error;
mod fold;
mod header;
mod look;
mod machine;
mod parameter;
mod part;
mod plan;
mod raw;
mod structured;
mod text;

pub use self::error::{Error, Misuse};
pub use self::header::Header;
pub use self::machine::{Composer, Event};
pub use self::parameter::{Disposition, MediaType};
pub use self::part::{Content, Domain, Draft, Part, Slot};
pub use self::raw::RawField;
pub use self::structured::{Address, Mailbox};
pub use self::text::Wording;
use crate::limits::Limits;

/// What the way to the recipient carries, as far as the host knows: what SMTP servers offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// 7bit (RFC 5321).
    #[default]
    SevenBit,
    /// 8bit too (8BITMIME, RFC 6152).
    EightBitMime,
    /// Any octets (BINARYMIME with CHUNKING, RFC 3030).
    BinaryMime,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    profile: Profile,
    smtputf8: bool,
    limits: Limits,
    max_pending: usize,
}

impl Config {
    /// Writes for a way of this kind.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profile,
            smtputf8: false,
            limits: Limits::default(),
            max_pending: 1 << 16,
        }
    }

    /// Lets fields hold UTF-8 (SMTPUTF8, RFC 6531), which needs 8BITMIME.
    #[must_use]
    pub fn with_smtputf8(mut self) -> Self {
        self.smtputf8 = true;
        self
    }

    /// Sets the limits: depth, entities, octets and fields of a header. What is written within them is read within
    /// them.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how many octets may wait in `tx` before the composer waits for the host. 64 KiB; a step that begins below
    /// may pass it by 40 KiB.
    #[must_use]
    pub fn with_max_pending(mut self, octets: usize) -> Self {
        self.max_pending = octets.max(1);
        self
    }

    /// Refuses fields that the way does not carry.
    fn admit(&self, header: &Header) -> Result<(), Misuse> {
        if self.smtputf8 || header.domain() == Domain::SevenBit {
            Ok(())
        } else {
            Err(Misuse::NotAscii)
        }
    }
}
