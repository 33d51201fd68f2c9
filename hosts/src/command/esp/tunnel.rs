//! `securewire esp tunnel`: a TUN device joined to a UDP socket.

mod config;
mod report;
mod state;

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    path::PathBuf,
    sync::Arc,
    thread,
};

use crypto_core::Provider;
use esp_core::{InboundSa, Notice, OutboundSa, PolicyId};
use owo_colors::OwoColorize;
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use securewire::tunnel::{
    self, Direction, End, Ends, Gateway,
    tun_rs::{DeviceBuilder, InterruptEvent, SyncDevice},
};
use tokio::{
    runtime::{Builder, Runtime},
    select,
    signal::unix::{SignalKind, signal},
};

use self::{config::Config, state::State};
use super::sa;
use crate::command::failure::Failure;

/// Octets of datagrams that wait for us at most.
const BUFFER: usize = 4 << 20;

/// The one policy there is.
const POLICY: PolicyId = PolicyId(0);

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File in TOML: the tables `out` and `in` as `esp seal --sa` reads them, `device`, and one `protect` for each pair of networks
    #[arg(value_name = "FILE")]
    config: PathBuf,

    /// Remember here which sequence numbers were used; a file for each key [default: FILE with .state behind it]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Run as one task of tokio instead of two threads
    #[arg(long)]
    tokio: bool,

    /// Print the counters as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, provider: &Provider) -> Result<(), Failure> {
    let config = Config::of(&arguments.config)?;
    // The address is taken first: whoever has it has the numbers, too.
    let (socket, peer) = socket(&config)?;
    let mut state = State::open(arguments.state_path())?;
    let gateway = Arc::new(gateway(&config, &mut state, provider)?);
    let ends = Ends {
        device: device(&config, &gateway)?,
        socket,
        peer,
    };
    tell_start(&ends, &gateway);

    let beat = |gateway: &Gateway| state.keep(gateway);
    let ended = if arguments.tokio {
        on_tokio(arguments, &gateway, ends, beat)?
    } else {
        on_threads(arguments, &gateway, &ends, beat)?
    };
    // What is left of the reserved numbers is free for the next run.
    let kept = state.close(&gateway);
    report::print(&gateway, arguments.json);
    kept.map_err(|error| Failure::peer(format!("{}: {error}", state.path().display())))?;
    match ended {
        Ok(End::Stopped) => Ok(()),
        Ok(End::Expired) => {
            Err(Failure::peer("the SA has expired").remedy("both ends need new keys"))
        }
        Err(error) => Err(Failure::peer(format!("the tunnel broke: {error}"))),
    }
}

impl Arguments {
    fn state_path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(|| {
            let mut path = self.config.clone().into_os_string();
            path.push(".state");
            path.into()
        })
    }
}

fn gateway(config: &Config, state: &mut State, provider: &Provider) -> Result<Gateway, Failure> {
    let (out, inward) = config.params(state)?;
    let pair = (
        OutboundSa::new(&out, provider).map_err(sa::bad)?,
        InboundSa::new(&inward, provider).map_err(sa::bad)?,
    );
    let spd = config.spd()?;
    let mut gateway =
        Gateway::new(pair, spd, POLICY, config.path_mtu()).with_notices(|direction, notice| {
            let direction = match direction {
                Direction::Outbound => "out",
                Direction::Inbound => "in",
            };
            match notice {
                Notice::SoftLifetime => note!(
                    "{direction}: {}",
                    "the soft lifetime is over, make new keys".yellow()
                ),
                Notice::HardLifetime | _ => {
                    note!("{direction}: {}", "the hard lifetime is over".red());
                }
            }
        });
    if let Some(interval) = config.keepalive() {
        gateway = gateway.with_keepalive(interval);
    }
    state
        .keep(&gateway)
        .map_err(|error| Failure::peer(format!("{}: {error}", state.path().display())))?;
    Ok(gateway)
}

fn socket(config: &Config) -> Result<(UdpSocket, SocketAddr), Failure> {
    let [local, peer] = config.ends()?;
    let socket = UdpSocket::bind(local).map_err(|error| {
        Failure::usage(format!("[out] source, {local}: {error}"))
            .remedy("`source` and the first port of `udp` are where this end listens")
    })?;
    // More than the system gives to everyone, as root may have: a burst of TCP should find room. Without it, it is only slower.
    let _ = set_socket_recv_buffer_size_force(&socket, BUFFER);
    Ok((socket, peer))
}

fn device(config: &Config, gateway: &Gateway) -> Result<SyncDevice, Failure> {
    let mtu = u16::try_from(gateway.max_inner_len()).unwrap_or(u16::MAX);
    let mut builder = DeviceBuilder::new().mtu(mtu);
    if let Some(name) = config.device_name() {
        builder = builder.name(name);
    }
    for network in config.device_networks() {
        let bits = network.bits();
        builder = match network.address() {
            IpAddr::V4(address) => builder.ipv4(address, bits, None),
            IpAddr::V6(address) => builder.ipv6(address, bits),
        };
    }
    builder.build_sync().map_err(|error| {
        Failure::usage(format!("[device] {error}"))
            .remedy("TUN devices need root, or CAP_NET_ADMIN, and /dev/net/tun")
    })
}

fn tell_start(ends: &Ends, gateway: &Gateway) {
    let name = ends.device.name().unwrap_or_default();
    let local = ends.socket.local_addr();
    let local = local
        .as_ref()
        .map_or_else(ToString::to_string, SocketAddr::to_string);
    note!(
        "{} {name}, MTU {}, {local} to {}",
        "tunnel".green(),
        gateway.max_inner_len(),
        ends.peer
    );
}

/// Signals as they come: the counters on SIGUSR1, the end on SIGINT and SIGTERM.
async fn stopped(gateway: &Gateway, json: bool) {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::user_defined1(),
    ];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut user)] = kinds.map(signal) else {
        // Without handlers the signals do what they always do.
        return std::future::pending().await;
    };
    loop {
        select! {
            _ = interrupt.recv() => return,
            _ = terminate.recv() => return,
            _ = user.recv() => report::print(gateway, json),
        }
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::peer(format!("tokio: {error}")))
}

type Ended = Result<std::io::Result<End>, Failure>;

fn on_tokio(
    arguments: &Arguments,
    gateway: &Gateway,
    ends: Ends,
    beat: impl FnMut(&Gateway) -> std::io::Result<()>,
) -> Ended {
    let stop = stopped(gateway, arguments.json);
    Ok(runtime()?.block_on(tunnel::tokio::run(gateway, ends, stop, beat)))
}

fn on_threads(
    arguments: &Arguments,
    gateway: &Arc<Gateway>,
    ends: &Ends,
    beat: impl FnMut(&Gateway) -> std::io::Result<()>,
) -> Ended {
    let broken = |error| Failure::peer(format!("no event: {error}"));
    let stop = Arc::new(InterruptEvent::new().map_err(broken)?);
    // Signals are awaited beside the tunnel. The thread ends with the process.
    let (runtime, json) = (runtime()?, arguments.json);
    let (watched, told) = (Arc::clone(gateway), Arc::clone(&stop));
    thread::spawn(move || {
        runtime.block_on(stopped(&watched, json));
        if let Err(error) = told.trigger() {
            note!("{error}");
        }
    });
    Ok(tunnel::blocking::run(gateway, ends, &stop, beat))
}
