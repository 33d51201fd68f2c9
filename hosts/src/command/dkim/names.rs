//! Where key records come from: the DNS, or a file.

use std::{collections::HashMap, fs, path::Path};

use dkim_core::{Answer, LookupQuestion};
use hickory_resolver::{TokioResolver, proto::rr::RData};

use crate::command::failure::Failure;

/// Answers questions.
pub(super) enum Names {
    /// Lines of a file: a name, white space, the text of its record.
    File(HashMap<String, Vec<String>>),
    /// The resolver that this machine is set up with.
    Dns(Box<TokioResolver>),
}

impl Names {
    pub(super) fn file(path: &Path) -> Result<Self, Failure> {
        let bad = |what: &str| {
            Failure::usage(format!("--dns {}: {what}", path.display()))
                .remedy("a line holds a name, white space, and the text of its TXT record")
        };
        let text = fs::read_to_string(path).map_err(|error| bad(&error.to_string()))?;
        let mut zone: HashMap<String, Vec<String>> = HashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, rest) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| bad(&format!("line {}: no record", number + 1)))?;
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let rest = rest.trim_start();
            let rest = rest.strip_prefix("IN TXT ").unwrap_or(rest);
            zone.entry(name).or_default().push(joined(rest));
        }
        Ok(Self::File(zone))
    }

    pub(super) fn dns() -> Result<Self, Failure> {
        TokioResolver::builder_tokio()
            .and_then(|builder| builder.build())
            .map(|resolver| Self::Dns(Box::new(resolver)))
            .map_err(|error| {
                Failure::peer(format!("no resolver: {error}")).remedy("name a file with --dns")
            })
    }

    pub(super) async fn answer(&self, question: LookupQuestion) -> Answer {
        match self {
            Self::File(zone) => match zone.get(question.name()) {
                Some(records) => question.records(records.iter().map(|record| [record])),
                None => question.no_domain(),
            },
            Self::Dns(resolver) => {
                // The dot keeps the search list of the machine out.
                let found = resolver.txt_lookup(format!("{}.", question.name())).await;
                match found {
                    Ok(lookup) => {
                        let text = |data: &RData| {
                            let RData::TXT(text) = data else { return None };
                            Some(text.txt_data.to_vec())
                        };
                        let records = lookup.answers().iter();
                        let records: Vec<_> =
                            records.filter_map(|record| text(&record.data)).collect();
                        if records.is_empty() {
                            question.no_data()
                        } else {
                            question.records(records)
                        }
                    }
                    Err(error) if error.is_nx_domain() => question.no_domain(),
                    Err(error) if error.is_no_records_found() => question.no_data(),
                    Err(_) => question.unavailable(),
                }
            }
        }
    }
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
    use super::joined;

    #[test]
    fn strings_of_a_zone_file_are_joined_and_plain_text_is_left() {
        assert_eq!(joined("( \"v=DKIM1; \" \"p=a\" )"), "v=DKIM1; p=a");
        assert_eq!(joined("\"v=DKIM1; p=a\""), "v=DKIM1; p=a");
        assert_eq!(joined("v=DKIM1; p=a"), "v=DKIM1; p=a");
    }
}
