//! A simulated network: octet streams that are cut up, delayed, cut off and corrupted, in virtual time.
//!
//! Equal seeds make equal networks. Nothing here waits: time moves when [`Net::advance`] says what comes next.

use std::{collections::VecDeque, ops::RangeInclusive};

use crypto_core::Random;

use crate::toy::Seeded;

/// Randomness for tests, from a seed.
#[derive(Debug)]
pub struct Dice(Seeded);

impl Dice {
    /// Begins at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Seeded::new(seed))
    }

    /// Draws 64 bits.
    pub fn draw(&mut self) -> u64 {
        let mut octets = [0; 8];
        // A seeded source has octets for ever.
        let _ = self.0.fill(&mut octets);
        u64::from_be_bytes(octets)
    }

    /// Draws a number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        let span = (high.saturating_sub(low) as u64).saturating_add(1);
        low + usize::try_from(self.draw() % span).unwrap_or_default()
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.draw().is_multiple_of(n)
    }
}

/// What a link does to the octets on it.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Octets that arrive together.
    pub chunk: RangeInclusive<usize>,
    /// Ticks that a chunk is under way; chunks never overtake each other.
    pub delay: RangeInclusive<u64>,
    /// The stream ends behind so many octets.
    pub cut_at: Option<usize>,
    /// The octet with this number is xored with this value.
    pub flip: Option<(usize, u8)>,
}

impl Default for Conditions {
    /// A network that does nothing wrong: all at once, at once.
    fn default() -> Self {
        Self {
            chunk: usize::MAX..=usize::MAX,
            delay: 0..=0,
            cut_at: None,
            flip: None,
        }
    }
}

impl Conditions {
    /// Chunks of one octet.
    #[must_use]
    pub fn octets() -> Self {
        Self {
            chunk: 1..=1,
            ..Self::default()
        }
    }

    /// Random chunks with random delays.
    #[must_use]
    pub fn rough() -> Self {
        Self {
            chunk: 1..=700,
            delay: 1..=50,
            ..Self::default()
        }
    }
}

/// One direction.
#[derive(Debug)]
pub struct Link {
    conditions: Conditions,
    dice: Dice,
    queue: VecDeque<(u64, Vec<u8>)>,
    arrival: u64,
    log: Vec<u8>,
}

impl Link {
    /// Makes a link.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        let dice = Dice::new(seed);
        Self {
            conditions,
            dice,
            queue: VecDeque::new(),
            arrival: 0,
            log: Vec::new(),
        }
    }

    /// Changes the conditions of what is sent from here on.
    pub fn set(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Everything sent on it, as it was sent.
    #[must_use]
    pub fn log(&self) -> &[u8] {
        &self.log
    }

    /// True when the stream was cut off.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.conditions
            .cut_at
            .is_some_and(|at| self.log.len() >= at)
    }

    fn send(&mut self, now: u64, octets: &[u8]) {
        let start = self.log.len();
        self.log.extend_from_slice(octets);
        let mut octets = octets.to_vec();
        if let Some((at, mask)) = self.conditions.flip
            && let Some(octet) = at.checked_sub(start).and_then(|at| octets.get_mut(at))
        {
            *octet ^= mask;
        }
        if let Some(at) = self.conditions.cut_at {
            octets.truncate(at.saturating_sub(start));
        }
        let mut rest = &octets[..];
        while !rest.is_empty() {
            let (low, high) = (*self.conditions.chunk.start(), *self.conditions.chunk.end());
            let len = self.dice.between(low.max(1), high.max(1)).min(rest.len());
            let (chunk, tail) = rest.split_at(len);
            rest = tail;
            let (low, high) = (*self.conditions.delay.start(), *self.conditions.delay.end());
            let delay = low + self.dice.draw() % (high.saturating_sub(low) + 1);
            self.arrival = self.arrival.max(now + delay);
            self.queue.push_back((self.arrival, chunk.to_vec()));
        }
    }

    fn receive(&mut self, now: u64) -> Option<Vec<u8>> {
        let due = self.next().is_some_and(|at| at <= now);
        due.then(|| self.queue.pop_front().map(|(_, octets)| octets))
            .flatten()
    }

    fn next(&self) -> Option<u64> {
        self.queue.front().map(|(at, _)| *at)
    }
}

/// Two links and the time.
#[derive(Debug)]
pub struct Net {
    now: u64,
    /// What the client sends.
    pub up: Link,
    /// What the server sends.
    pub down: Link,
}

impl Net {
    /// Makes a network with equal conditions both ways.
    #[must_use]
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        let up = Link::new(conditions.clone(), seed);
        let down = Link::new(conditions, seed.wrapping_add(1));
        Self { now: 0, up, down }
    }

    /// The present tick.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// The client sends.
    pub fn send_up(&mut self, octets: &[u8]) {
        self.up.send(self.now, octets);
    }

    /// The server sends.
    pub fn send_down(&mut self, octets: &[u8]) {
        self.down.send(self.now, octets);
    }

    /// Moves to the next arrival and tells where it is; nothing when the network is empty.
    pub fn advance(&mut self) -> Option<Arrival> {
        let next = [self.up.next(), self.down.next()]
            .into_iter()
            .flatten()
            .min()?;
        self.now = self.now.max(next);
        if let Some(octets) = self.up.receive(self.now) {
            return Some(Arrival::AtServer(octets));
        }
        self.down.receive(self.now).map(Arrival::AtClient)
    }
}

/// Octets that arrive.
#[derive(Debug)]
pub enum Arrival {
    /// From the server.
    AtClient(Vec<u8>),
    /// From the client.
    AtServer(Vec<u8>),
}

#[cfg(test)]
mod tests {
    use super::{Arrival, Conditions, Net};

    fn arrivals(conditions: Conditions, seed: u64) -> (Vec<u8>, usize, u64) {
        let mut net = Net::new(conditions, seed);
        let octets: Vec<u8> = (0..=255).collect();
        net.send_up(&octets[..100]);
        net.send_up(&octets[100..]);
        let (mut all, mut count) = (Vec::new(), 0);
        while let Some(Arrival::AtServer(octets)) = net.advance() {
            all.extend(octets);
            count += 1;
        }
        (all, count, net.now())
    }

    #[test]
    fn octets_arrive_in_order_however_they_are_cut_and_delayed() {
        let octets: Vec<u8> = (0..=255).collect();
        assert_eq!(arrivals(Conditions::default(), 1), (octets.clone(), 2, 0));
        assert_eq!(arrivals(Conditions::octets(), 1), (octets.clone(), 256, 0));
        let rough = Conditions {
            chunk: 1..=9,
            ..Conditions::rough()
        };
        let (all, count, now) = arrivals(rough.clone(), 1);
        assert_eq!(all, octets);
        assert!(count > 20 && now > 20);
        assert_eq!(arrivals(rough.clone(), 1), arrivals(rough.clone(), 1));
        assert_ne!(arrivals(rough.clone(), 1), arrivals(rough, 2));
    }

    #[test]
    fn a_cut_stream_ends_and_a_flipped_octet_differs() {
        let cut = Conditions {
            cut_at: Some(150),
            ..Conditions::default()
        };
        assert_eq!(arrivals(cut, 1).0.len(), 150);
        let flip = Conditions {
            flip: Some((150, 1)),
            ..Conditions::default()
        };
        let (all, ..) = arrivals(flip, 1);
        let wrong: Vec<_> = (0..=255_u8)
            .zip(all)
            .filter(|(sent, came)| sent != came)
            .collect();
        assert_eq!(wrong, [(150, 151)]);
    }
}
