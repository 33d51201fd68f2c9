//! server_name (RFC 6066 section 3).

use alloc::vec::Vec;
use core::net::IpAddr;

use pki_types::{DnsName, ServerName};

use super::{put, read};
use crate::{
    error::Error,
    wire::{ExtensionType, Malformed, Prefix, Reader, nested},
};

const KIND: ExtensionType = ExtensionType::SERVER_NAME;
const HOST_NAME: u8 = 0;

/// Offers `name`; an IP address is never sent. A trailing dot is not part of the name on the wire.
pub(crate) fn offer(name: &ServerName<'_>, out: &mut Vec<u8>) {
    let ServerName::DnsName(name) = name else {
        return;
    };
    let name = name.as_ref();
    let name = name.strip_suffix('.').unwrap_or(name);
    put(out, KIND, |out| {
        nested(out, Prefix::U16, |out| {
            out.push(HOST_NAME);
            nested(out, Prefix::U16, |out| {
                out.extend_from_slice(name.as_bytes())
            });
        });
    });
}

/// The DNS name that the client asks for, if it does.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<Option<DnsName<'_>>, Error> {
    let Some(body) = body else { return Ok(None) };
    let name = read(KIND, body, |reader| {
        let mut names = Reader::new(reader.vector16(1)?);
        // One name of one type is all there has ever been; more of a type is forbidden.
        if names.u8()? != HOST_NAME {
            return Err(Malformed::Value);
        }
        let name = names.vector16(1)?;
        names.finish()?;
        Ok(name)
    })?;
    match DnsName::try_from(name) {
        Ok(name) => Ok(Some(name)),
        // An address has no place here; clients that send one mean nothing by it.
        Err(_) if is_address(name) => Ok(None),
        Err(_) => Err(Error::MalformedExtension {
            extension: KIND,
            why: Malformed::Value,
        }),
    }
}

fn is_address(name: &[u8]) -> bool {
    core::str::from_utf8(name).is_ok_and(|name| name.parse::<IpAddr>().is_ok())
}

/// Acknowledges that the name was used.
pub(crate) fn answer(out: &mut Vec<u8>) {
    put(out, KIND, |_| ());
}

/// Checks the acknowledgement.
pub(crate) fn read_answer(body: Option<&[u8]>) -> Result<(), Error> {
    body.map_or(Ok(()), |body| read(KIND, body, |_| Ok(())))
}
