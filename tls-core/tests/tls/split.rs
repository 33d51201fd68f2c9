//! Halves: a sender and a receiver that share nothing.

use bytes::BytesMut;
use tls_core::{
    Error, Event, Misuse, Receiver, Reply, Sealer, Sender,
    wire::{AlertDescription, ContentType, KeyUpdate},
};

use crate::common::{Bench, Ends, Source, forge};

/// One end in two halves, for which the test is the host.
struct Halves {
    sender: Sender,
    receiver: Receiver,
    rx: BytesMut,
    tx: BytesMut,
}

impl Halves {
    /// Takes everything from `rx`, without replying.
    fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.receiver.poll(&mut self.rx)).collect()
    }

    fn feed(&mut self, octets: &[u8]) -> Vec<Event> {
        self.rx.extend_from_slice(octets);
        self.events()
    }
}

fn halves(ends: &mut Ends) -> (Halves, Halves) {
    let (sender, receiver) = ends.client.machine.tls.split().unwrap();
    let client = Halves {
        sender,
        receiver,
        rx: BytesMut::new(),
        tx: BytesMut::new(),
    };
    let (sender, receiver) = ends.server.machine.tls.split().unwrap();
    let server = Halves {
        sender,
        receiver,
        rx: BytesMut::new(),
        tx: BytesMut::new(),
    };
    (client, server)
}

fn only_reply(events: Vec<Event>) -> Reply {
    let mut replies = events.into_iter().filter_map(|event| match event {
        Event::Reply(reply) => Some(reply),
        _ => None,
    });
    let reply = replies.next().expect("a reply");
    assert!(replies.next().is_none());
    reply
}

#[test]
fn data_flows_both_ways_on_two_threads() {
    let mut ends = Bench::new(Source::Ring).connected();
    let (mut client, mut server) = halves(&mut ends);
    client.sender.write(b"up", &mut client.tx).unwrap();
    let mut sender = server.sender;
    let writer = std::thread::spawn(move || {
        let mut tx = BytesMut::new();
        sender.write(b"down", &mut tx).unwrap();
        sender.close(&mut tx).unwrap();
        tx
    });
    server.rx.extend_from_slice(&client.tx);
    let event = server.receiver.poll(&mut server.rx);
    assert!(matches!(event, Some(Event::Data(data)) if &data[..] == b"up"));
    let events = client.feed(&writer.join().unwrap());
    assert!(matches!(
        &events[..],
        [Event::Data(data), Event::PeerClosed, Event::Closed(Ok(()))] if &data[..] == b"down"
    ));
}

#[test]
fn the_role_is_empty_after_the_split() {
    let mut ends = Bench::toy().connected();
    let _halves = halves(&mut ends);
    let tls = &mut ends.client.machine.tls;
    let tx = &mut ends.client.tx;
    assert_eq!(tls.split().map(drop), Err(Misuse::Closed));
    assert_eq!(tls.write(b"data", tx), Err(Misuse::Closed));
    assert_eq!(tls.close(tx), Err(Misuse::Closed));
    assert!(ends.client.events.len() < 10);
    ends.client.feed(b"whatever");
    assert!(!ends.client.ended());
}

#[test]
fn a_receiver_taken_after_the_peer_closed_still_tells_its_end() {
    let mut ends = Bench::toy().connected();
    let client = &mut ends.client;
    client.machine.tls.close(&mut client.tx).unwrap();
    let close = ends.client.take();
    ends.server.feed(&close);
    assert!(!ends.server.ended());
    let (_, mut server) = halves(&mut ends);
    assert!(matches!(server.events()[..], [Event::Closed(Ok(()))]));
    assert!(server.events().is_empty());
}

#[test]
fn a_requested_key_update_is_carried_over_by_the_host() {
    let mut ends = Bench::new(Source::Ring).connected();
    let (mut client, mut server) = halves(&mut ends);
    client
        .sender
        .update_keys(KeyUpdate::Requested, &mut client.tx)
        .unwrap();
    client.sender.write(b"data", &mut client.tx).unwrap();
    let events = server.feed(&client.tx);
    assert!(events.iter().any(|event| matches!(event, Event::Data(_))));
    assert!(!server.sender.update_due());
    server.sender.apply(only_reply(events), &mut server.tx);
    assert!(server.sender.update_due());
    server.sender.write(b"new keys", &mut server.tx).unwrap();
    assert!(!server.sender.update_due());
    let events = client.feed(&server.tx);
    assert!(matches!(&events[..], [Event::Data(data)] if &data[..] == b"new keys"));
}

