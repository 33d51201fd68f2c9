//! From records to units: whole handshake messages, application data, alerts.
//!
//! Handshake messages are reassembled here, and here alone a key change is allowed: the new keys are
//! installed against a [`Boundary`], which exists only when no handshake octet follows the message that
//! caused the change (RFC 8446 section 5.1).

use alloc::vec::Vec;
use core::ops::Range;

use bytes::{Buf, Bytes, BytesMut};

use crate::{
    error::{Error, LimitExceeded, Misbehaved},
    limits::Limits,
    record::{HEADER_LEN, MAX_CIPHERTEXT, MAX_FRAGMENT, Opener, RecordHeader},
    wire::{AlertDescription, AlertLevel, ContentType, HandshakeType},
};

/// Octets of a handshake header.
const MESSAGE_HEADER: usize = 4;

/// Proof that no handshake octets follow a message: the receiving keys may change.
#[derive(Debug)]
pub(crate) struct Boundary(());

/// A whole handshake message.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) kind: HandshakeType,
    pub(crate) body: &'a [u8],
    /// Header and body, as the transcript wants it.
    pub(crate) octets: &'a [u8],
    last: bool,
}

impl Message<'_> {
    /// Proves that this message ends its epoch.
    pub(crate) fn boundary(&self) -> Result<Boundary, Error> {
        if self.last {
            Ok(Boundary(()))
        } else {
            Err(Misbehaved::AcrossKeyChange.into())
        }
    }

    /// The error for a message that cannot come now.
    pub(crate) fn unexpected(&self) -> Error {
        Misbehaved::UnexpectedMessage(self.kind).into()
    }
}

/// What a record turned out to hold.
#[derive(Debug)]
pub(crate) enum Unit {
    /// Handshake octets were added; ask [`Inbound::message`].
    Handshake,
    Data(Bytes),
    /// The peer will send no more.
    CloseNotify,
    /// For middleboxes; without meaning to the states.
    ChangeCipherSpec,
    /// A record without meaning to the states (user_canceled, empty data, early data that is skipped).
    Nothing,
}

/// A record that was opened where it lies.
#[derive(Debug)]
pub(crate) enum Opened {
    /// Application data, at this place of the record.
    Data(Range<usize>),
    Unit(Unit),
}

/// The receiving half of the record layer.
#[derive(Debug)]
pub(crate) struct Inbound {
    /// `None` before the first key change.
    opener: Option<Opener>,
    buffer: Vec<u8>,
    /// Octets of `buffer` consumed so far.
    consumed: usize,
    limits: Limits,
    empty_records: u8,
    warnings: u8,
    change_cipher_specs: u8,
    early_data: EarlyData,
    /// Octets of early data skipped so far.
    skipped: usize,
    any_record: bool,
}

/// Early data that a server does not take but must skip (RFC 8446 section 4.2.10).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EarlyData {
    /// None is expected.
    #[default]
    None,
    /// Application records before the second ClientHello.
    UntilHello,
    /// Records that do not open under the handshake keys, until one does.
    UntilOpened,
}

/// Whether more octets can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Open,
    /// The host said `eof`: what is in `rx` is all there is.
    Ended,
}

/// What may come besides handshake messages and alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before the ClientHello, and of a client before the ServerHello.
    First,
    /// Between ClientHello and Finished: change_cipher_spec is dropped.
    Handshake,
    /// After Finished: application data.
    Traffic,
}

