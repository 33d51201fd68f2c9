//! The laws that every stream machine obeys, as one harness.
//!
//! A test implements [`Machine`] for what it examines, hands over a way to make it afresh, and the octets
//! that arrive. A breach panics with the law it breaks.
//!
//! | law | where |
//! |---|---|
//! | exactly one end, and silence behind it | every run |
//! | idle polls change nothing | every run |
//! | a machine takes from `rx` and adds to `tx`, never the other way round | every run |
//! | no more events than octets | every run |
//! | any cut of the input: equal events, equal output | [`split_invariance`] |
//! | same seed, same transcript | [`determinism`] |
//! | a stream may end anywhere | [`truncation`] |
//! | any octet may be wrong | [`corruption`] |

#![allow(
    clippy::indexing_slicing,
    reason = "a harness panics where its caller is wrong"
)]

use std::fmt::Debug;

use bytes::BytesMut;

use crate::net::Dice;

/// A stream machine as the laws see it.
pub trait Machine {
    /// What it tells.
    type Event: Debug;

    /// Takes from `rx`, adds to `tx`, and tells what happened.
    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Self::Event>;

    /// Hears that no more will come.
    fn eof(&mut self);

    /// Recognises the last event.
    fn is_end(event: &Self::Event) -> bool;
}

/// Events that do not come from input: what a machine says at its beginning and at its end.
const SPARE_EVENTS: usize = 32;

/// What a run led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The events, as their `Debug` tells them.
    pub events: Vec<String>,
    /// What was sent.
    pub output: Vec<u8>,
    /// True when the machine came to its end.
    pub ended: bool,
}

/// Feeds `chunks` one after the other, then the end of the stream if `eof` says so.
///
/// # Panics
/// When the machine breaks a law that holds in every run.
pub fn drive<'i, M: Machine>(
    mut machine: M,
    chunks: impl IntoIterator<Item = &'i [u8]>,
    eof: bool,
) -> Run {
    let mut runner = Runner::default();
    runner.settle(&mut machine);
    for chunk in chunks {
        runner.rx.extend_from_slice(chunk);
        runner.fed += chunk.len();
        runner.settle(&mut machine);
    }
    if eof {
        machine.eof();
        runner.settle(&mut machine);
        assert!(
            runner.run.ended,
            "no end after eof: {:?}",
            runner.run.events
        );
    }
    runner.run
}

#[derive(Default)]
struct Runner {
    rx: BytesMut,
    tx: BytesMut,
    fed: usize,
    run: Run,
}

impl Runner {
    /// Polls until the machine has nothing to say, and once more.
    fn settle<M: Machine>(&mut self, machine: &mut M) {
        loop {
            let (waiting, sent) = (self.rx.len(), self.tx.len());
            let event = machine.poll(&mut self.rx, &mut self.tx);
            assert!(self.rx.len() <= waiting, "a machine put octets into rx");
            assert!(self.tx.len() >= sent, "a machine took octets from tx");
            let Some(event) = event else { break };
            assert!(!self.run.ended, "{event:?} after the end");
            self.run.ended = M::is_end(&event);
            self.run.events.push(format!("{event:?}"));
            let most = self.fed + SPARE_EVENTS;
            assert!(self.run.events.len() <= most, "more events than octets");
        }
        // What waits in rx grows to a record; comparing all of it at each octet would make the law quadratic.
        let head = |octets: &BytesMut| octets[..octets.len().min(64)].to_vec();
        let (waiting, sent) = (self.rx.len(), self.tx.len());
        let heads = (head(&self.rx), head(&self.tx));
        let event = machine.poll(&mut self.rx, &mut self.tx);
        assert!(event.is_none(), "an idle poll led to {event:?}");
        assert_eq!(self.rx.len(), waiting, "an idle poll changed rx");
        assert_eq!(self.tx.len(), sent, "an idle poll changed tx");
        assert_eq!(
            (head(&self.rx), head(&self.tx)),
            heads,
            "an idle poll changed octets"
        );
        self.run.output.extend_from_slice(&self.tx);
        self.tx.clear();
    }
}

