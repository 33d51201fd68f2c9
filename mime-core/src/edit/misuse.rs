//! Edits that cannot be made.

use thiserror::Error;

/// Why an edit is refused: it did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The message has no entity of this index.
    #[error("no such entity")]
    NoSuchPart,
    /// The header has no field of this number.
    #[error("no such field")]
    NoSuchField,
    /// A [limit](crate::Limits) ended the reading there: nobody knows what the edit would change.
    #[error("the reading ended there at a limit")]
    Opaque,
    /// Parts are inserted into a multipart, before one of its parts or at its end.
    #[error("no place for a part")]
    NoPlace,
    /// Only the part of a multipart can be removed, and all but the message itself be replaced.
    #[error("the entity is no part of a multipart")]
    NotAPart,
    /// No part would be left, and a multipart has one at least (RFC 2046, section 5.1.1).
    #[error("a multipart without parts")]
    EmptyMultipart,
    /// The thing, something around it or something inside it is edited already.
    #[error("edited already")]
    Conflict,
    /// The edit of Content-Type or Content-Transfer-Encoding would divide the body in another way: that is for
    /// [`replace_part`](super::Editor::replace_part).
    #[error("the body would be divided in another way")]
    Structure,
    /// The header begins with white space: a field before it would be continued by it.
    #[error("the field that follows would continue this one")]
    Continuation,
    /// The octets, at the place where they would stand, are the separator of an mbox, or would no longer be a field.
    #[error("read as a separator of an mbox")]
    MboxLine,
    /// A line of the octets begins with an enclosing boundary and its two hyphens (RFC 2046, section 5.1.1), or
    /// a multipart in them has a boundary that begins with an enclosing one or begins it.
    #[error("an enclosing boundary occurs in the octets")]
    Boundary,
    /// Boundaries of the message begin with one another, or the boundary of the multipart cannot be written: who owns
    /// a delimiter would depend on the edit.
    #[error("the boundaries of the message are ambiguous")]
    Ambiguous,
}
