//! The few choices a reader of messages has.

use crate::limits::Limits;

/// How messages are read. The default suits mail from the wire and from files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub(crate) limits: Limits,
    pub(crate) strict_lines: bool,
    pub(crate) descend_encoded: bool,
    pub(crate) headers_only: bool,
}

impl Config {
    /// The default: a bare LF ends a line, encoded messages are leaves, the whole structure is read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets only CRLF end a line: a bare LF is an octet like any other, as DKIM sees it.
    #[must_use]
    pub fn with_strict_lines(mut self) -> Self {
        self.strict_lines = true;
        self
    }

    /// Reads a multipart or an embedded message whatever its Content-Transfer-Encoding says, in the octets as they
    /// are: nothing is decoded. RFC 2045 (6.4) forbids such encodings, some software declares them without use, and
    /// readers differ; a multipart under base64 or quoted-printable is read so in any case. For composites that are
    /// really encoded there is [`Part::encoded_message`](crate::Part::encoded_message).
    #[must_use]
    pub fn with_encoded_composites(mut self) -> Self {
        self.descend_encoded = true;
        self
    }

    /// Reads the fields of the message; all that follows them is one body.
    #[must_use]
    pub fn with_headers_only(mut self) -> Self {
        self.headers_only = true;
        self
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}
