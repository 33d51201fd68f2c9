//! Resumption: sealed and stored tickets, their keys, their age, and sessions that must be forgotten.

use std::sync::Arc;

use crypto_core::UnixTime;
use testkit::pair::Pair;
use tls_core::{
    Client, ClientAuth, Error, Event, Misuse, Roots, Session, TicketKeys, TicketPolicy,
    wire::{
        CipherSuite, ClientHello, ContentType, ExtensionType, HandshakeType, Malformed,
        NewSessionTicket,
    },
};

use crate::common::{
    Answers, Ask, Bench, Ends, NOW, SERVER_NAME, Seen, Source, at, forge, host::Store, name, ring,
};

const LIFETIME: u32 = 3600;

fn keys() -> TicketKeys {
    TicketKeys::generate(&ring(), LIFETIME).unwrap()
}

fn sealing(keys: &TicketKeys) -> Bench {
    let keys = keys.clone();
    Bench::new(Source::Ring)
        .server(move |config| config.with_tickets(TicketPolicy::Sealed(keys.clone())))
}

fn storing() -> Bench {
    Bench::new(Source::Ring).server(|config| config.with_tickets(TicketPolicy::Stored(LIFETIME)))
}

/// Connects once, and takes the tickets.
fn first(bench: &Bench) -> Vec<Session> {
    let mut ends = bench.connected();
    ends.client.sessions(bench.now)
}

fn second(bench: &Bench, session: &Session) -> Ends {
    let client = bench.resume(bench.client_config(), session.clone());
    let mut ends = Pair::new(client, bench.new_server());
    ends.run();
    ends
}

/// Whether both ends say that `ends` resumed.
fn resumed(ends: &Ends) -> bool {
    let [client, server] = [ends.client.connected(), ends.server.connected()]
        .map(|facts| facts.expect("connected").resumed);
    assert_eq!(client, server);
    client
}

#[test]
fn a_sealed_ticket_resumes_and_data_flows() {
    let bench = sealing(&keys());
    let sessions = first(&bench);
    assert_eq!(sessions.len(), 2);
    for session in &sessions {
        let mut ends = second(&bench, session);
        assert!(resumed(&ends));
        assert!(ends.client.connected().unwrap().peer.is_empty());
        ends.client
            .machine
            .tls
            .write(b"again", &mut ends.client.tx)
            .unwrap();
        ends.server
            .machine
            .tls
            .write(b"welcome", &mut ends.server.tx)
            .unwrap();
        ends.run();
        assert_eq!(ends.server.data(), b"again");
        assert_eq!(ends.client.data(), b"welcome");
    }
}

#[test]
fn every_suite_resumes() {
    for suite in [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ] {
        let bench = sealing(&keys()).client(move |config| config.with_cipher_suites(&[suite]));
        let session = first(&bench).remove(0);
        assert_eq!(session.cipher_suite(), suite);
        assert!(resumed(&second(&bench, &session)));
    }
}

#[test]
fn a_resumed_connection_gives_one_new_ticket_of_the_same_session() {
    let bench = sealing(&keys());
    let mut session = first(&bench).remove(0);
    for _ in 0..3 {
        let mut ends = second(&bench, &session);
        assert!(resumed(&ends));
        assert_eq!(ends.client.connected().unwrap().session, session.id());
        let mut next = ends.client.sessions(NOW);
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].id(), session.id());
        session = next.remove(0);
    }
}

#[test]
fn a_server_gives_as_many_tickets_as_it_is_told() {
    for count in [0, 1, 5] {
        let bench = sealing(&keys()).server(move |config| config.with_ticket_count(count));
        assert_eq!(first(&bench).len(), usize::from(count));
    }
    assert!(first(&Bench::new(Source::Ring)).is_empty());
}

#[test]
fn a_rotated_key_opens_tickets_of_the_one_before_and_no_older() {
    let keys = keys();
    let session = first(&sealing(&keys)).remove(0);
    let once = keys.rotated(&ring()).unwrap();
    assert!(resumed(&second(&sealing(&once), &session)));
    let twice = once.rotated(&ring()).unwrap();
    assert!(!resumed(&second(&sealing(&twice), &session)));
    assert!(!resumed(&second(&sealing(&self::keys()), &session)));
}

