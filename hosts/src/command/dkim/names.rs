//! Where records come from: the DNS, or a file.

use std::{collections::HashMap, fs, net::IpAddr, path::Path};

use dkim_core::{Answer, LookupQuestion, RecordKind};
use hickory_resolver::{
    TokioResolver,
    proto::rr::{Name, RData, RecordType},
};

use crate::command::failure::Failure;

/// Answers questions.
pub(crate) enum Names {
    /// Lines of a file.
    File(HashMap<String, Vec<Record>>),
    /// The resolver that this machine is set up with.
    Dns(Box<TokioResolver>),
}

/// What a line of a file holds, or a resource record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The strings of a TXT record.
    Text(Vec<Vec<u8>>),
    Address(IpAddr),
    Exchange(u16, String),
    Pointer(String),
}

impl Names {
    /// Reads lines: a name, white space, and the text of a TXT record; or a name, perhaps `IN`, a type, and a value.
    pub(crate) fn file(path: &Path) -> Result<Self, Failure> {
        let bad = |what: &str| {
            Failure::usage(format!("--dns {}: {what}", path.display())).remedy(
                "a line holds a name, white space, and the text of its TXT record; or a name, IN, a type and a value",
            )
        };
        let text = fs::read_to_string(path).map_err(|error| bad(&error.to_string()))?;
        let mut zone: HashMap<String, Vec<Record>> = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, rest) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| bad(&format!("line {}: no record", number + 1)))?;
            let record = Record::parse(rest.trim_start())
                .ok_or_else(|| bad(&format!("line {}: no value of its type", number + 1)))?;
            zone.entry(bare(name)).or_default().push(record);
        }
        Ok(Self::File(zone))
    }

    pub(crate) fn dns() -> Result<Self, Failure> {
        TokioResolver::builder_tokio()
            .and_then(|builder| builder.build())
            .map(|resolver| Self::Dns(Box::new(resolver)))
            .map_err(|error| {
                Failure::peer(format!("no resolver: {error}")).remedy("name a file with --dns")
            })
    }

    pub(crate) async fn answer(&self, question: LookupQuestion) -> Answer {
        match self {
            Self::File(zone) => match zone.get(question.name()) {
                Some(records) => given(question, records),
                // A name with others below it exists.
                None if has_below(zone, question.name()) => question.no_data(),
                None => question.no_domain(),
            },
            Self::Dns(resolver) => {
                // The dot keeps the search list of the machine out. What is no name of the DNS is not in it.
                let Ok(name) = Name::from_ascii(format!("{}.", question.name())) else {
                    return question.no_domain();
                };
                let Some(kind) = record_type(question.kind()) else {
                    return question.unavailable();
                };
                match resolver.lookup(name, kind).await {
                    Ok(lookup) => {
                        let records = lookup.answers().iter();
                        let records: Vec<_> = records
                            .filter_map(|record| Record::of(&record.data))
                            .collect();
                        given(question, &records)
                    }
                    Err(error) if error.is_nx_domain() => question.no_domain(),
                    Err(error) if error.is_no_records_found() => question.no_data(),
                    Err(_) => question.unavailable(),
                }
            }
        }
    }
}

fn record_type(kind: RecordKind) -> Option<RecordType> {
    match kind {
        RecordKind::Txt => Some(RecordType::TXT),
        RecordKind::A => Some(RecordType::A),
        RecordKind::Aaaa => Some(RecordType::AAAA),
        RecordKind::Mx => Some(RecordType::MX),
        RecordKind::Ptr => Some(RecordType::PTR),
        _ => None,
    }
}

fn has_below(zone: &HashMap<String, Vec<Record>>, name: &str) -> bool {
    let below = |other: &String| {
        let rest = other.strip_suffix(name);
        rest.is_some_and(|rest| rest.ends_with('.'))
    };
    zone.keys().any(below)
}

/// The answer that those records make which are of the kind of the question.
fn given(question: LookupQuestion, records: &[Record]) -> Answer {
    let kind = question.kind();
    let mut own = records.iter().filter(|record| record.is(kind)).peekable();
    if own.peek().is_none() {
        return question.no_data();
    }
    match kind {
        RecordKind::Txt => question.records(own.filter_map(|record| match record {
            Record::Text(strings) => Some(strings.iter()),
            Record::Address(_) | Record::Exchange(..) | Record::Pointer(_) => None,
        })),
        RecordKind::Mx => question.exchanges(own.filter_map(|record| match record {
            Record::Exchange(preference, name) => Some((*preference, name)),
            Record::Text(_) | Record::Address(_) | Record::Pointer(_) => None,
        })),
        RecordKind::Ptr => question.names(own.filter_map(|record| match record {
            Record::Pointer(name) => Some(name),
            Record::Text(_) | Record::Address(_) | Record::Exchange(..) => None,
        })),
        RecordKind::A | RecordKind::Aaaa | _ => {
            question.addresses(own.filter_map(|record| match record {
                Record::Address(address) => Some(*address),
                Record::Text(_) | Record::Exchange(..) | Record::Pointer(_) => None,
            }))
        }
    }
}

