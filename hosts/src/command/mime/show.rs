//! `securewire mime show`: one mail on one screen.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
};

use bytes::Bytes;
use mime_core::{
    Event, Field, Known, Totals,
    field::{self, Address},
};
use owo_colors::OwoColorize;
use serde::Serialize;

use super::{
    audit::{Audit, Finding},
    check::{Report, counted},
    input::Input,
    json,
    output::{Stop, print},
    printable::{Printable, beginning},
    tree::{Node, Tree},
};
use crate::command::failure::Failure;

/// What one screen takes of a list.
const MAX_ADDRESSES: usize = 4;
const MAX_NODES: usize = 32;
const MAX_CODES: usize = 12;

/// Characters of a line of text from the header.
const MAX_LINE: usize = 300;

/// Defects kept for `--json`; of those above, the first of each kind is.
const MAX_REPORTS: usize = 1000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File that holds one mail; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Take line feeds alone for line ends, as Unix stores mails: no defect
    #[arg(long)]
    lf: bool,

    /// Show long lists whole
    #[arg(long)]
    all: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// A mail, as programs read it.
#[derive(Debug, Default, Serialize)]
struct Mail {
    file: String,
    octets: u64,
    lines: u64,
    from: Option<Vec<Person>>,
    to: Option<Vec<Person>>,
    cc: Option<Vec<Person>>,
    reply_to: Option<Vec<Person>>,
    subject: Option<String>,
    date: Option<Date>,
    message_id: Option<String>,
    parts: Vec<Node>,
    /// All of them, or the first 1,000 and the first of each kind without `--all`.
    defects: Vec<Report>,
    /// How many there are of each code.
    defect_counts: BTreeMap<String, u64>,
}

/// A mailbox.
#[derive(Debug, Serialize)]
struct Person {
    name: Option<String>,
    address: Option<String>,
    /// The group that it belongs to; without a mailbox, the group is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

#[derive(Debug, Serialize)]
struct Date {
    /// As written.
    text: String,
    /// Seconds since 1970; absent if it is no date.
    unix: Option<i64>,
    /// Minutes that the sender's zone is ahead of UTC, if the date says.
    offset: Option<i16>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mail = read(arguments)?;
    print(|out| {
        if arguments.json {
            json::write(out, &mail)?;
            writeln!(out)?;
        } else {
            Screen {
                mail: &mail,
                all: arguments.all,
            }
            .show(out)?;
        }
        Ok(())
    })
}

fn read(arguments: &Arguments) -> Result<Mail, Failure> {
    let input = Input::open(&arguments.file)?;
    let mut mail = Mail {
        file: input.name.clone(),
        ..Mail::default()
    };
    let (mut audit, mut tree, mut found) = (Audit::new(arguments.lf), Tree::default(), Vec::new());
    input.read::<Failure>(|event, places| {
        let decoded = audit.event(&event, &mut found);
        tree.event(&event, decoded);
        for finding in found.drain(..) {
            if mail.count(&finding) || arguments.all || mail.defects.len() < MAX_REPORTS {
                mail.defects.push(Report::new(&finding, places));
            }
        }
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these two matter here")]
        match event {
            Event::Field(field) if tree.at() == Some(0) && !field.is_repeated() => {
                mail.learn(&field);
            }
            Event::Closed(Totals { octets, lines, .. }) => {
                (mail.octets, mail.lines) = (octets, lines)
            }
            _ => {}
        }
        Ok(())
    })?;
    mail.parts = tree.nodes;
    Ok(mail)
}

impl Mail {
    /// Counts a defect; answers whether it is the first of its kind.
    fn count(&mut self, finding: &Finding) -> bool {
        let counts = &mut self.defect_counts;
        let count = counts.entry(format!("{:?}", finding.code)).or_default();
        *count += 1;
        *count == 1
    }

