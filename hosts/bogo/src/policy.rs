//! Policies of authorities that a test asks for in one flag.

use crypto_core::Group;
use tls_core::wire::{CipherSuite, SignatureScheme};

use crate::options::Options;

/// What a policy allows, best first; empty where it says nothing.
#[derive(Debug)]
pub(crate) struct Policy {
    groups: &'static [Group],
    cipher_suites: &'static [CipherSuite],
    schemes: &'static [SignatureScheme],
}

/// NIST SP 800-52r2.
pub(crate) const FIPS_202205: Policy = Policy {
    groups: &[Group::SECP256R1, Group::SECP384R1],
    cipher_suites: &[
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
    ],
    schemes: &[
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
    ],
};

/// WPA3-Enterprise with 192 bits.
pub(crate) const WPA_202304: Policy = Policy {
    groups: &[Group::SECP384R1],
    cipher_suites: &[CipherSuite::TLS_AES_256_GCM_SHA384],
    schemes: &[
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
    ],
};

/// The order of the Commercial National Security Algorithm Suite.
pub(crate) const CNSA_202407: Policy = Policy {
    groups: &[],
    cipher_suites: &[
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ],
    schemes: &[],
};

impl Policy {
    /// Makes `options` follow the policy.
    pub(crate) fn apply(&self, options: &mut Options) {
        let schemes: Vec<_> = self.schemes.iter().map(|scheme| scheme.0).collect();
        options.groups = self.groups.iter().map(|group| group.0).collect();
        options.cipher_suites = self.cipher_suites.iter().map(|suite| suite.0).collect();
        options.credential().schemes.clone_from(&schemes);
        options.verify_schemes = schemes;
    }
}