#[test]
fn a_failure_comes_as_reply_then_what_to_forget_then_the_end() {
    let mut ends = Bench::forging().connected();
    let (mut client, mut server) = halves(&mut ends);
    let mut events = server
        .feed(&forge::sealed(ContentType(99), b"?"))
        .into_iter();
    let Some(Event::Reply(reply)) = events.next() else {
        panic!("no reply")
    };
    assert!(matches!(events.next(), Some(Event::Forget(_))));
    assert!(matches!(
        events.next(),
        Some(Event::Closed(Err(Error::Misbehaved(_))))
    ));
    assert!(events.next().is_none());
    assert!(server.feed(b"more").is_empty() && server.rx.is_empty());

    server.sender.apply(reply, &mut server.tx);
    assert!(server.sender.is_closed());
    assert_eq!(
        server.sender.write(b"late", &mut server.tx),
        Err(Misuse::Closed)
    );
    let events = client.feed(&server.tx);
    let alert = AlertDescription::UNEXPECTED_MESSAGE;
    assert!(matches!(events.last(), Some(Event::Closed(Err(Error::PeerAlert(a)))) if *a == alert));
}

#[test]
fn a_fatal_alert_closes_the_sender_without_a_word() {
    let mut ends = Bench::forging().connected();
    let (_, mut server) = halves(&mut ends);
    let events = server.feed(&forge::alert(2, 40));
    server.sender.apply(only_reply(events), &mut server.tx);
    assert!(server.sender.is_closed() && server.tx.is_empty());
}

#[test]
fn a_reply_to_a_closed_sender_is_lost_in_peace() {
    let mut ends = Bench::forging().connected();
    let (_, mut server) = halves(&mut ends);
    server.sender.close(&mut server.tx).unwrap();
    let sent = server.tx.len();
    let events = server.feed(&forge::sealed(ContentType(99), b"?"));
    server.sender.apply(only_reply(events), &mut server.tx);
    assert_eq!(server.tx.len(), sent);
}

#[test]
fn a_stream_cut_off_ends_the_receiver() {
    let mut ends = Bench::toy().connected();
    let (mut client, _) = halves(&mut ends);
    client.receiver.eof();
    let events = client.events();
    assert!(matches!(
        &events[..],
        [Event::Closed(Err(Error::Truncated))]
    ));
    client.sender.write(b"still open", &mut client.tx).unwrap();
    assert!(!client.tx.is_empty());
}

#[test]
fn both_ways_of_sealing_out_of_the_sender_make_records_that_open() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = Bench::new(source).connected();
        let (mut client, mut server) = halves(&mut ends);
        let mut record = vec![0; Sealer::record_len(5, 0)];
        client.sender.seal(b"first", &mut record).unwrap();
        let mut wire = record;

        let mut buffer = vec![0; 100];
        buffer[20..26].copy_from_slice(b"second");
        let layer = client.sender.record_layer().unwrap();
        let kind = ContentType::APPLICATION_DATA;
        let range = layer.seal_in_place(kind, &mut buffer, 20..26, 30).unwrap();
        assert_eq!(range, 20 - tls_core::HEADER_LEN..26 + 1 + 30 + 16);
        wire.extend_from_slice(&buffer[range]);
        assert_eq!(layer.sequence(), 2);

        let events = server.feed(&wire);
        let data = events.iter().map(|event| match event {
            Event::Data(data) => &data[..],
            other => panic!("{other:?}"),
        });
        assert_eq!(data.collect::<Vec<_>>(), [&b"first"[..], b"second"]);
    }
}

