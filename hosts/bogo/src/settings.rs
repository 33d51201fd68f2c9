//! From flags to configurations of the machines.

use std::{fs, path::Path, sync::Arc};

use crypto_core::{Group, Provider, SignatureAlgorithm, SigningKey};
use pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tls_core::{
    ClientAuth, ClientConfig, Identity, Limits, ServerConfig, TicketKeys, TicketPolicy,
    wire::{CipherSuite, SignatureScheme},
};

use crate::options::{Credential, Options, Unimplemented};

/// Life of tickets in seconds: two days, as the tests assume.
const TICKET_LIFETIME: u32 = 2 * 24 * 60 * 60;

/// A protocol that no test offers.
const UNKNOWN_PROTOCOL: &[u8] = b"no test offers this";

/// The schemes that can sign in TLS 1.3.
const SCHEMES: [(SignatureScheme, SignatureAlgorithm); 6] = [
    (
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureAlgorithm::EcdsaP256Sha256,
    ),
    (
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureAlgorithm::EcdsaP384Sha384,
    ),
    (SignatureScheme::ED25519, SignatureAlgorithm::Ed25519),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureAlgorithm::RsaPssSha256,
    ),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureAlgorithm::RsaPssSha384,
    ),
    (
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureAlgorithm::RsaPssSha512,
    ),
];

/// Schemes for certificates only.
const PKCS1: [SignatureScheme; 3] = [
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
];

/// An identity of the shim, with its place among the credentials of the test and its key.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) index: usize,
    pub(crate) identity: Identity,
    pub(crate) must_match_issuer: bool,
    schemes: Vec<SignatureScheme>,
    key: Arc<dyn SigningKey>,
}

impl Own {
    /// True when it can sign for a peer that accepts `schemes`.
    pub(crate) fn fits(&self, schemes: &[SignatureScheme]) -> bool {
        let usable = self.schemes.iter().filter(|scheme| !is_old(**scheme));
        usable.into_iter().any(|scheme| schemes.contains(scheme))
    }

    /// Signs as a question asks for.
    pub(crate) fn sign(&self, scheme: SignatureScheme, content: &[u8]) -> Option<Vec<u8>> {
        let (_, algorithm) = SCHEMES.iter().find(|(candidate, _)| *candidate == scheme)?;
        self.key.sign(*algorithm, content).ok()
    }
}

/// Loads the credentials of the test.
pub(crate) fn identities(
    provider: &Provider,
    options: &Options,
) -> Result<Vec<Own>, Unimplemented> {
    let present = |(_, credential): &(usize, &Credential)| !credential.chain.as_os_str().is_empty();
    options
        .credentials
        .iter()
        .enumerate()
        .filter(present)
        .map(|(index, credential)| own(provider, options, index, credential))
        // The default credential comes last.
        .collect::<Result<Vec<_>, _>>()
        .map(|mut identities| {
            identities.sort_by_key(|own| own.index == 0);
            identities
        })
}

fn own(
    provider: &Provider,
    options: &Options,
    index: usize,
    credential: &Credential,
) -> Result<Own, Unimplemented> {
    let chain = certificates(&credential.chain)?;
    let key = read(&credential.key)?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| Unimplemented("key".into()))?;
    // A key that the source does not take, such as one on P-521.
    let key = provider
        .keys
        .load(&key)
        .map_err(|_| Unimplemented("kind of key".into()))?;
    let fits = |scheme: &SignatureScheme| {
        let known = SCHEMES.iter().find(|(candidate, _)| candidate == scheme);
        known.is_some_and(|(_, algorithm)| key.algorithms().contains(algorithm))
    };
    let wanted = credential
        .schemes
        .iter()
        .map(|scheme| SignatureScheme(*scheme));
    // Old schemes are given to the machine, which must not use them.
    let wanted: Vec<_> = wanted
        .filter(|scheme| fits(scheme) || is_old(*scheme))
        .collect();
    let asks = options.late || !wanted.is_empty() || options.expect.credential.is_some();
    let schemes = match (wanted.is_empty(), credential.schemes.is_empty()) {
        (true, false) => return Err(Unimplemented("signature scheme".into())),
        (true, true) => SCHEMES
            .iter()
            .map(|(scheme, _)| *scheme)
            .filter(fits)
            .collect(),
        (false, _) => wanted,
    };
    let identity = if asks {
        Identity::external(chain, &schemes)
    } else {
        Identity::new(chain, Arc::clone(&key))
    };
    let identity = identity.map_err(|misuse| Unimplemented(format!("identity: {misuse}")))?;
    Ok(Own {
        index,
        identity,
        must_match_issuer: credential.must_match_issuer,
        schemes,
        key,
    })
}

