//! psk_key_exchange_modes (RFC 8446 section 4.2.9).

use alloc::vec::Vec;

use super::{put, read};
use crate::{
    error::Error,
    wire::{ExtensionType, Prefix, nested},
};

const KIND: ExtensionType = ExtensionType::PSK_KEY_EXCHANGE_MODES;
const PSK_DHE_KE: u8 = 1;

/// Offers PSK with (EC)DHE, the only mode with forward secrecy and the only one spoken here.
pub(crate) fn offer(out: &mut Vec<u8>) {
    put(out, KIND, |out| {
        nested(out, Prefix::U8, |out| out.push(PSK_DHE_KE))
    });
}

/// What the client says of PSKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modes {
    /// The extension is absent: no PSK, and no ticket is of use.
    Absent,
    /// PSK with (EC)DHE is among the modes.
    DheKe,
    /// Only modes not spoken here.
    Others,
}

/// Reads the client's modes.
pub(crate) fn read_offer(body: Option<&[u8]>) -> Result<Modes, Error> {
    let Some(body) = body else {
        return Ok(Modes::Absent);
    };
    let modes = read(KIND, body, |reader| reader.vector8(1))?;
    Ok(if modes.contains(&PSK_DHE_KE) {
        Modes::DheKe
    } else {
        Modes::Others
    })
}