#[test]
fn a_ticket_lives_as_long_as_its_lifetime() {
    let mut bench = sealing(&keys());
    let session = first(&bench).remove(0);
    assert_eq!(session.expires(), at(NOW + u64::from(LIFETIME)));
    bench.now = NOW + u64::from(LIFETIME) - 1;
    assert!(resumed(&second(&bench, &session)));
    bench.now += 1;
    assert!(!resumed(&second(&bench, &session)));
}

#[test]
fn a_server_does_not_trust_the_clients_clock() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let client = bench.resume(bench.client_config(), session);
    let late = Bench {
        now: NOW + u64::from(LIFETIME),
        ..bench.clone()
    };
    let mut ends = Pair::new(client, late.new_server());
    ends.run();
    assert!(!resumed(&ends));
}

#[test]
fn the_age_of_a_ticket_is_hidden_by_what_the_server_said() {
    let keys = TicketKeys::generate(&testkit::toy::provider(9), LIFETIME).unwrap();
    let mut bench = Bench::forging()
        .server(move |config| config.with_tickets(TicketPolicy::Sealed(keys.clone())));
    let mut ends = bench.connected();
    let messages = forge::messages(ends.net.down.log());
    let ticket = messages
        .iter()
        .find(|message| message.kind == HandshakeType::NEW_SESSION_TICKET)
        .unwrap();
    let ticket = NewSessionTicket::parse(&ticket.octets[4..]).unwrap();
    assert_eq!(ticket.lifetime, LIFETIME);
    let session = ends.client.sessions(NOW).remove(0);
    for age in [0, 5, u64::from(LIFETIME) - 1] {
        bench.now = NOW + age;
        let client = bench.resume(bench.client_config(), session.clone());
        let mut ends = Pair::new(client, bench.new_server());
        ends.client.settle();
        let hello = forge::messages(&ends.client.take()).remove(0);
        let hello = ClientHello::parse(&hello.octets[4..]).unwrap();
        let offer = hello.extensions.get(ExtensionType::PRE_SHARED_KEY).unwrap();
        // identities<2>, identity<2>, obfuscated_ticket_age
        let at = 4 + ticket.ticket.len();
        assert_eq!(&offer[4..at], ticket.ticket);
        let obfuscated = u32::from_be_bytes(offer[at..at + 4].try_into().unwrap());
        let milliseconds = u32::try_from(age * 1000).unwrap();
        assert_eq!(obfuscated.wrapping_sub(ticket.age_add), milliseconds);
    }
}

#[test]
fn a_stored_ticket_resumes_through_the_host() {
    let bench = storing();
    let store = Store::default();
    let server = |bench: &Bench| {
        let answers = Answers {
            store: Arc::clone(&store),
            ..Answers::default()
        };
        bench.new_server().answers(answers)
    };
    let mut ends = Pair::new(bench.new_client(), server(&bench));
    ends.run();
    let sessions = ends.client.sessions(NOW);
    assert_eq!((sessions.len(), store.lock().unwrap().len()), (2, 2));

    // Through bytes, as a database would keep it.
    for session in store.lock().unwrap().values_mut() {
        *session = tls_core::ServerSession::from_bytes(&session.to_bytes()).unwrap();
    }
    let client = bench.resume(bench.client_config(), sessions[0].clone());
    let mut ends = Pair::new(client, server(&bench));
    ends.run();
    assert_eq!(ends.server.asked(), ["Ticket"]);
    assert!(resumed(&ends));

    // What the host does not know any more costs a full handshake.
    store.lock().unwrap().clear();
    let client = bench.resume(bench.client_config(), sessions[1].clone());
    let mut ends = Pair::new(client, server(&bench));
    ends.run();
    assert_eq!(ends.server.asked(), ["Ticket"]);
    assert!(!resumed(&ends));
}

