//! IPsec: two gateways in memory, what goes between them, and what must not come through.

mod measure;

use std::net::{IpAddr, Ipv4Addr};

use crypto_core::Provider;
use esp_core::{
    BadSa, Discard, Encapsulated, Encryption, InboundSa, KEEPALIVE, NON_ESP_MARKER,
    OriginalAddresses, OutboundSa, SaParams, SealError, Spi, Suite, Tunnel, UdpPorts, classify,
};
use owo_colors::OwoColorize;

use super::{Checks, title};
use crate::command::{
    failure::Failure,
    ip::{Summary, datagram, datagram_is_intact, echo_reply, echo_request, repair_header},
};

const WEST: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const EAST: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// A host behind each gateway.
const ANA: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const JOERG: Ipv4Addr = Ipv4Addr::new(10, 2, 0, 1);

const PAYLOAD: &[u8] = b"for nobody else: abcdefghijklmnopqrstuvwxyz 0123456789 ~";

/// Octets of an IPv4 header.
const IPV4_LEN: usize = 20;

/// Runs the section.
pub(super) fn run(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    ping(provider, checks)?;
    attacks(provider, checks)?;
    behind_nat(provider, checks)?;
    measure::run(provider, checks)
}

/// An SA with fresh keys, AES-256-GCM.
fn params(provider: &Provider, spi: u32) -> Result<SaParams, Failure> {
    let suite = Suite::new(Encryption::Aes256Gcm16, None).map_err(bad_sa)?;
    let mut key = [0; 36];
    provider
        .random
        .fill(&mut key)
        .map_err(|error| Failure::peer(format!("no randomness: {error}")))?;
    let spi = Spi::new(spi).ok_or_else(|| Failure::peer("a reserved SPI"))?;
    SaParams::new(spi, suite, &key, &[]).map_err(bad_sa)
}

fn bad_sa(error: BadSa) -> Failure {
    Failure::peer(error.to_string())
}

fn unsealed(error: SealError) -> Failure {
    Failure::peer(error.to_string())
}

/// What leads from one end to the other.
struct Path {
    outbound: OutboundSa,
    inbound: InboundSa,
}

impl Path {
    fn new(params: &SaParams, provider: &Provider) -> Result<Self, Failure> {
        Ok(Self {
            outbound: OutboundSa::new(params, provider).map_err(bad_sa)?,
            inbound: InboundSa::new(params, provider).map_err(bad_sa)?,
        })
    }

    fn tunnel(provider: &Provider, spi: u32, ends: [Ipv4Addr; 2]) -> Result<Self, Failure> {
        let [source, destination] = ends.map(IpAddr::from);
        let params = params(provider, spi)?.with_tunnel(Tunnel::new(source, destination));
        Self::new(&params, provider)
    }

    /// Seals a packet, as it goes over the wire.
    fn seal(&self, packet: &[u8]) -> Result<Vec<u8>, Failure> {
        let room = self.outbound.overhead();
        let place = room.headroom()..room.headroom() + packet.len();
        let mut frame = vec![0; place.end + room.tailroom()];
        if let Some(inner) = frame.get_mut(place.clone()) {
            inner.copy_from_slice(packet);
        }
        let sealed = self
            .outbound
            .seal_packet(&mut frame, place)
            .map_err(unsealed)?;
        Ok(frame.get(sealed.packet).unwrap_or_default().to_vec())
    }

    /// Opens a copy of what arrived.
    fn open(&self, wire: &[u8]) -> Result<Vec<u8>, Discard> {
        let mut wire = wire.to_vec();
        let opened = self.inbound.open_packet(&mut wire)?;
        Ok(opened.inner.to_vec())
    }
}

/// A request one way, a reply the other.
fn ping(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title("IPsec: a ping through a tunnel");
    let eastward = Path::tunnel(provider, 0x5ec0_0001, [WEST, EAST])?;
    let westward = Path::tunnel(provider, 0x5ec0_0002, [EAST, WEST])?;
    let request = echo_request([ANA, JOERG], 1, PAYLOAD);
    let sent = eastward.seal(&request)?;
    show("west ──▶ east", &request, &sent);
    let arrived = eastward.open(&sent);
    let reply = arrived.as_deref().ok().and_then(echo_reply);
    let reply = reply.unwrap_or_default();
    let returned = westward.seal(&reply)?;
    show("west ◀── east", &reply, &returned);
    let answer = westward.open(&returned);

    let room = eastward.outbound.overhead();
    checks.check(
        "the request arrived as it was sent",
        arrived.as_deref() == Ok(&request),
    );
    checks.check(
        "the host behind the gateway answered, and the reply came back",
        echo_reply(&request).is_some_and(|expected| answer == Ok(expected)),
    );
    checks.check(
        "on the way there are only the gateways to be seen",
        !holds(&sent, PAYLOAD)
            && !holds(&sent, &ANA.octets())
            && sent.get(12..IPV4_LEN) == Some(&[WEST.octets(), EAST.octets()].concat()),
    );
    checks.check(
        "its length was known beforehand",
        sent.len() == room.sealed_len(request.len()),
    );
    let most = room.max_inner_len(1400);
    let largest = eastward.seal(&echo_request([ANA, JOERG], 2, &vec![0; most - 28]))?;
    checks.check(
        &format!("{most} octets fit into an MTU of 1400, and not one more"),
        largest.len() <= 1400 && room.sealed_len(most + 1) > 1400,
    );
    Ok(())
}

