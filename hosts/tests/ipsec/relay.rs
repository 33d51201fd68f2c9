//! The link between two hosts: it forwards datagrams, and spoils some of them, the same ones in every run.

use std::{
    collections::BTreeSet,
    io,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rustix::net::sockopt::set_socket_recv_buffer_size_force;

use crate::net::Net;

/// How often something happens to a datagram, of a thousand.
#[derive(Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) altered: u64,
    /// Held back until up to [`MOST_HELD`] others have passed.
    pub(crate) late: u64,
}

/// Far less than the anti-replay window.
const MOST_HELD: u64 = 40;

/// How long a datagram is held back when no others pass.
const PATIENCE: Duration = Duration::from_millis(20);

/// Octets that wait for the relay at most: more than ever are under way.
const BUFFER: usize = 8 << 20;

/// Datagrams kept for a replay.
const KEPT: usize = 4096;

/// One direction of the link.
#[derive(Default)]
pub(crate) struct Way {
    faults: Faults,
    random: u64,
    /// Datagrams received that carry ESP, and what became of them.
    pub(crate) received: u64,
    pub(crate) lost: BTreeSet<u32>,
    pub(crate) altered: BTreeSet<u32>,
    pub(crate) doubled: u64,
    pub(crate) replayed: u64,
    pub(crate) sent: u64,
    /// Keepalives.
    pub(crate) others: u64,
    pub(crate) sequences: BTreeSet<u32>,
    /// Sequence numbers that came twice from their sender.
    pub(crate) reused: u64,
    kept: Vec<Vec<u8>>,
    held: Vec<(u64, Vec<u8>)>,
}

impl Way {
    /// One of a thousand things: xorshift, seeded.
    fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn happens(&mut self, of_a_thousand: u64) -> bool {
        self.draw() % 1000 < of_a_thousand
    }

    /// Takes a datagram, and gives those that leave now.
    fn pass(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        let Some([_, _, _, _, a, b, c, d]) = datagram.first_chunk::<8>().copied() else {
            self.others += 1;
            return vec![datagram.to_vec()];
        };
        let sequence = u32::from_be_bytes([a, b, c, d]);
        self.received += 1;
        self.reused += u64::from(!self.sequences.insert(sequence));
        if self.kept.len() < KEPT {
            self.kept.push(datagram.to_vec());
        }
        let mut leaving = self.due();
        if self.happens(self.faults.lost) {
            self.lost.insert(sequence);
        } else if self.happens(self.faults.altered) {
            self.altered.insert(sequence);
            let mut altered = datagram.to_vec();
            let at = 8 + usize::try_from(self.draw()).unwrap() % (altered.len() - 8);
            altered[at] ^= 1 << (self.draw() % 8);
            leaving.push(altered);
        } else if self.happens(self.faults.doubled) {
            self.doubled += 1;
            leaving.extend([datagram.to_vec(), datagram.to_vec()]);
        } else if self.happens(self.faults.late) {
            let wait = 1 + self.draw() % MOST_HELD;
            self.held.push((wait, datagram.to_vec()));
        } else {
            leaving.push(datagram.to_vec());
        }
        self.sent += leaving.len() as u64;
        leaving
    }

    /// Counts for those held back that another one passes.
    fn due(&mut self) -> Vec<Vec<u8>> {
        for (wait, _) in &mut self.held {
            *wait -= 1;
        }
        let (due, held) = self.held.drain(..).partition(|(wait, _)| *wait == 0);
        self.held = held;
        let due: Vec<_> = due;
        due.into_iter().map(|(_, datagram)| datagram).collect()
    }
}

/// Two sockets of the router and a thread for each direction.
pub(crate) struct Relay {
    ways: [Arc<Mutex<Way>>; 2],
    sockets: [Arc<UdpSocket>; 2],
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// The hosts, in the order of the ways: from a, from b.
const HOSTS: [&str; 2] = ["192.0.2.1:4500", "198.51.100.1:4500"];

impl Relay {
    pub(crate) fn start(net: &Net, seed: u64) -> Self {
        let sockets = net.inside("r", || {
            ["192.0.2.2:4500", "198.51.100.2:4500"].map(|address| {
                let socket = UdpSocket::bind(address).unwrap();
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                set_socket_recv_buffer_size_force(&socket, BUFFER).unwrap();
                Arc::new(socket)
            })
        });
        let ways = [seed, seed + 1].map(|seed| {
            Arc::new(Mutex::new(Way {
                random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                ..Way::default()
            }))
        });
        let stop = Arc::new(AtomicBool::new(false));
        let threads = [0, 1].map(|from| {
            let [near, far] = [&sockets[from], &sockets[1 - from]].map(Arc::clone);
            let (way, stop) = (Arc::clone(&ways[from]), Arc::clone(&stop));
            let to = HOSTS[1 - from].parse().unwrap();
            thread::spawn(move || forward(&near, &far, to, &way, &stop))
        });
        Self {
            ways,
            sockets,
            stop,
            threads: threads.into(),
        }
    }

    /// One direction: 0 from a to b, 1 back.
    pub(crate) fn way(&self, from: usize) -> MutexGuard<'_, Way> {
        lock(&self.ways[from])
    }

    pub(crate) fn spoil(&self, faults: Faults) {
        for from in [0, 1] {
            self.way(from).faults = faults;
        }
    }

    /// Sends again what was kept: every `step`th of the oldest datagrams.
    pub(crate) fn replay(&self, from: usize, step: usize) {
        let to: SocketAddr = HOSTS[1 - from].parse().unwrap();
        let mut way = self.way(from);
        let kept = std::mem::take(&mut way.kept);
        for chunk in kept.iter().step_by(step).collect::<Vec<_>>().chunks(16) {
            for datagram in chunk {
                self.sockets[1 - from].send_to(datagram, to).unwrap();
                way.replayed += 1;
                way.sent += 1;
            }
            // The receiver's buffer must not overflow: each datagram is accounted for.
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let joined = thread.join();
            assert!(joined.is_ok() || thread::panicking(), "the relay failed");
        }
    }
}

/// A test that failed elsewhere is told there, and not once more here.
fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forward(near: &UdpSocket, far: &UdpSocket, to: SocketAddr, way: &Mutex<Way>, stop: &AtomicBool) {
    let mut datagram = vec![0; 65_535];
    while !stop.load(Ordering::Relaxed) {
        let leaving = match near.recv(&mut datagram) {
            Ok(len) => lock(way).pass(&datagram[..len]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let mut way = lock(way);
                let held = std::mem::take(&mut way.held);
                way.sent += held.len() as u64;
                held.into_iter().map(|(_, datagram)| datagram).collect()
            }
            // A process that was stopped for a while goes on with this.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => panic!("relay: {error}"),
        };
        for datagram in leaving {
            far.send_to(&datagram, to).unwrap();
        }
    }
}
