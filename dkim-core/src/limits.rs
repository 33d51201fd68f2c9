//! Bounds on what a message can make this end do.

/// Bounds on work and memory. Each is tested at its value and one beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Octets of the header, which is all that is kept of a message. 1 MiB.
    pub max_header: usize,
    /// Fields of the header. 10,000.
    pub max_fields: u32,
    /// Signatures that are looked at, from the top; those below are given a verdict unread. 10.
    pub max_signatures: usize,
    /// Octets of a DKIM-Signature field, and of each field of an ARC set. 32 KiB.
    pub max_signature_field: usize,
    /// ARC sets of a chain; a longer chain fails. 50, the most that RFC 8617 section 4.2.1 has.
    #[cfg(feature = "arc")]
    pub max_arc_sets: u8,
    /// Names in `h=`. 500.
    pub max_signed_fields: usize,
    /// Octets of a key record, its strings joined. 8 KiB.
    pub max_key_record: usize,
    /// Bits of an RSA key. 8,192, which is also the most that is supported.
    pub max_rsa_bits: usize,
    /// Octets of a record of SPF or of an explanation, its strings joined. 8 KiB.
    pub max_spf_record: usize,
    /// Terms of SPF that ask the DNS, in all records of a check together. 10 (RFC 7208 section 4.6.4).
    pub max_spf_terms: usize,
    /// Terms of SPF whose question leads nowhere. 2 (RFC 7208 section 4.6.4).
    pub max_void_lookups: usize,
    /// Exchanges of one `mx`. 10 (RFC 7208 section 4.6.4).
    pub max_exchanges: usize,
    /// Names of the client's address that are looked at; the others count for nothing. 10 (RFC 7208 section 4.6.4).
    pub max_pointers: usize,
    /// Octets that a macro string of SPF may grow to. 8 KiB.
    pub max_spf_expansion: usize,
    /// Octets of HELO, and of what stands before the at sign, that macros of SPF see. 1,000.
    pub max_spf_identity: usize,
    /// Octets of a policy record of DMARC, its strings joined; a longer one is none. 8 KiB.
    pub max_policy_record: usize,
    /// Authenticated domains that DMARC looks at. 20.
    pub max_authenticated: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_header: 1 << 20,
            max_fields: 10_000,
            max_signatures: 10,
            max_signature_field: 1 << 15,
            #[cfg(feature = "arc")]
            max_arc_sets: crate::arc::MAX_SETS,
            max_signed_fields: 500,
            max_key_record: 1 << 13,
            max_rsa_bits: 8_192,
            max_spf_record: 1 << 13,
            max_spf_terms: 10,
            max_void_lookups: 2,
            max_exchanges: 10,
            max_pointers: 10,
            max_spf_expansion: 1 << 13,
            max_spf_identity: 1_000,
            max_policy_record: 1 << 13,
            max_authenticated: 20,
        }
    }
}