    fn learn(&mut self, field: &Field<Bytes>) {
        let value = field.value();
        let text = || field::unstructured(value, &mut |_, _| {}).into_owned();
        match field.known() {
            Some(Known::From) => self.from = Some(people(value)),
            Some(Known::To) => self.to = Some(people(value)),
            Some(Known::Cc) => self.cc = Some(people(value)),
            Some(Known::ReplyTo) => self.reply_to = Some(people(value)),
            Some(Known::Subject) => self.subject = Some(text()),
            Some(Known::Date) => {
                let date = field::date(value, &mut |_, _| {});
                self.date = Some(Date {
                    text: text(),
                    unix: date.map(|date| date.unix),
                    offset: date.filter(|date| date.zone_known).map(|date| date.offset),
                });
            }
            Some(Known::MessageId) => {
                let ids = field::message_ids(value, &mut |_, _| {});
                self.message_id = ids.first().map(|id| id.to_string());
            }
            _ => {}
        }
    }
}

fn people(value: &[u8]) -> Vec<Person> {
    let mut people = Vec::new();
    for address in field::addresses(value, &mut |_, _| {}) {
        let group = match &address {
            Address::Group(group) => Some(group.name.to_string()),
            Address::Mailbox(_) | _ => None,
        };
        if address.mailboxes().is_empty() {
            people.push(Person {
                name: None,
                address: None,
                group: group.clone(),
            });
        }
        people.extend(address.mailboxes().iter().map(|mailbox| Person {
            name: mailbox.name.as_ref().map(|name| name.to_string()),
            address: mailbox.address.as_ref().map(|address| address.to_string()),
            group: group.clone(),
        }));
    }
    people
}

/// A mail for people.
struct Screen<'a> {
    mail: &'a Mail,
    all: bool,
}

impl Screen<'_> {
    fn show(&self, out: &mut dyn Write) -> Result<(), Stop> {
        let mail = self.mail;
        self.people(out, "From", mail.from.as_deref())?;
        self.people(out, "To", mail.to.as_deref())?;
        self.people(out, "Cc", mail.cc.as_deref())?;
        self.people(out, "Reply-To", mail.reply_to.as_deref())?;
        if let Some(date) = &mail.date {
            let valid = date.unix.is_some();
            let remark = if valid { "" } else { "  (no date)" };
            self.line(out, "Date", &format!("{}{remark}", date.text))?;
        }
        if let Some(subject) = &mail.subject {
            self.line(out, "Subject", subject)?;
        }
        if let Some(id) = &mail.message_id {
            self.line(out, "ID", &format!("<{id}>"))?;
        }
        self.tree(out)?;
        self.defects(out)
    }

    fn line(&self, out: &mut dyn Write, name: &str, text: &str) -> Result<(), Stop> {
        let (start, whole) = if self.all {
            (text, true)
        } else {
            beginning(text, MAX_LINE)
        };
        let more = if whole { "" } else { "…" };
        let name = format!("{name:<9}");
        writeln!(out, "{}{}{more}", name.bold(), Printable(start))?;
        Ok(())
    }

    fn people(
        &self,
        out: &mut dyn Write,
        name: &str,
        people: Option<&[Person]>,
    ) -> Result<(), Stop> {
        let Some(people) = people else { return Ok(()) };
        let max = if self.all { usize::MAX } else { MAX_ADDRESSES };
        let mut text: Vec<String> = people.iter().take(max).map(Person::to_string).collect();
        if people.len() > max {
            text.push(format!("{} more", people.len() - max));
        }
        let text = if people.is_empty() {
            "(nobody)".to_owned()
        } else {
            text.join(", ")
        };
        self.line(out, name, &text)
    }

    fn tree(&self, out: &mut dyn Write) -> Result<(), Stop> {
        let nodes = &self.mail.parts;
        let max = if self.all { usize::MAX } else { MAX_NODES };
        writeln!(out)?;
        for row in rows(nodes, max) {
            writeln!(out, "{row}")?;
        }
        if nodes.len() > max {
            writeln!(out, "… and {} more; --all shows them", nodes.len() - max)?;
        }
        Ok(())
    }

    fn defects(&self, out: &mut dyn Write) -> Result<(), Stop> {
        let mail = self.mail;
        let total: u64 = mail.defect_counts.values().sum();
        writeln!(out)?;
        if total == 0 {
            writeln!(out, "{}", "no defects".green())?;
            return Ok(());
        }
        let title = counted(total, "defect");
        writeln!(out, "{}", title.red().bold())?;
        if self.all {
            for report in &mail.defects {
                writeln!(out, "  {report}")?;
            }
            return Ok(());
        }
        let mut told = BTreeSet::new();
        let first = mail
            .defects
            .iter()
            .filter(|report| told.insert(&report.code));
        for report in first.take(MAX_CODES) {
            write!(out, "  {report}")?;
            match mail.defect_counts.get(&report.code) {
                Some(count) if *count > 1 => writeln!(out, " (and {} more)", count - 1)?,
                Some(_) | None => writeln!(out)?,
            }
        }
        if let Some(more) = mail.defect_counts.len().checked_sub(MAX_CODES + 1) {
            let kinds = counted(more as u64 + 1, "kind");
            writeln!(out, "  … and {kinds} more; --all shows them")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(group) = &self.group {
            write!(f, "{group}: ")?;
        }
        match (&self.name, &self.address) {
            // So that no name looks like an address, or like two.
            (Some(name), Some(address)) if name.contains(['"', ',', '<', '>', '@', ':', ';']) => {
                write!(f, "{name:?} <{address}>")
            }
            (Some(name), Some(address)) => write!(f, "{name} <{address}>"),
            (Some(name), None) => write!(f, "{name} (no address)"),
            (None, Some(address)) => f.write_str(address),
            (None, None) => f.write_str("(nobody)"),
        }
    }
}

