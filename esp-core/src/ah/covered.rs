//! Headers before AH as its ICV covers them: what may change on the way is zero, what will change is as it will be (RFC 4302
//! section 3.3.3.1 and appendix A).

use crate::{
    Discard, SealError,
    ip::{IPV6_LEN, MAX_LEN, Version, protocol},
};

/// Most octets of headers before AH.
const MAX_HEADERS_LEN: usize = 512;

/// Why headers cannot be covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncovered {
    /// Options that do not fit into their header.
    Malformed,
    /// A fragment header: fragments are made behind AH, and gone before it is looked at (RFC 4302 section 3.3.4).
    Fragment,
    /// More octets than [`MAX_HEADERS_LEN`], or a way that cannot be foretold.
    Unsupported,
}

impl From<Uncovered> for SealError {
    fn from(uncovered: Uncovered) -> Self {
        match uncovered {
            Uncovered::Malformed => Self::NotIp,
            Uncovered::Fragment => Self::Fragment,
            Uncovered::Unsupported => Self::Uncoverable,
        }
    }
}

impl From<Uncovered> for Discard {
    fn from(uncovered: Uncovered) -> Self {
        match uncovered {
            Uncovered::Malformed | Uncovered::Unsupported => Self::Malformed,
            Uncovered::Fragment => Self::Fragment,
        }
    }
}

/// The headers before AH, changed.
pub(crate) struct Covered {
    octets: [u8; MAX_HEADERS_LEN],
    len: usize,
}

impl AsRef<[u8]> for Covered {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

impl Covered {
    /// Covers headers that are where the packet is going to: nothing more will change.
    pub(crate) fn arrived(headers: &[u8], version: Version) -> Result<Self, Uncovered> {
        Self::of(headers, version, false)
    }

    /// Covers headers that are at their source, as they will arrive.
    pub(crate) fn departing(headers: &[u8], version: Version) -> Result<Self, Uncovered> {
        Self::of(headers, version, true)
    }

    fn of(headers: &[u8], version: Version, departing: bool) -> Result<Self, Uncovered> {
        let mut covered = Self {
            octets: [0; MAX_HEADERS_LEN],
            len: headers.len(),
        };
        let octets = covered
            .octets
            .get_mut(..headers.len())
            .ok_or(Uncovered::Unsupported)?;
        octets.copy_from_slice(headers);
        match version {
            Version::V4 => cover_ipv4(octets, departing),
            Version::V6 => cover_ipv6(octets, departing),
        }?;
        Ok(covered)
    }

    /// Names AH where another protocol was named before it was put in, and sets the length of the whole packet.
    pub(crate) fn insert_ah(
        &mut self,
        version: Version,
        named_at: usize,
        len: usize,
    ) -> Option<()> {
        *self.octets.get_mut(named_at)? = protocol::AH;
        let (at, len) = match version {
            Version::V4 => (2, len.min(MAX_LEN)),
            Version::V6 => (4, len.checked_sub(IPV6_LEN)?),
        };
        *self.octets.get_mut(at..)?.first_chunk_mut()? = u16::try_from(len).ok()?.to_be_bytes();
        Some(())
    }

    /// Exchanges these headers with those of the packet, which are as long.
    pub(crate) fn exchange(&mut self, headers: &mut [u8]) {
        if let Some(octets) = self.octets.get_mut(..headers.len()) {
            octets.swap_with_slice(headers);
        }
    }
}

/// Class, flags, offset, TTL, checksum, and options (RFC 4302 section 3.3.3.1.1).
fn cover_ipv4(header: &mut [u8], departing: bool) -> Result<(), Uncovered> {
    let (fixed, mut options) = header
        .split_first_chunk_mut::<20>()
        .ok_or(Uncovered::Malformed)?;
    let [
        _,
        class,
        _,
        _,
        _,
        _,
        f0,
        f1,
        ttl,
        _,
        c0,
        c1,
        _,
        _,
        _,
        _,
        destination @ ..,
    ] = fixed;
    for octet in [class, f0, f1, ttl, c0, c1] {
        *octet = 0;
    }
    while let [kind, rest @ ..] = &*options {
        let len = match (*kind, rest) {
            // What follows the end of the list is padding.
            (option::END, _) => return Ok(()),
            (option::NO_OPERATION, _) => 1,
            (_, [len, ..]) if *len >= 2 => usize::from(*len),
            _ => return Err(Uncovered::Malformed),
        };
        let kind = *kind;
        let (this, behind) = options
            .split_at_mut_checked(len)
            .ok_or(Uncovered::Malformed)?;
        if departing && matches!(kind, option::LOOSE_ROUTE | option::STRICT_ROUTE) {
            *destination = last_of_route(this, *destination).ok_or(Uncovered::Malformed)?;
        }
        if !option::is_immutable(kind) {
            this.fill(0);
        }
        options = behind;
    }
    Ok(())
}

/// Where a source route ends, from the packet's destination, which is the next stop on it (RFC 791 section 3.1).
fn last_of_route(option: &[u8], destination: [u8; 4]) -> Option<[u8; 4]> {
    let [_, _, pointer, route @ ..] = option else {
        return None;
    };
    // The pointer counts from one, and from the beginning of the option.
    let next = usize::from(*pointer).checked_sub(4)?;
    if route.len() % 4 != 0 || next % 4 != 0 {
        return None;
    }
    match route.last_chunk() {
        Some(last) if next < route.len() => Some(*last),
        // The last stop is the next one.
        _ => Some(destination),
    }
}

/// Options of IPv4 (RFC 4302 appendix A1).
mod option {
    pub(super) const END: u8 = 0;
    pub(super) const NO_OPERATION: u8 = 1;
    pub(super) const LOOSE_ROUTE: u8 = 131;
    pub(super) const STRICT_ROUTE: u8 = 137;
    const SECURITY: u8 = 130;
    const EXTENDED_SECURITY: u8 = 133;
    const COMMERCIAL_SECURITY: u8 = 134;
    const ROUTER_ALERT: u8 = 148;
    const SENDER_DIRECTED: u8 = 149;

