//! The machine that writes.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use bytes::{Bytes, BytesMut};

use super::Config;
use super::boundary::{Guard, Tail};
use super::choice::{Coding, Rule, Work};
use super::error::{Error, Misuse};
use super::part::{Content, Draft, Slot};
use super::plan::{Plan, Step};
use crate::decode::{Base64Encoder, CrlfNormalizer, FlowedEncoder, QuotedPrintableEncoder};

/// Octets that go through an encoder at once: whole lines of base64.
const STRIDE: usize = 57 * 192;

/// What a composer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The next piece of this body is wanted, once: [`Composer::body`].
    WantBody(Slot),
    /// The message is complete, or cannot be: exactly once, always last.
    Closed(Result<(), Error>),
}

/// Writes a message in bounded steps.
///
/// What it holds is the tree without its pulled bodies, and one piece of one of those.
#[derive(Debug)]
pub struct Composer {
    text: Vec<u8>,
    /// How much of the text is written.
    at: usize,
    steps: vec::IntoIter<Step>,
    state: State,
    tail: Option<Tail>,
    max_pending: usize,
}

#[derive(Debug)]
enum State {
    /// Writing text up to `end`, then a body.
    Text {
        end: usize,
        work: Option<Work>,
    },
    /// Writing a body.
    Body(Flow),
    /// A piece of this body must be asked for.
    Ask(Slot, Coder),
    /// It was asked for.
    Asked(Slot, Coder),
    Closed,
}

/// A piece of a body on its way.
#[derive(Debug)]
struct Flow {
    slot: Option<Slot>,
    coder: Coder,
    piece: Bytes,
    last: bool,
}

impl Composer {
    /// Begins a message. Boundaries are made of `random`, 128 bits that nobody can foresee.
    ///
    /// # Errors
    ///
    /// [`Misuse`] for a tree that cannot be written under this configuration.
    pub fn new(config: &Config, draft: Draft, random: [u8; 16]) -> Result<Self, Misuse> {
        Ok(Self::of(
            Plan::new(config, draft, random)?,
            config.max_pending,
        ))
    }

    fn of(plan: Plan, max_pending: usize) -> Self {
        Self {
            text: plan.text,
            at: 0,
            steps: plan.steps.into_iter(),
            state: State::Text { end: 0, work: None },
            tail: plan.tail,
            max_pending,
        }
    }

    /// The next event. `None`: flush `tx`, then call again, unless an event is to be answered first; after
    /// [`Event::Closed`], for ever.
    ///
    /// Nothing is appended to a `tx` that holds [`max_pending`](Config::with_max_pending) octets already.
    pub fn poll(&mut self, tx: &mut BytesMut) -> Option<Event> {
        loop {
            if let State::Asked(..) | State::Closed = self.state {
                return None;
            }
            if tx.len() >= self.max_pending {
                return None;
            }
            let (state, event) = match mem::replace(&mut self.state, State::Closed) {
                State::Text { end, work } => self.text(end, work, tx),
                State::Body(flow) => match flow.step(tx) {
                    Ok(Some(state)) => (state, None),
                    Ok(None) => (
                        State::Text {
                            end: self.at,
                            work: None,
                        },
                        None,
                    ),
                    Err(error) => (State::Closed, Some(Event::Closed(Err(error)))),
                },
                State::Ask(slot, coder) => (State::Asked(slot, coder), Some(Event::WantBody(slot))),
                State::Asked(..) | State::Closed => return None,
            };
            self.state = state;
            if event.is_some() {
                return event;
            }
        }
    }

    /// Hands over the next piece of a body, of any length; `last` says that nothing follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotWanted`] unless this slot was asked, and not answered yet.
    pub fn body(&mut self, slot: Slot, piece: Bytes, last: bool) -> Result<(), Misuse> {
        match mem::replace(&mut self.state, State::Closed) {
            State::Asked(asked, coder) if asked == slot => {
                self.state = State::Body(Flow {
                    slot: Some(slot),
                    coder,
                    piece,
                    last,
                });
                Ok(())
            }
            state @ (State::Text { .. }
            | State::Body(_)
            | State::Ask(..)
            | State::Asked(..)
            | State::Closed) => {
                self.state = state;
                Err(Misuse::NotWanted)
            }
        }
    }

    /// Writes text; at its end begins a body, the next step, or the end.
    fn text(
        &mut self,
        end: usize,
        work: Option<Work>,
        tx: &mut BytesMut,
    ) -> (State, Option<Event>) {
        let until = end.min(self.at + STRIDE);
        tx.extend_from_slice(self.text.get(self.at..until).unwrap_or_default());
        self.at = until;
        if until < end {
            return (State::Text { end, work }, None);
        }
        match work {
            Some(work) => (State::begin(work, self.tail), None),
            None => match self.steps.next() {
                Some(Step { end, work }) => (State::Text { end, work }, None),
                None => (State::Closed, Some(Event::Closed(Ok(())))),
            },
        }
    }
}

impl Draft {
    /// Writes the whole message at once. It must have no body that is pulled.
    ///
    /// # Errors
    ///
    /// Those of [`Composer::new`], and [`Misuse::Unknown`].
    pub fn compose(
        self,
        config: &Config,
        random: [u8; 16],
        tx: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = Plan::new(config, self, random)?;
        if plan.pulls {
            return Err(Misuse::Unknown);
        }
        tx.reserve(plan.text.len() + plan.bodies);
        let mut at = 0;
        for Step { end, work } in plan.steps {
            tx.extend_from_slice(plan.text.get(at..end).unwrap_or_default());
            at = end;
            if let Some(work) = work {
                work.write(tx)?;
            }
        }
        Ok(())
    }
}

