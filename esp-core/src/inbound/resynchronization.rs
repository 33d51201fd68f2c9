//! Finding the high half of extended sequence numbers again after the loss of 2^32 packets (RFC 4303 appendix A3).

use super::{InboundSa, Opened, Text};
use crate::{Discard, outer, transform::Protection};

/// Counts packets in a row that are not authentic, and tells when one should be tried with other high halves.
///
/// The host keeps one beside an SA whose traffic goes one way without answers: any other traffic stops long before.
#[derive(Clone, Copy, Debug)]
pub struct Desynchronization {
    failures: u32,
    trigger: u32,
}

impl Desynchronization {
    /// Tells after `trigger` packets in a row, at least one.
    #[must_use]
    pub const fn after(trigger: u32) -> Self {
        Self {
            failures: 0,
            trigger: if trigger == 0 { 1 } else { trigger },
        }
    }

    /// Hears what became of a packet. True when it is time for [`InboundSa::resynchronize`] with this packet, as it was before it
    /// was opened; then counting begins anew.
    ///
    /// Packets that are discarded for another reason count neither way.
    pub fn hear(&mut self, result: &Result<Opened<'_>, Discard>) -> bool {
        match result {
            Ok(_) => self.failures = 0,
            Err(Discard::NotAuthentic) => self.failures += 1,
            Err(_) => {}
        }
        let due = self.failures >= self.trigger;
        if due {
            self.failures = 0;
        }
        due
    }
}

impl InboundSa {
    /// Most high halves that are tried for one packet.
    pub const MAX_TRIES: u32 = 16;

    /// Opens an IP packet, as [`InboundSa::open_packet`], whose extended sequence number is farther ahead than the window can
    /// tell: the next `tries` high halves are tried, at most [`InboundSa::MAX_TRIES`]. When one is right, the window moves there.
    ///
    /// Each try decrypts a copy in `scratch`, which must be as long as the packet, and [`InboundSa::room_behind`] more. So the work
    /// is bounded, and the host decides who does it: not the thread whose traffic should go on.
    ///
    /// # Errors
    /// The reason to discard it, which is counted once: [`Discard::NotAuthentic`] when none is right, and from an SA without
    /// extended numbers; [`Discard::NoRoom`] for a short `scratch`.
    pub fn resynchronize<'b>(
        &self,
        packet: &[u8],
        scratch: &'b mut [u8],
        tries: u32,
    ) -> Result<Opened<'b>, Discard> {
        self.try_ahead(packet, scratch, tries, |scratch, ahead| {
            let arrived = outer::find_protected(scratch)?;
            self.open_arrived(scratch, &arrived, ahead)
        })
    }

    /// The same for an ESP packet without IP or UDP header, as [`InboundSa::open`].
    ///
    /// # Errors
    /// As [`InboundSa::resynchronize`].
    pub fn resynchronize_esp<'b>(
        &self,
        packet: &[u8],
        scratch: &'b mut [u8],
        tries: u32,
    ) -> Result<Opened<'b>, Discard> {
        self.try_ahead(packet, scratch, tries, |scratch, ahead| {
            match &self.protection {
                Protection::Esp(transform) => self.open_text(transform, scratch, ahead),
                Protection::Ah(_) => Err(Discard::Malformed),
            }
        })
    }

    fn try_ahead<'b>(
        &self,
        packet: &[u8],
        scratch: &'b mut [u8],
        tries: u32,
        open: impl Fn(&mut [u8], u32) -> Result<Text, Discard>,
    ) -> Result<Opened<'b>, Discard> {
        let len = packet.len().saturating_add(self.room_behind());
        let found = match scratch.get_mut(..len) {
            None => Err(Discard::NoRoom),
            Some(_) if !self.extended => Err(Discard::NotAuthentic),
            Some(scratch) => (1..=tries.min(Self::MAX_TRIES))
                .map(|ahead| {
                    let (copy, _) = scratch.split_at_mut(packet.len());
                    copy.copy_from_slice(packet);
                    open(scratch, ahead)
                })
                .find(|result| !matches!(result, Err(Discard::NotAuthentic)))
                .unwrap_or(Err(Discard::NotAuthentic)),
        };
        found
            .and_then(|text| text.opened(scratch, self.spi))
            .map_err(|discard| self.audit.count(discard))
    }
}
