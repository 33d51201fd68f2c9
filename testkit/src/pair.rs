//! Two stream machines with a network between them.

use bytes::BytesMut;

use crate::{
    laws::Machine,
    net::{Arrival, Conditions, Net},
};

/// One end: a machine with its buffers and what it told so far.
#[derive(Debug)]
pub struct Side<M: Machine> {
    /// The machine.
    pub machine: M,
    /// What came and was not taken yet.
    pub rx: BytesMut,
    /// What is to be sent.
    pub tx: BytesMut,
    /// The events so far.
    pub events: Vec<M::Event>,
}

impl<M: Machine> Side<M> {
    fn new(machine: M) -> Self {
        Self {
            machine,
            rx: BytesMut::new(),
            tx: BytesMut::new(),
            events: Vec::new(),
        }
    }

    /// Polls until the machine has nothing to say.
    pub fn settle(&mut self) {
        while let Some(event) = self.machine.poll(&mut self.rx, &mut self.tx) {
            assert!(!self.ended(), "{event:?} after the end");
            self.events.push(event);
        }
    }

    /// Hears octets, and polls.
    pub fn feed(&mut self, octets: &[u8]) {
        self.rx.extend_from_slice(octets);
        self.settle();
    }

    /// Hears the end of the stream, and polls.
    pub fn eof(&mut self) {
        self.machine.eof();
        self.settle();
    }

    /// True when the machine came to its end.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.events.last().is_some_and(M::is_end)
    }

    /// Takes what is to be sent.
    pub fn take(&mut self) -> Vec<u8> {
        let octets = self.tx.to_vec();
        self.tx.clear();
        octets
    }

    /// The events as their `Debug` tells them.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|event| format!("{event:?}"))
            .collect()
    }
}

/// A client and a server.
#[derive(Debug)]
pub struct Pair<C: Machine, S: Machine> {
    /// The end that speaks first.
    pub client: Side<C>,
    /// The end that answers.
    pub server: Side<S>,
    /// What lies between.
    pub net: Net,
}

impl<C: Machine, S: Machine> Pair<C, S> {
    /// Puts a network without faults between two machines.
    pub fn new(client: C, server: S) -> Self {
        Self::over(client, server, Net::new(Conditions::default(), 0))
    }

    /// Puts `net` between two machines.
    pub fn over(client: C, server: S, net: Net) -> Self {
        Self {
            client: Side::new(client),
            server: Side::new(server),
            net,
        }
    }

    /// Lets both run until nothing moves any more; a link that was cut ends its stream.
    pub fn run(&mut self) {
        loop {
            self.client.settle();
            self.server.settle();
            self.flush();
            match self.net.advance() {
                Some(Arrival::AtClient(octets)) => self.client.rx.extend_from_slice(&octets),
                Some(Arrival::AtServer(octets)) => self.server.rx.extend_from_slice(&octets),
                None => break,
            }
        }
        if self.net.up.is_cut() && !self.server.ended() {
            self.server.eof();
        }
        if self.net.down.is_cut() && !self.client.ended() {
            self.client.eof();
        }
        self.flush();
    }

    fn flush(&mut self) {
        self.net.send_up(&self.client.take());
        self.net.send_down(&self.server.take());
    }
}
