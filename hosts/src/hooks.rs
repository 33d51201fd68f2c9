//! What a program may hear and decide while streams run.

use std::{fmt, sync::Arc};

use tls_core::{Answer, Event, KeyLogLine, Trace, wire::AlertDescription};

type Callback<T> = Arc<dyn Fn(&T) + Send + Sync>;

/// Functions that are called as connections go on, in the thread that drives the connection.
///
/// All are optional, and shared by all connections of a [`Connector`](crate::Connector) or
/// [`Acceptor`](crate::Acceptor).
#[derive(Clone, Default)]
pub struct Hooks {
    key_log: Option<Callback<KeyLogLine>>,
    trace: Option<Callback<Trace>>,
    answer: Option<Arc<dyn Fn(Event) -> Option<Answer> + Send + Sync>>,
}

impl Hooks {
    /// Starts without any.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the lines of the key log. The configuration must ask for them with `with_key_log`.
    #[must_use]
    pub fn with_key_log(mut self, log: impl Fn(&KeyLogLine) + Send + Sync + 'static) -> Self {
        self.key_log = Some(Arc::new(log));
        self
    }

    /// Takes every step of the handshake.
    #[must_use]
    pub fn with_trace(mut self, trace: impl Fn(&Trace) + Send + Sync + 'static) -> Self {
        self.trace = Some(Arc::new(trace));
        self
    }

    /// Answers the questions that the configuration leaves open, and hears of
    /// [`Event::StoreTicket`] and of [`Event::Forget`].
    ///
    /// A question without an answer ends the connection, as does every question when there is no such
    /// function. The function should not block long on a tokio stream.
    #[must_use]
    pub fn with_answers(
        mut self,
        answer: impl Fn(Event) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        self.answer = Some(Arc::new(answer));
        self
    }

    pub(crate) fn traces(&self) -> bool {
        self.trace.is_some()
    }

    pub(crate) fn trace(&self, step: &Trace) {
        if let Some(trace) = &self.trace {
            trace(step);
        }
    }

    pub(crate) fn key_log(&self, line: &KeyLogLine) {
        if let Some(log) = &self.key_log {
            log(line);
        }
    }

    /// Hands an event to the program, if it takes events.
    pub(crate) fn tell(&self, event: Event) {
        if let Some(answer) = &self.answer {
            // An answer to what is no question has nowhere to go.
            let _ = answer(event);
        }
    }

    /// The program's answer to a question, or the refusal that belongs to it.
    pub(crate) fn ask(&self, question: Event) -> Option<Answer> {
        match &self.answer {
            Some(answer) => answer(question),
            None => refusal(question),
        }
    }
}

fn refusal(question: Event) -> Option<Answer> {
    match question {
        Event::ClientHello(q) => Some(q.refuse(AlertDescription::INTERNAL_ERROR)),
        Event::Ticket(q) => Some(q.unknown()),
        Event::Credential(q) => Some(q.decline()),
        Event::Sign(q) => Some(q.failed()),
        Event::Verify(q) => Some(q.reject(tls_core::CertificateError::Unknown)),
        // Not questions.
        Event::Connected(_)
        | Event::NewTicket(_)
        | Event::StoreTicket { .. }
        | Event::Data(_)
        | Event::PeerClosed
        | Event::Forget(_)
        | Event::Reply(_)
        | Event::KeyLog(_)
        | Event::Trace(_)
        | Event::Closed(_) => None,
        // A question of a later version: no answer ends the connection.
        _ => None,
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("key_log", &self.key_log.is_some())
            .field("trace", &self.trace.is_some())
            .field("answer", &self.answer.is_some())
            .finish()
    }
}