fn show(way: &str, inner: &[u8], wire: &[u8]) {
    say!("  {}  {}", way.cyan(), Summary(inner));
    say!("  {:13}  {}", "", Summary(wire).dimmed());
}

fn holds(wire: &[u8], secret: &[u8]) -> bool {
    wire.windows(secret.len()).any(|window| window == secret)
}

/// Everything that somebody on the way may try.
fn attacks(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title("Packets of somebody on the way");
    let path = Path::tunnel(provider, 0x5ec0_0003, [WEST, EAST])?;
    let other = Path::tunnel(provider, 0x5ec0_0003, [WEST, EAST])?;
    let packet = |sequence| echo_request([ANA, JOERG], sequence, PAYLOAD);
    let audit = path.inbound.audit();
    let early = path.seal(&packet(0))?;
    let wire = path.seal(&packet(1))?;

    let altered = (IPV4_LEN..wire.len()).all(|octet| {
        let mut altered = wire.clone();
        if let Some(octet) = altered.get_mut(octet) {
            *octet ^= 1;
        }
        path.open(&altered).is_err()
    });
    let cut = (0..wire.len()).all(|len| path.open(wire.get(..len).unwrap_or_default()).is_err());
    checks.check(
        "one bit altered, in any octet: refused",
        altered && audit.of(Discard::NotAuthentic) > 0,
    );
    checks.check("cut off, at any length: refused", cut);
    refused(
        checks,
        "sealed under another key",
        path.open(&other.seal(&packet(1))?),
        Discard::NotAuthentic,
    );
    checks.check(
        "none of this kept the genuine packet out",
        path.open(&wire) == Ok(packet(1)),
    );
    refused(
        checks,
        "the same packet again",
        path.open(&wire),
        Discard::Replayed,
    );
    checks.check(
        "one that was overtaken still comes through, once",
        path.open(&early) == Ok(packet(0)) && path.open(&early) == Err(Discard::Replayed),
    );
    let held_back = path.seal(&packet(2))?;
    let window = u16::try_from(SaParams::DEFAULT_WINDOW).unwrap_or(u16::MAX);
    let mut delivered = 0;
    for sequence in 3..window + 100 {
        let sealed = path.seal(&packet(sequence))?;
        delivered += u16::from(path.open(&sealed) == Ok(packet(sequence)));
    }
    checks.check(
        &format!("{delivered} more packets arrived, and none is missing but the one held back"),
        delivered == window + 97 && path.inbound.lost() == 1,
    );
    refused(
        checks,
        "the one held back until it left the window",
        path.open(&held_back),
        Discard::TooOld,
    );
    say!("  {}", format!("counted: {audit:?}").dimmed());
    Ok(())
}

fn refused(checks: &mut Checks, what: &str, outcome: Result<Vec<u8>, Discard>, expected: Discard) {
    let why = match outcome {
        Ok(_) => "it came through".to_owned(),
        Err(discard) => discard.to_string(),
    };
    checks.check(&format!("{what}: {why}"), outcome == Err(expected));
}

/// Transport mode in UDP, through a NAT, over the end of 32 bits.
fn behind_nat(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title("Transport mode in UDP, behind a NAT, past 2³² packets");
    let outside = Ipv4Addr::new(203, 0, 113, 9);
    let params = params(provider, 0x5ec0_0004)?
        .with_udp(UdpPorts::DEFAULT)
        .with_extended_sequence()
        .with_highest_sequence(u64::from(u32::MAX) - 1)
        .with_original_addresses(OriginalAddresses {
            source: ANA.into(),
            destination: EAST.into(),
        });
    let path = Path::new(&params, provider)?;
    let mut sequences = Vec::new();
    let mut intact = true;
    for question in [&b"the last of 32 bits"[..], b"the first beyond"] {
        let sent = datagram([ANA, EAST], [5353, 53], question);
        let mut wire = path.seal(&sent)?;
        translate(&mut wire, outside, 61_000);
        say!("  {}  {}", "to east".cyan(), Summary(&wire));
        match path.inbound.open_packet(&mut wire) {
            Ok(opened) => {
                let from = [outside, EAST];
                say!(
                    "  {:7}  {}",
                    "",
                    format!("{}, sequence {}", Summary(opened.inner), opened.sequence).dimmed()
                );
                sequences.push(opened.sequence);
                intact &= datagram_is_intact(opened.inner)
                    && *opened.inner == datagram(from, [5353, 53], question)[..];
            }
            Err(discard) => checks.check(&format!("the packet opens: {discard}"), false),
        }
    }
    checks.check(
        "sequence numbers go on behind 4,294,967,295",
        sequences == [u64::from(u32::MAX), 1 << 32],
    );
    checks.check(
        "the NAT changed the address, and the checksum inside is right again",
        intact,
    );
    let ike = [&NON_ESP_MARKER[..], b"IKE"].concat();
    checks.check(
        "on port 4500 keepalives, IKE and ESP are told apart",
        classify(&KEEPALIVE) == Encapsulated::Keepalive
            && classify(&ike) == Encapsulated::Ike(b"IKE")
            && classify(&[0x5e, 0xc0, 0, 4, 0, 0, 0, 1]) == Encapsulated::Esp(path.inbound.spi()),
    );
    Ok(())
}

/// What a NAT does to a UDP packet over IPv4 whose checksum is zero.
fn translate(packet: &mut [u8], source: Ipv4Addr, port: u16) {
    let fields: [(usize, &[u8]); 2] = [(12, &source.octets()), (IPV4_LEN, &port.to_be_bytes())];
    for (at, value) in fields {
        if let Some(place) = packet.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    }
    repair_header(packet);
}
