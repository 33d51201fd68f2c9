//! A handshake as a dialogue: one line per message, key change and alert.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use owo_colors::OwoColorize;
use securewire::Hooks;
use tls_core::{Direction, Epoch, Error, Trace, Traced};

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// Collects the steps that one end sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<Trace>>>);

impl Transcript {
    /// The hooks that fill it.
    pub(crate) fn hooks(&self) -> Hooks {
        let steps = Arc::clone(&self.0);
        Hooks::new().with_trace(move |step| {
            steps
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(*step);
        })
    }

    /// Takes the steps out.
    pub(crate) fn take(&self) -> Vec<Trace> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One line of the dialogue, as `role` sees it.
pub(crate) fn line(role: Role, step: &Trace) -> String {
    let sent = step.direction == Direction::Sent;
    let left_to_right = sent == (role == Role::Client);
    let arrow = if left_to_right {
        "client ──▶ server"
    } else {
        "client ◀── server"
    };
    let what = match step.what {
        Traced::Message { kind, octets } => format!("{:<22}{octets:>6} octets", kind.to_string()),
        Traced::HelloRetryRequest { octets } => {
            format!("{:<22}{octets:>6} octets", "HelloRetryRequest")
        }
        Traced::ChangeCipherSpec => {
            format!("{}", "change_cipher_spec (for middleboxes)".dimmed())
        }
        Traced::Keys(epoch) => {
            let verb = if sent { "sends" } else { "receives" };
            let keys = match epoch {
                Epoch::Handshake => "handshake",
                Epoch::Application => "application",
                _ => "new",
            };
            let change = format!("{role} {verb} under {keys} keys from here on");
            return format!("  {:<17}  {}", "", change.yellow());
        }
        Traced::Alert(alert) => format!("{}", format!("alert {alert}").red()),
        _ => return String::new(),
    };
    format!("  {}  {what}", arrow.cyan())
}

/// How a connection ended, in the words of one end.
pub(crate) fn ending(role: Role, error: &Error) -> String {
    let words = match error.alert() {
        Some(alert) => format!("{role}: {error}; it sends the alert {alert}"),
        None => format!("{role}: {error}"),
    };
    format!("  {:<17}  {}", "", words.red())
}
