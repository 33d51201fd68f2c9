//! A security association set by hand: from flags, or from a file in TOML with the same names.

use std::{
    fmt, fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use esp_core::{BadSa, Encryption, Integrity, Mode, SaParams, Spi, Suite, Tunnel, UdpPorts};
use serde::{Deserialize, Deserializer, de::Error};

use super::key::KeyText;
use crate::command::failure::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File in TOML whose keys have the names of the flags below, without the dashes; flags go before it
    #[arg(long, value_name = "FILE")]
    sa: Option<PathBuf>,

    #[command(flatten)]
    flags: Fields,
}

/// The parts of an SA, each of which may be missing.
#[derive(Clone, Debug, Default, clap::Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Fields {
    /// Security Parameters Index, 256 and above
    #[arg(long, value_name = "NUMBER")]
    #[serde(deserialize_with = "read")]
    spi: Option<Number>,

    /// aes128gcm16, aes256gcm16, chacha20poly1305 (these three also with -iiv for an implicit IV), aes128gmac, aes256gmac,
    /// aes128ccm8, 12, 16, aes256ccm8, 12, 16, aes128cbc, aes192cbc, aes256cbc, aes128ctr, aes192ctr, aes256ctr, null
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "read")]
    encryption: Option<Named<Encryption>>,

    /// Key of the encryption, its salt behind it: hexadecimal digits, or @FILE with them (others can see flags)
    #[arg(long, value_name = "HEX|@FILE")]
    #[serde(deserialize_with = "read")]
    key: Option<KeyText>,

    /// sha256-128, sha384-192 or sha512-256 (HMAC), for encryption that does not authenticate
    #[arg(long, value_name = "NAME")]
    #[serde(deserialize_with = "read")]
    integrity: Option<Named<Integrity>>,

    /// Key of the integrity algorithm, like --key
    #[arg(long, value_name = "HEX|@FILE")]
    #[serde(deserialize_with = "read")]
    integrity_key: Option<KeyText>,

    /// tunnel or transport [default: tunnel]
    #[arg(long, value_name = "MODE")]
    #[serde(deserialize_with = "read")]
    mode: Option<Named<Framing>>,

    /// Address of the sealing end of a tunnel
    #[arg(long, value_name = "ADDRESS")]
    #[serde(deserialize_with = "read")]
    source: Option<IpAddr>,

    /// Address of the opening end of a tunnel
    #[arg(long, value_name = "ADDRESS")]
    #[serde(deserialize_with = "read")]
    destination: Option<IpAddr>,

    /// Put ESP into UDP, between ports 4500 or these; what is opened may be in UDP or not
    #[arg(long, value_name = "SOURCE:DESTINATION", num_args = 0..=1, default_missing_value = "true")]
    #[serde(deserialize_with = "read")]
    udp: Option<Ports>,

    /// Extended sequence numbers, of 64 bits
    #[arg(long)]
    esn: bool,

    /// First sequence number; when opening, what is before it counts as received [default: 1]
    #[arg(long, value_name = "NUMBER")]
    #[serde(deserialize_with = "read")]
    sequence: Option<Number>,

    /// Width of the anti-replay window, 64 to 65536; 0 accepts replays [default: 1024]
    #[arg(long, value_name = "PACKETS")]
    #[serde(deserialize_with = "read")]
    window: Option<Number>,
}

/// Reads a value of the file like that of a flag.
fn read<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Flag(bool),
        Number(u64),
        Text(String),
    }
    // The parser's own error would quote the value, which may be a key.
    let value = Value::deserialize(deserializer)
        .map_err(|_| D::Error::custom("neither a string nor a number"))?;
    let text = match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text,
    };
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A number, decimal or with `0x`.
#[derive(Clone, Copy, Debug)]
struct Number(u64);

impl FromStr for Number {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        }
        .map(Self)
        .map_err(|_| "not a number: decimal digits, or 0x and hexadecimal ones")
    }
}

/// 4500 at both ends, or other ports.
#[derive(Clone, Copy, Debug)]
struct Ports(UdpPorts);

impl FromStr for Ports {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "true" {
            return Ok(Self(UdpPorts::DEFAULT));
        }
        text.split_once(':')
            .and_then(|(source, destination)| {
                Some(Self(UdpPorts {
                    source: source.parse().ok()?,
                    destination: destination.parse().ok()?,
                }))
            })
            .ok_or("two ports, as in 4500:4500")
    }
}

/// A value that has a name.
#[derive(Clone, Copy, Debug)]
struct Named<T>(T);

/// What can be named, and how.
trait Names: Copy + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Names> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = T::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            let names: Vec<&str> = T::NAMES.iter().map(|(name, _)| *name).collect();
            format!("one of {}", names.join(", "))
        })
    }
}

