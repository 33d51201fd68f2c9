//! Code points of the IANA TLS registries. Unknown values survive a round trip.

use core::fmt;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident($int:ty) { $($constant:ident = $value:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub $int);

        impl $name {
            $(
                #[doc = concat!("`", $text, "`")]
                pub const $constant: Self = Self($value);
            )*

            /// The registered name, if it is one this crate knows.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$constant => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}(0x{:x})", stringify!($name), self.0),
                }
            }
        }
    };
}

codes! {
    /// What a record carries (RFC 8446 section 5.1).
    ContentType(u8) {
        CHANGE_CIPHER_SPEC = 20, "change_cipher_spec";
        ALERT = 21, "alert";
        HANDSHAKE = 22, "handshake";
        APPLICATION_DATA = 23, "application_data";
    }
}

codes! {
    /// The type of a handshake message (RFC 8446 section 4).
    HandshakeType(u8) {
        CLIENT_HELLO = 1, "ClientHello";
        SERVER_HELLO = 2, "ServerHello";
        NEW_SESSION_TICKET = 4, "NewSessionTicket";
        END_OF_EARLY_DATA = 5, "EndOfEarlyData";
        ENCRYPTED_EXTENSIONS = 8, "EncryptedExtensions";
        CERTIFICATE = 11, "Certificate";
        CERTIFICATE_REQUEST = 13, "CertificateRequest";
        CERTIFICATE_VERIFY = 15, "CertificateVerify";
        FINISHED = 20, "Finished";
        KEY_UPDATE = 24, "KeyUpdate";
        MESSAGE_HASH = 254, "message_hash";
    }
}

codes! {
    /// The type of an extension (RFC 8446 section 4.2).
    ExtensionType(u16) {
        SERVER_NAME = 0, "server_name";
        STATUS_REQUEST = 5, "status_request";
        SUPPORTED_GROUPS = 10, "supported_groups";
        SIGNATURE_ALGORITHMS = 13, "signature_algorithms";
        ALPN = 16, "application_layer_protocol_negotiation";
        SIGNED_CERTIFICATE_TIMESTAMP = 18, "signed_certificate_timestamp";
        PRE_SHARED_KEY = 41, "pre_shared_key";
        EARLY_DATA = 42, "early_data";
        SUPPORTED_VERSIONS = 43, "supported_versions";
        COOKIE = 44, "cookie";
        PSK_KEY_EXCHANGE_MODES = 45, "psk_key_exchange_modes";
        CERTIFICATE_AUTHORITIES = 47, "certificate_authorities";
        OID_FILTERS = 48, "oid_filters";
        SIGNATURE_ALGORITHMS_CERT = 50, "signature_algorithms_cert";
        KEY_SHARE = 51, "key_share";
    }
}

codes! {
    /// A protocol version.
    ProtocolVersion(u16) {
        TLS12 = 0x0303, "TLS 1.2";
        TLS13 = 0x0304, "TLS 1.3";
    }
}

codes! {
    /// A cipher suite (RFC 8446 appendix B.4).
    CipherSuite(u16) {
        TLS_AES_128_GCM_SHA256 = 0x1301, "TLS_AES_128_GCM_SHA256";
        TLS_AES_256_GCM_SHA384 = 0x1302, "TLS_AES_256_GCM_SHA384";
        TLS_CHACHA20_POLY1305_SHA256 = 0x1303, "TLS_CHACHA20_POLY1305_SHA256";
    }
}

codes! {
    /// A signature scheme (RFC 8446 section 4.2.3).
    SignatureScheme(u16) {
        RSA_PKCS1_SHA256 = 0x0401, "rsa_pkcs1_sha256";
        RSA_PKCS1_SHA384 = 0x0501, "rsa_pkcs1_sha384";
        RSA_PKCS1_SHA512 = 0x0601, "rsa_pkcs1_sha512";
        ECDSA_SECP256R1_SHA256 = 0x0403, "ecdsa_secp256r1_sha256";
        ECDSA_SECP384R1_SHA384 = 0x0503, "ecdsa_secp384r1_sha384";
        RSA_PSS_RSAE_SHA256 = 0x0804, "rsa_pss_rsae_sha256";
        RSA_PSS_RSAE_SHA384 = 0x0805, "rsa_pss_rsae_sha384";
        RSA_PSS_RSAE_SHA512 = 0x0806, "rsa_pss_rsae_sha512";
        ED25519 = 0x0807, "ed25519";
    }
}

codes! {
    /// The level of an alert; TLS 1.3 takes the severity from the description instead.
    AlertLevel(u8) {
        WARNING = 1, "warning";
        FATAL = 2, "fatal";
    }
}

codes! {
    /// What an alert says (RFC 8446 section 6).
    AlertDescription(u8) {
        CLOSE_NOTIFY = 0, "close_notify";
        UNEXPECTED_MESSAGE = 10, "unexpected_message";
        BAD_RECORD_MAC = 20, "bad_record_mac";
        RECORD_OVERFLOW = 22, "record_overflow";
        HANDSHAKE_FAILURE = 40, "handshake_failure";
        BAD_CERTIFICATE = 42, "bad_certificate";
        UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate";
        CERTIFICATE_REVOKED = 44, "certificate_revoked";
        CERTIFICATE_EXPIRED = 45, "certificate_expired";
        CERTIFICATE_UNKNOWN = 46, "certificate_unknown";
        ILLEGAL_PARAMETER = 47, "illegal_parameter";
        UNKNOWN_CA = 48, "unknown_ca";
        ACCESS_DENIED = 49, "access_denied";
        DECODE_ERROR = 50, "decode_error";
        DECRYPT_ERROR = 51, "decrypt_error";
        PROTOCOL_VERSION = 70, "protocol_version";
        INSUFFICIENT_SECURITY = 71, "insufficient_security";
        INTERNAL_ERROR = 80, "internal_error";
        INAPPROPRIATE_FALLBACK = 86, "inappropriate_fallback";
        USER_CANCELED = 90, "user_canceled";
        MISSING_EXTENSION = 109, "missing_extension";
        UNSUPPORTED_EXTENSION = 110, "unsupported_extension";
        UNRECOGNIZED_NAME = 112, "unrecognized_name";
        BAD_CERTIFICATE_STATUS_RESPONSE = 113, "bad_certificate_status_response";
        UNKNOWN_PSK_IDENTITY = 115, "unknown_psk_identity";
        CERTIFICATE_REQUIRED = 116, "certificate_required";
        GENERAL_ERROR = 117, "general_error";
        NO_APPLICATION_PROTOCOL = 120, "no_application_protocol";
    }
}
