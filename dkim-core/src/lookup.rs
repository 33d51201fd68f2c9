//! Questions to the DNS, and their answers: one shape for all that asks.
//!
//! A question is a value that cannot be cloned; answering consumes it. Answers may come in any order, before or after
//! the end of the message.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::net::IpAddr;

#[cfg(any(feature = "spf", feature = "dmarc"))]
use crate::wire::Selector;
use crate::{error::Misuse, wire::KeyRecord};

/// What kind of record is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// TXT: keys and policies. [`LookupQuestion::records`] answers.
    Txt,
    /// A: addresses of version 4. [`LookupQuestion::addresses`] answers.
    A,
    /// AAAA: addresses of version 6. [`LookupQuestion::addresses`] answers.
    Aaaa,
    /// MX: hosts that take mail. [`LookupQuestion::exchanges`] answers.
    Mx,
    /// PTR: names of an address. [`LookupQuestion::names`] answers.
    Ptr,
}

impl RecordKind {
    /// The name of the type, as zone files have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Txt => "TXT",
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Ptr => "PTR",
        }
    }
}

/// Which records does the DNS hold under this name?
#[derive(Debug)]
#[must_use = "verdicts wait for the answer"]
pub struct LookupQuestion {
    id: u64,
    name: Box<str>,
    kind: RecordKind,
    max_record: usize,
}

/// An answer, for `answer` of the machine that asked.
#[derive(Debug)]
#[must_use = "an answer does nothing until the machine has it"]
pub struct Answer {
    question: u64,
    pub(crate) found: Found,
    pub(crate) authenticated: bool,
}

/// What the DNS said.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "spf"),
    allow(dead_code, reason = "only SPF reads what is no text")
)]
pub(crate) enum Found {
    /// The strings of each record, joined; one octet more than is taken when there was more.
    Records(Vec<Vec<u8>>),
    Key(KeyRecord),
    Addresses(Vec<IpAddr>),
    /// Preferences and names.
    Exchanges(Vec<(u16, String)>),
    Names(Vec<String>),
    /// The name exists, without records of the kind.
    NoData,
    /// The name does not exist.
    NoDomain,
    Unavailable,
}

impl Found {
    /// Whether this can be said of records of a kind.
    const fn fits(&self, kind: RecordKind) -> bool {
        match self {
            Self::Records(_) | Self::Key(_) => matches!(kind, RecordKind::Txt),
            Self::Addresses(_) => matches!(kind, RecordKind::A | RecordKind::Aaaa),
            Self::Exchanges(_) => matches!(kind, RecordKind::Mx),
            Self::Names(_) => matches!(kind, RecordKind::Ptr),
            Self::NoData | Self::NoDomain | Self::Unavailable => true,
        }
    }
}