#[test]
fn a_wrong_buffer_is_the_hosts_mistake_and_uses_no_sequence_number() {
    let mut ends = Bench::new(Source::Ring).connected();
    let (mut client, _) = halves(&mut ends);
    let kind = ContentType::APPLICATION_DATA;
    let max = tls_core::MAX_FRAGMENT;
    let seal = |client: &mut Halves, data: usize, record: usize| {
        client.sender.seal(&vec![0; data], &mut vec![0; record])
    };
    assert_eq!(seal(&mut client, 5, 5 + 21), Err(Misuse::BufferTooSmall));
    assert_eq!(seal(&mut client, 5, 5 + 23), Err(Misuse::BufferTooSmall));
    assert_eq!(
        seal(&mut client, max + 1, max + 1 + 22),
        Err(Misuse::BadLength)
    );
    let layer = client.sender.record_layer().unwrap();
    let mut buffer = vec![0; max + 100];
    let mut at =
        |layer: &mut Sealer, range, padding| layer.seal_in_place(kind, &mut buffer, range, padding);
    assert_eq!(at(layer, 4..5, 0), Err(Misuse::BufferTooSmall));
    assert_eq!(at(layer, max..max + 90, 0), Err(Misuse::BufferTooSmall));
    assert_eq!(at(layer, 5..6, max), Err(Misuse::BadLength));
    assert_eq!(at(layer, 5..5 + max + 1, 0), Err(Misuse::BadLength));
    assert!(at(layer, 5..6, usize::MAX).is_err());
    assert_eq!(layer.sequence(), 0);
    assert!(at(layer, 5..5 + max, 0).is_ok());
    assert!(at(layer, 5..6, max - 1).is_ok());
}

#[test]
fn whole_records_can_be_opened_where_they_lie() {
    let mut ends = Bench::new(Source::Ring).connected();
    let (mut client, mut server) = halves(&mut ends);
    let mut record = |data: &[u8]| {
        client.tx.clear();
        client.sender.write(data, &mut client.tx).unwrap();
        client.tx.to_vec()
    };
    let (mut one, mut two, mut three) = (record(b"one"), record(b"two"), record(b"three"));
    let range = server.receiver.open(&mut one).unwrap().unwrap();
    assert_eq!(&one[range], b"one");
    // The same keys and the same count, whichever way records go in.
    assert!(matches!(&server.feed(&two)[..], [Event::Data(data)] if &data[..] == b"two"));
    let len = three.len();
    assert_eq!(
        server.receiver.open(&mut three[..len - 1]),
        Err(Misuse::BadLength)
    );
    assert_eq!(
        server.receiver.open(&mut [&three[..], &[0]].concat()),
        Err(Misuse::BadLength)
    );
    let range = server.receiver.open(&mut three).unwrap().unwrap();
    assert_eq!(&three[range], b"three");

    // Damage ends it: the events tell how, and nothing more is opened.
    two[7] ^= 1;
    assert_eq!(server.receiver.open(&mut two), Ok(None));
    assert_eq!(server.receiver.open(&mut two), Err(Misuse::Closed));
    let events = server.events();
    assert!(matches!(
        &events[..],
        [
            Event::Reply(_),
            Event::Forget(_),
            Event::Closed(Err(Error::BadRecord))
        ]
    ));
    assert_eq!(server.receiver.open(&mut two), Err(Misuse::Closed));
}

#[test]
fn a_close_notify_that_was_opened_is_told_by_poll() {
    let mut ends = Bench::toy().connected();
    let (mut client, mut server) = halves(&mut ends);
    client.sender.close(&mut client.tx).unwrap();
    assert_eq!(server.receiver.open(&mut client.tx), Ok(None));
    assert!(matches!(
        &server.events()[..],
        [Event::PeerClosed, Event::Closed(Ok(()))]
    ));
}

#[test]
fn messages_that_were_opened_are_handled_by_poll() {
    let mut ends = Bench::toy().connected();
    let (mut client, mut server) = halves(&mut ends);
    client
        .sender
        .update_keys(KeyUpdate::Requested, &mut client.tx)
        .unwrap();
    assert_eq!(server.receiver.open(&mut client.tx), Ok(None));
    let reply = only_reply(server.events());
    server.sender.apply(reply, &mut server.tx);
    assert!(server.sender.update_due());
    let mut record = vec![0; Sealer::record_len(3, 0)];
    client.sender.seal(b"new", &mut record).unwrap();
    let range = server.receiver.open(&mut record).unwrap().unwrap();
    assert_eq!(&record[range], b"new");
}
