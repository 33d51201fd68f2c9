//! The header of a mail, from flags.

use std::time::UNIX_EPOCH;

use crypto_core::Provider;
use mime_core::{
    DefectCode,
    compose::{Address, Header, Mailbox, Misuse, RawField, Wording},
    field,
};

use crate::command::{clock, failure::Failure, mime::printable::Printable};

#[derive(Debug, clap::Args)]
pub(super) struct Fields {
    /// Author, such as 'Ana <ana@example.org>'
    #[arg(long, value_name = "ADDRESS", required = true)]
    from: Vec<String>,

    /// Recipient; may be given again, or as a list with commas
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,

    /// Recipient of a copy
    #[arg(long, value_name = "ADDRESS")]
    cc: Vec<String>,

    /// Subject, in any language
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,

    /// Date such as 'Mon, 23 Nov 2026 19:41:58 +0100', instead of now
    #[arg(long, value_name = "DATE")]
    date: Option<String>,

    /// Identifier such as 1@example.org, instead of a random one
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,

    /// Another field; may be given again
    #[arg(long = "header", value_name = "NAME: VALUE")]
    others: Vec<String>,
}

impl Fields {
    pub(super) fn write(&self, smtputf8: bool, provider: &Provider) -> Result<Header, Failure> {
        let wording = if smtputf8 {
            Wording::Utf8
        } else {
            Wording::EncodedWords
        };
        let from = addresses("--from", &self.from)?;
        let mut header = from.add(Header::new(wording), "From")?;
        for (flag, name, list) in [("--to", "To", &self.to), ("--cc", "Cc", &self.cc)] {
            if !list.is_empty() {
                header = addresses(flag, list)?.add(header, name)?;
            }
        }
        if let Some(subject) = &self.subject {
            header = header
                .with_subject(subject)
                .map_err(|misuse| wrong("--subject", subject, misuse))?;
        }
        header = self.date(header)?;
        header = self.message_id(header, &from, provider)?;
        for other in &self.others {
            header = field(header, other)?;
        }
        Ok(header)
    }

    fn date(&self, header: Header) -> Result<Header, Failure> {
        let (unix, zone) = match &self.date {
            Some(text) => {
                let mut clean = true;
                let date = field::date(text.as_bytes(), &mut |_, _| clean = false);
                let date = date.filter(|_| clean).ok_or_else(|| {
                    Failure::usage(format!("--date {}: no date", Printable(text)))
                        .remedy("write it like Mon, 23 Nov 2026 19:41:58 +0100")
                })?;
                (date.unix, date.zone_known.then_some(date.offset))
            }
            None => {
                let now = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                (i64::try_from(now.as_secs()).unwrap_or(i64::MAX), None)
            }
        };
        let given = self.date.as_deref().unwrap_or("now");
        header
            .with_date(unix, zone)
            .map_err(|misuse| wrong("--date", given, misuse))
    }

    /// A random identifier has the domain of the first author.
    fn message_id(
        &self,
        header: Header,
        from: &List,
        provider: &Provider,
    ) -> Result<Header, Failure> {
        let id = match &self.message_id {
            Some(id) => {
                let bare = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
                bare.unwrap_or(id).to_owned()
            }
            None => {
                let mut random = [0; 16];
                provider.random.fill(&mut random).map_err(|error| {
                    Failure::peer(format!("no randomness for a Message-ID: {error}"))
                })?;
                let left: String = random.iter().map(|octet| format!("{octet:02x}")).collect();
                let domain = from.domain().unwrap_or("localhost");
                format!("{left}@{domain}")
            }
        };
        header
            .with_message_id(&id)
            .map_err(|misuse| wrong("--message-id", &id, misuse))
    }
}

/// A field that has no flag of its own.
fn field(header: Header, text: &str) -> Result<Header, Failure> {
    const FLAG: &str = "--header";
    let (name, value) = text.split_once(':').ok_or_else(|| {
        Failure::usage(format!("{FLAG} {}: no colon", Printable(text)))
            .remedy("write it like --header 'Name: value'")
    })?;
    let value = value.trim_matches([' ', '\t']);
    let addressed = ["Reply-To", "Sender", "Bcc"];
    if addressed
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        return addresses(FLAG, &[value.to_owned()])?.add(header, name);
    }
    let added = if value.is_ascii() {
        RawField::new(name, value).and_then(|field| header.with_field(&field))
    } else {
        header.with_text(name, value)
    };
    added.map_err(|misuse| wrong(FLAG, text, misuse))
}