    /// True for one that nobody changes. One that the table does not know may be changed.
    pub(super) const fn is_immutable(kind: u8) -> bool {
        matches!(
            kind,
            END | NO_OPERATION
                | SECURITY
                | EXTENDED_SECURITY
                | COMMERCIAL_SECURITY
                | ROUTER_ALERT
                | SENDER_DIRECTED
        )
    }
}

/// Class, flow label, hop limit, and extension headers (RFC 4302 section 3.3.3.1.2).
fn cover_ipv6(headers: &mut [u8], departing: bool) -> Result<(), Uncovered> {
    let (fixed, mut extensions) = headers
        .split_first_chunk_mut::<IPV6_LEN>()
        .ok_or(Uncovered::Malformed)?;
    let (start, destination) = fixed.split_at_mut(24);
    let [version, class, f0, f1, _, _, next, hop_limit, ..] = start else {
        return Err(Uncovered::Malformed);
    };
    *version = 0x60;
    for octet in [class, f0, f1, hop_limit] {
        *octet = 0;
    }
    let mut next = *next;
    while let [following, len, ..] = *extensions {
        let (this, behind) = extensions
            .split_at_mut_checked((usize::from(len) + 1) * 8)
            .ok_or(Uncovered::Malformed)?;
        match next {
            protocol::HOP_BY_HOP | protocol::DESTINATION_OPTIONS => {
                cover_options(this.get_mut(2..).unwrap_or_default())?;
            }
            protocol::ROUTING if departing => foretell_route(this, destination)?,
            protocol::ROUTING => {}
            protocol::FRAGMENT => return Err(Uncovered::Fragment),
            _ => return Err(Uncovered::Malformed),
        }
        next = following;
        extensions = behind;
    }
    Ok(())
}

/// Zeroes the data of options whose type says that it may change.
fn cover_options(mut options: &mut [u8]) -> Result<(), Uncovered> {
    const PAD_1: u8 = 0;
    const MAY_CHANGE: u8 = 0x20;

    while let [kind, rest @ ..] = options {
        if *kind == PAD_1 {
            options = rest;
            continue;
        }
        let [len, rest @ ..] = rest else {
            return Err(Uncovered::Malformed);
        };
        let (data, behind) = rest
            .split_at_mut_checked(usize::from(*len))
            .ok_or(Uncovered::Malformed)?;
        if *kind & MAY_CHANGE != 0 {
            data.fill(0);
        }
        options = behind;
    }
    Ok(())
}

/// Takes all stops of a routing header of type 0 (RFC 2460 section 4.4) or 2 (RFC 6275 section 6.4) at once.
fn foretell_route(header: &mut [u8], destination: &mut [u8]) -> Result<(), Uncovered> {
    let [_, _, kind, left, _, _, _, _, addresses @ ..] = header else {
        return Err(Uncovered::Malformed);
    };
    let stops = usize::from(*left);
    if stops == 0 {
        return Ok(());
    }
    if !matches!(*kind, 0 | 2) {
        return Err(Uncovered::Unsupported);
    }
    let first = addresses
        .len()
        .checked_sub(stops * 16)
        .filter(|first| first % 16 == 0)
        .ok_or(Uncovered::Malformed)?;
    let to_come = addresses.get_mut(first..).unwrap_or_default();
    // Each stop changes places with the destination: the last ends up there, and all others one place further.
    to_come.rotate_right(16);
    match to_come.get_mut(..16) {
        Some(place) if place.len() == destination.len() => place.swap_with_slice(destination),
        _ => return Err(Uncovered::Malformed),
    }
    *left = 0;
    Ok(())
}
