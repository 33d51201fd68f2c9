//! The names under which BoringSSL knows our errors. Names that do not match one to one stand in `ErrorMap` of
//! `config.json`.

use tls_core::{
    CertificateError, Error, Incompatible, LimitExceeded, Misbehaved, Proof,
    wire::{AlertDescription, ExtensionType, HandshakeType, Malformed},
};

/// The name of an error.
pub(crate) fn of(error: &Error) -> String {
    let name = match error {
        Error::PeerAlert(alert) => return peer_alert(*alert),
        Error::Malformed { message, why } => malformed(*message, *why),
        Error::MalformedExtension { .. } => "ERROR_PARSING_EXTENSION",
        Error::Incompatible(why) => incompatible(*why),
        Error::Misbehaved(rule) => misbehaved(*rule),
        Error::Limit(limit) => limit_exceeded(*limit),
        Error::Certificate(why) => certificate(*why),
        Error::BadRecord => "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        Error::BadProof(Proof::Signature) => "BAD_SIGNATURE",
        Error::BadProof(Proof::Finished | Proof::Binder) => "DIGEST_CHECK_FAILED",
        Error::Truncated => "TRUNCATED",
        Error::Cancelled => "CANCELLED",
        Error::Refused(_) => "CONNECTION_REJECTED",
        Error::NotSigned => "PRIVATE_KEY_OPERATION_FAILED",
        Error::Crypto(_) => "CRYPTO_FAILED",
        _ => "UNKNOWN_ERROR",
    };
    format!(":{name}:")
}

const fn malformed(message: HandshakeType, why: Malformed) -> &'static str {
    match (message, why) {
        (_, Malformed::Duplicate) => "DUPLICATE_EXTENSION",
        (HandshakeType::CLIENT_HELLO, _) => "CLIENTHELLO_PARSE_FAILED",
        _ => "DECODE_ERROR",
    }
}

const fn incompatible(why: Incompatible) -> &'static str {
    match why {
        Incompatible::Version => "UNSUPPORTED_PROTOCOL",
        Incompatible::CipherSuite => "NO_SHARED_CIPHER",
        Incompatible::Group => "NO_SHARED_GROUP",
        Incompatible::SignatureScheme => "NO_COMMON_SIGNATURE_ALGORITHMS",
        Incompatible::ApplicationProtocol => "NO_APPLICATION_PROTOCOL",
        _ => "INCOMPATIBLE",
    }
}

const fn certificate(why: CertificateError) -> &'static str {
    match why {
        CertificateError::Missing => "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        CertificateError::Bad => "CANNOT_PARSE_LEAF_CERT",
        CertificateError::WrongPurpose => "KEY_USAGE_BIT_INCORRECT",
        _ => "CERTIFICATE_VERIFY_FAILED",
    }
}

const fn limit_exceeded(limit: LimitExceeded) -> &'static str {
    match limit {
        LimitExceeded::MessageLength(_) => "EXCESSIVE_MESSAGE_SIZE",
        LimitExceeded::EmptyRecords => "TOO_MANY_EMPTY_FRAGMENTS",
        LimitExceeded::WarningAlerts => "TOO_MANY_WARNING_ALERTS",
        LimitExceeded::KeyUpdates => "TOO_MANY_KEY_UPDATES",
        LimitExceeded::Tickets => "TOO_MANY_TICKETS",
        LimitExceeded::ChangeCipherSpecs => "TOO_MANY_CHANGE_CIPHER_SPECS",
        LimitExceeded::EarlyData => "TOO_MUCH_SKIPPED_EARLY_DATA",
        LimitExceeded::Sequence => "SEQUENCE_EXHAUSTED",
        _ => "LIMIT_EXCEEDED",
    }
}

