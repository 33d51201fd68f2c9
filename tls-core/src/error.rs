//! Why a connection ended, and the one place where a reason becomes an alert.

use crypto_core::CryptoError;
use thiserror::Error;

use crate::wire::{AlertDescription, ExtensionType, HandshakeType, Malformed};

/// Why a connection ended before both sides had closed it.
///
/// It says what the peer did (or what failed here); [`Error::alert`] derives the alert that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// A handshake message is not well-formed.
    #[error("malformed {message}: {why}")]
    Malformed {
        /// The message.
        message: HandshakeType,
        /// What is wrong with it.
        why: Malformed,
    },
    /// An extension is not well-formed.
    #[error("malformed extension {extension}: {why}")]
    MalformedExtension {
        /// The extension.
        extension: ExtensionType,
        /// What is wrong with it.
        why: Malformed,
    },
    /// The two ends have no parameters in common.
    #[error("nothing in common: {0}")]
    Incompatible(#[from] Incompatible),
    /// The peer broke a rule of the protocol.
    #[error("protocol violation: {0}")]
    Misbehaved(#[from] Misbehaved),
    /// The peer did more than [`Limits`](crate::Limits) allow.
    #[error("limit exceeded: {0}")]
    Limit(#[from] LimitExceeded),
    /// The peer's certificate was refused.
    #[error("certificate refused: {0}")]
    Certificate(#[from] CertificateError),
    /// A record is not authentic: damaged, forged, or under other keys.
    #[error("a record is not authentic")]
    BadRecord,
    /// A signature, binder or Finished is wrong.
    #[error("{0} does not verify")]
    BadProof(Proof),
    /// The peer ended the connection with this alert.
    #[error("the peer sent the alert {0}")]
    PeerAlert(AlertDescription),
    /// The transport ended without a close_notify: data may be missing.
    #[error("the stream was cut off without close_notify")]
    Truncated,
    /// The host ended the connection during the handshake.
    #[error("cancelled during the handshake")]
    Cancelled,
    /// The host refused the connection in answer to a question.
    #[error("refused by the application with {0}")]
    Refused(AlertDescription),
    /// The host's signer did not sign.
    #[error("no signature was made")]
    NotSigned,
    /// Cryptography failed here, through no fault of the peer.
    #[error("cryptography failed: {0}")]
    Crypto(#[from] CryptoError),
}

/// What the two ends lack in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// The peer offers no version spoken here.
    #[error("protocol version")]
    Version,
    /// No cipher suite.
    #[error("cipher suite")]
    CipherSuite,
    /// No group.
    #[error("group for key agreement")]
    Group,
    /// No certificate here fits the peer's signature schemes.
    #[error("signature scheme")]
    SignatureScheme,
    /// No application protocol.
    #[error("application protocol")]
    ApplicationProtocol,
}

/// Which rule the peer broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Misbehaved {
    /// The first octets are not a TLS record.
    #[error("this is not TLS")]
    NotTls,
    /// The first octets are an HTTP request in the clear.
    #[error("this is HTTP without TLS")]
    PlainHttp,
    /// A record has an unknown content type.
    #[error("record of unknown type {0}")]
    UnknownContentType(u8),
    /// A record's version is not `0x03xx`.
    #[error("record with a foreign version")]
    RecordVersion,
    /// A record is longer than the protocol allows.
    #[error("record too long")]
    RecordOverflow,
    /// A record of this type cannot come now.
    #[error("record out of order")]
    UnexpectedRecord,
    /// A protected record holds no content type, only padding.
    #[error("record of nothing but padding")]
    NoContentType,
    /// A handshake or alert record without content.
    #[error("empty handshake or alert record")]
    EmptyRecord,
    /// Another kind of record stands between the parts of one handshake message.
    #[error("record inside a handshake message")]
    Interleaved,
    /// A change_cipher_spec record is not the single octet 1, or comes where none may.
    #[error("unexpected change_cipher_spec")]
    ChangeCipherSpec,
    /// An alert record that is not exactly one alert.
    #[error("malformed alert")]
    MalformedAlert,
    /// Handshake octets stand on both sides of a key change.
    #[error("handshake message across a key change")]
    AcrossKeyChange,
    /// This handshake message cannot come now.
    #[error("{0} out of order")]
    UnexpectedMessage(HandshakeType),
    /// An extension answers one that was not offered.
    #[error("unsolicited extension {0}")]
    UnsolicitedExtension(ExtensionType),
    /// An extension stands in a message where it has no place.
    #[error("misplaced extension {0}")]
    MisplacedExtension(ExtensionType),
    /// A required extension is missing.
    #[error("missing extension {0}")]
    MissingExtension(ExtensionType),
    /// `legacy_compression_methods` is not the single null.
    #[error("compression offered or chosen")]
    Compression,
    /// `legacy_session_id_echo` differs from what was sent.
    #[error("session id not echoed")]
    SessionId,
    /// `legacy_version` is not TLS 1.2 where it must be.
    #[error("wrong legacy_version")]
    LegacyVersion,
    /// The server chose a version that was not offered.
    #[error("version not offered")]
    VersionNotOffered,
    /// The server chose a cipher suite that was not offered.
    #[error("cipher suite not offered")]
    SuiteNotOffered,
    /// The server changed the cipher suite after its HelloRetryRequest.
    #[error("cipher suite changed after HelloRetryRequest")]
    SuiteChanged,
    /// The server chose a group that was not offered, or asked again for a share it had.
    #[error("group not offered, or already shared")]
    GroupNotOffered,
    /// A second HelloRetryRequest.
    #[error("second HelloRetryRequest")]
    SecondRetry,
    /// A HelloRetryRequest that asks for no change.
    #[error("HelloRetryRequest without change")]
    EmptyRetry,
    /// The second ClientHello differs where it may not.
    #[error("second ClientHello differs from the first")]
    HelloChanged,
    /// The cookie is not the one given, too old, or none was given.
    #[error("wrong cookie")]
    Cookie,
    /// A key share is not valid for its group.
    #[error("invalid key share")]
    KeyShare,
    /// Key shares not in line with supported_groups.
    #[error("key shares contradict supported groups")]
    KeyShareMismatch,
    /// pre_shared_key is not the last extension.
    #[error("pre_shared_key is not last")]
    PskNotLast,
    /// As many binders as identities are needed.
    #[error("binders do not match identities")]
    PskBinders,
    /// The server selected an identity that was not offered, or one for another hash.
    #[error("PSK not offered")]
    PskNotOffered,
    /// The server selected an application protocol that was not offered.
    #[error("application protocol not offered")]
    ProtocolNotOffered,
    /// The peer signed with a scheme that was not offered, or does not fit its key.
    #[error("signature scheme not offered")]
    SchemeNotOffered,
    /// A certificate request or answer with a wrong context.
    #[error("wrong certificate_request_context")]
    RequestContext,
    /// A server certificate message without a certificate.
    #[error("server without certificate")]
    NoServerCertificate,
    /// A ticket with a lifetime beyond seven days.
    #[error("ticket lifetime beyond seven days")]
    TicketLifetime,
    /// Early data was sent although none was offered.
    #[error("unexpected early data")]
    EarlyData,
    /// A KeyUpdate with an unknown request.
    #[error("KeyUpdate with unknown request")]
    KeyUpdate,
    /// An alert at the level of a warning that is none.
    #[error("alert {0} as a warning")]
    WarningAlert(AlertDescription),
    /// An alert of an unknown level.
    #[error("alert of unknown level {0}")]
    AlertLevel(u8),
}

/// Which limit the peer exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum LimitExceeded {
    /// [`Limits::max_handshake_message`](crate::Limits::max_handshake_message) or the limit of its type.
    #[error("{0} too long")]
    MessageLength(HandshakeType),
    /// [`Limits::max_empty_records`](crate::Limits::max_empty_records).
    #[error("too many empty records")]
    EmptyRecords,
    /// [`Limits::max_warning_alerts`](crate::Limits::max_warning_alerts).
    #[error("too many warning alerts")]
    WarningAlerts,
    /// [`Limits::max_key_updates`](crate::Limits::max_key_updates).
    #[error("too many key updates")]
    KeyUpdates,
    /// [`Limits::max_tickets`](crate::Limits::max_tickets).
    #[error("too many tickets")]
    Tickets,
    /// [`Limits::max_change_cipher_specs`](crate::Limits::max_change_cipher_specs).
    #[error("too many change_cipher_spec records")]
    ChangeCipherSpecs,
    /// [`Limits::max_early_data_skipped`](crate::Limits::max_early_data_skipped).
    #[error("too much early data")]
    EarlyData,
    /// The last sequence number of a key was used up by the peer.
    #[error("sequence numbers used up")]
    Sequence,
}

/// Why a certificate was refused; each has its alert (RFC 8446 section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Corrupt, or with a bad signature.
    #[error("bad certificate")]
    Bad,
    /// The name is not the one asked for.
    #[error("not valid for this name")]
    WrongName,
    /// Not of a supported kind.
    #[error("unsupported kind of certificate")]
    Unsupported,
    /// Revoked by its issuer.
    #[error("revoked")]
    Revoked,
    /// Expired.
    #[error("expired")]
    Expired,
    /// Not valid yet.
    #[error("not valid yet")]
    NotYetValid,
    /// No path to a trusted root.
    #[error("no path to a trusted root")]
    UnknownIssuer,
    /// Not meant for this purpose.
    #[error("not meant for this purpose")]
    WrongPurpose,
    /// Refused by the application's policy.
    #[error("refused by policy")]
    AccessDenied,
    /// Any other reason.
    #[error("unacceptable")]
    Unknown,
    /// The peer sent none, and one is required.
    #[error("none was sent")]
    Missing,
}

