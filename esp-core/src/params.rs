//! What an SA is made of.

use core::net::IpAddr;

use crypto_core::Secret;

use crate::{BadSa, Lifetime, Protocol, Spi, Suite, Tunnel};

/// What an SA protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The payload of IP packets between these two hosts (RFC 4303 section 3.1.1).
    Transport,
    /// Whole IP packets, behind a header of their own (RFC 4303 section 3.1.2).
    Tunnel(Tunnel),
}

/// The ports of ESP in UDP (RFC 3948).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpPorts {
    /// Of the sender, 4500 unless a NAT changed it.
    pub source: u16,
    /// Of the receiver.
    pub destination: u16,
}

impl UdpPorts {
    /// 4500 at both ends.
    pub const DEFAULT: Self = Self {
        source: 4500,
        destination: 4500,
    };
}

/// The addresses of a transport mode packet before a NAT changed them: NAT-OA of IKE (RFC 7296 section 2.23.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginalAddresses {
    /// What the sender believes to be its address.
    pub source: IpAddr,
    /// What the sender believes to be the receiver's address.
    pub destination: IpAddr,
}

/// Traffic flow confidentiality: how much padding hides the length of a packet (RFC 4303 section 2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TfcPadding {
    /// None.
    #[default]
    None,
    /// Inner packets grow to a multiple of so many octets.
    ToMultipleOf(u16),
    /// Inner packets grow to this length, longer ones stay as they are.
    UpTo(u16),
}

impl TfcPadding {
    /// The length of an inner packet of `len` octets with its padding.
    pub(crate) fn apply(self, len: usize) -> usize {
        match self {
            Self::None | Self::ToMultipleOf(0) => len,
            Self::ToMultipleOf(unit) => len.div_ceil(usize::from(unit)) * usize::from(unit),
            Self::UpTo(target) => len.max(usize::from(target)),
        }
    }
}

/// Everything that two ends must agree on before they exchange packets, and what one end decides alone.
///
/// Made by key management, or by hand. The same parameters make the [`OutboundSa`](crate::OutboundSa) of the
/// one end and the [`InboundSa`](crate::InboundSa) of the other.
#[derive(Clone, Debug)]
pub struct SaParams {
    pub(crate) spi: Spi,
    pub(crate) suite: Suite,
    pub(crate) encryption_key: Secret,
    pub(crate) integrity_key: Secret,
    pub(crate) mode: Mode,
    pub(crate) extended: bool,
    pub(crate) udp: Option<UdpPorts>,
    pub(crate) original: Option<OriginalAddresses>,
    pub(crate) window: Option<u32>,
    pub(crate) highest: u64,
    pub(crate) lifetime: Lifetime,
    pub(crate) tfc: TfcPadding,
}

impl SaParams {
    /// Width of the anti-replay window unless another is asked for.
    pub const DEFAULT_WINDOW: u32 = 1024;

    /// Begins with transport mode, 32-bit sequence numbers and a window of [`SaParams::DEFAULT_WINDOW`].
    ///
    /// `encryption_key` is the key material of the cipher, its salt included, `integrity_key` that of the integrity algorithm;
    /// AH has no cipher, and NULL no key.
    /// A key must never serve two SAs, nor the same SA again after a restart: with AES-GCM that would reveal it.
    ///
    /// # Errors
    /// [`BadSa::BadKey`] when a length is not the suite's.
    pub fn new(
        spi: Spi,
        suite: Suite,
        encryption_key: &[u8],
        integrity_key: &[u8],
    ) -> Result<Self, BadSa> {
        if encryption_key.len() != suite.encryption_key_len()
            || integrity_key.len() != suite.integrity_key_len()
        {
            return Err(BadSa::BadKey);
        }
        Ok(Self {
            spi,
            suite,
            encryption_key: Secret::new(encryption_key).ok_or(BadSa::BadKey)?,
            integrity_key: Secret::new(integrity_key).ok_or(BadSa::BadKey)?,
            mode: Mode::Transport,
            extended: false,
            udp: None,
            original: None,
            window: Some(Self::DEFAULT_WINDOW),
            highest: 0,
            lifetime: Lifetime::default(),
            tfc: TfcPadding::None,
        })
    }

    /// Protects whole packets, behind the header that `tunnel` describes.
    #[must_use]
    pub const fn with_tunnel(mut self, tunnel: Tunnel) -> Self {
        self.mode = Mode::Tunnel(tunnel);
        self
    }

    /// Counts packets with 64 bits, of which the low half is sent (RFC 4303 section 2.2.1).
    #[must_use]
    pub const fn with_extended_sequence(mut self) -> Self {
        self.extended = true;
        self
    }

    /// Puts ESP behind a UDP header (RFC 3948).
    #[must_use]
    pub const fn with_udp(mut self, ports: UdpPorts) -> Self {
        self.udp = Some(ports);
        self
    }

    /// Tells the addresses over which the checksums inside were computed, so that they can be repaired behind a NAT
    /// (RFC 3948 section 3.1.2).
    #[must_use]
    pub const fn with_original_addresses(mut self, original: OriginalAddresses) -> Self {
        self.original = Some(original);
        self
    }

    /// Sets the width of the anti-replay window: 64 to 65,536, rounded up to a multiple of 32.
    #[must_use]
    pub const fn with_window(mut self, width: u32) -> Self {
        self.window = Some(width);
        self
    }

    /// Accepts replays: for keys set by hand on both ends, where a sender that restarts begins again with 1, and for several
    /// senders on one SA (RFC 4303 section 3.4.3). Not with extended sequence numbers.
    #[must_use]
    pub const fn without_window(mut self) -> Self {
        self.window = None;
        self
    }

    /// Goes on behind this sequence number: for an SA that moves here from another machine.
    #[must_use]
    pub const fn with_highest_sequence(mut self, highest: u64) -> Self {
        self.highest = highest;
        self
    }

    /// Bounds the use of the SA.
    #[must_use]
    pub const fn with_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Hides the length of packets in tunnel mode.
    #[must_use]
    pub const fn with_tfc_padding(mut self, padding: TfcPadding) -> Self {
        self.tfc = padding;
        self
    }

    /// The SPI.
    #[must_use]
    pub const fn spi(&self) -> Spi {
        self.spi
    }

    /// The algorithms.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Judges what the parts alone cannot tell.
    pub(crate) fn check(&self) -> Result<(), BadSa> {
        let families = match self.mode {
            Mode::Tunnel(tunnel) => tunnel.source.is_ipv4() == tunnel.destination.is_ipv4(),
            Mode::Transport => self
                .original
                .is_none_or(|original| original.source.is_ipv4() == original.destination.is_ipv4()),
        };
        let plain = self.udp.is_none() && self.original.is_none() && self.tfc == TfcPadding::None;
        match self.window {
            _ if !families => Err(BadSa::MixedFamilies),
            _ if self.suite.protocol() == Protocol::Ah && !plain => Err(BadSa::NotWithAh),
            Some(width) if !(64..=65_536).contains(&width) => Err(BadSa::BadWindow),
            None if self.extended => Err(BadSa::NoWindow),
            Some(_) | None => Ok(()),
        }
    }
}
