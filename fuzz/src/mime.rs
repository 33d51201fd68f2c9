//! The bodies of the targets of `mime-core`.

mod compose;
mod decoders;
#[cfg(feature = "differential")]
mod differential;
mod edit;
mod fields;
mod scanner;

pub use compose::mime_compose;
pub use decoders::{DECODERS, mime_decoders};
#[cfg(feature = "differential")]
pub use differential::mime_differential;
pub use edit::mime_edit;
pub use fields::{FIELDS, mime_fields};
pub use scanner::mime_scanner;
