//! The rules, in their order.

use alloc::{boxed::Box, sync::Arc, vec::Vec};
use core::ops::Range;

use crypto_core::SignatureAlgorithm;
use mime_core::Known;

use super::{BodyLength, Candidate, State, Verifier};
use crate::{
    body_hash::BodyHash,
    canon,
    fields::Fields,
    lookup::Found,
    verdict::{Reason, Verdict},
    wire::{Algorithm, Domain, FieldNames, KeyRecord, KeyType, Selector, Signature},
};

/// Octets of an ordinary header, with its signature.
const SIGNED: usize = 2048;
/// Octets of a name in the DNS.
const MAX_NAME: usize = 253;

impl Verifier {
    /// Reads a signature, and tries what can be tried before its key is known (RFC 6376 section 6.1.1).
    pub(super) fn candidate(&self, index: usize, field: usize) -> Result<Candidate, Box<Verdict>> {
        let refuse = |reason, signature| {
            Box::new(Verdict {
                index,
                result: Err(reason),
                signature,
                key: None,
                coverage: None,
            })
        };
        let limits = &self.config.limits;
        let fields = &self.reader.fields;
        if index >= limits.max_signatures {
            return Err(refuse(Reason::TooManySignatures, None));
        }
        if fields.raw(field).len() > limits.max_signature_field {
            return Err(refuse(Reason::FieldTooLong, None));
        }
        let (signature, own) = Signature::read(fields.value(field), limits.max_signed_fields)
            .map_err(|reason| refuse(reason, None))?;
        let signature = Arc::new(signature);
        self.acceptable(&signature)
            .map_err(|reason| refuse(reason, Some(Arc::clone(&signature))))?;
        Ok(self.awaiting_key(index, field, signature, own))
    }

    /// A signature of which `own`, in the value of its field, is the value of `b=`.
    pub(super) fn awaiting_key(
        &self,
        index: usize,
        field: usize,
        signature: Arc<Signature>,
        own: Range<usize>,
    ) -> Candidate {
        let value = self.reader.fields.value_start(field);
        Candidate {
            index,
            field,
            own: value + own.start..value + own.end,
            state: State::Key(signature.key_name().into()),
            signature,
        }
    }

    /// Whether a signature may pass, as far as that can be told without its key.
    pub(super) fn acceptable(&self, signature: &Signature) -> Result<(), Reason> {
        key_name(&signature.selector, &signature.domain)?;
        self.times(signature.timestamp, signature.expiration)?;
        self.covers(signature)
    }

    pub(super) fn times(
        &self,
        timestamp: Option<u64>,
        expiration: Option<u64>,
    ) -> Result<(), Reason> {
        let skew = self.config.clock_skew;
        let past = |time: u64| time.saturating_add(skew) < self.now;
        if self.config.expiration && expiration.is_some_and(past) {
            return Err(Reason::Expired);
        }
        let future = |time: u64| time > self.now.saturating_add(skew);
        if timestamp.is_some_and(future) {
            return Err(Reason::SignedInFuture);
        }
        Ok(())
    }

    /// Whether enough is signed for the host.
    fn covers(&self, signature: &Signature) -> Result<(), Reason> {
        if signature.length.is_some() && self.config.body_length == BodyLength::Refuse {
            return Err(Reason::BodyLength);
        }
        let fields = &self.reader.fields;
        for name in &self.config.required_fields {
            let present = fields.named(name.as_bytes()).len() > 0;
            if present && signature.signed_fields.count(name) == 0 {
                return Err(Reason::FieldNotSigned(name.clone()));
            }
        }
        if self.config.unsigned_duplicates {
            return Ok(());
        }
        match unsigned_duplicate(fields, &signature.signed_fields) {
            Some(known) => Err(Reason::UnsignedDuplicate(known.as_str().into())),
            None => Ok(()),
        }
    }

    /// Tries a key on a signature: its suitability, then the signature over the header (sections 6.1.2 and 6.1.3).
    pub(super) fn check_header(
        &self,
        candidate: &Candidate,
        key: &KeyRecord,
    ) -> Result<(), Reason> {
        let signature = &candidate.signature;
        self.suits(key, signature.algorithm)?;
        if key.strict_identity && signature.identity_domain != signature.domain {
            return Err(Reason::StrictIdentity);
        }
        let signed = |out: &mut dyn FnMut(&[u8])| self.signed_data(candidate, out);
        self.verify(key, signature.algorithm, &signature.signature, signed)
    }

