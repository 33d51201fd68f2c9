//! A cipher and an HMAC over its output (RFC 4303 section 3.3.2.1). So far the cipher is NULL (RFC 2410).

use alloc::boxed::Box;
use core::fmt;

use crypto_core::HmacKey;

use super::Number;

/// A keyed HMAC with the length of its ICV.
pub(crate) struct Composed {
    mac: Box<dyn HmacKey>,
    icv_len: usize,
}

impl Composed {
    pub(super) fn new(mac: Box<dyn HmacKey>, icv_len: usize) -> Self {
        Self { mac, icv_len }
    }

    pub(super) fn seal(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let end = packet.len().checked_sub(self.icv_len)?;
        let (covered, icv) = packet.split_at_mut_checked(end)?;
        let mac = match number.high() {
            Some(high) => self.mac.sign(&[covered, &high]),
            None => self.mac.sign(&[covered]),
        };
        icv.copy_from_slice(mac.as_ref().get(..self.icv_len)?);
        Some(())
    }

    /// The high half of an extended number follows what is sent (RFC 4303 section 2.2.1).
    pub(super) fn open(&self, packet: &mut [u8], number: Number) -> Option<()> {
        let end = packet.len().checked_sub(self.icv_len)?;
        let (covered, icv) = packet.split_at_mut_checked(end)?;
        match number.high() {
            Some(high) => self.mac.verify(&[covered, &high], icv),
            None => self.mac.verify(&[covered], icv),
        }
        .ok()
    }
}

impl fmt::Debug for Composed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Composed(..)")
    }
}
