//! A tunnel on two threads: one waits for the device, one for the socket.

use std::{io, thread};

use esp_core::KEEPALIVE;
use tun_rs::InterruptEvent;

use super::{BEAT, DATAGRAM, End, Ends, Gateway};
use crate::clock;

/// Runs until `stop` is triggered or the SAs have expired. Calls `beat` a few times in a second, and ends with its error.
///
/// # Errors
/// Those of the device and of `beat`, and those of the socket when it receives. What cannot be sent is counted.
pub fn run(
    gateway: &Gateway,
    ends: &Ends,
    stop: &InterruptEvent,
    beat: impl FnMut(&Gateway) -> io::Result<()>,
) -> io::Result<End> {
    ends.device.set_nonblocking(false)?;
    ends.socket.set_nonblocking(false)?;
    ends.socket.set_read_timeout(Some(BEAT))?;
    thread::scope(|scope| {
        let outwards = scope.spawn(|| outwards(gateway, ends, stop));
        let ended = inwards(
            gateway,
            ends,
            || stop.is_trigger() || outwards.is_finished(),
            beat,
        );
        stop.trigger()?;
        let failed = outwards
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        failed.and(ended)
    })
}

/// Device to socket, until `stop` is triggered.
fn outwards(gateway: &Gateway, ends: &Ends, stop: &InterruptEvent) -> io::Result<()> {
    let mut frame = vec![0; gateway.frame_len()];
    while !stop.is_trigger() {
        let room = frame.get_mut(gateway.headroom()..).unwrap_or_default();
        match ends.device.recv_intr(room, stop) {
            Ok(len) => {
                if let Ok(datagram) = gateway.seal(&mut frame, len) {
                    gateway.count_sent(&ends.socket.send_to(datagram, ends.peer));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Socket to device, and the time.
fn inwards(
    gateway: &Gateway,
    ends: &Ends,
    stopped: impl Fn() -> bool,
    mut beat: impl FnMut(&Gateway) -> io::Result<()>,
) -> io::Result<End> {
    let begun = clock::instant();
    let mut next = begun;
    let mut datagram = vec![0; DATAGRAM];
    loop {
        let now = clock::instant();
        if now >= next {
            next = now + BEAT;
            if gateway.handle_age(now - begun) {
                // One that is not sent is followed by another.
                let _ = ends.socket.send_to(&KEEPALIVE, ends.peer);
            }
            beat(gateway)?;
            if gateway.is_expired() {
                return Ok(End::Expired);
            }
            if stopped() {
                return Ok(End::Stopped);
            }
        }
        match ends.socket.recv(&mut datagram) {
            Ok(len) => {
                let received = datagram.get_mut(..len).unwrap_or_default();
                if let Some(packet) = gateway.open(received) {
                    gateway.count_delivered(&ends.device.send(packet));
                }
            }
            Err(error) if is_idle(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// True when there is only nothing to read, or a signal came.
fn is_idle(error: &io::Error) -> bool {
    let idle = [
        io::ErrorKind::WouldBlock,
        io::ErrorKind::TimedOut,
        io::ErrorKind::Interrupted,
    ];
    idle.contains(&error.kind())
}
