//! The laws of every stream machine, on client, server and both together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crypto_core::{Aead, AeadAlgorithm, AeadKey, CryptoError, Group, NONCE_LEN, Provider, TAG_LEN};
use testkit::{
    laws,
    net::{Conditions, Net},
    pair::Pair,
};
use tls_core::{Client, ClientAuth, Server, Session, TicketKeys, TicketPolicy};

use crate::common::{Answers, Ask, Bench, Host};

/// A way to connect, in which both ends also talk and close.
struct Way {
    name: &'static str,
    bench: Bench,
    session: Option<Session>,
}

impl Way {
    fn client(&self) -> Host<Client> {
        let config = self.bench.client_config();
        let client = match self.session.clone() {
            Some(session) => self.bench.resume(config, session),
            None => self.bench.connect(config),
        };
        client.chatting(b"a question, long enough to be cut into pieces")
    }

    fn server(&self) -> Host<Server> {
        let mut server = self.bench.new_server().chatting(b"welcome");
        server.answers = Answers {
            echo: true,
            ..server.answers
        };
        server
    }

    /// What each end hears in an honest connection that the client closes.
    fn streams(&self) -> (Vec<u8>, Vec<u8>) {
        let mut ends = Pair::new(self.client(), self.server());
        ends.run();
        assert!(
            ends.client.is_connected() && ends.server.is_connected(),
            "{}",
            self.name
        );
        ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
        ends.run();
        assert_eq!(ends.server.end(), Some(&Ok(())), "{}", self.name);
        assert_eq!(ends.client.end(), Some(&Ok(())), "{}", self.name);
        (ends.net.up.log().to_vec(), ends.net.down.log().to_vec())
    }
}

fn ways() -> Vec<Way> {
    let way = |name, bench| Way {
        name,
        bench,
        session: None,
    };
    let mutual = Bench::toy();
    let (roots, identity) = (mutual.pki.roots.clone(), mutual.pki.client.clone());
    let mutual = mutual
        .server(move |config| config.with_client_roots(ClientAuth::Required, roots.clone()))
        .client(move |config| config.with_identity(identity.clone()));
    let asking = Bench::toy()
        .client(|config| config.with_verify_question().with_key_log(true))
        .server(|config| config.with_tickets(TicketPolicy::Stored(1000)));
    let retried = Bench::toy()
        .client(|config| config.with_groups(&[Group::X25519, Group::SECP256R1]))
        .server(|config| {
            config
                .with_groups(&[Group::SECP256R1])
                .with_max_fragment(100)
        });
    let keys = TicketKeys::generate(&testkit::toy::provider(5), 1000).unwrap();
    let resumed =
        Bench::toy().server(move |config| config.with_tickets(TicketPolicy::Sealed(keys.clone())));
    let session = resumed.connected().client.sessions(resumed.now).remove(0);
    vec![
        way("full", Bench::toy()),
        way("mutual", mutual),
        way("asking", asking),
        way("retried, in small records", retried),
        Way {
            name: "resumed",
            bench: resumed,
            session: Some(session),
        },
    ]
}

#[test]
fn any_cut_of_the_input_gives_the_same_events_and_output() {
    for way in ways() {
        let (up, down) = way.streams();
        let client = laws::split_invariance(|| way.client(), &down);
        assert!(
            client
                .events
                .iter()
                .any(|event| event.contains("Connected")),
            "{}",
            way.name
        );
        assert!(
            client.events.iter().any(|event| event.contains("Data")),
            "{}",
            way.name
        );
        let server = laws::split_invariance(|| way.server(), &up);
        assert!(server.ended, "{}: the client closed", way.name);
        assert_eq!(server.output, down, "{}: a replay is exact", way.name);
    }
}

#[test]
fn the_same_seed_gives_the_same_transcript() {
    for way in ways() {
        let (up, down) = way.streams();
        assert_eq!((up.clone(), down.clone()), way.streams());
        laws::determinism(|| way.client(), &down);
        laws::determinism(|| way.server(), &up);
    }
}

#[test]
fn a_stream_cut_off_anywhere_comes_to_one_end() {
    for way in ways() {
        let (up, down) = way.streams();
        laws::truncation(|| way.client(), &down);
        laws::truncation(|| way.server(), &up);
    }
}

#[test]
fn a_changed_octet_never_goes_unnoticed() {
    for way in ways() {
        let (up, down) = way.streams();
        let honest = laws::drive(way.client(), [&down[..]], true);
        for seed in 0..3 {
            for run in laws::corruption(|| way.client(), &down, seed) {
                let told = |run: &laws::Run, what: &str| -> Vec<String> {
                    let lines = run.events.iter().filter(|line| line.contains(what));
                    lines.cloned().collect()
                };
                // Whatever data was released is data that was sent, in order.
                let (data, all) = (told(&run, "Data("), told(&honest, "Data("));
                assert!(all.starts_with(&data), "{}: {data:?}", way.name);
            }
            laws::corruption(|| way.server(), &up, seed);
        }
    }
}

