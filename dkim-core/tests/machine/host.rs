//! A host with a table of key records instead of the DNS.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::BytesMut;
use crypto_core::{PrivateKeyDer, SignatureAlgorithm, SigningKey, UnixTime};
use dkim_core::{
    Answer, Bare, Error, LookupQuestion, Signer, SignerConfig, SignerEvent, SigningIdentity,
    Verdict, Verifier, VerifierConfig, VerifierEvent, wire::KeyRecord,
};

/// When the messages of the tests arrive.
pub(crate) const NOW: u64 = 1_600_000_000;

pub(crate) fn time(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

pub(crate) fn provider() -> Arc<crypto_core::Provider> {
    Arc::new(crypto_core::ring::provider())
}

pub(crate) fn config() -> VerifierConfig {
    VerifierConfig::new(provider()).unwrap()
}

/// TXT records by name.
pub(crate) type Zone = BTreeMap<String, String>;

pub(crate) fn lookup(zone: &Zone, question: LookupQuestion) -> Answer {
    match zone.get(question.name()) {
        Some(record) => question.records([[record]]),
        None => question.no_domain(),
    }
}

/// What a message led to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) bare: Option<Bare>,
    pub(crate) end: Option<Result<(), Error>>,
    pub(crate) names: Vec<String>,
    #[cfg(feature = "arc")]
    pub(crate) chain: Option<dkim_core::arc::ChainVerdict>,
}

impl Outcome {
    /// Results in the order of the fields.
    pub(crate) fn results(&self) -> Vec<Result<(), dkim_core::Reason>> {
        let mut verdicts: Vec<_> = self.verdicts.iter().collect();
        verdicts.sort_by_key(|verdict| verdict.index);
        verdicts
            .iter()
            .map(|verdict| verdict.result.clone())
            .collect()
    }
}

pub(crate) fn verify_chunks<'c>(
    config: VerifierConfig,
    now: u64,
    zone: &Zone,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Outcome {
    let mut verifier = Verifier::new(Arc::new(config), time(now)).unwrap();
    let mut outcome = Outcome::default();
    let mut rx = BytesMut::new();
    for chunk in chunks {
        rx.extend_from_slice(chunk);
        drain(&mut verifier, &mut rx, zone, &mut outcome);
    }
    verifier.eof();
    drain(&mut verifier, &mut rx, zone, &mut outcome);
    outcome
}

fn drain(verifier: &mut Verifier, rx: &mut BytesMut, zone: &Zone, outcome: &mut Outcome) {
    while let Some(event) = verifier.poll(rx) {
        assert!(outcome.end.is_none(), "nothing comes after the end");
        match event {
            VerifierEvent::Lookup(question) => {
                outcome.names.push(question.name().to_owned());
                verifier.answer(lookup(zone, question)).unwrap();
            }
            VerifierEvent::Verdict(verdict) => outcome.verdicts.push(verdict),
            #[cfg(feature = "arc")]
            VerifierEvent::Chain(chain) => {
                assert!(outcome.chain.replace(chain).is_none(), "one chain");
            }
            VerifierEvent::Bare(bare) => outcome.bare = Some(bare),
            VerifierEvent::Closed(end) => outcome.end = Some(end),
            _ => panic!("an event that this host does not know"),
        }
    }
}

pub(crate) fn verify(config: VerifierConfig, zone: &Zone, message: &str) -> Outcome {
    verify_chunks(config, NOW, zone, [message.as_bytes()])
}

pub(crate) fn ed25519() -> Arc<dyn SigningKey> {
    let provider = provider();
    let pkcs8 = provider.keys.generate(SignatureAlgorithm::Ed25519).unwrap();
    let key = PrivateKeyDer::Pkcs8(pkcs8.to_vec().into());
    provider.keys.load(&key).unwrap()
}

/// A key of 2048 bits, for tests only.
pub(crate) fn rsa() -> Arc<dyn SigningKey> {
    let der = include_bytes!("../vectors/rsa2048.pk8").to_vec();
    provider()
        .keys
        .load(&PrivateKeyDer::Pkcs8(der.into()))
        .unwrap()
}

/// An identity of example.org and the record of its key.
pub(crate) fn identity(
    selector: &str,
    key: &Arc<dyn SigningKey>,
    zone: &mut Zone,
) -> SigningIdentity {
    let name = format!("{selector}._domainkey.example.org");
    zone.insert(name, KeyRecord::text(&**key).unwrap());
    SigningIdentity::new("example.org", selector, Arc::clone(key)).unwrap()
}

/// The fields that a signer with keys at hand makes, the last first, as they stand in the message.
pub(crate) fn sign(config: SignerConfig, message: &str) -> Result<String, Error> {
    let mut signer = Signer::new(Arc::new(config), time(NOW)).unwrap();
    let mut rx = BytesMut::from(message.as_bytes());
    signer.eof();
    let mut fields = String::new();
    loop {
        match signer
            .poll(&mut rx)
            .expect("a signer with keys never waits")
        {
            SignerEvent::Header(field) => {
                fields.insert_str(0, std::str::from_utf8(&field).unwrap());
            }
            SignerEvent::Closed(end) => return end.map(|()| fields),
            SignerEvent::Bare(_) => {}
            event => panic!("{event:?}"),
        }
    }
}

pub(crate) const MESSAGE: &str = "From: Joe <joe@example.org>\r\nTo: Suzie <suzie@example.net>\r\n\
    Subject: Is dinner\r\n ready?\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n\r\n\
    Hi.\r\n\r\nWe lost  the game. \r\n\r\nJoe.\r\n\r\n";