impl Work {
    /// Writes a body that is known.
    fn write(self, tx: &mut BytesMut) -> Result<(), Misuse> {
        let Content::Known(octets) = self.content else {
            return Err(Misuse::Unknown);
        };
        let mut coder = Coder::new(self.rule, self.coding, None);
        let written = coder.pass(&octets, tx).and_then(|()| coder.finish(tx));
        // Only what is pulled can fail on its way.
        written.map_err(|_| Misuse::Unknown)
    }
}

impl State {
    fn begin(work: Work, tail: Option<Tail>) -> Self {
        match work.content {
            Content::Known(piece) => Self::Body(Flow {
                slot: None,
                coder: Coder::new(work.rule, work.coding, None),
                piece,
                last: true,
            }),
            Content::Pulled(slot) => {
                let guard = match work.coding {
                    Coding::Copy(domain) => Some(Guard::new(slot, domain, tail)),
                    Coding::QuotedPrintable | Coding::Base64 => None,
                };
                Self::Ask(slot, Coder::new(work.rule, work.coding, guard))
            }
        }
    }
}

impl Flow {
    /// Writes a stride. `None`: the body is over.
    fn step(mut self, tx: &mut BytesMut) -> Result<Option<State>, Error> {
        let now = self.piece.split_to(self.piece.len().min(STRIDE));
        self.coder.pass(&now, tx)?;
        match (self.piece.is_empty(), self.last, self.slot) {
            (false, _, _) => Ok(Some(State::Body(self))),
            (true, false, Some(slot)) => Ok(Some(State::Ask(slot, self.coder))),
            (true, true, _) | (true, false, None) => {
                self.coder.finish(tx)?;
                Ok(None)
            }
        }
    }
}

/// Lines, then the transfer encoding. What few bodies need is not moved about with the rest.
#[derive(Debug)]
struct Coder {
    lines: Option<Box<LineStage>>,
    transfer: Transfer,
}

#[derive(Debug)]
enum LineStage {
    Crlf(CrlfNormalizer),
    Flowed(FlowedEncoder),
}

#[derive(Debug)]
enum Transfer {
    /// Octets that were looked at before.
    Copy,
    Guarded(Box<Guard>),
    QuotedPrintable(QuotedPrintableEncoder),
    Base64 {
        encoder: Base64Encoder,
        empty: bool,
    },
}

impl Coder {
    fn new(rule: Rule, coding: Coding, guard: Option<Guard>) -> Self {
        let lines = match rule {
            Rule::Keep => None,
            Rule::Crlf => Some(LineStage::Crlf(CrlfNormalizer::new())),
            Rule::Flowed => Some(LineStage::Flowed(FlowedEncoder::new(false))),
        };
        let transfer = match (coding, guard) {
            (Coding::Copy(_), Some(guard)) => Transfer::Guarded(Box::new(guard)),
            (Coding::Copy(_), None) => Transfer::Copy,
            (Coding::QuotedPrintable, _) => {
                Transfer::QuotedPrintable(QuotedPrintableEncoder::text())
            }
            (Coding::Base64, _) => Transfer::Base64 {
                encoder: Base64Encoder::new(),
                empty: true,
            },
        };
        Self {
            lines: lines.map(Box::new),
            transfer,
        }
    }

    fn pass(&mut self, octets: &[u8], tx: &mut BytesMut) -> Result<(), Error> {
        match &mut self.lines {
            None => self.transfer.pass(octets, tx),
            Some(lines) => lines.pass(octets, &mut self.transfer, tx),
        }
    }

    fn finish(&mut self, tx: &mut BytesMut) -> Result<(), Error> {
        if let Some(lines) = &mut self.lines {
            lines.finish(&mut self.transfer, tx)?;
        }
        self.transfer.finish(tx)
    }
}

impl LineStage {
    fn pass(
        &mut self,
        mut octets: &[u8],
        to: &mut Transfer,
        tx: &mut BytesMut,
    ) -> Result<(), Error> {
        let mut lines = [0; 2048];
        while !octets.is_empty() {
            let progress = match self {
                Self::Crlf(stage) => stage.encode(octets, &mut lines),
                Self::Flowed(stage) => stage.encode(octets, &mut lines),
            };
            octets = octets.get(progress.read..).unwrap_or_default();
            to.pass(lines.get(..progress.written).unwrap_or_default(), tx)?;
        }
        Ok(())
    }

    fn finish(&mut self, to: &mut Transfer, tx: &mut BytesMut) -> Result<(), Error> {
        let mut lines = [0; 2048];
        loop {
            let progress = match self {
                Self::Crlf(stage) => stage.finish(&mut lines),
                Self::Flowed(stage) => stage.finish(&mut lines),
            };
            if progress.written == 0 {
                return Ok(());
            }
            to.pass(lines.get(..progress.written).unwrap_or_default(), tx)?;
        }
    }
}

impl Transfer {
    fn pass(&mut self, octets: &[u8], tx: &mut BytesMut) -> Result<(), Error> {
        match self {
            Self::Copy => tx.extend_from_slice(octets),
            Self::Guarded(guard) => guard.pass(octets, tx)?,
            Self::QuotedPrintable(encoder) => encoder.extend(octets, tx),
            Self::Base64 { encoder, empty } => {
                *empty &= octets.is_empty();
                encoder.extend(octets, tx);
            }
        }
        Ok(())
    }

    fn finish(&mut self, tx: &mut BytesMut) -> Result<(), Error> {
        match self {
            Self::Copy => {}
            Self::Guarded(guard) => guard.finish(tx)?,
            Self::QuotedPrintable(encoder) => encoder.finish_into(tx),
            Self::Base64 { empty: true, .. } => tx.extend_from_slice(b"\r\n"),
            Self::Base64 { encoder, .. } => encoder.finish_into(tx),
        }
        Ok(())
    }
}
