//! The values of fields.
//!
//! Plain functions over the octets of a value, folding included. None of them fails: each returns what can be
//! read, and tells its [`Sink`](crate::Sink) what it had to forgive and where in the value.
//!
//! Encoded words are decoded where the grammar has been applied already, so that they never make structure.
//! Text is UTF-8 (RFC 6532), and windows-1252 where it is not.

mod address;
mod auth;
mod date;
mod identifier;
mod lex;
mod list;
mod media_type;
mod parameter;
mod report;
mod trace;
mod unstructured;
mod word;

pub use self::address::{AddrSpec, Address, Group, MAX_ADDRESSES, Mailbox, addresses};
pub use self::auth::{AuthProperty, AuthResult, AuthResults, authentication_results};
pub use self::date::{DateTime, date};
pub use self::identifier::message_ids;
pub use self::lex::MAX_COMMENT_DEPTH;
pub(crate) use self::lex::first_token;
pub use self::list::{ListCommand, ListId, list_commands, list_id};
pub use self::media_type::{Disposition, MediaType, disposition, media_type};
pub use self::parameter::{MAX_PARAMETERS, Parameter, Parameters};
pub use self::report::{
    Action, DeliveryStatus, DispositionNotification, FeedbackReport, Recipient, ReportField,
    ReportFields, delivery_status, disposition_notification, feedback_report,
};
pub use self::trace::{Clause, Received, received};
pub use self::unstructured::{keywords, unstructured};
pub(crate) use self::word::hex;
