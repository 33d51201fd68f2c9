//! The file of a tunnel.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
    str::FromStr,
    time::Duration,
};

use esp_core::{Action, Addresses, Bounds, Lifetime, PortRange, Rule, SaParams, Spd, UdpPorts};
use serde::{Deserialize, Deserializer, de::Error};

use super::{POLICY, state::State};
use crate::command::{esp::sa::Fields, failure::Failure};

/// What an Ethernet takes.
const PATH_MTU: u16 = 1500;

/// Seconds after which RFC 3948 section 4 sends a keepalive.
const KEEPALIVE: u64 = 20;

/// What both ends of a tunnel are told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Config {
    /// The SA that seals; its addresses and ports are those of the socket and of the other end.
    out: Fields,
    /// The SA that opens.
    r#in: Fields,
    #[serde(default)]
    device: Device,
    /// What the SAs are for. All else is dropped.
    protect: Vec<Protect>,
    #[serde(default)]
    path_mtu: Option<u16>,
    /// Seconds; 0 for none.
    #[serde(default)]
    keepalive: Option<u64>,
    #[serde(default)]
    soft: Limit,
    #[serde(default)]
    hard: Limit,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Device {
    name: Option<String>,
    address: Vec<Network>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Protect {
    local: Network,
    remote: Network,
    protocol: Option<u8>,
    local_port: Option<u16>,
    remote_port: Option<u16>,
}

/// Bounds of a lifetime, of each SA.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Limit {
    octets: Option<u64>,
    packets: Option<u64>,
    seconds: Option<u64>,
}

/// An address and the length of its network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    pub(super) const fn address(self) -> IpAddr {
        self.address
    }

    pub(super) const fn bits(self) -> u8 {
        self.bits
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "a network, as in 10.1.0.0/16 or fd00::/64";
        let (address, bits) = text.split_once('/').ok_or(WANTED)?;
        let address: IpAddr = address.parse().map_err(|_| WANTED)?;
        let bits = bits.parse().map_err(|_| WANTED)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if bits > most {
            return Err(WANTED);
        }
        Ok(Self { address, bits })
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl Config {
    pub(super) fn of(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = fs::read_to_string(path).map(zeroize::Zeroizing::new);
        let text = text.map_err(|error: io::Error| Failure::usage(format!("{name}: {error}")))?;
        let config: Self = toml::from_str(&text).map_err(|error| {
            // The error as a whole would show the line, and with it a key.
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            Failure::usage(format!("{name}, line {line}: {}", error.message()))
                .remedy("see `IPsec by hand` in the README for a whole file")
        })?;
        if config.protect.is_empty() {
            return Err(Failure::usage(format!("{name}: no [[protect]]"))
                .remedy("say between which networks packets are protected"));
        }
        Ok(config)
    }

    /// The two SAs, going on where the run before ended.
    pub(super) fn params(&self, state: &mut State) -> Result<(SaParams, SaParams), Failure> {
        let [used, opened] = state.begin_behind(self.out.highest(), self.r#in.highest());
        let out = Self::sa("out", &self.out, used)?;
        let inwards = Self::sa("in", &self.r#in, opened)?;
        let lifetime = Lifetime::new(self.soft.bounds(), self.hard.bounds());
        Ok((
            // The headers that the socket adds count for the MTU.
            out.with_udp(UdpPorts::DEFAULT).with_lifetime(lifetime),
            inwards.with_lifetime(lifetime),
        ))
    }

    fn sa(table: &str, fields: &Fields, highest: u64) -> Result<SaParams, Failure> {
        if !fields.is_tunnel() {
            return Err(Failure::usage(format!("[{table}] mode: not tunnel"))
                .remedy("a device carries whole packets: leave `mode` out"));
        }
        let params = fields.params(table == "out");
        let params = params.map_err(|failure| failure.within(&format!("[{table}]")))?;
        Ok(params.with_highest_sequence(highest))
    }

    pub(super) fn spd(&self) -> Result<Spd, Failure> {
        let rules: Vec<Rule> = self.protect.iter().map(Protect::rule).collect();
        Spd::new(&rules).map_err(|error| Failure::usage(format!("protect: {error}")))
    }

    /// Where this end listens, and where the other one does.
    pub(super) fn ends(&self) -> Result<[SocketAddr; 2], Failure> {
        let ends = self.out.ends();
        ends.map_err(|failure| failure.within("[out]"))
    }

    pub(super) fn path_mtu(&self) -> u16 {
        self.path_mtu.unwrap_or(PATH_MTU)
    }

    pub(super) fn keepalive(&self) -> Option<Duration> {
        match self.keepalive.unwrap_or(KEEPALIVE) {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        }
    }

    pub(super) fn device_name(&self) -> Option<&str> {
        self.device.name.as_deref()
    }

    pub(super) fn device_networks(&self) -> impl Iterator<Item = Network> {
        self.device.address.iter().copied()
    }
}

impl Limit {
    fn bounds(self) -> Bounds {
        let mut bounds = Bounds::new();
        bounds.octets = self.octets;
        bounds.packets = self.packets;
        bounds.age = self.seconds.map(Duration::from_secs);
        bounds
    }
}

impl Protect {
    fn rule(&self) -> Rule {
        let prefix = |network: Network| Addresses::prefix(network.address, network.bits.into());
        let ports =
            |port: Option<u16>| port.map_or(PortRange::Any, |port| PortRange::Range(port..=port));
        let mut rule = Rule::new(
            prefix(self.local),
            prefix(self.remote),
            Action::Protect(POLICY),
        );
        rule.protocol = self.protocol;
        rule.local_ports = ports(self.local_port);
        rule.remote_ports = ports(self.remote_port);
        rule
    }
}
