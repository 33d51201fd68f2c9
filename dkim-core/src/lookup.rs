//! Questions to the DNS, and their answers.
//!
//! A question is a value that cannot be cloned; answering consumes it. Answers may come in any order, before or after
//! the end of the message.

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::wire::KeyRecord;

/// What kind of record is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// TXT.
    Txt,
}

/// Which records does the DNS hold under this name?
#[derive(Debug)]
#[must_use = "signatures wait for the answer"]
pub struct LookupQuestion {
    pub(crate) id: u64,
    pub(crate) name: Box<str>,
    pub(crate) max_record: usize,
}

/// An answer, for `answer` of the machine that asked.
#[derive(Debug)]
#[must_use = "an answer does nothing until the machine has it"]
pub struct Answer {
    pub(crate) question: u64,
    pub(crate) found: Found,
    pub(crate) authenticated: bool,
}

/// What the DNS said.
#[derive(Debug)]
pub(crate) enum Found {
    /// The strings of each record, joined; one octet more than is taken when there was more.
    Records(Vec<Vec<u8>>),
    Key(KeyRecord),
    Nothing,
    Unavailable,
}

impl LookupQuestion {
    /// The name, A-labels in lower case, without a dot at its end.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of record.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        RecordKind::Txt
    }

    fn answer(self, found: Found) -> Answer {
        Answer {
            question: self.id,
            found,
            authenticated: false,
        }
    }

    /// There are records; each is the list of its strings, which are joined here (RFC 6376 section 3.6.2.2).
    pub fn records<R, S>(self, records: impl IntoIterator<Item = R>) -> Answer
    where
        R: IntoIterator<Item = S>,
        S: AsRef<[u8]>,
    {
        let most = self.max_record.saturating_add(1);
        let join = |record: R| {
            let mut octets = Vec::new();
            for string in record {
                let room = most - octets.len();
                let string = string.as_ref();
                octets.extend_from_slice(string.get(..room).unwrap_or(string));
            }
            octets
        };
        let records = records.into_iter().map(join).collect();
        self.answer(Found::Records(records))
    }

    /// There is one record, which was parsed before.
    pub fn key(self, key: KeyRecord) -> Answer {
        self.answer(Found::Key(key))
    }

    /// The name exists, without records of this kind.
    pub fn no_data(self) -> Answer {
        self.answer(Found::Nothing)
    }

    /// The name does not exist.
    pub fn no_domain(self) -> Answer {
        self.answer(Found::Nothing)
    }

    /// The server failed, or did not answer in time.
    pub fn unavailable(self) -> Answer {
        self.answer(Found::Unavailable)
    }
}

impl Answer {
    /// Notes that DNSSEC proved the answer; it is told with the verdict.
    pub fn authenticated(mut self) -> Self {
        self.authenticated = true;
        self
    }
}

/// The names asked for, each once.
#[derive(Debug)]
pub(crate) struct Lookups {
    next: u64,
    open: Vec<(u64, Box<str>)>,
}

impl Lookups {
    /// `first` numbers the questions; it should not be guessable, so that foreign answers are told apart.
    pub(crate) const fn new(first: u64) -> Self {
        Self {
            next: first,
            open: Vec::new(),
        }
    }

    /// Asks for `name`, unless it is asked for already.
    pub(crate) fn ask(&mut self, name: String, max_record: usize) -> Option<LookupQuestion> {
        let name = name.into_boxed_str();
        if self.open.iter().any(|(_, open)| *open == name) {
            return None;
        }
        let id = self.next;
        self.next = id.wrapping_add(1);
        self.open.push((id, name.clone()));
        Some(LookupQuestion {
            id,
            name,
            max_record,
        })
    }

    /// The name that an open question asked for; it is closed.
    pub(crate) fn close(&mut self, question: u64) -> Option<Box<str>> {
        let place = self.open.iter().position(|(id, _)| *id == question)?;
        Some(self.open.swap_remove(place).1)
    }

    /// Closes all questions.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Box<str>> {
        core::mem::take(&mut self.open)
            .into_iter()
            .map(|(_, name)| name)
    }
}