impl LookupQuestion {
    /// The name, without a dot at its end, in lower case. Keys and policies of domains stand under A-labels; SPF can
    /// ask for any printable US-ASCII, labels of at most 63 octets each.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of record.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        self.kind
    }

    fn answer(self, found: Found) -> Answer {
        Answer {
            question: self.id,
            found,
            authenticated: false,
        }
    }

    /// There are TXT records; each is the list of its strings, which are joined here (RFC 6376 section 3.6.2.2, RFC
    /// 7208 section 3.3).
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

    /// There is one TXT record, a key that was parsed before.
    pub fn key(self, key: KeyRecord) -> Answer {
        self.answer(Found::Key(key))
    }

    /// There are A or AAAA records. Addresses of the version that was not asked for are passed over, so that a host
    /// whose resolver returns both need not sort them.
    pub fn addresses(self, addresses: impl IntoIterator<Item = IpAddr>) -> Answer {
        let wanted = |address: &IpAddr| match self.kind {
            RecordKind::A => address.is_ipv4(),
            RecordKind::Aaaa => address.is_ipv6(),
            RecordKind::Txt | RecordKind::Mx | RecordKind::Ptr => true,
        };
        let addresses = addresses.into_iter().filter(wanted).collect();
        self.answer(Found::Addresses(addresses))
    }

    /// There are MX records: the preference and the name of each, in any order.
    pub fn exchanges<N: AsRef<str>>(self, exchanges: impl IntoIterator<Item = (u16, N)>) -> Answer {
        let exchanges = exchanges.into_iter();
        let exchanges = exchanges.map(|(preference, name)| (preference, name.as_ref().to_owned()));
        let exchanges = exchanges.collect();
        self.answer(Found::Exchanges(exchanges))
    }

    /// There are PTR records, which hold these names.
    pub fn names<N: AsRef<str>>(self, names: impl IntoIterator<Item = N>) -> Answer {
        let names = names.into_iter().map(|name| name.as_ref().to_owned());
        let names = names.collect();
        self.answer(Found::Names(names))
    }

    /// The name exists, without records of this kind.
    pub fn no_data(self) -> Answer {
        self.answer(Found::NoData)
    }

    /// The name does not exist.
    pub fn no_domain(self) -> Answer {
        self.answer(Found::NoDomain)
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

/// The questions that are open, each name once for a kind.
#[derive(Debug)]
pub(crate) struct Lookups {
    next: u64,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    name: Box<str>,
    kind: RecordKind,
}

impl Lookups {
    /// `first` numbers the questions; it should not be guessable, so that foreign answers are told apart.
    pub(crate) const fn new(first: u64) -> Self {
        Self {
            next: first,
            open: Vec::new(),
        }
    }

    /// Asks for the records of a name, unless they are asked for already. Of a TXT record, `max_record` octets are
    /// taken, and one more, which tells that there were more.
    pub(crate) fn ask(
        &mut self,
        name: String,
        kind: RecordKind,
        max_record: usize,
    ) -> Option<LookupQuestion> {
        let same = |open: &Open| *open.name == *name && open.kind == kind;
        if self.open.iter().any(same) {
            return None;
        }
        let name = name.into_boxed_str();
        let id = self.next;
        self.next = id.wrapping_add(1);
        self.open.push(Open {
            id,
            name: name.clone(),
            kind,
        });
        Some(LookupQuestion {
            id,
            name,
            kind,
            max_record,
        })
    }

    /// What the open question asked for that `answer` belongs to; it is closed.
    ///
    /// # Errors
    /// [`Misuse::StaleAnswer`] without such a question; [`Misuse::WrongKind`] when it asked for other records, and
    /// then it stays open.
    pub(crate) fn close(&mut self, answer: &Answer) -> Result<(Box<str>, RecordKind), Misuse> {
        let mut open = self.open.iter();
        let place = open.position(|open| open.id == answer.question);
        let place = place.ok_or(Misuse::StaleAnswer)?;
        let kind = self.open.get(place).map(|open| open.kind);
        if !kind.is_some_and(|kind| answer.found.fits(kind)) {
            return Err(Misuse::WrongKind);
        }
        let open = self.open.swap_remove(place);
        Ok((open.name, open.kind))
    }

    /// Whether a question is open.
    #[cfg(feature = "dmarc")]
    pub(crate) fn is_waiting(&self) -> bool {
        !self.open.is_empty()
    }

    /// Closes all questions.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (Box<str>, RecordKind)> {
        let open = core::mem::take(&mut self.open).into_iter();
        open.map(|open| (open.name, open.kind))
    }
}

/// Octets of a name in text (RFC 1035 section 3.1, without the root).
#[cfg(any(feature = "spf", feature = "dmarc"))]
pub(crate) const MAX_NAME: usize = 253;
#[cfg(any(feature = "spf", feature = "dmarc"))]
const MAX_LABEL: usize = 63;

/// Whether a question can be asked for it.
#[cfg(any(feature = "spf", feature = "dmarc"))]
pub(crate) fn is_name(name: &str) -> bool {
    let printable = name.bytes().all(|octet| matches!(octet, b' '..=b'~'));
    let label = |label: &str| (1..=MAX_LABEL).contains(&label.len());
    printable && name.len() <= MAX_NAME && name.split('.').all(label)
}

