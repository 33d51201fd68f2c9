//! mail-auth 0.15 over AWS-LC. Its resolver is never asked: a cache always has the key, parsed.

use std::{
    borrow::Borrow,
    future::Future,
    hash::Hash,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsCache, MessageAuthenticator, NoCache, Parameters,
    ResolverCache, TxtRecord,
    crypto::{RsaKey, Sha256},
    dkim::{DkimSigner, DomainKey},
    dns::TxtRecordParser,
};
use pki_types::PrivateKeyDer;

/// Gives the same key for every name.
struct OneKey(Arc<DomainKey>);

impl ResolverCache<Box<str>, TxtRecord> for OneKey {
    fn get<Q>(&self, _: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(TxtRecord::DomainKey(self.0.clone()))
    }

    fn remove<Q>(&self, _: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: TxtRecord, _: Instant) {}
}

/// Nothing but that key.
struct Caches(OneKey);

impl DnsCache for Caches {
    type Txt = OneKey;
    type Mx = NoCache;
    type Ipv4 = NoCache;
    type Ipv6 = NoCache;
    type Ptr = NoCache;

    fn txt(&self) -> Option<&Self::Txt> {
        Some(&self.0)
    }

    fn mx(&self) -> Option<&Self::Mx> {
        None
    }

    fn ipv4(&self) -> Option<&Self::Ipv4> {
        None
    }

    fn ipv6(&self) -> Option<&Self::Ipv6> {
        None
    }

    fn ptr(&self) -> Option<&Self::Ptr> {
        None
    }
}

/// Verifies, as a host with a warm cache does.
pub(super) struct Peer {
    authenticator: MessageAuthenticator,
    caches: Caches,
}

impl Peer {
    pub(super) fn new(record: &str) -> Self {
        let key = DomainKey::parse(record.as_bytes()).expect("a record");
        Self {
            authenticator: MessageAuthenticator::new_cloudflare().expect("a resolver never asked"),
            caches: Caches(OneKey(Arc::new(key))),
        }
    }

    /// Answers the signatures that passed.
    pub(super) fn verify(&self, message: &[u8]) -> usize {
        let message = AuthenticatedMessage::parse(message).expect("a readable message");
        let parameters = Parameters::new(&message).with_cache(&self.caches);
        let mut verifying = pin!(self.authenticator.verify_dkim(parameters));
        let Poll::Ready(outputs) = verifying
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("the cache always answers");
        };
        let passed = outputs
            .iter()
            .filter(|output| output.result() == &DkimResult::Pass);
        passed.count()
    }
}

/// Signs the fields that every message here has.
pub(super) fn signer(pkcs8: &[u8]) -> impl Fn(&[u8]) -> bool {
    let der = PrivateKeyDer::Pkcs8(pkcs8.to_vec().into());
    let key = RsaKey::<Sha256>::from_key_der(der).expect("a key");
    let signer = DkimSigner::from_key(key)
        .domain(super::mail::DOMAIN)
        .selector(super::mail::SELECTORS[0])
        .headers([
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "MIME-Version",
            "Content-Type",
        ]);
    move |message| signer.sign(message).is_ok()
}
