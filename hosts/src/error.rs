//! Failures of the protocol, of the program and of the transport, as errors of a stream.

use std::io;

use tls_core::{Error, Misuse};

/// The failure of the protocol inside an error of a stream, if that is what it is.
#[must_use]
pub fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// True when the transport says that the peer is no longer there. It may have sent the reason before, so reading
/// goes on until nothing is left.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    let gone = [
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::NotConnected,
    ];
    gone.contains(&error.kind())
}

/// A failure of the protocol as an error of a stream.
pub(crate) fn failure(error: Error) -> io::Error {
    let kind = if error == Error::Truncated {
        io::ErrorKind::UnexpectedEof
    } else {
        io::ErrorKind::InvalidData
    };
    io::Error::new(kind, error)
}

/// A mistake of the program as an error of a stream.
pub(crate) fn misuse(misused: Misuse) -> io::Error {
    let kind = match misused {
        Misuse::Closed => io::ErrorKind::BrokenPipe,
        Misuse::NotConnected => io::ErrorKind::NotConnected,
        Misuse::StaleAnswer
        | Misuse::NoCipherSuite
        | Misuse::NoGroup
        | Misuse::NoIdentity
        | Misuse::NoVerification
        | Misuse::BadLength
        | Misuse::WrongSession
        | Misuse::BufferTooSmall
        | Misuse::SequenceExhausted
        | Misuse::KeyMismatch
        | Misuse::Crypto => io::ErrorKind::InvalidInput,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, misused)
}