/// What failed to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Proof {
    /// The signature of CertificateVerify.
    #[error("the signature of CertificateVerify")]
    Signature,
    /// The verify_data of Finished.
    #[error("Finished")]
    Finished,
    /// A PSK binder.
    #[error("the PSK binder")]
    Binder,
}

impl Error {
    /// The alert that tells the peer, or `None` when it needs none: it sent an alert itself, or is gone.
    ///
    /// This is the only place where reasons become alerts (RFC 8446 section 6.2).
    #[must_use]
    pub const fn alert(&self) -> Option<AlertDescription> {
        Some(match self {
            Self::Malformed { why, .. } | Self::MalformedExtension { why, .. } => malformed(*why),
            Self::Incompatible(why) => match why {
                Incompatible::Version => AlertDescription::PROTOCOL_VERSION,
                Incompatible::ApplicationProtocol => AlertDescription::NO_APPLICATION_PROTOCOL,
                Incompatible::CipherSuite | Incompatible::Group | Incompatible::SignatureScheme => {
                    AlertDescription::HANDSHAKE_FAILURE
                }
            },
            Self::Misbehaved(rule) => misbehaved(*rule),
            Self::Limit(limit) => match limit {
                LimitExceeded::MessageLength(_) => AlertDescription::ILLEGAL_PARAMETER,
                LimitExceeded::WarningAlerts => AlertDescription::DECODE_ERROR,
                LimitExceeded::EmptyRecords
                | LimitExceeded::KeyUpdates
                | LimitExceeded::Tickets
                | LimitExceeded::ChangeCipherSpecs
                | LimitExceeded::EarlyData
                | LimitExceeded::Sequence => AlertDescription::UNEXPECTED_MESSAGE,
            },
            Self::Certificate(why) => certificate(*why),
            Self::BadRecord => AlertDescription::BAD_RECORD_MAC,
            Self::BadProof(_) => AlertDescription::DECRYPT_ERROR,
            Self::PeerAlert(_) | Self::Truncated => return None,
            Self::Cancelled => AlertDescription::USER_CANCELED,
            Self::Refused(alert) => *alert,
            Self::NotSigned | Self::Crypto(_) => AlertDescription::INTERNAL_ERROR,
        })
    }
}

