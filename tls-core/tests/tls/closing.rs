//! The end of a connection: orderly, half, cut off, cancelled.

use testkit::{
    laws::Machine,
    net::{Conditions, Net},
};
use tls_core::{
    Error, Event, Misuse,
    wire::{AlertDescription, ContentType, KeyUpdate},
};

use crate::common::{Ask, Bench, Seen, Source, forge};

#[test]
fn close_notify_closes_one_direction_and_the_other_goes_on() {
    for source in [Source::Ring, Source::Toy] {
        let mut ends = Bench::new(source).connected();
        ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
        ends.run();
        assert!(ends.server.peer_closed() && !ends.server.ended() && !ends.client.ended());

        ends.server
            .machine
            .tls
            .write(b"the rest", &mut ends.server.tx)
            .unwrap();
        ends.server
            .machine
            .tls
            .update_keys(KeyUpdate::NotRequested, &mut ends.server.tx)
            .unwrap();
        ends.server
            .machine
            .tls
            .write(b" of it", &mut ends.server.tx)
            .unwrap();
        ends.run();
        assert_eq!(ends.client.data(), b"the rest of it");

        ends.server.machine.tls.close(&mut ends.server.tx).unwrap();
        ends.run();
        assert_eq!(ends.client.end(), Some(&Ok(())));
        assert_eq!(ends.server.end(), Some(&Ok(())));
        assert!(ends.client.peer_closed());
        // The end of the transport adds nothing.
        ends.client.eof();
        ends.server.eof();
    }
}

#[test]
fn both_may_close_at_once() {
    let mut ends = Bench::toy().connected();
    ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
    ends.server.machine.tls.close(&mut ends.server.tx).unwrap();
    ends.run();
    assert_eq!(ends.client.end(), Some(&Ok(())));
    assert_eq!(ends.server.end(), Some(&Ok(())));
}

#[test]
fn after_its_own_close_notify_nothing_more_is_sent() {
    let mut ends = Bench::toy().connected();
    let tls = &mut ends.client.machine.tls;
    let tx = &mut ends.client.tx;
    tls.close(tx).unwrap();
    let sent = tx.len();
    assert_eq!(tls.close(tx), Err(Misuse::Closed));
    assert_eq!(tls.write(b"late", tx), Err(Misuse::Closed));
    assert_eq!(
        tls.update_keys(KeyUpdate::Requested, tx),
        Err(Misuse::Closed)
    );
    assert_eq!(tx.len(), sent);
    // A request for new keys cannot be answered any more, which is no error.
    ends.server
        .machine
        .tls
        .update_keys(KeyUpdate::Requested, &mut ends.server.tx)
        .unwrap();
    ends.server
        .machine
        .tls
        .write(b"data", &mut ends.server.tx)
        .unwrap();
    ends.run();
    assert_eq!(ends.client.data(), b"data");
    assert!(!ends.client.ended());
}

#[test]
fn what_follows_the_peers_close_notify_is_ignored() {
    let mut ends = Bench::forging().connected();
    let stream = [
        forge::alert(1, 0),
        forge::sealed(ContentType::APPLICATION_DATA, b"late"),
        forge::alert(2, 40),
        vec![0xff; 1000],
    ];
    ends.server.feed(&stream.concat());
    assert!(ends.server.peer_closed() && !ends.server.ended());
    assert!(ends.server.data().is_empty());
    assert!(ends.server.rx.is_empty());
    ends.server.feed(&[0xff; 1000]);
    assert!(ends.server.rx.is_empty() && !ends.server.ended());
    ends.server
        .machine
        .tls
        .write(b"still sending", &mut ends.server.tx)
        .unwrap();
    ends.server.machine.tls.close(&mut ends.server.tx).unwrap();
    ends.run();
    assert_eq!(ends.server.end(), Some(&Ok(())));
    assert_eq!(ends.client.data(), b"still sending");
}

#[test]
fn a_stream_without_close_notify_was_cut_off() {
    let mut ends = Bench::new(Source::Ring).connected();
    ends.client
        .machine
        .tls
        .write(b"data", &mut ends.client.tx)
        .unwrap();
    ends.run();
    ends.server.eof();
    assert_eq!(ends.server.data(), b"data");
    assert_eq!(ends.server.error(), Error::Truncated);
    assert!(
        ends.server.take().is_empty(),
        "nobody is left to hear an alert"
    );
}

#[test]
fn a_stream_cut_within_a_record_loses_the_record() {
    let mut ends = Bench::toy().connected();
    ends.client
        .machine
        .tls
        .write(b"data", &mut ends.client.tx)
        .unwrap();
    let record = ends.client.take();
    ends.server.feed(&record[..record.len() - 1]);
    ends.server.eof();
    assert_eq!(ends.server.error(), Error::Truncated);
    assert!(ends.server.data().is_empty());
}

