//! Machine-readable reports: delivery status (RFC 3464), disposition notifications (RFC 8098) and feedback
//! (RFC 5965). Their bodies are fields, in groups that empty lines separate.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::date::{DateTime, date};
use super::lex;
use super::unstructured::unstructured;
use crate::defect::{DefectCode, Sink};

/// A field of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportField<'a> {
    /// Its name, as written.
    pub name: &'a [u8],
    /// Its value, with its folding.
    pub value: &'a [u8],
    /// Where the value stands in the body.
    pub range: Range<usize>,
}

impl<'a> ReportField<'a> {
    /// The value as text.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        unstructured(self.value, &mut |_, _| {})
    }

    /// The value after the type that stands before a semicolon (`rfc822;joe@example.org`), and the type.
    #[must_use]
    pub fn typed(&self) -> (Option<Cow<'a, str>>, Cow<'a, str>) {
        match memchr::memchr(b';', self.value) {
            None => (None, self.text()),
            Some(at) => {
                let (kind, rest) = self.value.split_at(at);
                let rest = rest.get(1..).unwrap_or_default();
                let ignore = &mut |_, _: Range<usize>| {};
                (Some(unstructured(kind, ignore)), unstructured(rest, ignore))
            }
        }
    }
}

/// One group of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFields<'a> {
    fields: Vec<ReportField<'a>>,
}

impl<'a> ReportFields<'a> {
    /// The first field of a name, in any case of letters.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&ReportField<'a>> {
        self.all(name).next()
    }

    /// Every field of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &ReportField<'a>> {
        self.fields
            .iter()
            .filter(move |f| f.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// Every field.
    pub fn iter(&self) -> impl Iterator<Item = &ReportField<'a>> {
        self.fields.iter()
    }

    /// The text of the first field of a name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.field(name).map(ReportField::text)
    }

    /// The value without its type: most fields of reports have one.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<Cow<'a, str>> {
        self.field(name).map(|f| f.typed().1)
    }

    /// The date of the first field of a name.
    #[must_use]
    pub fn date(&self, name: &str) -> Option<DateTime> {
        self.field(name).and_then(|f| date(f.value, &mut |_, _| {}))
    }
}

/// The groups of fields in a body.
fn groups<'a>(body: &'a [u8], sink: &mut Sink<'_>) -> Vec<ReportFields<'a>> {
    let mut groups = Vec::new();
    let mut group = ReportFields::default();
    let mut at = 0;
    let mut end_of = |group: &mut ReportFields<'a>| {
        if !group.fields.is_empty() {
            groups.push(core::mem::take(group));
        }
    };
    while at < body.len() {
        let field = at..field_end(body, at);
        at = field.end;
        let raw = body.get(field.clone()).unwrap_or_default();
        if lex::trim(raw).is_empty() {
            end_of(&mut group);
            continue;
        }
        let colon = memchr::memchr(b':', raw);
        let name = lex::trim(raw.get(..colon.unwrap_or(0)).unwrap_or_default());
        if name.is_empty() || name.iter().any(|&o| !o.is_ascii_graphic()) {
            sink(DefectCode::InvalidReportField, field);
            continue;
        }
        let value_at = colon.map_or(0, |colon| colon + 1);
        let value = raw.get(value_at..).unwrap_or_default();
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        let value = value.strip_suffix(b"\r").unwrap_or(value);
        let start = field.start + value_at;
        group.fields.push(ReportField {
            name,
            value,
            range: start..start + value.len(),
        });
    }
    end_of(&mut group);
    groups
}

/// The end of the field, or of the empty line, that begins at `at`.
fn field_end(body: &[u8], at: usize) -> usize {
    let mut end = at;
    loop {
        let rest = body.get(end..).unwrap_or_default();
        let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |len| len + 1);
        let empty = lex::trim(rest.get(..line).unwrap_or_default()).is_empty();
        if empty && end > at {
            return end;
        }
        end += line;
        if empty || !matches!(body.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
}

/// A `message/delivery-status` or `message/global-delivery-status` body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryStatus<'a> {
    /// Fields about the message: Reporting-MTA, Original-Envelope-Id, Arrival-Date.
    pub message: ReportFields<'a>,
    /// One per recipient.
    pub recipients: Vec<Recipient<'a>>,
}