impl Inbound {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            opener: None,
            buffer: Vec::new(),
            consumed: 0,
            limits,
            empty_records: 0,
            warnings: 0,
            change_cipher_specs: 0,
            early_data: EarlyData::None,
            skipped: 0,
            any_record: false,
        }
    }

    /// Installs the keys of the next epoch.
    pub(crate) fn install(&mut self, opener: Opener, _: Boundary) {
        self.opener = Some(opener);
    }

    /// True when a record was opened under the present keys: the peer has them too.
    pub(crate) fn has_opened(&self) -> bool {
        self.opener
            .as_ref()
            .is_some_and(|opener| opener.sequence() > 0)
    }

    /// Skips early data from here on, or no longer.
    pub(crate) fn skip_early_data(&mut self, early_data: EarlyData) {
        self.early_data = early_data;
    }

    /// True in the midst of a handshake message.
    fn midway(&self) -> bool {
        self.consumed < self.buffer.len()
    }

    /// Takes one record off `rx`, or answers `None` when it is not complete.
    pub(crate) fn record(
        &mut self,
        rx: &mut BytesMut,
        stage: Stage,
    ) -> Result<Option<Unit>, Error> {
        let Some(header) = RecordHeader::peek(rx) else {
            return if self.any_record {
                Ok(None)
            } else {
                sniff(rx).map_or(Ok(None), Err)
            };
        };
        self.check(header, rx)?;
        let Some(record) = rx.get_mut(..header.record_len()) else {
            return Ok(None);
        };
        match self.open(header, record, stage) {
            Ok(Opened::Data(plain)) => {
                let mut record = rx.split_to(header.record_len());
                record.truncate(plain.end);
                record.advance(plain.start);
                Ok(Some(Unit::Data(record.freeze())))
            }
            Ok(Opened::Unit(unit)) => {
                rx.advance(header.record_len());
                Ok(Some(unit))
            }
            Err(error) => Err(error),
        }
    }

    /// Takes one whole record as a slice, and opens it in place.
    pub(crate) fn whole_record(&mut self, record: &mut [u8]) -> Result<Opened, Error> {
        let header = RecordHeader::peek(record).ok_or(Error::BadRecord)?;
        self.check(header, record)?;
        self.open(header, record, Stage::Traffic)
    }

    /// Takes in one record of the right length, in place.
    fn open(
        &mut self,
        header: RecordHeader,
        record: &mut [u8],
        stage: Stage,
    ) -> Result<Opened, Error> {
        self.any_record = true;
        let body = record.get(HEADER_LEN..).unwrap_or_default();
        if header.kind == ContentType::CHANGE_CIPHER_SPEC {
            return self.change_cipher_spec(body, stage).map(Opened::Unit);
        }
        let Some(opener) = &mut self.opener else {
            return self.plain(header.kind, body).map(Opened::Unit);
        };
        let clear = header.kind == ContentType::ALERT && opener.sequence() == 0 && header.len == 2;
        if clear && stage == Stage::Handshake {
            // A peer that failed before it had these keys can only say so in the clear. It may be a lie of
            // somebody else's, who could as well have cut the connection. Once connected it is never true,
            // and a close_notify would hide that data is missing.
            return self.alert(body).map(Opened::Unit);
        }
        if header.kind != ContentType::APPLICATION_DATA {
            return Err(Misbehaved::UnexpectedRecord.into());
        }
        let (kind, plain) = match opener.open(record) {
            Err(Error::BadRecord) if self.early_data == EarlyData::UntilOpened => {
                return self.skip(header.len).map(Opened::Unit);
            }
            opened => opened?,
        };
        self.early_data = EarlyData::None;
        if kind == ContentType::APPLICATION_DATA && stage == Stage::Traffic {
            return self.data(plain);
        }
        let content = record.get(plain).unwrap_or_default();
        match kind {
            ContentType::HANDSHAKE => self.handshake(content),
            ContentType::ALERT => self.alert(content),
            _ => Err(Misbehaved::UnexpectedRecord.into()),
        }
        .map(Opened::Unit)
    }

    /// A record before the first key change.
    fn plain(&mut self, kind: ContentType, body: &[u8]) -> Result<Unit, Error> {
        match kind {
            ContentType::HANDSHAKE => self.handshake(body),
            ContentType::ALERT => self.alert(body),
            ContentType::APPLICATION_DATA
                if self.early_data == EarlyData::UntilHello && !self.midway() =>
            {
                self.skip(body.len())
            }
            _ => Err(Misbehaved::UnexpectedRecord.into()),
        }
    }

    /// Refuses what no later octet can make right.
    fn check(&self, header: RecordHeader, rx: &[u8]) -> Result<(), Error> {
        if !self.any_record
            && let Some(error) = sniff(rx)
        {
            return Err(error);
        }
        match header.kind {
            ContentType::CHANGE_CIPHER_SPEC
            | ContentType::ALERT
            | ContentType::HANDSHAKE
            | ContentType::APPLICATION_DATA => {}
            ContentType(other) => return Err(Misbehaved::UnknownContentType(other).into()),
        }
        // The minor version is ignored, as RFC 8446 section 5.1 asks; another major one is not TLS.
        if header.version.0 >> 8 != 3 {
            return Err(Misbehaved::RecordVersion.into());
        }
        // Early data that is skipped is encrypted before anything else is.
        let encrypted = self.opener.is_some() || header.kind == ContentType::APPLICATION_DATA;
        let max = if encrypted {
            MAX_CIPHERTEXT
        } else {
            MAX_FRAGMENT
        };
        if header.len > max {
            return Err(Misbehaved::RecordOverflow.into());
        }
        Ok(())
    }

    fn skip(&mut self, len: usize) -> Result<Unit, Error> {
        self.skipped += len;
        if self.skipped > self.limits.max_early_data_skipped {
            return Err(LimitExceeded::EarlyData.into());
        }
        Ok(Unit::Nothing)
    }

    /// RFC 8446 section 5: a single octet 1, during the handshake, means nothing.
    fn change_cipher_spec(&mut self, body: &[u8], stage: Stage) -> Result<Unit, Error> {
        if stage != Stage::Handshake || body != [1] {
            return Err(Misbehaved::ChangeCipherSpec.into());
        }
        if self.midway() {
            return Err(Misbehaved::Interleaved.into());
        }
        if self.change_cipher_specs == self.limits.max_change_cipher_specs {
            return Err(LimitExceeded::ChangeCipherSpecs.into());
        }
        self.change_cipher_specs += 1;
        Ok(Unit::ChangeCipherSpec)
    }

    /// Adds handshake octets.
    fn handshake(&mut self, octets: &[u8]) -> Result<Unit, Error> {
        if octets.is_empty() {
            return Err(Misbehaved::EmptyRecord.into());
        }
        self.empty_records = 0;
        if !self.midway() {
            self.buffer.clear();
            self.consumed = 0;
        }
        if self.buffer.capacity() == 0 {
            // A usual flight, in one go.
            self.buffer.reserve(octets.len().max(1024));
        }
        self.buffer.extend_from_slice(octets);
        Ok(Unit::Handshake)
    }

    fn data(&mut self, plain: Range<usize>) -> Result<Opened, Error> {
        if self.midway() {
            return Err(Misbehaved::Interleaved.into());
        }
        if plain.is_empty() {
            if self.empty_records == self.limits.max_empty_records {
                return Err(LimitExceeded::EmptyRecords.into());
            }
            self.empty_records += 1;
            return Ok(Opened::Unit(Unit::Nothing));
        }
        self.empty_records = 0;
        Ok(Opened::Data(plain))
    }

    /// RFC 8446 section 6: one alert to a record; all but two of them are fatal.
    fn alert(&mut self, body: &[u8]) -> Result<Unit, Error> {
        let &[level, description] = body else {
            let rule = if body.is_empty() {
                Misbehaved::EmptyRecord
            } else {
                Misbehaved::MalformedAlert
            };
            return Err(rule.into());
        };
        if self.midway() {
            return Err(Misbehaved::Interleaved.into());
        }
        let description = AlertDescription(description);
        match (AlertLevel(level), description) {
            (_, AlertDescription::CLOSE_NOTIFY) => Ok(Unit::CloseNotify),
            (_, AlertDescription::USER_CANCELED) => {
                if self.warnings == self.limits.max_warning_alerts {
                    return Err(LimitExceeded::WarningAlerts.into());
                }
                self.warnings += 1;
                Ok(Unit::Nothing)
            }
            (AlertLevel::FATAL, _) => Err(Error::PeerAlert(description)),
            // TLS 1.3 knows no other warnings; the peer speaks an older version, or nonsense.
            (AlertLevel::WARNING, _) => Err(Misbehaved::WarningAlert(description).into()),
            (AlertLevel(level), _) => Err(Misbehaved::AlertLevel(level).into()),
        }
    }

    /// The type and the length, header included, of the next handshake message if it is whole.
    ///
    /// Its length is judged as soon as its header is there, before its body is waited for.
    fn whole(&self) -> Result<Option<(HandshakeType, usize)>, Error> {
        let rest = self.buffer.get(self.consumed..).unwrap_or_default();
        let Some(&[kind, a, b, c]) = rest.first_chunk::<MESSAGE_HEADER>() else {
            return Ok(None);
        };
        let kind = HandshakeType(kind);
        let len = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
        if len > max_len(kind, &self.limits) {
            return Err(LimitExceeded::MessageLength(kind).into());
        }
        let end = MESSAGE_HEADER + len;
        Ok((rest.len() >= end).then_some((kind, end)))
    }

    /// True when [`Inbound::message`] has one.
    pub(crate) fn has_message(&self) -> Result<bool, Error> {
        self.whole().map(|message| message.is_some())
    }

    /// Takes the next whole handshake message, or `None` when it is not complete.
    pub(crate) fn message(&mut self) -> Result<Option<Message<'_>>, Error> {
        let Some((kind, len)) = self.whole()? else {
            return Ok(None);
        };
        let start = self.consumed;
        self.consumed += len;
        let last = self.consumed == self.buffer.len();
        let octets = self.buffer.get(start..self.consumed).unwrap_or_default();
        let body = octets.get(MESSAGE_HEADER..).unwrap_or_default();
        Ok(Some(Message {
            kind,
            body,
            octets,
            last,
        }))
    }

    /// Gives the buffer's memory back when nothing is in it.
    pub(crate) fn shrink(&mut self) {
        if !self.midway() {
            self.buffer = Vec::new();
            self.consumed = 0;
        }
    }
}