#[test]
fn a_handshake_cut_off_anywhere_ends_on_both_sides() {
    let whole = Bench::toy().connected();
    let (up, down) = (whole.net.up.log().len(), whole.net.down.log().len());
    for cut_at in (0..up).step_by(7) {
        let mut net = Net::new(Conditions::default(), 0);
        net.up.set(Conditions {
            cut_at: Some(cut_at),
            ..Conditions::default()
        });
        let mut ends = Bench::toy().over(net);
        ends.run();
        assert_eq!(ends.server.error(), Error::Truncated, "up, at {cut_at}");
    }
    for cut_at in (0..down).step_by(7) {
        let mut net = Net::new(Conditions::default(), 0);
        net.down.set(Conditions {
            cut_at: Some(cut_at),
            ..Conditions::default()
        });
        let mut ends = Bench::toy().over(net);
        ends.run();
        assert_eq!(ends.client.error(), Error::Truncated, "down, at {cut_at}");
    }
}

#[test]
fn closing_during_the_handshake_cancels_it() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    ends.client.machine.tls.close(&mut ends.client.tx).unwrap();
    ends.run();
    assert_eq!(ends.client.error(), Error::Cancelled);
    assert!(!ends.server.is_connected());
    assert_eq!(
        ends.server.error(),
        Error::PeerAlert(AlertDescription::CLOSE_NOTIFY)
    );
    let tls = &mut ends.client.machine.tls;
    assert_eq!(tls.close(&mut ends.client.tx), Err(Misuse::Closed));
}

#[test]
fn before_the_handshake_is_done_there_is_no_traffic() {
    let mut ends = Bench::toy().ends();
    ends.client.settle();
    let sent = ends.client.tx.len();
    let tls = &mut ends.client.machine.tls;
    let tx = &mut ends.client.tx;
    assert_eq!(tls.write(b"early", tx), Err(Misuse::NotConnected));
    assert_eq!(
        tls.update_keys(KeyUpdate::Requested, tx),
        Err(Misuse::NotConnected)
    );
    assert_eq!(
        tls.export(b"label", b"", &mut [0; 4]),
        Err(Misuse::NotConnected)
    );
    assert_eq!(tls.split().map(drop), Err(Misuse::NotConnected));
    assert_eq!(tx.len(), sent);
    // All of this changed nothing.
    ends.run();
    assert!(ends.client.is_connected() && ends.server.is_connected());
}

#[test]
fn after_the_end_every_verb_is_refused() {
    let mut ends = Bench::toy().connected();
    ends.client.eof();
    let tls = &mut ends.client.machine.tls;
    let tx = &mut ends.client.tx;
    assert_eq!(tls.write(b"late", tx), Err(Misuse::Closed));
    assert_eq!(tls.close(tx), Err(Misuse::Closed));
    assert_eq!(tls.export(b"label", b"", &mut [0; 4]), Err(Misuse::Closed));
    assert_eq!(tls.split().map(drop), Err(Misuse::Closed));
    assert!(tx.is_empty());
}

#[test]
fn the_alert_is_in_tx_before_the_end_is_told() {
    let mut ends = Bench::forging().connected();
    ends.server
        .rx
        .extend_from_slice(&forge::sealed(ContentType(99), b""));
    let side = &mut ends.server;
    loop {
        let event = Machine::poll(&mut side.machine, &mut side.rx, &mut side.tx);
        match event {
            Some(Seen::Event(Event::Closed(Err(_)))) => break,
            Some(_) => {}
            None => panic!("no end"),
        }
    }
    assert_eq!(forge::last_alert(&side.tx), Some([2, 10]));
}

/// Lets `closing` close behind so many events; false when it never told so many.
fn closes_behind(count: usize, at_client: bool) -> bool {
    let bench = Bench::toy()
        .client(|config| config.with_verify_question().with_key_log(true))
        .server(|config| {
            config
                .with_key_log(true)
                .with_tickets(tls_core::TicketPolicy::Stored(100))
        });
    let mut ends = bench.ends();
    let mut told = 0;
    let mut closed = false;
    // One event at a time on the side that closes, everything on the other.
    for _ in 0..100 {
        macro_rules! turn {
            ($closing:ident, $other:ident) => {{
                let side = &mut ends.$closing;
                if told == count && !closed {
                    closed = true;
                    assert_eq!(
                        side.machine.tls.close(&mut side.tx),
                        Ok(()),
                        "behind {count}"
                    );
                }
                if let Some(seen) = Machine::poll(&mut side.machine, &mut side.rx, &mut side.tx) {
                    told += 1;
                    side.events.push(seen);
                }
                ends.$other.settle();
                let (up, down) = (ends.$closing.take(), ends.$other.take());
                ends.$other.feed(&up);
                ends.$closing.rx.extend_from_slice(&down);
            }};
        }
        if at_client {
            turn!(client, server);
        } else {
            turn!(server, client);
        }
        if !closed && (ends.client.ended() || ends.server.ended()) {
            return false;
        }
    }
    if !closed {
        return false;
    }
    ends.client.eof();
    ends.server.eof();
    for end in [ends.client.end(), ends.server.end()] {
        // The other end heard close_notify and has not closed yet, or it ended too.
        assert!(end.is_some() || ends.client.peer_closed() || ends.server.peer_closed());
    }
    assert!(if at_client {
        ends.client.ended()
    } else {
        ends.server.ended()
    });
    true
}

#[test]
fn closing_is_possible_behind_every_event_and_nothing_is_asked_any_more() {
    for at_client in [true, false] {
        let possible = (0..100)
            .take_while(|count| closes_behind(*count, at_client))
            .count();
        assert!(possible > 5, "{possible} events");
    }
}