#[test]
fn a_host_that_finds_a_session_where_none_was_offered_gets_a_full_handshake() {
    let bench = storing();
    let mut ends = bench.connected();
    let session = ends.client.sessions(NOW).remove(0);
    let stored: Vec<_> = {
        let store = ends.server.machine.answers.store.lock().unwrap();
        store.values().cloned().collect()
    };
    let client = bench.resume(bench.client_config(), session);
    let mut ends = Pair::new(client, bench.new_server());
    ends.server.machine.answers.hold = true;
    ends.run();
    let Some(Seen::Event(Event::Ticket(question))) = ends.server.events.pop() else {
        panic!("no question");
    };
    let answer = question.found(99, stored[0].clone());
    ends.server.machine.answers.hold = false;
    ends.server.machine.tls.answer(answer).unwrap();
    ends.run();
    assert!(!resumed(&ends));
}

#[test]
fn a_session_of_another_server_is_refused_at_once() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let config = Arc::new(bench.client_config());
    let other = Client::resume(config, name("other.example"), session, at(NOW));
    assert_eq!(other.map(drop).unwrap_err(), Misuse::WrongSession);
}

#[test]
fn a_session_survives_as_bytes_and_nothing_shorter_is_one() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let bytes = session.to_bytes();
    let restored = Session::from_bytes(&bytes).unwrap();
    assert_eq!(restored.to_bytes(), bytes);
    assert_eq!(restored.id(), session.id());
    assert_eq!(restored.server_name(), &name(SERVER_NAME));
    assert!(resumed(&second(&bench, &restored)));
    for len in 0..bytes.len() {
        assert!(Session::from_bytes(&bytes[..len]).is_err(), "{len} octets");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(
        Session::from_bytes(&longer).unwrap_err(),
        Malformed::TrailingOctets
    );
}

#[test]
fn a_session_of_any_kind_of_name_comes_back_as_it_was() {
    for spelled in [
        "server.example.",
        "SERVER.example",
        "192.0.2.1",
        "2001:db8::1",
    ] {
        let bench = sealing(&keys()).client(|config| config.with_verify_question());
        let connect = |session: Option<Session>| {
            let config = Arc::new(bench.client_config());
            let client = match session {
                Some(session) => Client::resume(config, name(spelled), session, at(NOW)),
                None => Client::new(config, name(spelled), at(NOW)),
            };
            let client = crate::common::Host::new(client.unwrap());
            let mut ends = Pair::new(client, bench.new_server());
            ends.run();
            ends
        };
        let session = connect(None).client.sessions(NOW).remove(0);
        let session = Session::from_bytes(&session.to_bytes()).unwrap();
        assert_eq!(session.server_name(), &name(spelled));
        assert!(resumed(&connect(Some(session))), "{spelled}");
    }
}

#[test]
fn a_session_moves_neither_to_another_suite_nor_back_in_time() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    // The server speaks only a suite with another hash now.
    let suites = [CipherSuite::TLS_AES_256_GCM_SHA384];
    let other = bench
        .clone()
        .server(move |config| config.with_cipher_suites(&suites));
    assert!(!resumed(&second(&other, &session)));
    // The server's clock stands before the ticket was made.
    let client = bench.resume(bench.client_config(), session);
    let early = Bench {
        now: NOW - 10,
        ..bench.clone()
    };
    let mut ends = Pair::new(client, early.new_server());
    ends.run();
    assert!(!resumed(&ends));
}

#[test]
fn a_client_without_the_sessions_suite_makes_a_full_handshake() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let suites = [CipherSuite::TLS_AES_256_GCM_SHA384];
    let other = bench.client(move |config| config.with_cipher_suites(&suites));
    assert!(!resumed(&second(&other, &session)));
}

#[test]
fn a_resumed_server_still_knows_the_clients_certificate() {
    let bench = sealing(&keys());
    let (roots, identity) = (bench.pki.roots.clone(), bench.pki.client.clone());
    let bench = bench
        .server(move |config| config.with_client_roots(ClientAuth::Required, roots.clone()))
        .client(move |config| config.with_identity(identity.clone()));
    let session = first(&bench).remove(0);
    let ends = second(&bench, &session);
    assert!(resumed(&ends));
    let peer = &ends.server.connected().unwrap().peer;
    let shown: Vec<_> = peer.iter().map(|entry| entry.certificate).collect();
    assert_eq!(shown, bench.pki.client.chain());
}