/// A mode without its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Tunnel,
    Transport,
}

impl Names for Framing {
    const NAMES: &'static [(&'static str, Self)] =
        &[("tunnel", Self::Tunnel), ("transport", Self::Transport)];
}

impl Names for Integrity {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("sha256-128", Self::HmacSha256),
        ("sha384-192", Self::HmacSha384),
        ("sha512-256", Self::HmacSha512),
    ];
}

impl Names for Encryption {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("aes128gcm16", Self::Aes128Gcm16),
        ("aes256gcm16", Self::Aes256Gcm16),
        ("chacha20poly1305", Self::ChaCha20Poly1305),
        ("aes128gcm16-iiv", Self::Aes128Gcm16ImplicitIv),
        ("aes256gcm16-iiv", Self::Aes256Gcm16ImplicitIv),
        ("chacha20poly1305-iiv", Self::ChaCha20Poly1305ImplicitIv),
        ("aes128gmac", Self::Aes128Gmac),
        ("aes256gmac", Self::Aes256Gmac),
        ("aes128ccm8", Self::Aes128Ccm8),
        ("aes128ccm12", Self::Aes128Ccm12),
        ("aes128ccm16", Self::Aes128Ccm16),
        ("aes256ccm8", Self::Aes256Ccm8),
        ("aes256ccm12", Self::Aes256Ccm12),
        ("aes256ccm16", Self::Aes256Ccm16),
        ("aes128cbc", Self::Aes128Cbc),
        ("aes192cbc", Self::Aes192Cbc),
        ("aes256cbc", Self::Aes256Cbc),
        ("aes128ctr", Self::Aes128Ctr),
        ("aes192ctr", Self::Aes192Ctr),
        ("aes256ctr", Self::Aes256Ctr),
        ("null", Self::Null),
    ];
}

impl Arguments {
    /// The SA of flags and file. `outer` asks for the addresses of a tunnel, which only a sealing end writes.
    pub(super) fn params(&self, outer: bool) -> Result<SaParams, Failure> {
        self.fields()?.params(outer)
    }

    /// The mode, with addresses that need not be there.
    pub(super) fn mode(&self) -> Result<Mode, Failure> {
        let fields = self.fields()?;
        Ok(match fields.framing() {
            Framing::Tunnel => Mode::Tunnel(fields.tunnel(false)?),
            Framing::Transport => Mode::Transport,
        })
    }

    fn fields(&self) -> Result<Fields, Failure> {
        let flags = self.flags.clone();
        match &self.sa {
            Some(path) => Ok(flags.before(Fields::of(path)?)),
            None => Ok(flags),
        }
    }
}

impl Fields {
    fn of(path: &Path) -> Result<Self, Failure> {
        let name = format!("--sa {}", path.display());
        let text = fs::read_to_string(path).map(zeroize::Zeroizing::new);
        let text = text.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        toml::from_str(&text).map_err(|error| {
            // The error as a whole would show the line, and with it a key.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            Failure::usage(format!("{name}, line {line}: {}", error.message()))
                .remedy("its keys are the names of the flags, as in `spi = 0x1000`")
        })
    }

    /// These, and those of `file` where there is none.
    fn before(self, file: Self) -> Self {
        Self {
            spi: self.spi.or(file.spi),
            encryption: self.encryption.or(file.encryption),
            key: self.key.or(file.key),
            integrity: self.integrity.or(file.integrity),
            integrity_key: self.integrity_key.or(file.integrity_key),
            mode: self.mode.or(file.mode),
            source: self.source.or(file.source),
            destination: self.destination.or(file.destination),
            udp: self.udp.or(file.udp),
            esn: self.esn || file.esn,
            sequence: self.sequence.or(file.sequence),
            window: self.window.or(file.window),
        }
    }

    /// The SA. `outer` asks for the addresses of a tunnel.
    pub(super) fn params(&self, outer: bool) -> Result<SaParams, Failure> {
        let mut params = self.keyed()?;
        if let Framing::Tunnel = self.framing() {
            params = params.with_tunnel(self.tunnel(outer)?);
        }
        if self.esn {
            params = params.with_extended_sequence();
        }
        if let Some(Ports(ports)) = self.udp {
            params = params.with_udp(ports);
        }
        if let Some(Number(first)) = self.sequence {
            let highest = first.checked_sub(1).ok_or_else(|| {
                Failure::usage("--sequence 0: never sent").remedy("sequence numbers begin with 1")
            })?;
            params = params.with_highest_sequence(highest);
        }
        match self.window {
            Some(Number(0)) => params = params.without_window(),
            Some(Number(width)) => {
                params = params.with_window(u32::try_from(width).unwrap_or(u32::MAX));
            }
            None => {}
        }
        Ok(params)
    }