impl Record {
    /// What stands behind a name in a file. Text that begins with no type is that of a TXT record.
    fn parse(rest: &str) -> Option<Self> {
        let (class, typed) = match rest.strip_prefix("IN ") {
            Some(typed) => (true, typed.trim_start()),
            None => (false, rest),
        };
        let (kind, value) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
        let value = value.trim();
        let record = match kind {
            "TXT" => Some(Self::Text(vec![joined(value).into_bytes()])),
            "A" => value.parse().ok().map(IpAddr::V4).map(Self::Address),
            "AAAA" => value.parse().ok().map(IpAddr::V6).map(Self::Address),
            "MX" => value
                .split_once(char::is_whitespace)
                .and_then(|(preference, name)| {
                    let preference = preference.parse().ok()?;
                    Some(Self::Exchange(preference, bare(name.trim())))
                }),
            "PTR" if !value.contains(char::is_whitespace) => Some(Self::Pointer(bare(value))),
            _ => None,
        };
        match record {
            None if !class => Some(Self::Text(vec![joined(rest).into_bytes()])),
            record => record,
        }
    }

    fn of(data: &RData) -> Option<Self> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "no question is answered by a record of another type"
        )]
        match data {
            RData::TXT(text) => {
                let strings = text.txt_data.iter().map(|string| string.to_vec());
                Some(Self::Text(strings.collect()))
            }
            RData::A(address) => Some(Self::Address(IpAddr::V4(address.0))),
            RData::AAAA(address) => Some(Self::Address(IpAddr::V6(address.0))),
            RData::MX(mx) => Some(Self::Exchange(mx.preference, bare(&mx.exchange.to_ascii()))),
            RData::PTR(name) => Some(Self::Pointer(bare(&name.0.to_ascii()))),
            _ => None,
        }
    }

    fn is(&self, kind: RecordKind) -> bool {
        match self {
            Self::Text(_) => kind == RecordKind::Txt,
            Self::Address(IpAddr::V4(_)) => kind == RecordKind::A,
            Self::Address(IpAddr::V6(_)) => kind == RecordKind::Aaaa,
            Self::Exchange(..) => kind == RecordKind::Mx,
            Self::Pointer(_) => kind == RecordKind::Ptr,
        }
    }
}

/// A name in lower case, without the dot at its end.
fn bare(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The strings of a zone file joined, or the text as it is.
fn joined(text: &str) -> String {
    let inside = text
        .trim()
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    let text = inside.unwrap_or(text).trim();
    if text.starts_with('"') {
        text.split('"').skip(1).step_by(2).collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, joined};

    #[test]
    fn strings_of_a_zone_file_are_joined_and_plain_text_is_left() {
        assert_eq!(joined("( \"v=DKIM1; \" \"p=a\" )"), "v=DKIM1; p=a");
        assert_eq!(joined("\"v=DKIM1; p=a\""), "v=DKIM1; p=a");
        assert_eq!(joined("v=DKIM1; p=a"), "v=DKIM1; p=a");
    }

    #[test]
    fn a_line_has_a_type_or_is_text() {
        let text = |text: &str| Some(Record::Text(vec![text.as_bytes().to_vec()]));
        let address = |text: &str| Some(Record::Address(text.parse().unwrap()));
        for (line, record) in [
            ("v=spf1 -all", text("v=spf1 -all")),
            ("IN TXT ( \"a\" \"b\" )", text("ab")),
            ("TXT v=spf1 -all", text("v=spf1 -all")),
            ("A 192.0.2.1", address("192.0.2.1")),
            ("IN AAAA 2001:db8::1", address("2001:db8::1")),
            (
                "MX 10 Mx.Example.",
                Some(Record::Exchange(10, "mx.example".into())),
            ),
            (
                "IN PTR mail.example.",
                Some(Record::Pointer("mail.example".into())),
            ),
            ("A text like any other", text("A text like any other")),
            ("IN A 2001:db8::1", None),
            ("IN MX x", None),
        ] {
            assert_eq!(Record::parse(line), record, "{line}");
        }
    }
}
