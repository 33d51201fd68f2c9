//! How much a reader takes before it stops to understand. The octets flow on regardless.

/// Bounds on the state and on the structure of one message.
///
/// Beyond a limit nothing fails and nothing is lost: a [`Defect`](crate::Defect) names the limit, and the octets
/// come as [`Event::Opaque`](crate::Event::Opaque).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Entities inside one another, the message itself not counted. 100.
    pub max_depth: u32,
    /// Entities in all: the message, parts and embedded messages. 100,000.
    pub max_parts: u32,
    /// Octets of one header section, which is also the most a reader ever waits for. 1 MiB; 4 GiB at most.
    pub max_header: usize,
    /// Fields of one header section. 10,000.
    pub max_fields: u32,
    /// Octets of a boundary (RFC 2046 allows 70). 512.
    pub max_boundary: usize,
    /// Octets of a line that may be a delimiter, with its white space and without its line end. 2,048.
    pub max_delimiter_line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 100,
            max_parts: 100_000,
            max_header: 1 << 20,
            max_fields: 10_000,
            max_boundary: 512,
            max_delimiter_line: 2_048,
        }
    }
}