    /// The ends of ESP in UDP: addresses and ports of the sealing and of the opening end.
    pub(super) fn ends(&self) -> Result<[SocketAddr; 2], Failure> {
        let tunnel = self.tunnel(true)?;
        let Ports(ports) = self.udp.unwrap_or(Ports(UdpPorts::DEFAULT));
        Ok([
            (tunnel.source, ports.source).into(),
            (tunnel.destination, ports.destination).into(),
        ])
    }

    /// The number behind which a first packet is expected or sent.
    pub(super) fn highest(&self) -> u64 {
        self.sequence
            .map_or(0, |Number(first)| first.saturating_sub(1))
    }

    pub(super) fn is_tunnel(&self) -> bool {
        self.framing() == Framing::Tunnel
    }

    fn framing(&self) -> Framing {
        self.mode.map_or(Framing::Tunnel, |Named(mode)| mode)
    }

    /// SPI, suite and keys.
    fn keyed(&self) -> Result<SaParams, Failure> {
        let Number(spi) = self.spi.ok_or_else(|| missing("--spi", "spi = 0x1000"))?;
        let spi = u32::try_from(spi).ok().and_then(Spi::new).ok_or_else(|| {
            Failure::usage("--spi: out of range").remedy("an SPI is 256 to 0xffffffff")
        })?;
        let Named(encryption) = self
            .encryption
            .ok_or_else(|| missing("--encryption", "encryption = \"aes128gcm16\""))?;
        let integrity = self.integrity.map(|Named(integrity)| integrity);
        let suite = Suite::new(encryption, integrity).map_err(bad)?;
        let (key, salt) = (encryption.key_len(), encryption.salt_len());
        let made_of = format!("a key of {key} octets and a salt of {salt} behind it");
        let key = read_key(self.key.as_ref(), "--key", key + salt, &made_of)?;
        let len = suite.integrity_key_len();
        let made_of = format!("a key of {len} octets");
        let integrity_key = read_key(
            self.integrity_key.as_ref(),
            "--integrity-key",
            len,
            &made_of,
        )?;
        SaParams::new(spi, suite, &key, &integrity_key).map_err(bad)
    }

    fn tunnel(&self, outer: bool) -> Result<Tunnel, Failure> {
        match (self.source, self.destination) {
            (Some(source), Some(destination)) => Ok(Tunnel::new(source, destination)),
            (None, None) if !outer => {
                let nowhere = Ipv4Addr::UNSPECIFIED.into();
                Ok(Tunnel::new(nowhere, nowhere))
            }
            (None, _) => Err(missing("--source", "source = \"192.0.2.1\"")
                .remedy("name both ends of the tunnel, or take --mode transport or --bare")),
            (_, None) => Err(missing("--destination", "destination = \"192.0.2.2\"")
                .remedy("name both ends of the tunnel, or take --mode transport or --bare")),
        }
    }
}

/// No key is one of no octets.
fn read_key(
    text: Option<&KeyText>,
    flag: &str,
    len: usize,
    made_of: &str,
) -> Result<zeroize::Zeroizing<Vec<u8>>, Failure> {
    match text {
        Some(text) => text.octets(flag, len, made_of),
        None if len == 0 => Ok(zeroize::Zeroizing::default()),
        None => Err(Failure::usage(format!("{flag} is missing"))
            .remedy(format!("{flag} HEX or {flag} @FILE: {made_of}"))),
    }
}

fn missing(flag: &str, line: &str) -> Failure {
    Failure::usage(format!("{flag} is missing"))
        .remedy(format!("{flag}, or `{line}` in the file of --sa"))
}

/// Says which flag to change.
pub(super) fn bad(error: BadSa) -> Failure {
    let (flag, remedy) = match error {
        BadSa::BadSuite => (
            "--integrity",
            "name one for cbc, ctr and null, and none for the others",
        ),
        BadSa::BadKey => ("--key", "keys have the lengths of their algorithms"),
        BadSa::Unsupported => ("--encryption", "try another --provider"),
        BadSa::MixedFamilies => (
            "--destination",
            "both ends of a tunnel are IPv4, or both IPv6",
        ),
        BadSa::BadWindow => ("--window", "64 to 65536, or 0 for none"),
        BadSa::NoWindow => ("--window 0", "leave out --esn, or give the window a width"),
        BadSa::BadSequence => ("--sequence", "a lower number, or --esn for 64 bits"),
        BadSa::NoRandomness | _ => return Failure::usage(error.to_string()),
    };
    Failure::usage(format!("{flag}: {error}")).remedy(remedy)
}
