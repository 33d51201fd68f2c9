//! MIME: mails that are written, cut, doubtful and forged.

mod measure;

use bytes::{Bytes, BytesMut};
use crypto_core::Provider;
use mime_core::{
    DefectCode, Event, Known, Parser,
    compose::{Address, Config, Disposition, Draft, Header, MediaType, Misuse, Part, Profile},
    compose::{RawField, Wording},
    field,
};
use owo_colors::OwoColorize;

use super::{Checks, title};
use crate::command::{
    failure::Failure,
    mime::{audit::Audit, explain::meaning, places::Places, show::rows, tree::Tree},
};

const SUBJECT: &str = "Grüße aus Zürich — 写真 📷";

const FILE_NAME: &str = "Übersicht März.png";

/// Read in two ways by those who take the last of two fields or parameters, compare beginnings of lines, go on after
/// the end, or decode what stands after the padding.
const DOUBTFUL: &[u8] = b"From: Bank <service@bank.example>\r\n\
    From: Mallory <mallory@example.net>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=one; boundary=two\r\n\
    Content-Type: text/html\r\n\
    \r\n\
    --two\r\n\
    \r\n\
    only for those who take the last boundary\r\n\
    --two--\r\n\
    --one\r\n\
    Content-Transfer-Encoding: base64\r\n\
    \r\n\
    SGVsbG8=IG9ubHkgZm9yIHNvbWU=\r\n\
    --one-and-more\r\n\
    --one--\r\n\
    --one\r\n\
    \r\n\
    only for those who go on after the end\r\n";

/// Runs the section.
pub(super) fn run(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    there_and_back(provider, checks)?;
    doubtful(checks);
    injection(checks);
    measure::run(provider, checks)
}

/// Octets that nobody can foresee, for boundaries.
fn random(provider: &Provider) -> Result<[u8; 16], Failure> {
    let mut random = [0; 16];
    provider
        .random
        .fill(&mut random)
        .map_err(|error| Failure::peer(format!("no randomness: {error}")))?;
    Ok(random)
}

fn header() -> Result<Header, Misuse> {
    Header::new(Wording::EncodedWords)
        .with_from(&[Address::new("Jörg", "joerg@example.org")])?
        .with_to(&[Address::from("ana@example.net")])?
        .with_subject(SUBJECT)?
        .with_date(1_795_459_318, Some(60))
}

/// Every octet value, in an order that no encoder likes better than another.
fn picture() -> Vec<u8> {
    (0..=u8::MAX).cycle().take(3000).collect()
}

fn compose(random: [u8; 16]) -> Result<BytesMut, Misuse> {
    let attachment = Part::octets(MediaType::new("image/png")?, picture())
        .with_disposition(&Disposition::attachment().with_filename(FILE_NAME)?)?;
    let text = Part::plain("Schöne Grüße!\nDas Bild hängt an.\n");
    let mut mail = BytesMut::new();
    Draft::new(header()?, Part::mixed(vec![text, attachment])).compose(
        &Config::new(Profile::SevenBit),
        random,
        &mut mail,
    )?;
    Ok(mail)
}

/// What came of reading a mail.
#[derive(Default)]
struct Reading {
    raw: Vec<u8>,
    /// All events but the pieces of bodies, which depend on where the mail was cut.
    events: Vec<Event<Bytes>>,
    subject: Option<String>,
    picture: Vec<u8>,
    tree: Tree,
    defects: usize,
}

impl Reading {
    /// Reads a mail that arrives in pieces of this size.
    fn of(mail: &[u8], size: usize) -> Self {
        let mut reading = Self::default();
        let mut audit = Audit::default();
        let (mut parser, mut rx) = (Parser::new(mime_core::Config::new()), BytesMut::new());
        let mut pieces = mail.chunks(size);
        loop {
            while let Some(event) = parser.poll(&mut rx) {
                let last = matches!(event, Event::Closed(_));
                reading.take(event, &mut audit);
                if last {
                    return reading;
                }
            }
            match pieces.next() {
                Some(piece) => rx.extend_from_slice(piece),
                None => parser.eof(),
            }
        }
    }

    fn take(&mut self, event: Event<Bytes>, audit: &mut Audit) {
        self.raw.extend_from_slice(event.raw());
        let mut found = Vec::new();
        let decoded = audit.event(&event, &mut found);
        self.defects += found.len();
        // The attachment is the third entity: the mail itself and the text are before it.
        if self.tree.at() == Some(2) {
            self.picture.extend_from_slice(decoded);
        }
        self.tree.event(&event, decoded);
        if let Event::Field(field) = &event
            && field.known() == Some(Known::Subject)
        {
            let subject = field::unstructured(field.value(), &mut |_, _| {});
            self.subject = Some(subject.into_owned());
        }
        let is_piece = matches!(
            event,
            Event::Body(_) | Event::Preamble(_) | Event::Epilogue(_) | Event::Opaque(_)
        );
        if !is_piece {
            self.events.push(event);
        }
    }
}

