//! The usual answer to "is this peer who it says": path validation by `rustls-webpki`.
//!
//! Version 1 certificates, and CA certificates used as end entities, are refused by it.

use alloc::{sync::Arc, vec::Vec};

use bytes::Bytes;
use crypto_core::{Provider, UnixTime};
use pki_types::{CertificateDer, ServerName, TrustAnchor};
use webpki::{EndEntityCert, KeyUsage};

use crate::{
    error::{CertificateError, Error, Misbehaved, Proof},
    extension::signature_algorithms,
    key_usage,
    wire::{CertificateEntry, CertificateList, CertificateVerify, SignatureScheme},
};

/// Trust anchors.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    anchors: Arc<[TrustAnchor<'static>]>,
}

impl Roots {
    /// Takes trust anchors as they are.
    #[must_use]
    pub fn new(anchors: Vec<TrustAnchor<'static>>) -> Self {
        Self {
            anchors: anchors.into(),
        }
    }

    /// Makes trust anchors of root certificates.
    ///
    /// # Errors
    /// [`CertificateError::Bad`] when one cannot be parsed.
    pub fn from_certificates<'c>(
        certificates: impl IntoIterator<Item = &'c CertificateDer<'c>>,
    ) -> Result<Self, CertificateError> {
        let anchor = |certificate| {
            webpki::anchor_from_trusted_cert(certificate)
                .map(|anchor| anchor.to_owned())
                .map_err(|_| CertificateError::Bad)
        };
        certificates
            .into_iter()
            .map(anchor)
            .collect::<Result<Vec<_>, _>>()
            .map(Self::new)
    }

    /// The subjects of the anchors as DER Names, for `certificate_authorities`.
    #[must_use]
    pub fn subjects(&self) -> Vec<Vec<u8>> {
        self.anchors
            .iter()
            .map(|anchor| sequence(anchor.subject.as_ref()))
            .collect()
    }

    /// True without any anchor: then nothing verifies.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Checks that `chain` is a path from a server's certificate for `name` to a root, valid `now`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn check_server(
        &self,
        provider: &Provider,
        chain: &PeerCertificates,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        let leaf = chain.leaf();
        let end_entity = EndEntityCert::try_from(&leaf).map_err(|error| reason(&error))?;
        self.check_path(provider, &end_entity, chain, now, KeyUsage::server_auth())?;
        end_entity
            .verify_is_valid_for_subject_name(name)
            .map_err(|error| reason(&error))
    }

    /// Checks that `chain` is a path from a client's certificate to a root, valid `now`.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn check_client(
        &self,
        provider: &Provider,
        chain: &PeerCertificates,
        now: UnixTime,
    ) -> Result<(), CertificateError> {
        let leaf = chain.leaf();
        let end_entity = EndEntityCert::try_from(&leaf).map_err(|error| reason(&error))?;
        self.check_path(provider, &end_entity, chain, now, KeyUsage::client_auth())
    }

    fn check_path(
        &self,
        provider: &Provider,
        end_entity: &EndEntityCert<'_>,
        chain: &PeerCertificates,
        now: UnixTime,
        usage: KeyUsage,
    ) -> Result<(), CertificateError> {
        let intermediates: Vec<_> = chain
            .iter()
            .skip(1)
            .map(|entry| entry.certificate)
            .collect();
        let algorithms = provider.verification;
        end_entity
            .verify_for_usage(
                algorithms,
                &self.anchors,
                &intermediates,
                now,
                usage,
                None,
                None,
            )
            .map(drop)
            .map_err(|error| reason(&error))
    }
}

fn sequence(contents: &[u8]) -> Vec<u8> {
    let mut der = Vec::with_capacity(contents.len() + 4);
    der.push(0x30);
    match contents.len().to_be_bytes() {
        [.., 0, len @ 0..0x80] if contents.len() < 0x80 => der.push(len),
        [.., len] if contents.len() < 0x100 => der.extend_from_slice(&[0x81, len]),
        [.., hi, lo] => der.extend_from_slice(&[0x82, hi, lo]),
    }
    der.extend_from_slice(contents);
    der
}

/// Certificates that a peer sent: well-formed as a list, nothing more.
///
/// Cheap to clone; the octets are those of the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerCertificates(Bytes);

impl PeerCertificates {
    pub(crate) fn new(list: CertificateList<'_>) -> Self {
        Self(Bytes::copy_from_slice(list.as_bytes()))
    }

    /// Takes the octets of a `certificate_list` back, as a session stores them.
    pub(crate) fn from_bytes(octets: &[u8]) -> Option<Self> {
        CertificateList::parse(octets, usize::MAX)
            .ok()
            .map(Self::new)
    }

    fn list(&self) -> CertificateList<'_> {
        CertificateList::parse(&self.0, usize::MAX).unwrap_or_default()
    }

    /// The certificates, the peer's own first, with their extensions.
    pub fn iter(&self) -> impl Iterator<Item = CertificateEntry<'_>> {
        self.list().iter()
    }

    /// True when the peer has no certificate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The peer's own certificate; empty when there is none, which no parser takes.
    fn leaf(&self) -> CertificateDer<'_> {
        self.iter()
            .next()
            .map_or_else(|| CertificateDer::from(&[][..]), |entry| entry.certificate)
    }

    /// The octets of `certificate_list`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Proof that the holder of the first certificate signed this handshake.
#[derive(Debug)]
pub(crate) struct SignatureVerified(SignatureScheme);

impl SignatureVerified {
    /// The scheme of the signature.
    pub(crate) const fn scheme(&self) -> SignatureScheme {
        self.0
    }
}

/// Checks a CertificateVerify with the key of the peer's own certificate.
pub(crate) fn check_signature(
    provider: &Provider,
    chain: &PeerCertificates,
    message: &CertificateVerify<'_>,
    content: &[u8],
) -> Result<SignatureVerified, Error> {
    let algorithm =
        signature_algorithms::for_handshake(message.scheme).ok_or(Misbehaved::SchemeNotOffered)?;
    let verification = provider
        .verification(algorithm)
        .ok_or(Misbehaved::SchemeNotOffered)?;
    let leaf = chain.leaf();
    let end_entity = EndEntityCert::try_from(&leaf).map_err(|error| reason(&error))?;
    if !key_usage::may_sign(&leaf) {
        return Err(CertificateError::WrongPurpose.into());
    }
    match end_entity.verify_signature(verification, content, message.signature) {
        Ok(()) => Ok(SignatureVerified(message.scheme)),
        Err(webpki::Error::InvalidSignatureForPublicKey) => Err(Error::BadProof(Proof::Signature)),
        // The scheme does not fit the key.
        Err(_) => Err(Misbehaved::SchemeNotOffered.into()),
    }
}

fn reason(error: &webpki::Error) -> CertificateError {
    use webpki::Error as E;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "foreign enum; the rest is bad encoding"
    )]
    match error {
        E::CertExpired { .. } | E::InvalidCertValidity => CertificateError::Expired,
        E::CertNotValidYet { .. } => CertificateError::NotYetValid,
        E::CertNotValidForName(_) => CertificateError::WrongName,
        E::CertRevoked => CertificateError::Revoked,
        E::CertDistrusted | E::UnknownIssuer | E::CaUsedAsEndEntity | E::EndEntityUsedAsCa => {
            CertificateError::UnknownIssuer
        }
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => CertificateError::WrongPurpose,
        E::UnsupportedCertVersion
        | E::UnsupportedCriticalExtension
        | E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => CertificateError::Unsupported,
        E::MaximumPathDepthExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => CertificateError::Unknown,
        _ => CertificateError::Bad,
    }
}