/// PKCS#1 and SHA-1: in TLS 1.3 they are for certificates only.
const fn is_old(scheme: SignatureScheme) -> bool {
    matches!(scheme.0, 0x0401 | 0x0501 | 0x0601 | 0x0201 | 0x0203)
}

/// Reads a chain.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Unimplemented> {
    CertificateDer::pem_slice_iter(&read(file)?)
        .collect::<Result<_, _>>()
        .map_err(|_| Unimplemented("certificate".into()))
}

fn read(file: &Path) -> Result<Vec<u8>, Unimplemented> {
    fs::read(file).map_err(|error| Unimplemented(format!("{}: {error}", file.display())))
}

/// Reads names in hexadecimal with commas between them.
pub(crate) fn names(list: &str) -> Result<Vec<Vec<u8>>, Unimplemented> {
    if list.starts_with('<') {
        return Ok(Vec::new());
    }
    let octet = |pair: &[u8]| {
        let digits = core::str::from_utf8(pair).ok()?;
        u8::from_str_radix(digits, 16).ok()
    };
    list.split(',')
        .map(|name| name.as_bytes().chunks(2).map(octet).collect())
        .collect::<Option<_>>()
        .ok_or_else(|| Unimplemented("list of names".into()))
}

/// Sets what both roles have in common.
macro_rules! shared {
    ($config:expr, $options:expr, $protocols:expr) => {{
        let (mut config, options) = ($config, $options);
        let groups = groups(config.provider(), options)?;
        if !groups.is_empty() {
            config = config.with_groups(&groups);
        }
        if !options.cipher_suites.is_empty() {
            let suites: Vec<_> = options
                .cipher_suites
                .iter()
                .map(|id| CipherSuite(*id))
                .collect();
            config = config.with_cipher_suites(&suites);
        }
        config = config.with_signature_schemes(&verify_schemes(options)?);
        if let Some(octets) = options.max_fragment {
            config = config.with_max_fragment(octets);
        }
        config
            .with_alpn(&$protocols)
            .with_limits(limits(options))
            .with_key_log(options.export_secrets)
    }};
}

/// The configuration of a client.
pub(crate) fn client(
    provider: &Arc<Provider>,
    options: &Options,
    own: &[Own],
) -> Result<Arc<ClientConfig>, Unimplemented> {
    let protocols = protocols(&options.advertise_alpn)?;
    let config = ClientConfig::new(Arc::clone(provider)).with_verify_question();
    let mut config = shared!(config, options, protocols);
    let expect = &options.expect;
    let asks = options.late
        || options.ask_credential
        || own.len() > 1
        || own.iter().any(|own| own.must_match_issuer)
        || expect.authorities.is_some()
        || !expect.verify_schemes.is_empty();
    config = match own.first() {
        _ if asks => config.with_credential_question(),
        Some(own) => config.with_identity(own.identity.clone()),
        None => config,
    };
    if let Some(shares) = &options.key_shares {
        config = config.with_key_shares(key_shares(options, shares)?);
    }
    Ok(Arc::new(config))
}

