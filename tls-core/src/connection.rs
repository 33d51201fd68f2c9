//! The engine under both roles: it feeds messages to states, and carries out what they write into [`Output`].
//!
//! ```text
//!  rx ─▶ Inbound ─ message ─▶ state ─▶ next state      tx ◀─ Outbound ◀─ messages, keys
//!                               └───▶ Output ─────────▶ events, questions
//! ```

use alloc::{boxed::Box, collections::VecDeque, sync::Arc};

use bytes::BytesMut;
use crypto_core::Secret;

use crate::{
    config::{ClientConfig, Parameters, ServerConfig},
    error::{Error, Misbehaved, Misuse},
    event::{Connected, Direction, Event, Trace, Traced},
    inbound::{Inbound, Message, Stage, Transport, Unit},
    limits::Limits,
    outbound::{Changes, Claim, Outbound, Output, Question, Stake},
    question::{Answer, AnswerKind},
    suite::Suite,
    traffic::{Receiver, ReceiverParts, ReceiverRole, Sender},
    wire::{AlertDescription, AlertLevel},
};

/// The states of one role. Each consumes one message or answer and says what follows.
pub(crate) trait State: Sized {
    /// Handles a message; an error is fatal.
    fn message(self, message: &Message<'_>, out: &mut Output<'_>) -> Result<Step<Self>, Error>;

    /// Handles the answer to the question that this state asked.
    fn answer(self, answer: AnswerKind, out: &mut Output<'_>) -> Result<Step<Self>, Error>;

    /// Which records may come now.
    fn stage(&self) -> Stage;
}

/// What follows a message or an answer.
#[derive(Debug)]
pub(crate) enum Step<S> {
    State(S),
    Connected(Box<Established>),
}

/// What a completed handshake leaves behind. The sealer and the opener are installed already.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) config: ConfigHandle,
    pub(crate) suite: Arc<Suite>,
    pub(crate) sending: Secret,
    pub(crate) receiving: Secret,
    pub(crate) exporter: Secret,
    pub(crate) role: ReceiverRole,
    pub(crate) facts: Connected,
}

/// One connection in one role.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    phase: Phase<S>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "traffic is the phase a connection lives in"
)]
#[derive(Debug)]
enum Phase<S> {
    Handshake(Box<Handshake<S>>),
    Traffic(Traffic),
    /// The host took the halves with `split`.
    Split,
    /// Closed, and said so.
    Done,
}

/// Both halves, and whether the receiving one has ended well and waits for the sending one.
#[derive(Debug)]
struct Traffic {
    sender: Sender,
    receiver: Receiver,
    receiving: Receiving,
}

#[derive(Debug, PartialEq, Eq)]
enum Receiving {
    Open,
    /// The peer has closed; `Closed(Ok)` waits for our close_notify.
    PeerClosed,
}

/// Where a handshake stands.
#[derive(Debug)]
enum Slot<S> {
    Running(S),
    /// Complete; the host hears of it once it has the events before.
    Connected(Box<Established>),
    /// Failed or cancelled; what is left to say is among the events.
    Ended,
}

#[derive(Debug)]
struct Handshake<S> {
    slot: Slot<S>,
    inbound: Inbound,
    outbound: Outbound,
    events: VecDeque<Event>,
    question: Question,
    answer: Option<AnswerKind>,
    stake: Option<Stake>,
    transport: Transport,
    trace: bool,
}

/// The configuration in force, for what it says about traffic.
#[derive(Clone, Debug)]
pub(crate) enum ConfigHandle {
    Client(Arc<ClientConfig>),
    Server(Arc<ServerConfig>),
}

impl ConfigHandle {
    fn parameters(&self) -> &Parameters {
        match self {
            Self::Client(config) => &config.parameters,
            Self::Server(config) => &config.parameters,
        }
    }
}

impl<S: State> Connection<S> {
    /// Starts in `state`. A client has its first flight ready; `question` numbers the questions, and should not
    /// be guessable from another connection.
    pub(crate) fn new(
        state: S,
        limits: Limits,
        outbound: Outbound,
        question: u64,
        stake: Option<Stake>,
    ) -> Self {
        let question = Question {
            open: None,
            next: question,
        };
        let handshake = Handshake {
            slot: Slot::Running(state),
            inbound: Inbound::new(limits),
            outbound,
            events: VecDeque::new(),
            question,
            answer: None,
            stake,
            transport: Transport::Open,
            trace: false,
        };
        Self {
            phase: Phase::Handshake(Box::new(handshake)),
        }
    }