#[test]
fn noise_ends_a_connection_at_once() {
    let bench = Bench::toy();
    for seed in 0..200 {
        let mut dice = testkit::net::Dice::new(seed);
        let noise: Vec<u8> = (0..dice.between(1, 300))
            .map(|_| dice.draw().to_be_bytes()[0])
            .collect();
        laws::split_with(|| bench.new_client(), &noise, seed);
        laws::split_with(|| bench.new_server(), &noise, seed);
        // With a record header in front, it comes further.
        let len = u16::try_from(noise.len()).unwrap().to_be_bytes();
        let record = [&[22, 3, 3], &len[..], &noise].concat();
        laws::split_with(|| bench.new_client(), &record, seed);
        laws::split_with(|| bench.new_server(), &record, seed);
    }
}

#[test]
fn a_pair_reaches_its_goal_over_any_network() {
    for way in ways() {
        let (up, down) = way.streams();
        for (conditions, seeds) in [(Conditions::octets(), 1), (Conditions::rough(), 20)] {
            for seed in 0..seeds {
                let net = Net::new(conditions.clone(), seed);
                let mut ends = Pair::over(way.client(), way.server(), net);
                ends.run();
                ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
                ends.run();
                assert_eq!(ends.client.end(), Some(&Ok(())));
                assert_eq!(ends.server.end(), Some(&Ok(())));
                // When the data crosses does not change what an end sends, only in what order it hears.
                assert_eq!(ends.net.up.log().len(), up.len(), "{}", way.name);
                assert_eq!(ends.net.down.log().len(), down.len(), "{}", way.name);
            }
        }
    }
}

#[test]
fn a_pair_that_loses_an_octet_comes_to_an_end_on_both_sides() {
    let way = &ways()[0];
    let (up, down) = way.streams();
    for (is_up, len) in [(true, up.len()), (false, down.len())] {
        for at in (0..len).step_by(5) {
            let mut net = Net::new(Conditions::default(), 0);
            let link = if is_up { &mut net.up } else { &mut net.down };
            link.set(Conditions {
                flip: Some((at, 0x55)),
                ..Conditions::default()
            });
            let mut ends = Pair::over(way.client(), way.server(), net);
            ends.run();
            ends.client.eof();
            ends.server.eof();
            assert!(ends.client.ended() && ends.server.ended());
        }
    }
}

/// Counts what is opened, in octets.
#[derive(Debug)]
struct Counting {
    aead: &'static dyn Aead,
    opened: Arc<AtomicUsize>,
}

struct CountingKey {
    key: Box<dyn AeadKey>,
    opened: Arc<AtomicUsize>,
}

impl Aead for Counting {
    fn algorithm(&self) -> AeadAlgorithm {
        self.aead.algorithm()
    }

    fn key(&self, key: &[u8]) -> Result<Box<dyn AeadKey>, CryptoError> {
        Ok(Box::new(CountingKey {
            key: self.aead.key(key)?,
            opened: Arc::clone(&self.opened),
        }))
    }
}

impl AeadKey for CountingKey {
    fn seal_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<[u8; TAG_LEN], CryptoError> {
        self.key.seal_in_place(nonce, aad, data)
    }

    fn open_in_place(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.opened.fetch_add(data.len(), Ordering::Relaxed);
        self.key.open_in_place(nonce, aad, data)
    }
}

/// The toy of a seed whose AEADs count.
fn counting(seed: u64) -> (Arc<Provider>, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let mut provider = testkit::toy::provider(seed);
    let count = |aead: &&'static dyn Aead| -> &'static dyn Aead {
        Box::leak(Box::new(Counting {
            aead: *aead,
            opened: Arc::clone(&opened),
        }))
    };
    let aeads: Vec<_> = provider.aeads.iter().map(count).collect();
    provider.aeads = aeads.leak();
    (Arc::new(provider), opened)
}

#[test]
fn every_octet_is_opened_once_however_it_arrives() {
    let bench = Bench::toy();
    let (provider, opened) = counting(1);
    let client = || {
        // The same randomness every time.
        let (mut fresh, shared) = (testkit::toy::provider(1), Arc::clone(&provider));
        fresh.aeads = shared.aeads;
        let config = tls_core::ClientConfig::new(Arc::new(fresh));
        bench.connect(config.with_roots(bench.pki.roots.clone()))
    };
    let mut ends = Pair::new(client(), bench.new_server());
    ends.run();
    for len in [1, 100, 10_000, 60_000] {
        ends.server
            .machine
            .tls
            .write(&vec![7; len], &mut ends.server.tx)
            .unwrap();
    }
    ends.run();
    let down = ends.net.down.log().to_vec();
    let sealed: usize = {
        let (mut rest, mut sum) = (&down[..], 0);
        while let [kind, _, _, high, low, ..] = *rest {
            let len = usize::from(u16::from_be_bytes([high, low]));
            sum += if kind == 23 { len } else { 0 };
            rest = &rest[5 + len..];
        }
        sum
    };
    for chunk in [1, 3, 100, 5000, down.len()] {
        opened.store(0, Ordering::Relaxed);
        laws::drive(client(), down.chunks(chunk), false);
        assert_eq!(
            opened.load(Ordering::Relaxed),
            sealed,
            "in chunks of {chunk}"
        );
    }
}
