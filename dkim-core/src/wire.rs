//! What stands in fields and in the DNS: parsed strictly (RFC 6376 section 6.1.1), written so that it parses back.

pub(crate) mod base64;
mod domain;
mod field_names;
mod key_record;
mod quoted_printable;
#[cfg(feature = "arc")]
pub(crate) mod seal;
mod signature;
mod tag_list;

pub use domain::{Domain, Selector};
pub use field_names::FieldNames;
pub use key_record::{KeyError, KeyRecord, KeyType};
pub(crate) use quoted_printable::encode as encode_quoted_printable;
#[cfg(feature = "arc")]
pub use seal::Seal;
pub use signature::{Algorithm, Signature};
pub use tag_list::{Malformed, Tag, TagList};