    /// Reports every step, the flight that is ready first.
    pub(crate) fn trace(&mut self) {
        if let Phase::Handshake(handshake) = &mut self.phase {
            handshake.trace = true;
            if let Some(what) = handshake.outbound.traced() {
                let trace = Trace {
                    direction: Direction::Sent,
                    what,
                };
                handshake.events.push_back(Event::Trace(trace));
            }
        }
    }

    pub(crate) fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event> {
        match &mut self.phase {
            Phase::Handshake(handshake) => {
                let established = match handshake.poll(rx, tx) {
                    Progress::Event(event) => {
                        if matches!(event, Event::Closed(_)) {
                            self.phase = Phase::Done;
                        }
                        return Some(event);
                    }
                    Progress::Idle => return None,
                    Progress::Connected(established) => established,
                };
                self.connected(*established)
            }
            Phase::Traffic(traffic) => {
                let event = traffic.poll(rx, tx);
                if matches!(event, Some(Event::Closed(_))) {
                    self.phase = Phase::Done;
                }
                event
            }
            Phase::Split | Phase::Done => {
                rx.clear();
                None
            }
        }
    }

    /// Leaves the handshake behind: its memory goes, keys and secrets of traffic stay.
    fn connected(&mut self, established: Established) -> Option<Event> {
        let Established {
            config,
            suite,
            sending,
            receiving,
            exporter,
            role,
            facts,
        } = established;
        let Phase::Handshake(handshake) = core::mem::replace(&mut self.phase, Phase::Done) else {
            return None;
        };
        let parameters = config.parameters();
        // A handshake ends under application keys on both sides.
        let sealer = handshake.outbound.sealer?;
        let sender = Sender::new(Arc::clone(&suite), sending, sealer, parameters);
        let session = facts.session;
        let parts = ReceiverParts {
            suite,
            secret: receiving,
            exporter,
            session,
            role,
        };
        let transport = handshake.transport;
        let receiver = Receiver::new(parts, handshake.inbound, parameters.limits, transport);
        self.phase = Phase::Traffic(Traffic {
            sender,
            receiver,
            receiving: Receiving::Open,
        });
        Some(Event::Connected(Box::new(facts)))
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Result<(), Misuse> {
        match &mut self.phase {
            Phase::Handshake(handshake) if handshake.question.open == Some(answer.question) => {
                handshake.question.open = None;
                handshake.answer = Some(answer.kind);
                Ok(())
            }
            Phase::Handshake(_) | Phase::Traffic(_) | Phase::Split | Phase::Done => {
                Err(Misuse::StaleAnswer)
            }
        }
    }

    pub(crate) fn eof(&mut self) {
        match &mut self.phase {
            Phase::Handshake(handshake) => handshake.transport = Transport::Ended,
            Phase::Traffic(traffic) => traffic.receiver.eof(),
            Phase::Split | Phase::Done => {}
        }
    }

    pub(crate) fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse> {
        match &mut self.phase {
            Phase::Handshake(handshake) if !handshake.has_ended() => {
                handshake.cancel(tx);
                Ok(())
            }
            Phase::Traffic(traffic) => traffic.sender.close(tx),
            Phase::Handshake(_) | Phase::Split | Phase::Done => Err(Misuse::Closed),
        }
    }

    pub(crate) fn sender(&mut self) -> Result<&mut Sender, Misuse> {
        match &mut self.phase {
            Phase::Traffic(traffic) => Ok(&mut traffic.sender),
            Phase::Handshake(_) => Err(Misuse::NotConnected),
            Phase::Split | Phase::Done => Err(Misuse::Closed),
        }
    }

    pub(crate) fn receiver(&self) -> Result<&Receiver, Misuse> {
        match &self.phase {
            Phase::Traffic(traffic) => Ok(&traffic.receiver),
            Phase::Handshake(_) => Err(Misuse::NotConnected),
            Phase::Split | Phase::Done => Err(Misuse::Closed),
        }
    }

    pub(crate) fn split(&mut self) -> Result<(Sender, Receiver), Misuse> {
        match core::mem::replace(&mut self.phase, Phase::Split) {
            Phase::Traffic(traffic) => Ok((traffic.sender, traffic.receiver)),
            Phase::Handshake(handshake) => {
                self.phase = Phase::Handshake(handshake);
                Err(Misuse::NotConnected)
            }
            ended @ (Phase::Split | Phase::Done) => {
                self.phase = ended;
                Err(Misuse::Closed)
            }
        }
    }
}

impl Traffic {
    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event> {
        loop {
            if self.receiving == Receiving::PeerClosed && !self.sender.is_closed() {
                // What follows close_notify is ignored (RFC 8446 section 6.1).
                rx.clear();
                return None;
            }
            match self.receiver.poll(rx) {
                Some(Event::Reply(reply)) => self.sender.apply(reply, tx),
                Some(Event::PeerClosed) => {
                    self.receiving = Receiving::PeerClosed;
                    return Some(Event::PeerClosed);
                }
                event => return event,
            }
        }
    }
}

/// What one call of [`Handshake::poll`] leads to.
enum Progress {
    Event(Event),
    Idle,
    Connected(Box<Established>),
}

impl<S: State> Handshake<S> {
    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Progress {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Progress::Event(event);
            }
            if self.question.open.is_some() {
                return Progress::Idle;
            }
            let stepped = match core::mem::replace(&mut self.slot, Slot::Ended) {
                Slot::Running(state) => self.step(state, rx, tx),
                Slot::Connected(established) => return Progress::Connected(established),
                Slot::Ended => return Progress::Idle,
            };
            match stepped {
                Ok(Stepped::Waiting(state)) => {
                    if self.transport == Transport::Ended {
                        self.end(Error::Truncated);
                        continue;
                    }
                    self.slot = Slot::Running(state);
                    return Progress::Idle;
                }
                Ok(Stepped::To(Step::State(state))) => self.slot = Slot::Running(state),
                Ok(Stepped::To(Step::Connected(established))) => {
                    self.slot = Slot::Connected(established);
                }
                Err(error) => self.fail(error, tx),
            }
        }
    }

    /// Feeds `state` one answer or one message.
    fn step(
        &mut self,
        state: S,
        rx: &mut BytesMut,
        tx: &mut BytesMut,
    ) -> Result<Stepped<S>, Error> {
        self.outbound.flush(tx)?;
        let mut changes = Changes::default();
        let mut out = Output {
            outbound: &mut self.outbound,
            events: &mut self.events,
            tx,
            question: &mut self.question,
            changes: &mut changes,
            stake: &mut self.stake,
            trace: self.trace,
        };
        let next = if let Some(answer) = self.answer.take() {
            state.answer(answer, &mut out)?
        } else {
            let Some(message) = next_message(&mut self.inbound, rx, state.stage(), &mut out)?
            else {
                return Ok(Stepped::Waiting(state));
            };
            out.trace(
                Direction::Received,
                Traced::message(message.kind, message.octets),
            );
            state.message(&message, &mut out)?
        };
        out.flush()?;
        if let Some((opener, boundary)) = changes.opener {
            self.inbound.install(opener, boundary);
        }
        if let Some(early_data) = changes.early_data {
            self.inbound.skip_early_data(early_data);
        }
        Ok(Stepped::To(next))
    }

    const fn has_ended(&self) -> bool {
        matches!(self.slot, Slot::Ended)
    }

    /// Ends the handshake: the alert goes out, then the host hears what to forget and why.
    fn fail(&mut self, error: Error, tx: &mut BytesMut) {
        self.outbound.discard();
        if let Some(alert) = error.alert() {
            self.outbound.alert(AlertLevel::FATAL, alert, tx);
            self.trace_alert(Direction::Sent, alert);
        } else if let Error::PeerAlert(alert) = error {
            self.trace_alert(Direction::Received, alert);
        }
        let shown = |stake: &Stake| stake.claim == Claim::Shown || self.inbound.has_opened();
        if let Some(stake) = self.stake.take().filter(shown) {
            if let Some(keys) = stake.tickets {
                keys.forget(&stake.session);
            }
            self.events.push_back(Event::Forget(stake.session));
        }
        self.end(error);
    }

    fn trace_alert(&mut self, direction: Direction, alert: AlertDescription) {
        if self.trace {
            let what = Traced::Alert(alert);
            self.events
                .push_back(Event::Trace(Trace { direction, what }));
        }
    }

    /// Ends the handshake without an alert.
    fn end(&mut self, error: Error) {
        self.slot = Slot::Ended;
        // A question that the host has not seen yet would wait for an answer that nobody takes.
        if self.question.open.take().is_some() {
            self.events.retain(|event| !event.is_question());
        }
        self.events.push_back(Event::Closed(Err(error)));
    }

    /// The host gives up: user_canceled, then close_notify (RFC 8446 section 6.1).
    fn cancel(&mut self, tx: &mut BytesMut) {
        self.outbound.discard();
        self.outbound
            .alert(AlertLevel::WARNING, AlertDescription::USER_CANCELED, tx);
        self.outbound
            .alert(AlertLevel::WARNING, AlertDescription::CLOSE_NOTIFY, tx);
        self.end(Error::Cancelled);
    }
}

