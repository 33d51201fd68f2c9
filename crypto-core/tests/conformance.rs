//! Published vectors on every source, and the sources against each other.

#[cfg(feature = "ring")]
#[test]
fn ring_passes_the_published_vectors() {
    println!(
        "{:?}",
        testkit::conformance::run(&crypto_core::ring::provider())
    );
}

#[cfg(feature = "aws-lc-rs")]
#[test]
fn aws_lc_passes_the_published_vectors() {
    println!(
        "{:?}",
        testkit::conformance::run(&crypto_core::aws_lc::provider())
    );
}

/// Only this source takes the randomness it is given.
#[cfg(all(feature = "ring", feature = "ml-kem"))]
#[test]
fn libcrux_replays_the_vectors_of_ml_kem() {
    assert!(testkit::conformance::replay_kem(&crypto_core::ring::provider()) >= 400);
}

#[cfg(all(feature = "ring", feature = "aws-lc-rs"))]
#[test]
fn the_sources_understand_each_other() {
    let [ring, aws_lc] = [
        crypto_core::ring::provider(),
        crypto_core::aws_lc::provider(),
    ];
    assert!(testkit::conformance::cross(&ring, &aws_lc) > 2_000);
    assert!(testkit::conformance::cross(&aws_lc, &ring) > 2_000);
}