/// What became of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recipient<'a> {
    /// Final-Recipient without its type.
    pub address: Cow<'a, str>,
    /// Original-Recipient without its type.
    pub original: Option<Cow<'a, str>>,
    /// Action.
    pub action: Action,
    /// Status: class, subject, detail (RFC 3463).
    pub status: Option<(u16, u16, u16)>,
    /// Diagnostic-Code without its type.
    pub diagnostic: Option<Cow<'a, str>>,
    /// All fields.
    pub fields: ReportFields<'a>,
}

/// What a server did with a message for one recipient (RFC 3464, section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It could not be delivered.
    Failed,
    /// Not yet.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that says nothing.
    Relayed,
    /// It was delivered to a list of other recipients.
    Expanded,
    /// None of them, or missing.
    Unknown,
}

impl Action {
    fn of(text: &str) -> Self {
        let is = |name| text.trim().eq_ignore_ascii_case(name);
        match text {
            _ if is("failed") => Self::Failed,
            _ if is("delayed") => Self::Delayed,
            _ if is("delivered") => Self::Delivered,
            _ if is("relayed") => Self::Relayed,
            _ if is("expanded") => Self::Expanded,
            _ => Self::Unknown,
        }
    }
}

/// Reads a `message/delivery-status` body, transfer coding gone.
///
/// The first group is about the message, unless it names a recipient already, as some servers write it.
pub fn delivery_status<'a>(body: &'a [u8], sink: &mut Sink<'_>) -> DeliveryStatus<'a> {
    let mut status = DeliveryStatus::default();
    for (index, group) in groups(body, sink).into_iter().enumerate() {
        match (recipient(&group, sink), index) {
            (Some(recipient), _) => status.recipients.push(recipient),
            (None, 0) => status.message = group,
            (None, _) => {
                let range = group.fields.first().map_or(0..0, |f| f.range.clone());
                sink(DefectCode::InvalidReportField, range);
            }
        }
    }
    status
}

fn recipient<'a>(group: &ReportFields<'a>, sink: &mut Sink<'_>) -> Option<Recipient<'a>> {
    let last = group
        .field("Final-Recipient")
        .or_else(|| group.field("Original-Recipient"))?;
    let (kind, address) = last.typed();
    if kind.is_none() {
        sink(DefectCode::InvalidReportField, last.range.clone());
    }
    let action = group
        .text("Action")
        .map_or(Action::Unknown, |text| Action::of(&text));
    let status = group.field("Status").and_then(|f| {
        let status = status_code(&f.text());
        if status.is_none() {
            sink(DefectCode::InvalidReportField, f.range.clone());
        }
        status
    });
    Some(Recipient {
        address,
        original: group.address("Original-Recipient"),
        action,
        status,
        diagnostic: group.address("Diagnostic-Code"),
        fields: group.clone(),
    })
}

fn status_code(text: &str) -> Option<(u16, u16, u16)> {
    let code = text
        .split([' ', '\t', '('])
        .find(|piece| !piece.is_empty())?;
    let mut parts = code.splitn(3, '.').map(|part| part.parse::<u16>().ok());
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    matches!(class, 2 | 4 | 5).then_some((class, subject, detail))
}

/// A `message/disposition-notification` body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DispositionNotification<'a> {
    /// Final-Recipient without its type.
    pub recipient: Option<Cow<'a, str>>,
    /// Original-Message-ID, without its brackets.
    pub message_id: Option<Cow<'a, str>>,
    /// `manual-action` or `automatic-action`, in lower case.
    pub action_mode: String,
    /// `manual-sent` or `automatic-sent`, in lower case.
    pub sending_mode: String,
    /// `displayed`, `deleted`, `dispatched`, `processed` or another, in lower case.
    pub disposition: String,
    /// `error`, `warning` and others, in lower case.
    pub modifiers: Vec<String>,
    /// All fields.
    pub fields: ReportFields<'a>,
}