/// What a state made of its turn.
enum Stepped<S> {
    /// Nothing came for it.
    Waiting(S),
    To(Step<S>),
}

/// The next whole message, or `None` when `rx` holds no more.
fn next_message<'i>(
    inbound: &'i mut Inbound,
    rx: &mut BytesMut,
    stage: Stage,
    out: &mut Output<'_>,
) -> Result<Option<Message<'i>>, Error> {
    while !inbound.has_message()? {
        match inbound.record(rx, stage)? {
            None => return Ok(None),
            Some(Unit::Handshake | Unit::Nothing) => {}
            Some(Unit::ChangeCipherSpec) => {
                out.trace(Direction::Received, Traced::ChangeCipherSpec);
            }
            Some(Unit::CloseNotify) => {
                return Err(Error::PeerAlert(AlertDescription::CLOSE_NOTIFY));
            }
            // The stage admits none; only `Stage::Traffic` does.
            Some(Unit::Data(_)) => return Err(Misbehaved::UnexpectedRecord.into()),
        }
    }
    inbound.message()
}

/// The verbs that both roles share, in protocol order.
macro_rules! machine {
    ($role:ident) => {
        impl $role {
            /// Takes at most one unit off `rx`, appends what must be sent to `tx`, and tells what happened.
            ///
            /// `None` means: send `tx`, then feed more into `rx`, answer a question, or say
            /// [`eof`](Self::eof). What stays in `rx` is an incomplete record.
            pub fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event> {
                self.connection.poll(rx, tx)
            }

            /// Answers the open question; `poll` goes on with it.
            ///
            /// # Errors
            /// [`Misuse::StaleAnswer`] when the question is another connection's, or no longer open.
            pub fn answer(&mut self, answer: Answer) -> Result<(), Misuse> {
                self.connection.answer(answer)
            }

            /// Encrypts `data` and appends it to `tx`.
            ///
            /// # Errors
            /// [`Misuse::NotConnected`], [`Misuse::Closed`].
            pub fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse> {
                self.connection.sender()?.write(data, tx)
            }

            /// Goes on under new sending keys, and asks the peer for the same if `request` says so.
            ///
            /// # Errors
            /// [`Misuse::NotConnected`], [`Misuse::Closed`].
            pub fn update_keys(
                &mut self,
                request: KeyUpdate,
                tx: &mut BytesMut,
            ) -> Result<(), Misuse> {
                self.connection.sender()?.update_keys(request, tx)
            }

            /// Derives keying material for another protocol (RFC 8446 section 7.5).
            ///
            /// # Errors
            /// [`Misuse::NotConnected`], [`Misuse::Closed`], [`Misuse::BadLength`].
            pub fn export(
                &self,
                label: &[u8],
                context: &[u8],
                out: &mut [u8],
            ) -> Result<(), Misuse> {
                self.connection.receiver()?.export(label, context, out)
            }

            /// Sends close_notify; receiving goes on until the peer does the same. During the handshake it
            /// gives up instead.
            ///
            /// # Errors
            /// [`Misuse::Closed`] when it was closed before.
            pub fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse> {
                self.connection.close(tx)
            }

            /// Tells that the transport delivers no more than what is in `rx`. Without a close_notify there, the
            /// connection was cut off. While a question is open the end waits for its answer; a host that has
            /// none says [`close`](Self::close).
            pub fn eof(&mut self) {
                self.connection.eof();
            }

            /// Takes a connection apart into halves that share nothing.
            ///
            /// # Errors
            /// [`Misuse::NotConnected`] before [`Event::Connected`], [`Misuse::Closed`] after the end.
            pub fn split(&mut self) -> Result<(Sender, Receiver), Misuse> {
                self.connection.split()
            }
        }
    };
}
pub(crate) use machine;