fn misbehaved(rule: Misbehaved) -> &'static str {
    match rule {
        Misbehaved::NotTls | Misbehaved::RecordVersion => "WRONG_VERSION_NUMBER",
        Misbehaved::PlainHttp => "HTTP_REQUEST",
        Misbehaved::RecordOverflow => "DATA_LENGTH_TOO_LONG",
        Misbehaved::UnknownContentType(_) | Misbehaved::UnexpectedRecord => "UNEXPECTED_RECORD",
        Misbehaved::NoContentType => "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        Misbehaved::EmptyRecord => "EMPTY_RECORD",
        Misbehaved::Interleaved => "INTERLEAVED_RECORD",
        Misbehaved::ChangeCipherSpec => "BAD_CHANGE_CIPHER_SPEC",
        Misbehaved::AcrossKeyChange => "EXCESS_HANDSHAKE_DATA",
        Misbehaved::UnexpectedMessage(_) | Misbehaved::SecondRetry => "UNEXPECTED_MESSAGE",
        Misbehaved::EarlyData => "UNEXPECTED_EARLY_DATA",
        Misbehaved::MalformedAlert | Misbehaved::WarningAlert(_) => "BAD_ALERT",
        Misbehaved::AlertLevel(_) => "UNKNOWN_ALERT_TYPE",
        Misbehaved::NoServerCertificate => "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        Misbehaved::UnsolicitedExtension(_) | Misbehaved::MisplacedExtension(_) => {
            "UNEXPECTED_EXTENSION"
        }
        Misbehaved::MissingExtension(ExtensionType::KEY_SHARE) => "MISSING_KEY_SHARE",
        Misbehaved::MissingExtension(ExtensionType::SUPPORTED_GROUPS) => "MISSING_SUPPORTED_GROUPS",
        Misbehaved::MissingExtension(ExtensionType::SIGNATURE_ALGORITHMS) => {
            "MISSING_SIGNATURE_ALGORITHMS"
        }
        Misbehaved::MissingExtension(_) => "MISSING_EXTENSION",
        Misbehaved::Compression => "INVALID_COMPRESSION_LIST",
        Misbehaved::SessionId => "SERVER_ECHOED_INVALID_SESSION_ID",
        Misbehaved::LegacyVersion => "WRONG_LEGACY_VERSION",
        Misbehaved::VersionNotOffered => "UNSUPPORTED_PROTOCOL",
        Misbehaved::SuiteNotOffered | Misbehaved::SuiteChanged => "WRONG_CIPHER_RETURNED",
        Misbehaved::GroupNotOffered => "WRONG_CURVE",
        Misbehaved::EmptyRetry => "EMPTY_HELLO_RETRY_REQUEST",
        Misbehaved::HelloChanged => "SECOND_CLIENTHELLO_CHANGED",
        Misbehaved::Cookie => "WRONG_COOKIE",
        Misbehaved::KeyShare => "BAD_ECPOINT",
        Misbehaved::KeyShareMismatch => "KEY_SHARE_MISMATCH",
        Misbehaved::PskNotLast => "PRE_SHARED_KEY_MUST_BE_LAST",
        Misbehaved::PskBinders => "PSK_IDENTITY_BINDER_COUNT_MISMATCH",
        Misbehaved::PskNotOffered => "PSK_IDENTITY_NOT_FOUND",
        Misbehaved::ProtocolNotOffered => "INVALID_ALPN_PROTOCOL",
        Misbehaved::SchemeNotOffered => "WRONG_SIGNATURE_TYPE",
        Misbehaved::RequestContext => "WRONG_REQUEST_CONTEXT",
        Misbehaved::TicketLifetime => "TICKET_LIFETIME",
        Misbehaved::KeyUpdate => "BAD_KEY_UPDATE",
        _ => "MISBEHAVED",
    }
}

/// BoringSSL names an alert after the protocol that brought it.
fn peer_alert(alert: AlertDescription) -> String {
    let name = alert.name().unwrap_or("unknown").to_ascii_uppercase();
    match alert {
        AlertDescription::CLOSE_NOTIFY => ":CLOSED_DURING_HANDSHAKE:".into(),
        AlertDescription::UNEXPECTED_MESSAGE
        | AlertDescription::BAD_RECORD_MAC
        | AlertDescription::HANDSHAKE_FAILURE
        | AlertDescription::BAD_CERTIFICATE
        | AlertDescription::UNSUPPORTED_CERTIFICATE
        | AlertDescription::CERTIFICATE_REVOKED
        | AlertDescription::CERTIFICATE_EXPIRED
        | AlertDescription::CERTIFICATE_UNKNOWN
        | AlertDescription::ILLEGAL_PARAMETER => format!(":SSLV3_ALERT_{name}:"),
        AlertDescription(30) => ":SSLV3_ALERT_DECOMPRESSION_FAILURE:".into(),
        AlertDescription::USER_CANCELED => ":TLSV1_ALERT_USER_CANCELLED:".into(),
        AlertDescription::UNSUPPORTED_EXTENSION | AlertDescription::UNRECOGNIZED_NAME => {
            format!(":TLSV1_{name}:")
        }
        _ => format!(":TLSV1_ALERT_{name}:"),
    }
}