#[test]
fn a_session_without_client_certificate_does_not_satisfy_a_server_that_requires_one() {
    let keys = keys();
    let session = first(&sealing(&keys)).remove(0);
    let bench = sealing(&keys);
    let (roots, identity) = (bench.pki.roots.clone(), bench.pki.client.clone());
    let strict = bench
        .server(move |config| config.with_client_roots(ClientAuth::Required, roots.clone()))
        .client(move |config| config.with_identity(identity.clone()));
    let ends = second(&strict, &session);
    assert!(!resumed(&ends));
    assert!(!ends.server.connected().unwrap().peer.is_empty());
}

#[test]
fn resumption_survives_a_retry() {
    use crypto_core::Group;
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let bench = bench
        .client(|config| config.with_groups(&[Group::X25519, Group::SECP384R1]))
        .server(|config| config.with_groups(&[Group::SECP384R1]));
    let ends = second(&bench, &session);
    assert!(resumed(&ends));
    assert!(ends.client.connected().unwrap().retried);
}

#[test]
fn a_retry_under_another_hash_drops_the_session() {
    use crypto_core::Group;
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let suites = [CipherSuite::TLS_AES_256_GCM_SHA384];
    let bench = bench
        .client(|config| config.with_groups(&[Group::X25519, Group::SECP384R1]))
        .server(move |config| {
            config
                .with_groups(&[Group::SECP384R1])
                .with_cipher_suites(&suites)
        });
    let ends = second(&bench, &session);
    assert!(!resumed(&ends));
    assert!(ends.client.connected().unwrap().retried);
}

#[test]
fn a_fatal_end_forgets_the_session_on_both_sides_while_others_of_it_go_on() {
    let bench = sealing(&keys());
    let sessions = first(&bench);
    // Two connections of one session live at the same time.
    let mut lasting = second(&bench, &sessions[0]);
    let mut failing = second(&bench, &sessions[1]);
    assert!(resumed(&lasting) && resumed(&failing));
    let more = lasting.client.sessions(NOW);
    assert!(resumed(&second(&bench, &more[0])));

    failing
        .server
        .feed(&forge::plain(ContentType::APPLICATION_DATA, &[0; 40]));
    failing.run();
    assert_eq!(failing.server.error(), Error::BadRecord);
    let server_session = failing.server.connected().unwrap().session;
    assert_eq!(failing.server.forgot(), Some(server_session));
    assert_eq!(failing.client.forgot(), Some(sessions[1].id()));

    assert!(
        !resumed(&second(&bench, &more[0])),
        "a forgotten session was resumed"
    );
    lasting
        .client
        .machine
        .tls
        .write(b"still here", &mut lasting.client.tx)
        .unwrap();
    lasting.run();
    assert_eq!(lasting.server.data(), b"still here");
}

#[test]
fn a_handshake_that_fails_while_resuming_forgets_too() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let client = bench.resume(bench.client_config(), session.clone());
    let mut ends = Pair::new(client, bench.new_server());
    ends.client.settle();
    let hello = ends.client.take();
    ends.server.feed(&hello);
    ends.server.take();
    ends.client
        .feed(&forge::plain(ContentType::ALERT, &[2, 40]));
    assert_eq!(ends.client.forgot(), Some(session.id()));
    assert!(ends.client.ended());
}

#[test]
fn a_replayed_hello_cannot_end_a_session() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let client = bench.resume(bench.client_config(), session.clone());
    let mut ends = Pair::new(client, bench.new_server());
    ends.client.settle();
    let hello = ends.client.take();
    // Whoever saw the hello can send it again, but not go on with it.
    ends.server.feed(&hello);
    ends.server
        .feed(&forge::plain(ContentType::APPLICATION_DATA, &[0; 40]));
    assert!(ends.server.ended());
    assert_eq!(ends.server.forgot(), None);
    assert!(resumed(&second(&bench, &session)));
}

