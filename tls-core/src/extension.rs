//! Extensions, one file each.
//!
//! A file answers up to four questions in functions of the same names:
//!
//! | function | who | what |
//! |---|---|---|
//! | `offer` | asks first | writes the extension into the ClientHello (or CertificateRequest) |
//! | `read_offer` | is asked | parses it there, or says what its absence means |
//! | `answer` | is asked | writes the reply into ServerHello, HelloRetryRequest or EncryptedExtensions |
//! | `read_answer` | asked first | parses and judges the reply, or its absence |
//!
//! A new extension gets a file here, a line in `client::hello` and `server::hello` where they list what
//! they offer and read, and a line in [`place`].

pub(crate) mod alpn;
pub(crate) mod certificate_authorities;
pub(crate) mod cookie;
pub(crate) mod key_share;
pub(crate) mod pre_shared_key;
pub(crate) mod psk_key_exchange_modes;
pub(crate) mod server_name;
pub(crate) mod signature_algorithms;
pub(crate) mod supported_groups;
pub(crate) mod supported_versions;

use alloc::vec::Vec;

use crate::{
    error::{Error, Misbehaved},
    state::Offered,
    wire::{ExtensionType, Extensions, HandshakeType, Malformed, Prefix, Reader, nested},
};

/// Writes an extension: its type, its length, its body.
pub(crate) fn put(out: &mut Vec<u8>, kind: ExtensionType, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&kind.0.to_be_bytes());
    nested(out, Prefix::U16, body);
}

/// Reads the whole body of an extension.
pub(crate) fn read<'a, T>(
    kind: ExtensionType,
    body: &'a [u8],
    parse: impl FnOnce(&mut Reader<'a>) -> Result<T, Malformed>,
) -> Result<T, Error> {
    let mut reader = Reader::new(body);
    parse(&mut reader)
        .and_then(|value| reader.finish().map(|()| value))
        .map_err(|why| Error::MalformedExtension {
            extension: kind,
            why,
        })
}

/// Messages in which a server may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    ServerHello,
    HelloRetryRequest,
    EncryptedExtensions,
    Certificate,
}

/// The places of the extensions known here (RFC 8446 section 4.2).
fn place(kind: ExtensionType) -> &'static [Place] {
    match kind {
        ExtensionType::SERVER_NAME | ExtensionType::SUPPORTED_GROUPS | ExtensionType::ALPN => {
            &[Place::EncryptedExtensions]
        }
        ExtensionType::KEY_SHARE | ExtensionType::SUPPORTED_VERSIONS => {
            &[Place::ServerHello, Place::HelloRetryRequest]
        }
        ExtensionType::PRE_SHARED_KEY => &[Place::ServerHello],
        ExtensionType::COOKIE => &[Place::HelloRetryRequest],
        _ => &[],
    }
}

/// Checks that every extension of an answer was offered and stands where it may.
///
/// # Errors
/// [`Misbehaved::UnsolicitedExtension`], [`Misbehaved::MisplacedExtension`].
pub(crate) fn check_answers(
    answers: Extensions<'_>,
    offered: Offered,
    here: Place,
) -> Result<(), Error> {
    for answer in answers.iter() {
        let kind = answer.kind;
        // A cookie is the one answer that nobody asks for.
        let solicited = offered.contains(kind)
            || (kind == ExtensionType::COOKIE && here == Place::HelloRetryRequest);
        if !solicited {
            return Err(Misbehaved::UnsolicitedExtension(kind).into());
        }
        if !place(kind).contains(&here) {
            return Err(Misbehaved::MisplacedExtension(kind).into());
        }
    }
    Ok(())
}

/// Wraps a malformed message into its error.
pub(crate) fn malformed(message: HandshakeType) -> impl Fn(Malformed) -> Error {
    move |why| Error::Malformed { message, why }
}

#[cfg(test)]
mod tests;
