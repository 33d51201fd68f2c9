//! supported_versions (RFC 8446 section 4.2.1).

use alloc::vec::Vec;

use super::{put, read};
use crate::{
    error::{Error, Incompatible, Misbehaved},
    wire::{ExtensionType, Prefix, ProtocolVersion, U16List, nested},
};

const KIND: ExtensionType = ExtensionType::SUPPORTED_VERSIONS;

/// Offers TLS 1.3.
pub(crate) fn offer(out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U8, |out| {
            out.extend_from_slice(&ProtocolVersion::TLS13.0.to_be_bytes());
        });
    });
}

/// Checks that the client offers TLS 1.3; without the extension it is an older client.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<(), Error> {
    let body = body.ok_or(Incompatible::Version)?;
    let versions = read(KIND, body, |reader| U16List::new(reader.vector8(2)?))?;
    if versions.contains(ProtocolVersion::TLS13.0) {
        Ok(())
    } else {
        Err(Incompatible::Version.into())
    }
}

/// Chooses TLS 1.3.
pub(crate) fn answer(out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        out.extend_from_slice(&ProtocolVersion::TLS13.0.to_be_bytes())
    });
}

/// Checks that the server chose TLS 1.3; without the extension it is an older server.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<(), Error> {
    let body = body.ok_or(Incompatible::Version)?;
    match read(KIND, body, |reader| reader.u16().map(ProtocolVersion))? {
        ProtocolVersion::TLS13 => Ok(()),
        _ => Err(Misbehaved::VersionNotOffered.into()),
    }
}