/// The longest body of a message: what its type can need.
const fn max_len(kind: HandshakeType, limits: &Limits) -> usize {
    match kind {
        HandshakeType::CERTIFICATE => limits.max_certificate_message,
        HandshakeType::FINISHED => 64,
        HandshakeType::KEY_UPDATE | HandshakeType::END_OF_EARLY_DATA => 1,
        // A scheme and the longest signature its field can hold would be 2^16; no key here signs more than 1 KiB.
        HandshakeType::CERTIFICATE_VERIFY => 1 << 14,
        _ => limits.max_handshake_message,
    }
}

/// Tells from the first octets of a connection that they are no TLS, if they are not.
fn sniff(rx: &[u8]) -> Option<Error> {
    // As much of each as the octets that are waited for: what comes behind them may or may not be there yet.
    const METHODS: [&[u8]; 8] = [
        b"GET ", b"POST ", b"HEAD ", b"PUT ", b"CONNE", b"OPTIO", b"DELET", b"HTTP/",
    ];
    if rx.is_empty() || matches!(rx, [20..=23, 3, ..] | [20..=23]) {
        return None;
    }
    let cut = |method: &[u8]| rx.len().min(method.len());
    if METHODS
        .iter()
        .any(|method| rx.get(..cut(method)) == method.get(..cut(method)))
    {
        // Wait until it is certain: the answer differs for a person.
        return (rx.len() >= HEADER_LEN).then_some(Misbehaved::PlainHttp.into());
    }
    Some(Misbehaved::NotTls.into())
}
