//! Who signs, and what.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crypto_core::{Hash, HashAlgorithm, Provider, SignatureAlgorithm, SigningKey};

use crate::{
    canon::Canonicalization,
    error::Misuse,
    limits::Limits,
    wire::{Algorithm, Domain, Selector},
};

/// Fields that are signed so that none can be added: each is mentioned once more than the message has it
/// (RFC 6376 section 8.15).
pub const OVERSIGNED_FIELDS: &[&str] = &[
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// Fields that are signed where the message has them (RFC 6376 section 5.4.1).
pub const RECOMMENDED_FIELDS: &[&str] = &[
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-ID",
    "Content-Description",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
];

/// One signature on every message: a domain, a selector, and a key or the place where it is.
#[derive(Clone, Debug)]
pub struct SigningIdentity {
    pub(crate) domain: Domain,
    pub(crate) selector: Selector,
    pub(crate) algorithm: Algorithm,
    /// `None`: the host signs, asked by [`SignerEvent::Sign`](crate::SignerEvent::Sign).
    pub(crate) key: Option<Arc<dyn SigningKey>>,
    pub(crate) identity: Option<Box<str>>,
}

impl SigningIdentity {
    /// Signs with a key at hand: RSA or Ed25519, which decides the algorithm.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for a malformed domain or selector, [`Misuse::KeyMismatch`] for another kind of key.
    pub fn new(domain: &str, selector: &str, key: Arc<dyn SigningKey>) -> Result<Self, Misuse> {
        let signs = |algorithm| key.algorithms().contains(&algorithm);
        let algorithm = match () {
            () if signs(SignatureAlgorithm::RsaPkcs1Sha256) => Algorithm::RsaSha256,
            () if signs(SignatureAlgorithm::Ed25519) => Algorithm::Ed25519Sha256,
            () => return Err(Misuse::KeyMismatch),
        };
        let mut this = Self::elsewhere(domain, selector, algorithm)?;
        this.key = Some(key);
        Ok(this)
    }

    /// Signs with a key that is elsewhere, in an HSM or a KMS: the host is asked.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for a malformed domain or selector.
    pub fn elsewhere(domain: &str, selector: &str, algorithm: Algorithm) -> Result<Self, Misuse> {
        Ok(Self {
            domain: Domain::parse(domain).ok_or(Misuse::BadName)?,
            selector: Selector::parse(selector).ok_or(Misuse::BadName)?,
            algorithm,
            key: None,
            identity: None,
        })
    }

    /// Sets `i=`: an address of which the local part may be absent, in the domain or below it.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for anything else.
    pub fn with_identity(mut self, identity: &str) -> Result<Self, Misuse> {
        let (local, domain) = identity.rsplit_once('@').ok_or(Misuse::BadName)?;
        let within = Domain::parse(domain).is_some_and(|domain| domain.is_within(&self.domain));
        // What dkim-quoted-printable or a quoted string would have to protect is not taken.
        let plain = |octet: u8| octet.is_ascii_graphic() && !b";=|\"@".contains(&octet);
        if !within || !local.bytes().all(plain) || local.len() > 64 {
            return Err(Misuse::BadName);
        }
        self.identity = Some(identity.into());
        Ok(self)
    }
}

/// What is signed, for any number of messages. Immutable; share it by `Arc`.
#[derive(Clone, Debug)]
pub struct SignerConfig {
    pub(crate) provider: Arc<Provider>,
    pub(crate) sha256: &'static dyn Hash,
    pub(crate) identities: Vec<SigningIdentity>,
    pub(crate) limits: Limits,
    pub(crate) header: Canonicalization,
    pub(crate) body: Canonicalization,
    pub(crate) signed: Vec<Box<str>>,
    pub(crate) oversigned: Vec<Box<str>>,
    pub(crate) lifetime: Option<u64>,
    pub(crate) length: bool,
    pub(crate) copies: bool,
}

impl SignerConfig {
    /// Signs for each of the identities: relaxed/relaxed, with `t=`, [`RECOMMENDED_FIELDS`] and
    /// [`OVERSIGNED_FIELDS`].
    ///
    /// # Errors
    /// [`Misuse::NoKey`] without identities, [`Misuse::NoHash`] for a provider without SHA-256.
    pub fn new(provider: Arc<Provider>, identities: Vec<SigningIdentity>) -> Result<Self, Misuse> {
        if identities.is_empty() {
            return Err(Misuse::NoKey);
        }
        let sha256 = provider.hash(HashAlgorithm::Sha256).ok_or(Misuse::NoHash)?;
        Ok(Self {
            provider,
            sha256,
            identities,
            limits: Limits::default(),
            header: Canonicalization::Relaxed,
            body: Canonicalization::Relaxed,
            signed: own(RECOMMENDED_FIELDS, &[])?,
            oversigned: own(OVERSIGNED_FIELDS, &[])?,
            lifetime: None,
            length: false,
            copies: false,
        })
    }

    /// Sets the bounds on the header.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how header and body are canonicalised.
    #[must_use]
    pub fn with_canonicalization(
        mut self,
        header: Canonicalization,
        body: Canonicalization,
    ) -> Self {
        self.header = header;
        self.body = body;
        self
    }

    /// Sets the fields that are signed where the message has them, and those that are signed once more than it has
    /// them.
    ///
    /// # Errors
    /// [`Misuse::BadName`] for a malformed name, [`Misuse::FromNotSigned`] when From is in neither list.
    pub fn with_fields(mut self, signed: &[&str], oversigned: &[&str]) -> Result<Self, Misuse> {
        let is_from = |name: &&str| name.eq_ignore_ascii_case("from");
        if !signed.iter().chain(oversigned).any(is_from) {
            return Err(Misuse::FromNotSigned);
        }
        self.signed = own(signed, &["dkim-signature"])?;
        self.oversigned = own(oversigned, &["dkim-signature"])?;
        Ok(self)
    }

    /// Adds `x=`: signatures expire so many seconds after they are made. None by default.
    #[must_use]
    pub fn with_lifetime(mut self, seconds: u64) -> Self {
        self.lifetime = Some(seconds.max(1));
        self
    }

    /// Adds `l=`, which lets anyone append to the body (RFC 6376 section 8.2). Many verifiers refuse it.
    #[must_use]
    pub fn with_body_length(mut self) -> Self {
        self.length = true;
        self
    }

    /// Adds `z=`: copies of the signed fields, to find out what altered them.
    #[must_use]
    pub fn with_copied_fields(mut self) -> Self {
        self.copies = true;
        self
    }
}

/// Names of fields to sign, none of them `forbidden`.
pub(super) fn own(names: &[&str], forbidden: &[&str]) -> Result<Vec<Box<str>>, Misuse> {
    let field = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b':' | b';');
    let good = |name: &&str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(field)
            && !forbidden
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other))
    };
    if !names.iter().all(good) {
        return Err(Misuse::BadName);
    }
    Ok(names.iter().map(|name| (*name).into()).collect())
}
