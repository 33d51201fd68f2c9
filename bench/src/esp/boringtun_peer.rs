//! boringtun (WireGuard, ChaCha20-Poly1305 of ring): two ends after their handshake.

use std::hint::black_box;

use boringtun::{
    noise::{Tunn, TunnResult},
    x25519::{PublicKey, StaticSecret},
};

use super::{COUNT, FRAME};
use crate::measure::time;

pub(crate) struct Boringtun {
    client: Tunn,
    server: Tunn,
    datagrams: Vec<Vec<u8>>,
    lengths: Vec<usize>,
    inner: Vec<u8>,
}

impl Boringtun {
    pub(crate) fn new() -> Self {
        let secrets = [[1; 32], [2; 32]].map(StaticSecret::from);
        let publics = [PublicKey::from(&secrets[0]), PublicKey::from(&secrets[1])];
        let [client_secret, server_secret] = secrets;
        let mut client = Tunn::new(client_secret, publics[1], None, None, 1, None);
        let mut server = Tunn::new(server_secret, publics[0], None, None, 2, None);
        let [mut one, mut other] = [vec![0; FRAME], vec![0; FRAME]];
        let TunnResult::WriteToNetwork(first) = client.format_handshake_initiation(&mut one, false)
        else {
            panic!("no handshake");
        };
        let TunnResult::WriteToNetwork(second) = server.decapsulate(None, first, &mut other) else {
            panic!("no answer");
        };
        let TunnResult::WriteToNetwork(third) = client.decapsulate(None, second, &mut one) else {
            panic!("no keepalive");
        };
        let _ = server.decapsulate(None, third, &mut other);
        Self {
            client,
            server,
            datagrams: vec![vec![0; FRAME]; COUNT],
            lengths: vec![0; COUNT],
            inner: vec![0; FRAME],
        }
    }

    /// Sends a batch of `packet` from one end to the other.
    pub(crate) fn turn(&mut self, packet: &[u8]) -> [f64; 2] {
        let seal = time(|| {
            for (datagram, len) in self.datagrams.iter_mut().zip(&mut self.lengths) {
                let TunnResult::WriteToNetwork(sealed) = self.client.encapsulate(packet, datagram)
                else {
                    panic!("no session");
                };
                *len = sealed.len();
            }
        });
        let open = time(|| {
            for (datagram, len) in self.datagrams.iter().zip(&self.lengths) {
                let opened = self
                    .server
                    .decapsulate(None, &datagram[..*len], &mut self.inner);
                assert!(matches!(black_box(opened), TunnResult::WriteToTunnelV4(..)));
            }
        });
        [seal, open]
    }
}
