//! The bodies of the targets of `mime-core`.

mod compose;
mod decoders;
mod fields;
mod scanner;

pub use compose::mime_compose;
pub use decoders::{DECODERS, mime_decoders};
pub use fields::{FIELDS, mime_fields};
pub use scanner::mime_scanner;