/// Reads a `message/disposition-notification` body, transfer coding gone.
pub fn disposition_notification<'a>(
    body: &'a [u8],
    sink: &mut Sink<'_>,
) -> DispositionNotification<'a> {
    let fields = groups(body, sink).into_iter().next().unwrap_or_default();
    let value = fields.text("Disposition").unwrap_or_default();
    let field = fields
        .field("Disposition")
        .map_or(0..body.len(), |f| f.range.clone());
    let (modes, kinds) = value.split_once(';').unwrap_or(("", &*value));
    let (action, sending) = modes.split_once('/').unwrap_or((modes, ""));
    let (kind, modifiers) = kinds.split_once('/').unwrap_or((kinds, ""));
    let lower = |text: &str| text.trim().to_ascii_lowercase();
    let modifiers = modifiers
        .split(',')
        .map(lower)
        .filter(|m| !m.is_empty())
        .collect();
    let (action_mode, sending_mode) = (lower(action), lower(sending));
    let disposition = lower(kind);
    if [&action_mode, &sending_mode, &disposition]
        .iter()
        .any(|part| part.is_empty())
    {
        sink(DefectCode::InvalidReportField, field);
    }
    let message_id = fields.field("Original-Message-ID");
    let message_id = message_id.and_then(|f| super::message_ids(f.value, sink).into_iter().next());
    DispositionNotification {
        recipient: fields.address("Final-Recipient"),
        message_id,
        action_mode,
        sending_mode,
        disposition,
        modifiers,
        fields,
    }
}

/// A `message/feedback-report` body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedbackReport<'a> {
    /// Feedback-Type: `abuse`, `fraud`, `virus`, `other`, `not-spam`, `auth-failure`, in lower case.
    pub kind: String,
    /// User-Agent.
    pub user_agent: Option<Cow<'a, str>>,
    /// Version.
    pub version: Option<Cow<'a, str>>,
    /// Original-Mail-From.
    pub mail_from: Option<Cow<'a, str>>,
    /// Original-Rcpt-To, all of them.
    pub recipients: Vec<Cow<'a, str>>,
    /// Arrival-Date, or Received-Date.
    pub arrival: Option<DateTime>,
    /// Source-IP, as written.
    pub source_ip: Option<Cow<'a, str>>,
    /// Reported-Domain, all of them.
    pub domains: Vec<Cow<'a, str>>,
    /// Incidents.
    pub incidents: u64,
    /// All fields.
    pub fields: ReportFields<'a>,
}

/// Reads a `message/feedback-report` body, transfer coding gone.
pub fn feedback_report<'a>(body: &'a [u8], sink: &mut Sink<'_>) -> FeedbackReport<'a> {
    let fields = groups(body, sink).into_iter().next().unwrap_or_default();
    // Feedback-Type, User-Agent and Version stand once each (RFC 5965, section 3.1).
    for name in ["Feedback-Type", "User-Agent", "Version"] {
        let mut all = fields.all(name);
        let range = match (all.next(), all.next()) {
            (Some(_), None) => continue,
            (Some(_), Some(second)) => second.range.clone(),
            (None, _) => 0..body.len(),
        };
        sink(DefectCode::InvalidReportField, range);
    }
    let texts = |name: &str| fields.all(name).map(ReportField::text).collect();
    FeedbackReport {
        kind: fields
            .text("Feedback-Type")
            .unwrap_or_default()
            .to_ascii_lowercase(),
        user_agent: fields.text("User-Agent"),
        version: fields.text("Version"),
        mail_from: fields.text("Original-Mail-From"),
        recipients: texts("Original-Rcpt-To"),
        arrival: fields
            .date("Arrival-Date")
            .or_else(|| fields.date("Received-Date")),
        source_ip: fields.text("Source-IP"),
        domains: texts("Reported-Domain"),
        incidents: fields
            .text("Incidents")
            .and_then(|n| n.trim().parse().ok())
            .unwrap_or(1),
        fields,
    }
}
