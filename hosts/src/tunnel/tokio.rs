//! A tunnel as one future.

use std::{future::Future, io, net::SocketAddr};

use ::tokio::{
    net::UdpSocket,
    select,
    time::{MissedTickBehavior, interval},
};
use esp_core::KEEPALIVE;
use tun_rs::AsyncDevice;

use super::{BEAT, DATAGRAM, End, Ends, Gateway};
use crate::clock;

/// The ends, on tokio's reactor.
struct Watched {
    device: AsyncDevice,
    socket: UdpSocket,
    peer: SocketAddr,
}

/// Runs until `stop` is ready or the SAs have expired. Calls `beat` a few times in a second, and ends with its error. To be
/// called inside tokio's runtime, with I/O and time.
///
/// # Errors
/// Those of the device and of `beat`, and those of the socket when it receives. What cannot be sent is counted.
pub async fn run(
    gateway: &Gateway,
    ends: Ends,
    stop: impl Future<Output = ()>,
    beat: impl FnMut(&Gateway) -> io::Result<()>,
) -> io::Result<End> {
    ends.socket.set_nonblocking(true)?;
    let ends = Watched {
        device: AsyncDevice::new(ends.device)?,
        socket: UdpSocket::from_std(ends.socket)?,
        peer: ends.peer,
    };
    select! {
        ended = outwards(gateway, &ends) => ended,
        ended = inwards(gateway, &ends) => ended,
        ended = beats(gateway, &ends, beat) => ended,
        () = stop => Ok(End::Stopped),
    }
}

/// Device to socket, for ever.
async fn outwards(gateway: &Gateway, ends: &Watched) -> io::Result<End> {
    let mut frame = vec![0; gateway.frame_len()];
    loop {
        let room = frame.get_mut(gateway.headroom()..).unwrap_or_default();
        let len = ends.device.recv(room).await?;
        if let Ok(datagram) = gateway.seal(&mut frame, len) {
            gateway.count_sent(&ends.socket.send_to(datagram, ends.peer).await);
        }
    }
}

/// Socket to device, for ever.
async fn inwards(gateway: &Gateway, ends: &Watched) -> io::Result<End> {
    let mut datagram = vec![0; DATAGRAM];
    loop {
        let len = ends.socket.recv(&mut datagram).await?;
        let received = datagram.get_mut(..len).unwrap_or_default();
        if let Some(packet) = gateway.open(received) {
            gateway.count_delivered(&ends.device.send(packet).await);
        }
    }
}

/// The time.
async fn beats(
    gateway: &Gateway,
    ends: &Watched,
    mut beat: impl FnMut(&Gateway) -> io::Result<()>,
) -> io::Result<End> {
    let begun = clock::instant();
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if gateway.handle_age(clock::instant() - begun) {
            // One that is not sent is followed by another.
            let _ = ends.socket.send_to(&KEEPALIVE, ends.peer).await;
        }
        beat(gateway)?;
        if gateway.is_expired() {
            return Ok(End::Expired);
        }
    }
}
