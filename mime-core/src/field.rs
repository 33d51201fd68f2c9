//! The values of fields.
//!
//! Plain functions over the octets of a value, folding included. None of them fails: each returns what can be
//! read, and tells its [`Sink`](crate::Sink) what it had to forgive and where in the value.

mod lex;
mod media_type;
mod parameter;
mod word;

pub use self::lex::MAX_COMMENT_DEPTH;
pub(crate) use self::lex::first_token;
pub use self::media_type::{Disposition, MediaType, disposition, media_type};
pub use self::parameter::{MAX_PARAMETERS, Parameter, Parameters};
pub(crate) use self::word::hex;