const fn malformed(why: Malformed) -> AlertDescription {
    match why {
        Malformed::Duplicate => AlertDescription::ILLEGAL_PARAMETER,
        Malformed::Truncated
        | Malformed::TrailingOctets
        | Malformed::VectorLength
        | Malformed::Value
        | Malformed::TooMany => AlertDescription::DECODE_ERROR,
    }
}

const fn certificate(why: CertificateError) -> AlertDescription {
    match why {
        CertificateError::Bad | CertificateError::WrongName => AlertDescription::BAD_CERTIFICATE,
        CertificateError::Unsupported | CertificateError::WrongPurpose => {
            AlertDescription::UNSUPPORTED_CERTIFICATE
        }
        CertificateError::Revoked => AlertDescription::CERTIFICATE_REVOKED,
        CertificateError::Expired | CertificateError::NotYetValid => {
            AlertDescription::CERTIFICATE_EXPIRED
        }
        CertificateError::UnknownIssuer => AlertDescription::UNKNOWN_CA,
        CertificateError::AccessDenied => AlertDescription::ACCESS_DENIED,
        CertificateError::Unknown => AlertDescription::CERTIFICATE_UNKNOWN,
        CertificateError::Missing => AlertDescription::CERTIFICATE_REQUIRED,
    }
}