/// The configuration of a server. `keys` are those of the connections before.
pub(crate) fn server(
    provider: &Arc<Provider>,
    options: &Options,
    own: &[Own],
    keys: &TicketKeys,
) -> Result<Arc<ServerConfig>, Unimplemented> {
    let protocol = if options.reject_alpn {
        UNKNOWN_PROTOCOL
    } else {
        &options.select_alpn
    };
    let protocols: Vec<&[u8]> = if protocol.is_empty() {
        Vec::new()
    } else {
        vec![protocol]
    };
    let config = ServerConfig::new(Arc::clone(provider));
    let mut config = shared!(config, options, protocols);
    config = own.iter().fold(config, |config, own| {
        config.with_identity(own.identity.clone())
    });
    config = config.with_client_question(if options.verify_peer {
        ClientAuth::Optional
    } else if options.require_peer {
        ClientAuth::Required
    } else {
        ClientAuth::None
    });
    if let Some(list) = &options.client_authorities {
        config = config.with_authorities(names(list)?);
    }
    config = config.with_tickets(if options.no_ticket || options.skip_ticket {
        TicketPolicy::None
    } else if stores_tickets(options) {
        TicketPolicy::Stored(TICKET_LIFETIME)
    } else {
        TicketPolicy::Sealed(keys.clone())
    });
    Ok(Arc::new(config))
}

/// True when the shim keeps the sessions of a server itself.
pub(crate) const fn stores_tickets(options: &Options) -> bool {
    options.late || options.store_tickets
}

/// Draws ticket keys for all connections of a test.
pub(crate) fn ticket_keys(provider: &Provider) -> Result<TicketKeys, Unimplemented> {
    TicketKeys::generate(provider, TICKET_LIFETIME)
        .map_err(|error| Unimplemented(format!("ticket keys: {error}")))
}

fn groups(provider: &Provider, options: &Options) -> Result<Vec<Group>, Unimplemented> {
    let known = |id: &u16| {
        let group = Group(*id);
        provider
            .group(group)
            .map(|_| group)
            .ok_or_else(|| Unimplemented(format!("{group:?}")))
    };
    options.groups.iter().map(known).collect()
}

/// How many shares to offer. The first of the groups are shared, and with a hybrid its classical half.
fn key_shares(options: &Options, shares: &[u16]) -> Result<usize, Unimplemented> {
    let starts = options.groups.starts_with(shares);
    starts
        .then_some(shares.len())
        .ok_or_else(|| Unimplemented("choice of key shares".into()))
}

/// The schemes to accept; without a flag all but Ed25519, as the tests assume.
fn verify_schemes(options: &Options) -> Result<Vec<SignatureScheme>, Unimplemented> {
    if options.verify_schemes.is_empty() {
        let schemes = SCHEMES.iter().map(|(scheme, _)| *scheme);
        let schemes = schemes.filter(|scheme| *scheme != SignatureScheme::ED25519);
        return Ok(schemes.chain(PKCS1).collect());
    }
    let known = |id: &u16| {
        let scheme = SignatureScheme(*id);
        let known = SCHEMES.iter().any(|(candidate, _)| *candidate == scheme);
        known
            .then_some(scheme)
            .ok_or_else(|| Unimplemented(format!("{scheme}")))
    };
    options.verify_schemes.iter().map(known).collect()
}

/// Reads a list of protocols in the encoding of ALPN.
fn protocols(mut list: &[u8]) -> Result<Vec<&[u8]>, Unimplemented> {
    let mut protocols = Vec::new();
    while let Some((len, rest)) = list.split_first() {
        let (protocol, rest) = rest
            .split_at_checked(usize::from(*len))
            .ok_or_else(|| Unimplemented("list of protocols".into()))?;
        protocols.push(protocol);
        list = rest;
    }
    Ok(protocols)
}

fn limits(options: &Options) -> Limits {
    let mut limits = Limits::default();
    // The tests bound the size of a chain, not the number of its certificates.
    limits.max_certificates = limits.max_certificate_message;
    if let Some(octets) = options.max_certificate_message {
        limits.max_certificate_message = octets;
    }
    limits
}
