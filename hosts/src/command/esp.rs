//! `securewire esp`: packets of IPsec by hand, to be compared with what other implementations make of them.

mod hex;
mod key;
mod packets;
mod pcap;
mod sa;
#[cfg(target_os = "linux")]
mod tunnel;

use clap::Subcommand;
use crypto_core::Provider;
use esp_core::{Discard, InboundSa, Mode, OutboundSa, SealError, Sealed};
use owo_colors::OwoColorize;

use self::packets::{Output, Source};
use super::{
    failure::Failure,
    ip::{self, Carried, Summary},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Esp {
    /// Seal IP packets: from hexadecimal digits or a capture to the same
    ///
    /// For comparisons and tests: every run begins with the sequence number that --sequence names, and would use a nonce
    /// twice for other packets under the same key. Never with a key that protects anything.
    ///
    /// Exit status: 0 when all were sealed, 1 when some were not, 2 when an argument or a file is wrong.
    Seal(Box<Seal>),
    /// Open ESP packets: from hexadecimal digits or a capture to the same
    ///
    /// A packet of a capture that is not of this SA is passed over, and counted.
    ///
    /// Exit status: 0 when all were opened, 1 when some were discarded or none was found, 2 when an argument or a file is
    /// wrong.
    Open(Box<Open>),
    /// Join a TUN device to a UDP socket, with a pair of SAs set by hand
    ///
    /// Prints its counters at the end, which SIGINT and SIGTERM bring, and on SIGUSR1. Routes are not set: `ip route add
    /// 10.2.0.0/16 dev NAME`.
    ///
    /// Exit status: 0 when it was asked to end, 1 when it broke or the SA expired, 2 when an argument or the file is wrong.
    #[cfg(target_os = "linux")]
    Tunnel(tunnel::Arguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Seal {
    #[command(flatten)]
    sa: sa::Arguments,

    #[command(flatten)]
    source: Source,

    /// Protocol of what is sealed with --bare [default: 4 or 41 by the version of the packet]
    #[arg(long, value_name = "NUMBER", requires = "bare")]
    next_header: Option<u8>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Open {
    #[command(flatten)]
    sa: sa::Arguments,

    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(command: &Esp, provider: &Provider) -> Result<(), Failure> {
    match command {
        Esp::Seal(arguments) => seal(arguments, provider),
        Esp::Open(arguments) => open(arguments, provider),
        #[cfg(target_os = "linux")]
        Esp::Tunnel(arguments) => tunnel::run(arguments, provider),
    }
}

fn seal(arguments: &Seal, provider: &Provider) -> Result<(), Failure> {
    let source = &arguments.source;
    let params = arguments.sa.params(!source.bare)?;
    let sa = OutboundSa::new(&params, provider).map_err(sa::bad)?;
    if source.bare && source.out.is_some() {
        return Err(bare_into_capture("an ESP packet without an IP header"));
    }
    let mut output = Output::new(source)?;
    let (mut sealed, mut failed) = (0_u64, 0_u64);
    source.each(|packet| {
        let Some(inner) = packet.ip else {
            failed += 1;
            packet.tell(source, &"not an IP packet".red());
            return Ok(());
        };
        match seal_one(&sa, arguments, inner) {
            Ok((wire, number)) => {
                sealed += 1;
                let text = format!("sequence {number}: {} → {}", Summary(inner), wire.len());
                packet.tell(source, &text);
                output.write(packet, &wire)
            }
            Err(error) => {
                failed += 1;
                packet.tell(source, &format!("not sealed: {error}").red());
                Ok(())
            }
        }
    })?;
    output.finish()?;
    if failed > 0 {
        let all = sealed + failed;
        return Err(Failure::peer(format!(
            "{failed} of {all} packets were not sealed"
        )));
    }
    note!("{}", format!("{sealed} sealed").dimmed());
    Ok(())
}

/// Seals in a frame that has just the room that is needed.
fn seal_one(sa: &OutboundSa, arguments: &Seal, inner: &[u8]) -> Result<(Vec<u8>, u64), SealError> {
    let room = sa.overhead();
    let place = room.headroom()..room.headroom() + inner.len();
    let mut frame = vec![0; place.end + room.tailroom()];
    if let Some(octets) = frame.get_mut(place.clone()) {
        octets.copy_from_slice(inner);
    }
    let Sealed {
        packet, sequence, ..
    } = if arguments.source.bare {
        let by_version = || match inner.first().map(|octet| octet >> 4) {
            Some(4) => Ok(4),
            Some(6) => Ok(41),
            _ => Err(SealError::NotIp),
        };
        let next_header = arguments.next_header.map_or_else(by_version, Ok)?;
        sa.seal(&mut frame, place, next_header)?
    } else {
        sa.seal_packet(&mut frame, place)?
    };
    let wire = frame.get(packet).unwrap_or_default().to_vec();
    Ok((wire, sequence))
}

fn open(arguments: &Open, provider: &Provider) -> Result<(), Failure> {
    let source = &arguments.source;
    let params = arguments.sa.params(false)?;
    let sa = InboundSa::new(&params, provider).map_err(sa::bad)?;
    let is_tunnel = matches!(arguments.sa.mode()?, Mode::Tunnel(_));
    if source.bare && source.out.is_some() && !is_tunnel {
        return Err(bare_into_capture(
            "what is opened with --bare in transport mode",
        ));
    }
    let mut output = Output::new(source)?;
    let (mut opened, mut discarded, mut passed) = (0_u64, 0_u64, 0_u64);
    source.each(|packet| {
        let Some(wire) = packet.ip else {
            passed += 1;
            return Ok(());
        };
        let mut frame = wire.to_vec();
        let outcome = if source.bare {
            sa.open(&mut frame)
        } else {
            sa.open_packet(&mut frame)
        };
        match outcome {
            Ok(inside) => {
                opened += 1;
                let summary = if source.bare && !is_tunnel {
                    format!(
                        "protocol {}, {} octets",
                        inside.next_header,
                        inside.inner.len()
                    )
                } else {
                    Summary(inside.inner).to_string()
                };
                packet.tell(source, &format!("sequence {}: {summary}", inside.sequence));
                output.write(packet, inside.inner)
            }
            Err(discard) if is_foreign(source, wire, &sa, discard) => {
                passed += 1;
                Ok(())
            }
            Err(discard) => {
                discarded += 1;
                packet.tell(source, &format!("discarded: {discard}").red());
                Ok(())
            }
        }
    })?;
    output.finish()?;
    if discarded > 0 {
        let all = opened + discarded;
        return Err(Failure::peer(format!(
            "{discarded} of {all} packets were discarded"
        )));
    }
    if opened == 0 && passed > 0 {
        let spi = sa.spi();
        return Err(Failure::peer(format!(
            "none of {passed} packets is ESP with the SPI {spi}"
        ))
        .remedy("name the SPI of one direction with --spi"));
    }
    let sum = format!("{opened} opened, {passed} passed over, {} lost", sa.lost());
    note!("{}", sum.dimmed());
    Ok(())
}

/// Whether a packet of a capture belongs to somebody else.
fn is_foreign(source: &Source, wire: &[u8], sa: &InboundSa, discard: Discard) -> bool {
    source.pcap.is_some()
        && !source.bare
        && (discard == Discard::UnknownSpi
            || match ip::carried(wire) {
                Carried::Esp(spi) => spi != sa.spi().value(),
                Carried::Other => true,
                Carried::Unknown => false,
            })
}

fn bare_into_capture(what: &str) -> Failure {
    Failure::usage(format!("--out: a capture of IP packets cannot hold {what}"))
        .remedy("leave out --bare, or --out to get hexadecimal digits")
}
