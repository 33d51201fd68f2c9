//! Chains of ARC: the verifier and the sealer, which must agree.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::BytesMut;
use crypto_core::{PrivateKeyDer, Provider, UnixTime};
use dkim_core::{
    Error, SigningIdentity, Verifier, VerifierConfig, VerifierEvent,
    arc::{ChainFailure, ChainStatus, ChainVerdict, Sealer, SealerConfig, SealerEvent},
    auth_results::{AuthResults, MethodResult},
};
use testkit::laws;

use crate::dkim::{RECORD, Verifying};

/// The private key of [`RECORD`], as RFC 8463 appendix A has it, in PKCS#8.
const KEY: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20\
    \x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
    \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";

const MESSAGE: &[u8] =
    b"DKIM-Signature: v=1\r\nFrom: a@b.example\r\nSubject: x\r\n y\r\n\r\nHi.\r\n";

struct Host {
    verifier: Arc<VerifierConfig>,
    sealer: Arc<SealerConfig>,
}

fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let provider: Arc<Provider> = Arc::new(crypto_core::ring::provider());
        let key = provider.keys.load(&PrivateKeyDer::Pkcs8(KEY.into()));
        let key = key.expect("the key of the RFC");
        let identity = SigningIdentity::new("b.example", "s", key).expect("good names");
        let verifier = VerifierConfig::new(Arc::clone(&provider)).expect("ring has SHA-256");
        Host {
            verifier: Arc::new(verifier.with_arc()),
            sealer: Arc::new(SealerConfig::new(provider, identity).expect("good names")),
        }
    })
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_600_000_000))
}

fn verifier() -> Verifier {
    Verifier::new(Arc::clone(&host().verifier), now()).expect("randomness")
}

/// A seed; a number of sets that an honest handler puts on a message, or none for the message that follows; then pairs of
/// a place in the chain and what is put there, or the message.
pub fn arc_chain(data: &[u8]) {
    let [seed, sets, rest @ ..] = data else {
        return;
    };
    let sets = sets % 5;
    let mut message = MESSAGE.to_vec();
    for instance in 1..=sets {
        let status = match instance {
            1 => ChainStatus::None,
            _ => ChainStatus::Pass,
        };
        message = seal(&message, status).expect("an honest chain");
    }
    if sets == 0 {
        message = rest.to_vec();
    } else if rest.len() < 3 {
        let chain = chain(&message).expect("a header");
        assert_eq!(chain.oldest_pass, Some(0));
        assert_eq!(chain.sets.len(), usize::from(sets));
    } else {
        for edit in rest.chunks_exact(3) {
            let at = usize::from(edit[0]) << 8 | usize::from(edit[1]);
            let at = at % message.len();
            message[at] = edit[2];
        }
    }
    laws::split_with(|| Verifying(verifier()), &message, u64::from(*seed));
    agree(&message);
}

/// The sealer takes the status that the verifier found, and what it makes of it is what the verifier then finds.
fn agree(message: &[u8]) {
    let Some(found) = chain(message) else { return };
    let status = found.status();
    for other in [ChainStatus::None, ChainStatus::Pass, ChainStatus::Fail] {
        match seal(message, other) {
            // What a chain is cannot be told from its structure alone; that there is one can.
            Ok(_) => assert!((other == ChainStatus::None) == (status == ChainStatus::None)),
            Err(Error::ChainStatus) => assert_ne!(other, status, "{found:?}"),
            Err(Error::From | Error::ChainFailed | Error::ChainFull) => {}
            Err(error) => panic!("{error}, which the verifier did not find"),
        }
    }
    let Ok(sealed) = seal(message, status) else {
        return;
    };
    let after = chain(&sealed).expect("a message with more fields is a message");
    match status {
        ChainStatus::None | ChainStatus::Pass => {
            assert_eq!(after.status(), ChainStatus::Pass, "{after:?}");
            assert_eq!(after.sets.len(), found.sets.len() + 1);
        }
        ChainStatus::Fail => {
            assert!(matches!(after.result, Err(ChainFailure::SealedAsFailed(_))));
        }
    }
}

fn chain(message: &[u8]) -> Option<ChainVerdict> {
    let mut verifier = verifier();
    let mut rx = BytesMut::from(message);
    verifier.eof();
    let mut chain = None;
    while let Some(event) = verifier.poll(&mut rx) {
        match event {
            VerifierEvent::Lookup(question) => {
                let answer = question.records([[RECORD]]);
                verifier.answer(answer).expect("the question is open");
            }
            VerifierEvent::Chain(verdict) => {
                assert!(chain.replace(verdict).is_none(), "one verdict");
            }
            VerifierEvent::Closed(Err(_)) => return None,
            _ => {}
        }
    }
    Some(chain.expect("a verdict"))
}

fn seal(message: &[u8], status: ChainStatus) -> Result<Vec<u8>, Error> {
    let mut results = AuthResults::new("b.example").expect("a name");
    results.push(MethodResult::new("spf", "pass").expect("keywords"));
    let config = Arc::clone(&host().sealer);
    let mut sealer = Sealer::new(config, now(), results, status).expect("randomness");
    let mut rx = BytesMut::from(message);
    sealer.eof();
    let mut fields = Vec::new();
    loop {
        match sealer.poll(&mut rx).expect("a key at hand") {
            SealerEvent::Header(field) => fields.push(field),
            SealerEvent::Closed(end) => {
                end?;
                assert_eq!(fields.len(), 3);
                fields.reverse();
                let mut sealed = fields.concat();
                sealed.extend_from_slice(message);
                return Ok(sealed);
            }
            _ => {}
        }
    }
}
