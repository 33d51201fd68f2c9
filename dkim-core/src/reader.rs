//! A message on its way in: fields are kept, the body passes by.

use bytes::{Buf, BytesMut};
use mime_core::{Config, DefectCode, Scanner, Token};

use crate::{
    canon::{Bare, BareLineEnds},
    error::{Error, Misuse},
    fields::Fields,
    limits::Limits,
};

/// What both machines read.
#[derive(Debug)]
pub(crate) struct Reader {
    scanner: Scanner,
    pub(crate) fields: Fields,
    ends: BareLineEnds,
    phase: Phase,
    /// Nothing follows what the host holds.
    last: bool,
}

/// What of the message comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Fields; none came yet.
    Start,
    /// Fields off `rx`.
    Header,
    /// Fields by hand.
    Fields,
    /// The fields by hand are over.
    FieldsEnd,
    Body,
    Over,
    Failed(Error),
}

/// What came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All fields.
    HeaderEnd,
    /// A piece of the body: all that is in `rx`. The caller takes it.
    Body,
    /// The end of the body.
    BodyEnd,
    /// Nothing yet.
    Wait,
    /// Nothing more.
    Over,
    /// The header cannot be read.
    Failed(Error),
}

impl Reader {
    pub(crate) fn new(limits: &Limits) -> Self {
        let mut own = mime_core::Limits::default();
        own.max_header = limits.max_header;
        own.max_fields = limits.max_fields;
        let config = Config::new().with_strict_lines().with_headers_only();
        Self {
            scanner: Scanner::new(config.with_limits(own)),
            fields: Fields::default(),
            ends: BareLineEnds::default(),
            phase: Phase::Start,
            last: false,
        }
    }

    /// Goes on with what is in `rx`.
    pub(crate) fn step(&mut self, rx: &mut BytesMut) -> Step {
        match self.phase {
            Phase::Start if rx.is_empty() && !self.last => Step::Wait,
            Phase::Start | Phase::Header => {
                self.phase = Phase::Header;
                match self.header(rx) {
                    Ok(true) => self.header_end(),
                    Ok(false) => Step::Wait,
                    Err(error) => {
                        self.phase = Phase::Failed(error);
                        Step::Failed(error)
                    }
                }
            }
            Phase::Fields if self.last => self.fields_end(),
            Phase::FieldsEnd => self.fields_end(),
            Phase::Body if !rx.is_empty() => {
                self.ends.update(rx);
                Step::Body
            }
            Phase::Body if self.last => {
                self.phase = Phase::Over;
                Step::BodyEnd
            }
            Phase::Fields | Phase::Body => Step::Wait,
            Phase::Over => Step::Over,
            Phase::Failed(error) => Step::Failed(error),
        }
    }

    /// Nothing follows what the host holds.
    pub(crate) fn eof(&mut self) {
        self.last = true;
    }

    /// Whether fields may still come.
    pub(crate) fn in_header(&self) -> bool {
        match self.phase {
            Phase::Start | Phase::Header | Phase::Fields | Phase::FieldsEnd => true,
            Phase::Body | Phase::Over | Phase::Failed(_) => false,
        }
    }

    /// Whether the end of the body was told.
    pub(crate) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    fn fields_end(&mut self) -> Step {
        self.ends.update(self.fields.octets());
        self.header_end()
    }

    fn header_end(&mut self) -> Step {
        self.fields.complete();
        self.phase = Phase::Body;
        Step::HeaderEnd
    }

