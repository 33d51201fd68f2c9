//! Making a packet in transport mode whole again.

use core::{net::IpAddr, ops::Range};

use crate::{
    OriginalAddresses, checksum,
    ip::{self, Version, protocol},
};

/// Moves the headers of `packet` next to the payload `inner`, names its protocol in them, and tells where the packet lies.
///
/// `original` are the addresses with which the sender computed the checksums inside.
pub(crate) fn restore(
    packet: &mut [u8],
    inner: Range<usize>,
    next_header: u8,
    original: Option<&OriginalAddresses>,
) -> Option<Range<usize>> {
    let headers = ip::headers(packet)?;
    let place = headers.upper;
    let start = inner.start.checked_sub(place.at)?;
    packet.copy_within(..place.at, start);
    let whole = start..inner.end;
    let packet = packet.get_mut(whole.clone())?;
    *packet.get_mut(place.named_at)? = next_header;
    ip::set_len(packet, place.at)?;
    if let Some(original) = original {
        // Behind ESP stand at most destination options.
        let upper = ip::headers(packet)?.upper;
        repair_checksum(packet, headers.version, upper, original);
    }
    Some(whole)
}

/// Repairs the checksum of a payload whose pseudo-header changed on the way (RFC 3948 section 3.1.2).
///
/// The repair is incremental: whatever was wrong with the checksum stays wrong.
fn repair_checksum(
    packet: &mut [u8],
    version: Version,
    upper: ip::Place,
    original: &OriginalAddresses,
) {
    let field = match upper.protocol {
        protocol::TCP => 16,
        protocol::UDP => 6,
        protocol::ICMPV6 if version == Version::V6 => 2,
        _ => return,
    };
    let mut old = [0; 32];
    let old = match (original.source, original.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) if version == Version::V4 => {
            let (first, rest) = old.split_at_mut(4);
            first.copy_from_slice(&source.octets());
            rest.get_mut(..4)
                .unwrap_or_default()
                .copy_from_slice(&destination.octets());
            old.get(..8)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) if version == Version::V6 => {
            let (first, rest) = old.split_at_mut(16);
            first.copy_from_slice(&source.octets());
            rest.copy_from_slice(&destination.octets());
            Some(&old[..])
        }
        _ => None,
    };
    let mut new = [0; 32];
    let (Some(old), Some(current)) = (old, ip::addresses(packet)) else {
        return;
    };
    let Some(new) = new.get_mut(..current.len()) else {
        return;
    };
    new.copy_from_slice(current);
    let Some(sum) = packet
        .get_mut(upper.at + field..)
        .and_then(<[u8]>::first_chunk_mut)
    else {
        return;
    };
    let value = u16::from_be_bytes(*sum);
    // Zero in UDP means that there is none.
    if upper.protocol == protocol::UDP && value == 0 {
        return;
    }
    *sum = match checksum::repair(value, old, new) {
        0 if upper.protocol == protocol::UDP => [0xff; 2],
        repaired => repaired.to_be_bytes(),
    };
}