/// Cuts `input` in two at every octet, into single octets, and at random: the run is that of the whole input.
///
/// # Panics
/// When a cut changes the events or the output.
pub fn split_invariance<M: Machine>(make: impl Fn() -> M, input: &[u8]) -> Run {
    let whole = drive(make(), [input], false);
    let check = |run: Run, cut: &str| {
        assert_eq!(run.events, whole.events, "events differ when cut {cut}");
        assert!(run.output == whole.output, "output differs when cut {cut}");
    };
    check(drive(make(), input.chunks(1), false), "into octets");
    for at in two_way_cuts(input.len()) {
        let (head, tail) = input.split_at(at);
        check(drive(make(), [head, tail], false), &format!("at {at}"));
    }
    for seed in 0..16 {
        let cuts = random_cuts(input, seed);
        check(drive(make(), cuts, false), &format!("with seed {seed}"));
    }
    whole
}

/// Compares one cut with the whole input: the cheap form, for fuzzers.
///
/// # Panics
/// As [`split_invariance`].
pub fn split_with<M: Machine>(make: impl Fn() -> M, input: &[u8], seed: u64) {
    let whole = drive(make(), [input], true);
    let cut = drive(make(), random_cuts(input, seed), true);
    assert_eq!(
        whole.events, cut.events,
        "events differ when cut with seed {seed}"
    );
    assert!(
        whole.output == cut.output,
        "output differs when cut with seed {seed}"
    );
}

/// Every position in a short input, and some hundred of a long one.
fn two_way_cuts(len: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by((len / 512).max(1))
}

/// Cuts `input` into pieces of random lengths.
#[must_use]
pub fn random_cuts(mut input: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut dice = Dice::new(seed);
    let mut cuts = Vec::new();
    while !input.is_empty() {
        let most = if dice.one_in(2) { 8 } else { 2048 };
        let (head, tail) = input.split_at(dice.between(1, most).min(input.len()));
        cuts.push(head);
        input = tail;
    }
    cuts
}

/// Runs twice: the transcripts are equal.
///
/// # Panics
/// When they are not.
pub fn determinism<M: Machine>(make: impl Fn() -> M, input: &[u8]) {
    let [one, two] = [(); 2].map(|()| drive(make(), input.chunks(100), true));
    assert_eq!(one.events, two.events, "two runs tell different events");
    assert!(one.output == two.output, "two runs send different octets");
}

/// Ends the stream behind every octet: the machine comes to its end, and what it told before is a prefix of
/// what it tells of the whole input.
///
/// # Panics
/// When it does not.
pub fn truncation<M: Machine>(make: impl Fn() -> M, input: &[u8]) {
    let whole = drive(make(), [input], true);
    for at in two_way_cuts(input.len()) {
        let run = drive(make(), [&input[..at]], true);
        let common = run
            .events
            .iter()
            .zip(&whole.events)
            .take_while(|(cut, all)| cut == all)
            .count();
        let own = run.events.len() - common;
        // What the cut adds are the last words: that the stream was cut, and what to forget.
        assert!(
            own <= 3,
            "cut at {at}, a machine told {:?}",
            &run.events[common..]
        );
    }
}

/// Changes single octets: no panic, every law of a run holds, and the machine comes to an end.
///
/// # Panics
/// When a law is broken.
pub fn corruption<M: Machine>(make: impl Fn() -> M, input: &[u8], seed: u64) -> Vec<Run> {
    let mut dice = Dice::new(seed);
    let wrong = |at: usize| {
        let mut octets = input.to_vec();
        octets[at] ^= u8::try_from(dice.between(1, 255)).unwrap_or(1);
        drive(make(), [&octets[..]], true)
    };
    two_way_cuts(input.len()).map(wrong).collect()
}