fn there_and_back(provider: &Provider, checks: &mut Checks) -> Result<(), Failure> {
    title("MIME: a mail with an attachment, written and read again");
    let mail = compose(random(provider)?).map_err(|misuse| Failure::peer(misuse.to_string()))?;
    let reading = Reading::of(&mail, 1);
    for field in String::from_utf8_lossy(&mail).lines().take(4) {
        say!("  {}", field.dimmed());
    }
    for row in rows(&reading.tree.nodes, usize::MAX) {
        say!("  {row}");
    }
    let whole = Reading::of(&mail, mail.len());
    let attached = reading.tree.nodes.last();
    let name = attached.and_then(|node| node.name.as_deref());
    checks.check(
        "read octet by octet, the events hold every octet of the mail in order",
        reading.raw == mail,
    );
    checks.check(
        "the events are those of the mail in one piece",
        reading.events == whole.events,
    );
    checks.check(
        "the subject is what it was, in every alphabet",
        reading.subject.as_deref() == Some(SUBJECT),
    );
    checks.check(
        "the attachment has its name and all its octets",
        name == Some(FILE_NAME) && reading.picture == picture(),
    );
    checks.check("nothing is wrong with the mail", reading.defects == 0);
    Ok(())
}

/// The mail of which every reader makes something else.
fn doubtful(checks: &mut Checks) {
    title("A mail that readers understand differently");
    let mut places = Places::default();
    places.extend(DOUBTFUL);
    let (mut audit, mut found) = (Audit::default(), Vec::new());
    let (mut parser, mut rx) = (
        Parser::new(mime_core::Config::new()),
        BytesMut::from(DOUBTFUL),
    );
    parser.eof();
    let (mut raw, mut content) = (Vec::new(), Vec::new());
    while let Some(event) = parser.poll(&mut rx) {
        raw.extend_from_slice(event.raw());
        content.extend_from_slice(audit.event(&event, &mut found));
    }
    for finding in &found {
        let line = places.line(finding.at).unwrap_or_default();
        let code = format!("{:<20}", format!("{:?}", finding.code));
        say!(
            "  line {line:>2}  {}{}",
            code.yellow(),
            meaning(finding.code).what
        );
        if let Some(readers) = meaning(finding.code).readers {
            say!("  {:29}{}", "", readers.dimmed());
        }
    }
    let has = |code| found.iter().any(|finding| finding.code == code);
    checks.check(
        "two senders, two types and two boundaries are reported",
        found
            .iter()
            .filter(|finding| finding.code == DefectCode::DuplicateField)
            .count()
            == 2
            && has(DefectCode::DuplicateParameter),
    );
    checks.check(
        "so are a line that only begins like a delimiter, and parts after the end",
        has(DefectCode::TextAfterDelimiter)
            && has(DefectCode::DelimiterAfterClose)
            && has(DefectCode::ContentAfterClose),
    );
    checks.check(
        "there is one reading: what other readers find elsewhere is no content",
        has(DefectCode::Base64AfterPadding) && content == b"Hello",
    );
    checks.check("and still no octet is lost", raw == DOUBTFUL);
}

/// Text of strangers in a header.
fn injection(checks: &mut Checks) {
    title("Text that would be another field");
    let forged = "Hello\r\nBcc: everyone@example.org";
    let attempts = [
        (
            "in a text",
            header_of(|header| header.with_text("Comments", forged)),
        ),
        (
            "in a display name",
            header_of(|header| {
                header.with_addresses("Cc", &[Address::new(forged, "a@example.org")])
            }),
        ),
        (
            "in an address",
            header_of(|header| {
                header.with_addresses(
                    "Cc",
                    &[Address::from("a@example.org\r\nBcc: b@example.org")],
                )
            }),
        ),
        (
            "in a raw field",
            RawField::new("X-Note", forged).map(|_| ()),
        ),
        (
            "in a file name",
            Disposition::attachment().with_filename(forged).map(|_| ()),
        ),
    ];
    for (place, outcome) in attempts {
        let refused = matches!(
            outcome,
            Err(Misuse::LineBreak | Misuse::ControlCharacter | Misuse::InvalidAddress)
        );
        let why = outcome.map_or_else(|misuse| misuse.to_string(), |()| "not at all".to_owned());
        checks.check(&format!("{place} it is refused: {why}"), refused);
    }
}

fn header_of(add: impl FnOnce(Header) -> Result<Header, Misuse>) -> Result<(), Misuse> {
    header().and_then(add).map(|_| ())
}