    /// Takes fields off `rx`. True at the end of the header.
    fn header(&mut self, rx: &mut BytesMut) -> Result<bool, Error> {
        while let Some((token, len)) = self.scanner.scan(rx, self.last) {
            let ended = self.token(token, rx.get(..len).unwrap_or_default())?;
            rx.advance(len);
            if ended {
                // What is wrong with the line that ended the header is told behind it.
                while let Some((token, _)) = self.scanner.scan(&[], false) {
                    self.token(token, &[])?;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes one whole field, with or without its line end. A limit that is passed is told by the next step.
    pub(crate) fn field(&mut self, raw: &[u8]) -> Result<(), Misuse> {
        if !matches!(self.phase, Phase::Start | Phase::Fields) || self.last {
            return Err(Misuse::Phase);
        }
        let raw = raw.strip_suffix(b"\r\n").unwrap_or(raw);
        if !is_field(raw) {
            return Err(Misuse::NotAField);
        }
        let mut window = BytesMut::with_capacity(raw.len() + 2);
        window.extend_from_slice(raw);
        window.extend_from_slice(b"\r\n");
        self.phase = Phase::Fields;
        if let Err(error) = self.whole_field(&mut window) {
            self.phase = Phase::Failed(error);
        }
        Ok(())
    }

    fn whole_field(&mut self, window: &mut BytesMut) -> Result<(), Error> {
        // Once the field is taken, only what is wrong with it is left to be told.
        while let Some((token, len)) = self.scanner.scan(window, !window.is_empty()) {
            self.token(token, window.get(..len).unwrap_or_default())?;
            window.advance(len);
        }
        Ok(())
    }

    fn token(&mut self, token: Token, octets: &[u8]) -> Result<bool, Error> {
        let at = self.scanner.offset();
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "tokens and defects of the body, and defects of fields that change nothing here"
        )]
        match token {
            // Where line ends are read otherwise, the header may end inside of such a name.
            Token::Field(shape) if has_line_end(octets.get(..shape.name_len())) => {
                let at = at.saturating_sub(octets.len() as u64);
                return Err(Error::NotAField { at });
            }
            Token::Field(shape) => self.fields.push(octets, &shape),
            Token::HeadersEnd(_) => {
                self.ends.update(self.fields.octets());
                self.ends.update(octets);
                return Ok(true);
            }
            Token::MboxLine => {
                let at = at.saturating_sub(octets.len() as u64);
                return Err(Error::NotAField { at });
            }
            Token::Defect(defect) => match defect.code {
                DefectCode::MissingBlankLine
                | DefectCode::NothingToContinue
                | DefectCode::EmptyName => return Err(Error::NotAField { at: defect.at }),
                DefectCode::HeaderTooLong => return Err(Error::HeaderTooLong),
                DefectCode::TooManyFields => return Err(Error::TooManyFields),
                _ => {}
            },
            _ => {}
        }
        Ok(false)
    }

    /// There are no more fields by hand.
    pub(crate) fn end_of_fields(&mut self) -> Result<(), Misuse> {
        if !matches!(self.phase, Phase::Start | Phase::Fields) {
            return Err(Misuse::Phase);
        }
        self.phase = Phase::FieldsEnd;
        Ok(())
    }

    /// The line ends that were none, if the message ends here.
    pub(crate) fn bare(&self) -> Bare {
        self.ends.finish()
    }
}

fn has_line_end(name: Option<&[u8]>) -> bool {
    name.is_some_and(|name| name.iter().any(|octet| matches!(octet, b'\r' | b'\n')))
}

/// Whether `raw` is one field without its line end: a name, a colon, and white space after each CRLF.
fn is_field(raw: &[u8]) -> bool {
    let name = raw.iter().position(|octet| *octet == b':');
    let starts = |octet: &u8| !matches!(octet, b' ' | b'\t' | b':' | b'\r' | b'\n');
    let folded = raw.windows(3).filter(|window| window.starts_with(b"\r\n"));
    let named = name.and_then(|name| raw.get(..name));
    raw.first().is_some_and(starts)
        && named.is_some()
        && !has_line_end(named)
        && folded
            .into_iter()
            .all(|window| matches!(window, [_, _, b' ' | b'\t']))
        && !raw.ends_with(b"\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_with(limits: &Limits, header: &str) -> Result<Reader, Error> {
        let mut rx = BytesMut::from(header.as_bytes());
        let mut reader = Reader::new(limits);
        reader.eof();
        match reader.step(&mut rx) {
            Step::HeaderEnd => Ok(reader),
            Step::Failed(error) => Err(error),
            step @ (Step::Body | Step::BodyEnd | Step::Wait | Step::Over) => panic!("{step:?}"),
        }
    }

    fn read(header: &str) -> Result<bool, Error> {
        read_with(&Limits::default(), header).map(|_| true)
    }

    #[test]
    fn what_programs_read_differently_is_no_header() {
        assert_eq!(read("A: 1\r\nB\r\n\r\n"), Err(Error::NotAField { at: 6 }));
        assert_eq!(
            read("From x\r\nA: 1\r\n\r\n"),
            Err(Error::NotAField { at: 0 })
        );
        assert_eq!(read(" A: 1\r\n\r\n"), Err(Error::NotAField { at: 0 }));
        assert_eq!(read("A: 1\r\n: 2\r\n\r\n"), Err(Error::NotAField { at: 6 }));
        assert_eq!(
            read("A: 1\r\n\nB: 2\r\n\r\n"),
            Err(Error::NotAField { at: 6 })
        );
        assert_eq!(
            read("A: 1\r\nB\rC: 2\r\n\r\n"),
            Err(Error::NotAField { at: 6 })
        );
        assert_eq!(read("A: 1\r\n"), Ok(true));
        assert_eq!(read(""), Ok(true));
    }

    #[test]
    fn a_bare_lf_ends_no_field() {
        let reader = read_with(&Limits::default(), "A: 1\nB: 2\r\n\r\n").unwrap();
        assert_eq!(reader.fields.len(), 1);
        assert_eq!(reader.bare().lf, 1);
    }

    #[test]
    fn limits_hold_at_n_and_not_beyond() {
        let header = "A: 1\r\nB: 2\r\n\r\n";
        let read = |max_header, max_fields| {
            let limits = Limits {
                max_header,
                max_fields,
                ..Limits::default()
            };
            read_with(&limits, header).map(|_| true)
        };
        assert_eq!(read(12, 2), Ok(true));
        assert_eq!(read(11, 2), Err(Error::HeaderTooLong));
        assert_eq!(read(12, 1), Err(Error::TooManyFields));
    }

    #[test]
    fn a_field_by_hand_is_one_field() {
        let mut reader = Reader::new(&Limits::default());
        for good in ["A: 1", "A: 1\r\n", "A : 1\r\n 2\r\n", "A:", "A: \nB: 2"] {
            assert_eq!(reader.field(good.as_bytes()), Ok(()), "{good:?}");
        }
        assert_eq!(reader.fields.len(), 5);
        for bad in [
            "",
            "A",
            ": 1",
            " A: 1",
            "A: 1\r\nB: 2",
            "A\r\n: 1",
            "A\nB: 1",
            "A: 1\r\n\r\n",
            "\r\n",
        ] {
            assert_eq!(
                reader.field(bad.as_bytes()),
                Err(Misuse::NotAField),
                "{bad:?}"
            );
        }
        assert_eq!(reader.fields.len(), 5);
    }
}