/// Addresses as a flag gave them, taken apart.
struct List {
    flag: &'static str,
    given: String,
    members: Vec<Member>,
}

enum Member {
    Mailbox(String, String),
    Group(String, Vec<(String, String)>),
}

impl List {
    fn add(&self, header: Header, name: &str) -> Result<Header, Failure> {
        let groups: Vec<Vec<Mailbox<'_>>> = self.members.iter().map(Member::group).collect();
        let list: Vec<Address<'_>> = self
            .members
            .iter()
            .zip(&groups)
            .map(|(member, group)| match member {
                Member::Mailbox(name, address) => Address::new(name, address),
                Member::Group(name, _) => Address::group(name, group),
            })
            .collect();
        header
            .with_addresses(name, &list)
            .map_err(|misuse| wrong(self.flag, &self.given, misuse))
    }

    /// The domain of the first mailbox.
    fn domain(&self) -> Option<&str> {
        let first = self.members.iter().find_map(|member| match member {
            Member::Mailbox(_, address) => Some(address),
            Member::Group(_, members) => members.first().map(|(_, address)| address),
        });
        first?.rsplit_once('@').map(|(_, domain)| domain)
    }
}

impl Member {
    fn group(&self) -> Vec<Mailbox<'_>> {
        match self {
            Self::Mailbox(..) => Vec::new(),
            Self::Group(_, members) => members
                .iter()
                .map(|(name, address)| Mailbox { name, address })
                .collect(),
        }
    }
}

/// Takes apart what a flag gave. What a reader would have to forgive is refused here.
fn addresses(flag: &'static str, given: &[String]) -> Result<List, Failure> {
    let given = given.join(", ");
    if given.contains(char::is_control) {
        return Err(wrong(flag, &given, Misuse::ControlCharacter));
    }
    let mut defect: Option<DefectCode> = None;
    let read = field::addresses(given.as_bytes(), &mut |code, _| {
        defect.get_or_insert(code);
    });
    if let Some(code) = defect {
        return Err(
            Failure::usage(format!("{flag} {}: {code:?}", Printable(&given)))
                .remedy("write it like ana@example.org or 'Ana <ana@example.org>'; a name with commas in quotes"),
        );
    }
    let mut members = Vec::new();
    for address in &read {
        let pairs = address.mailboxes().iter().map(|mailbox| {
            let name = mailbox.name.as_deref().unwrap_or_default().to_owned();
            let address = mailbox.address.as_ref().map(ToString::to_string);
            (name, address.unwrap_or_default())
        });
        let pairs: Vec<(String, String)> = pairs.collect();
        match address {
            field::Address::Group(group) => {
                members.push(Member::Group(group.name.to_string(), pairs))
            }
            field::Address::Mailbox(_) | _ => {
                members.extend(
                    pairs
                        .into_iter()
                        .map(|(name, address)| Member::Mailbox(name, address)),
                );
            }
        }
    }
    Ok(List {
        flag,
        given,
        members,
    })
}

/// What is wrong with the value of a flag, and what to do about it.
fn wrong(flag: &str, value: &str, misuse: Misuse) -> Failure {
    let failure = Failure::usage(format!("{flag} {}: {misuse}", Printable(value)));
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "advice only where there is some"
    )]
    match misuse {
        Misuse::NotAscii => failure.remedy("--smtputf8 allows it, where all servers on the way do"),
        Misuse::LineBreak | Misuse::ControlCharacter => failure.remedy(
            "a value is one line of text: what follows a line break would be another field",
        ),
        Misuse::InvalidAddress => {
            failure.remedy("write it like ana@example.org or 'Ana <ana@example.org>'")
        }
        Misuse::InvalidMessageId => failure.remedy("write it like 1@example.org"),
        Misuse::Duplicate => {
            failure.remedy("give it once, with the flag of its own if there is one")
        }
        Misuse::InvalidName => failure.remedy("write it like --header 'Name: value'"),
        _ => failure,
    }
}