/// The domain of an address as A-labels in lower case, if it has two labels or more (RFC 7208 section 4.3, RFC 8616
/// section 4). Underscores are let in: names with records may have them.
#[cfg(any(feature = "spf", feature = "dmarc"))]
pub(crate) fn domain_name(domain: &str) -> Option<Box<str>> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    // A name of letters of four octets each is not longer.
    if domain.len() > 4 * MAX_NAME {
        return None;
    }
    let mut labels = Vec::new();
    for label in domain.split('.') {
        let inside = |octet: u8| octet.is_ascii_alphanumeric() || b"-_".contains(&octet);
        if label.is_ascii() {
            labels.push(
                label
                    .bytes()
                    .all(inside)
                    .then(|| label.to_ascii_lowercase())?,
            );
        } else {
            labels.push(Selector::parse(label)?.as_str().to_owned());
        }
    }
    let name = labels.join(".");
    (labels.len() > 1 && is_name(&name)).then(|| name.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(lookups: &mut Lookups, name: &str, kind: RecordKind) -> Option<LookupQuestion> {
        lookups.ask(name.into(), kind, 10)
    }

    #[test]
    fn a_name_is_asked_for_once_for_each_kind() {
        let mut lookups = Lookups::new(7);
        let text = ask(&mut lookups, "a.b", RecordKind::Txt).unwrap();
        assert!(ask(&mut lookups, "a.b", RecordKind::Txt).is_none());
        let mx = ask(&mut lookups, "a.b", RecordKind::Mx).unwrap();
        assert_eq!(
            lookups.close(&mx.no_data()).unwrap(),
            ("a.b".into(), RecordKind::Mx)
        );
        assert_eq!(
            lookups.close(&text.no_data()).unwrap(),
            ("a.b".into(), RecordKind::Txt)
        );
    }

    #[test]
    fn an_answer_of_another_kind_is_misuse_and_leaves_the_question_open() {
        let kinds = [
            RecordKind::Txt,
            RecordKind::A,
            RecordKind::Aaaa,
            RecordKind::Mx,
            RecordKind::Ptr,
        ];
        type Case<'k> = (fn(LookupQuestion) -> Answer, &'k [RecordKind]);
        let answers: [Case<'_>; 7] = [
            (|q| q.records([["x"]]), &[RecordKind::Txt]),
            (|q| q.addresses([]), &[RecordKind::A, RecordKind::Aaaa]),
            (|q| q.exchanges([(1, "x")]), &[RecordKind::Mx]),
            (|q| q.names(["x"]), &[RecordKind::Ptr]),
            (LookupQuestion::no_data, &kinds),
            (LookupQuestion::no_domain, &kinds),
            (LookupQuestion::unavailable, &kinds),
        ];
        for kind in kinds {
            for (answer, fitting) in &answers {
                let mut lookups = Lookups::new(7);
                let question = ask(&mut lookups, "a.b", kind).unwrap();
                let closed = lookups.close(&answer(question)).is_ok();
                assert_eq!(closed, fitting.contains(&kind), "{kind:?}");
                assert_eq!(lookups.drain().count(), usize::from(!closed));
            }
        }
    }

    #[test]
    fn addresses_of_the_other_version_are_passed_over() {
        let both: [IpAddr; 2] = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
        for (kind, place) in [(RecordKind::A, 0), (RecordKind::Aaaa, 1)] {
            let question = ask(&mut Lookups::new(7), "a.b", kind).unwrap();
            let Found::Addresses(found) = question.addresses(both).found else {
                panic!("addresses");
            };
            assert_eq!(found, [both[place]]);
        }
    }

    #[test]
    fn of_a_record_one_octet_more_than_allowed_is_kept() {
        let question = ask(&mut Lookups::new(7), "a.b", RecordKind::Txt).unwrap();
        let Found::Records(found) = question.records([["123456", "7890", "abc"]]).found else {
            panic!("records");
        };
        assert_eq!(found, [b"1234567890a"]);
    }
}