#[test]
fn resuming_does_not_prolong_a_session() {
    const DAY: u64 = 24 * 60 * 60;
    let keys = TicketKeys::generate(&ring(), u32::MAX).unwrap();
    let mut bench = sealing(&keys);
    let mut session = first(&bench).remove(0);
    // Each resumption gives a new ticket, with what is left of the week.
    for day in 1..7 {
        bench.now = NOW + day * DAY;
        let mut ends = second(&bench, &session);
        assert!(resumed(&ends), "day {day}");
        session = ends.client.sessions(bench.now).remove(0);
        assert_eq!(session.expires(), at(NOW + 7 * DAY));
    }
    bench.now = NOW + 7 * DAY - 1;
    assert!(resumed(&second(&bench, &session)));
    bench.now += 1;
    assert!(!resumed(&second(&bench, &session)));
}

#[test]
fn a_clients_certificate_must_still_be_trusted() {
    let keys = keys();
    let bench = sealing(&keys);
    let (roots, identity) = (bench.pki.roots.clone(), bench.pki.client.clone());
    let bench = bench
        .server(move |config| config.with_client_roots(ClientAuth::Optional, roots.clone()))
        .client(move |config| config.with_identity(identity.clone()));
    let session = first(&bench).remove(0);
    assert!(resumed(&second(&bench, &session)));
    // The same ticket keys, other roots: the ticket is worth nothing there.
    let others = Roots::new(Vec::new());
    let stranger = sealing(&keys)
        .server(move |config| config.with_client_roots(ClientAuth::Optional, others.clone()));
    let client = bench.resume(bench.client_config(), session);
    let mut ends = Pair::new(client, stranger.new_server());
    ends.run();
    assert!(ends.server.connected().is_none_or(|facts| !facts.resumed));
}

#[test]
fn a_stream_that_is_cut_off_does_not_forget() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let mut ends = second(&bench, &session);
    ends.server.eof();
    ends.client.eof();
    assert_eq!(ends.server.error(), Error::Truncated);
    assert_eq!((ends.server.forgot(), ends.client.forgot()), (None, None));
    assert!(resumed(&second(&bench, &session)));
}

#[test]
fn a_host_can_forget_by_itself() {
    let keys = keys();
    let bench = sealing(&keys);
    let mut ends = bench.connected();
    let session = ends.client.sessions(NOW).remove(0);
    keys.forget(&ends.server.connected().unwrap().session);
    assert!(!resumed(&second(&bench, &session)));
}

#[test]
fn a_binder_that_does_not_verify_is_fatal() {
    let bench = sealing(&keys());
    let session = first(&bench).remove(0);
    let client = bench.resume(bench.client_config(), session);
    let mut ends = Pair::new(client, bench.new_server());
    ends.client.settle();
    let mut hello = ends.client.take();
    *hello.last_mut().unwrap() ^= 1;
    ends.server.feed(&hello);
    assert_eq!(
        ends.server.error(),
        Error::BadProof(tls_core::Proof::Binder)
    );
}

#[test]
fn the_age_of_the_epoch_does_not_matter() {
    // Nothing is computed from a difference that could be negative.
    let zero = UnixTime::since_unix_epoch(core::time::Duration::ZERO);
    let session = first(&sealing(&keys())).remove(0);
    let config = Arc::new(Bench::new(Source::Ring).client_config());
    assert!(Client::resume(config, name(SERVER_NAME), session, zero).is_ok());
}

#[test]
fn a_session_does_not_move_to_another_name_of_the_same_server() {
    let bench = sealing(&keys()).client(|config| config.with_verify_question());
    let session = first(&bench).remove(0);
    assert!(resumed(&second(&bench, &session)));
    // A client that lies about where its ticket came from.
    let mut bytes = session.to_bytes().to_vec();
    let start = bytes
        .windows(SERVER_NAME.len())
        .position(|part| part == SERVER_NAME.as_bytes());
    let other = "serves.example";
    bytes[start.unwrap()..][..other.len()].copy_from_slice(other.as_bytes());
    let moved = Session::from_bytes(&bytes).unwrap();
    let config = Arc::new(bench.client_config());
    let client = Client::resume(config, name(other), moved, at(NOW)).unwrap();
    let mut ends = Pair::new(crate::common::Host::new(client), bench.new_server());
    ends.run();
    assert!(!resumed(&ends));
    assert_eq!(
        ends.server.connected().unwrap().server_name.as_deref(),
        Some(other)
    );
}