    /// Whether a key may make signatures of an algorithm.
    pub(super) fn suits(&self, key: &KeyRecord, algorithm: Algorithm) -> Result<(), Reason> {
        if !key.allows_sha256 {
            return Err(Reason::KeyHash);
        }
        if !key.allows_email {
            return Err(Reason::KeyService);
        }
        if key.key_type != algorithm.key_type() {
            return Err(Reason::KeyType);
        }
        if key.key_type == KeyType::Rsa {
            if key.bits < self.config.min_rsa_bits {
                return Err(Reason::ShortKey(key.bits));
            }
            if key.bits > self.config.limits.max_rsa_bits {
                return Err(Reason::LongKey(key.bits));
            }
        }
        Ok(())
    }

    /// Verifies the signature over what `signed` hands out.
    pub(super) fn verify(
        &self,
        key: &KeyRecord,
        algorithm: Algorithm,
        octets: &[u8],
        signed: impl FnOnce(&mut dyn FnMut(&[u8])),
    ) -> Result<(), Reason> {
        let provider = &self.config.provider;
        let (verification, message) = match algorithm {
            Algorithm::RsaSha256 => {
                let algorithm = SignatureAlgorithm::RsaPkcs1Sha256;
                let verification = provider
                    .short_rsa(algorithm)
                    .or_else(|| provider.verification(algorithm));
                let mut data = Vec::with_capacity(SIGNED);
                signed(&mut |piece| data.extend_from_slice(piece));
                (verification, data)
            }
            // The message that is signed is the hash (RFC 8463 section 3).
            Algorithm::Ed25519Sha256 => {
                let mut hash = self.config.sha256.start();
                signed(&mut |piece| hash.update(piece));
                let verification = provider.verification(SignatureAlgorithm::Ed25519);
                (verification, hash.peek().as_ref().to_vec())
            }
        };
        verification
            .ok_or(Reason::Unsupported)?
            .verify_signature(&key.public_key, &message, octets)
            .map_err(|_| Reason::SignatureMismatch)
    }

    /// What the signature over the header covers (section 3.7).
    fn signed_data(&self, candidate: &Candidate, mut out: impl FnMut(&[u8])) {
        let fields = &self.reader.fields;
        let signature = &candidate.signature;
        let canonicalization = signature.header_canonicalization;
        let names = signature.signed_fields.octets();
        let own = candidate.field;
        fields.canonical(canonicalization, names, Some(own), &mut out);
        canon::signature_header(
            canonicalization,
            fields.raw(own),
            candidate.own.clone(),
            out,
        );
    }
}

/// Whether the name of a key fits into the DNS.
pub(super) fn key_name(selector: &Selector, domain: &Domain) -> Result<(), Reason> {
    let len = selector.as_str().len() + "._domainkey.".len() + domain.as_str().len();
    if len > MAX_NAME {
        return Err(Reason::KeyName);
    }
    Ok(())
}

/// The first of the fields that may occur once which the message has more often than they are signed.
fn unsigned_duplicate(fields: &Fields, signed: &FieldNames) -> Option<Known> {
    if !fields.has_repeated() {
        return None;
    }
    let mut known = signed.iter().filter_map(|name| Known::of(name.as_bytes()));
    known.find(|known| {
        let present = fields.named(known.as_str().as_bytes()).len();
        present > 1 && signed.count(known.as_str()) < present
    })
}

/// The key that an answer holds (section 6.1.2).
pub(super) fn key(found: Found, max_record: usize) -> Result<KeyRecord, Reason> {
    let records = match found {
        Found::Records(records) => records,
        Found::Key(key) => return Ok(key),
        Found::Addresses(_)
        | Found::Exchanges(_)
        | Found::Names(_)
        | Found::NoData
        | Found::NoDomain => {
            return Err(Reason::NoKey);
        }
        Found::Unavailable => return Err(Reason::KeyUnavailable),
    };
    let mut first = Err(Reason::NoKey);
    let mut keys = 0;
    for record in records {
        let parsed = if record.len() > max_record {
            Err(Reason::KeyTooLong)
        } else {
            KeyRecord::parse(&record).map_err(Reason::from)
        };
        match (&parsed, &first) {
            (Ok(_), _) => {
                keys += 1;
                first = parsed;
            }
            (Err(_), Err(Reason::NoKey)) => first = parsed,
            (Err(_), _) => {}
        }
    }
    if keys > 1 {
        return Err(Reason::SeveralKeys);
    }
    first
}

/// Whether the body is the one that was signed, and signed far enough.
pub(super) fn body(
    signature: &Signature,
    hash: &BodyHash,
    policy: BodyLength,
) -> Result<(), Reason> {
    let digest = hash.digest.ok_or(Reason::BodyTooShort)?;
    if digest.as_ref() != &*signature.body_hash {
        return Err(Reason::BodyMismatch);
    }
    let unsigned = signature.length.map_or(0, |length| hash.total - length);
    match policy {
        BodyLength::Whole if unsigned > 0 => Err(Reason::UnsignedBody(unsigned)),
        BodyLength::Whole | BodyLength::Refuse | BodyLength::Part => Ok(()),
    }
}