/// The first `max` nodes as a tree, a line each.
pub(crate) fn rows(nodes: &[Node], max: usize) -> Vec<String> {
    let shown = nodes.get(..max).unwrap_or(nodes);
    let stems = stems(nodes, shown.len());
    let left = |node: &Node, stem: &str| format!("{stem}{}", Printable(&node.media_type));
    let pairs = || shown.iter().zip(&stems);
    let width = pairs().map(|(node, stem)| left(node, stem).chars().count());
    let width = width.filter(|width| *width <= 48).max().unwrap_or(0);
    let row = |(node, stem): (&Node, &String)| {
        let pad = width.saturating_sub(left(node, stem).chars().count());
        let media_type = Printable(&node.media_type);
        format!(
            "{}{}{:pad$}  {}",
            stem.dimmed(),
            media_type.cyan(),
            "",
            details(node)
        )
    };
    pairs().map(row).collect()
}

/// What leads to each of the first nodes: lines from the entity around it.
fn stems(nodes: &[Node], shown: usize) -> Vec<String> {
    let mut last_child = vec![0; nodes.len()];
    for node in nodes {
        if let Some(slot) = node.parent.and_then(|parent| last_child.get_mut(parent)) {
            *slot = node.index;
        }
    }
    let is_last = |node: &Node| {
        let last = node.parent.and_then(|parent| last_child.get(parent));
        last == Some(&node.index)
    };
    // What stands before the children of each node.
    let mut inside: Vec<String> = Vec::with_capacity(shown);
    let mut stems = Vec::with_capacity(shown);
    for node in nodes.iter().take(shown) {
        let around = node.parent.and_then(|parent| inside.get(parent));
        let (stem, below) = match around {
            None => (String::new(), String::new()),
            Some(around) if is_last(node) => (format!("{around}└─ "), format!("{around}   ")),
            Some(around) => (format!("{around}├─ "), format!("{around}│  ")),
        };
        stems.push(stem);
        inside.push(below);
    }
    stems
}

/// What is said of an entity beside its type.
fn details(node: &Node) -> String {
    let mut details = size(node.octets);
    if let Some(decoded) = node.decoded.filter(|decoded| *decoded != node.octets) {
        details.push_str(&format!(" → {}", size(decoded)));
    }
    details.push_str(&format!("  {}", node.encoding));
    if let Some(charset) = &node.charset {
        details.push_str(&format!("  {}", Printable(charset)));
    }
    if let Some(disposition) = &node.disposition {
        details.push_str(&format!("  {}", Printable(disposition)));
    }
    if let Some(name) = &node.name {
        details.push_str(&format!("  {}", format!("\"{}\"", Printable(name)).green()));
    }
    if node.kind == "opaque" {
        details.push_str(&format!("  {}", "not looked into".red()));
    }
    details
}

/// Octets, short.
pub(crate) fn size(octets: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", octets / unit, octets % unit * 10 / unit);
    match octets {
        0..10_000 => format!("{octets} B"),
        10_000..1_000_000 => format!("{} kB", tenths(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}