const fn misbehaved(rule: Misbehaved) -> AlertDescription {
    match rule {
        Misbehaved::NotTls | Misbehaved::PlainHttp | Misbehaved::RecordVersion => {
            AlertDescription::PROTOCOL_VERSION
        }
        Misbehaved::RecordOverflow => AlertDescription::RECORD_OVERFLOW,
        Misbehaved::UnknownContentType(_)
        | Misbehaved::UnexpectedRecord
        | Misbehaved::NoContentType
        | Misbehaved::EmptyRecord
        | Misbehaved::Interleaved
        | Misbehaved::ChangeCipherSpec
        | Misbehaved::AcrossKeyChange
        | Misbehaved::UnexpectedMessage(_)
        | Misbehaved::SecondRetry
        | Misbehaved::EarlyData => AlertDescription::UNEXPECTED_MESSAGE,
        Misbehaved::MalformedAlert
        | Misbehaved::WarningAlert(_)
        | Misbehaved::NoServerCertificate => AlertDescription::DECODE_ERROR,
        Misbehaved::UnsolicitedExtension(_) => AlertDescription::UNSUPPORTED_EXTENSION,
        Misbehaved::MissingExtension(_) => AlertDescription::MISSING_EXTENSION,
        Misbehaved::MisplacedExtension(_)
        | Misbehaved::Compression
        | Misbehaved::SessionId
        | Misbehaved::LegacyVersion
        | Misbehaved::VersionNotOffered
        | Misbehaved::SuiteNotOffered
        | Misbehaved::SuiteChanged
        | Misbehaved::GroupNotOffered
        | Misbehaved::EmptyRetry
        | Misbehaved::HelloChanged
        | Misbehaved::Cookie
        | Misbehaved::KeyShare
        | Misbehaved::KeyShareMismatch
        | Misbehaved::PskNotLast
        | Misbehaved::PskBinders
        | Misbehaved::PskNotOffered
        | Misbehaved::ProtocolNotOffered
        | Misbehaved::SchemeNotOffered
        | Misbehaved::RequestContext
        | Misbehaved::TicketLifetime
        | Misbehaved::AlertLevel(_)
        | Misbehaved::KeyUpdate => AlertDescription::ILLEGAL_PARAMETER,
    }
}

/// A mistake of the host. The action changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The handshake has not ended yet.
    #[error("the handshake is not complete")]
    NotConnected,
    /// The connection, or this direction of it, is closed.
    #[error("the connection is closed")]
    Closed,
    /// The answer belongs to another connection, or its question was answered before.
    #[error("stale or foreign answer")]
    StaleAnswer,
    /// The configuration has no cipher suite that the provider offers.
    #[error("no usable cipher suite in the configuration")]
    NoCipherSuite,
    /// The configuration has no group that the provider offers.
    #[error("no usable group in the configuration")]
    NoGroup,
    /// The server configuration has no identity.
    #[error("a server needs an identity")]
    NoIdentity,
    /// A client configuration says neither which roots to trust nor that the host verifies.
    #[error("the configuration does not say how to verify the peer")]
    NoVerification,
    /// A name, protocol list or chain is longer than the protocol can carry.
    #[error("a configured value is too long or empty")]
    BadLength,
    /// The session belongs to another server name or cannot be used with this configuration.
    #[error("the session belongs to another server")]
    WrongSession,
    /// A buffer is too small, or a range lies outside of it.
    #[error("buffer too small")]
    BufferTooSmall,
    /// Sequence numbers of this key are used up; nothing more may be sent.
    #[error("sequence numbers used up")]
    SequenceExhausted,
    /// The private key does not fit the certificate.
    #[error("the private key does not fit the certificate")]
    KeyMismatch,
    /// The cryptographic source failed.
    #[error("the cryptographic source failed")]
    Crypto,
}

#[cfg(test)]
mod tests {
    use super::{CertificateError, Error, Incompatible, Misbehaved};
    use crate::wire::{AlertDescription, HandshakeType, Malformed};

    #[test]
    fn each_class_has_its_alert() {
        let message = HandshakeType::CLIENT_HELLO;
        let cases = [
            (
                Error::Malformed {
                    message,
                    why: Malformed::Truncated,
                },
                AlertDescription::DECODE_ERROR,
            ),
            (
                Error::Malformed {
                    message,
                    why: Malformed::Duplicate,
                },
                AlertDescription::ILLEGAL_PARAMETER,
            ),
            (
                Incompatible::Version.into(),
                AlertDescription::PROTOCOL_VERSION,
            ),
            (
                Misbehaved::RecordOverflow.into(),
                AlertDescription::RECORD_OVERFLOW,
            ),
            (
                CertificateError::UnknownIssuer.into(),
                AlertDescription::UNKNOWN_CA,
            ),
            (Error::BadRecord, AlertDescription::BAD_RECORD_MAC),
        ];
        for (error, alert) in cases {
            assert_eq!(error.alert(), Some(alert), "{error}");
        }
    }

    #[test]
    fn an_alert_is_never_answered_by_an_alert() {
        assert_eq!(
            Error::PeerAlert(AlertDescription::HANDSHAKE_FAILURE).alert(),
            None
        );
    }
}
