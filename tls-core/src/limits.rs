//! Bounds on what a peer can make this end do.

/// Bounds on work and memory. Each is tested at its value and one beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Most octets of one handshake message, its 4-octet header not counted. Hellos, CertificateRequest,
    /// EncryptedExtensions and NewSessionTicket; shorter messages have their own, smaller bounds.
    pub max_handshake_message: usize,
    /// Most octets of a Certificate message.
    pub max_certificate_message: usize,
    /// Most certificates of a chain.
    pub max_certificates: usize,
    /// Most consecutive records without content.
    pub max_empty_records: u8,
    /// Most warning alerts (user_canceled) of a connection.
    pub max_warning_alerts: u8,
    /// Most consecutive KeyUpdates without application data between them.
    pub max_key_updates: u8,
    /// Most NewSessionTickets a client takes during a connection.
    pub max_tickets: u8,
    /// Most change_cipher_spec records of a handshake.
    pub max_change_cipher_specs: u8,
    /// Most PSK identities of a ClientHello that a server tries to open.
    pub max_psk_identities: usize,
    /// Most octets of early data that a server skips, as it takes none.
    pub max_early_data_skipped: usize,
    /// Records sent under one key before this end updates it by itself. Half of the AES-GCM limit of
    /// RFC 8446 section 5.5 (2^24.5 full records) by default.
    pub max_records_per_key: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_handshake_message: 1 << 16,
            max_certificate_message: 1 << 17,
            max_certificates: 16,
            max_empty_records: 32,
            max_warning_alerts: 4,
            max_key_updates: 32,
            max_tickets: 32,
            max_change_cipher_specs: 32,
            max_psk_identities: 8,
            max_early_data_skipped: 1 << 14,
            max_records_per_key: 1 << 23,
        }
    }
}
