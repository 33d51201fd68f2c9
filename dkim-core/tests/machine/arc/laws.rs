//! The laws of testkit on a verifier that judges a chain.

use testkit::laws;

use super::suite::{Case, case};
use crate::{host::config, laws::verifying};

fn arc() -> dkim_core::VerifierConfig {
    config().with_arc().with_unsigned_duplicates()
}

#[test]
fn no_cut_changes_what_a_chain_is_worth() {
    for name in [
        "cv_pass_i2_1_ams1_invalid",
        "ams_fields_c_ss",
        "cv_fail_i2_as1_invalid",
    ] {
        let Case { zone, message, .. } = case(name);
        laws::split_invariance(verifying(arc(), zone.clone()), message.as_bytes());
        laws::determinism(verifying(arc(), zone.clone()), message.as_bytes());
        for seed in 0..20 {
            laws::split_with(verifying(arc(), zone.clone()), message.as_bytes(), seed);
        }
    }
}

#[test]
fn a_chain_may_end_anywhere_and_any_octet_may_be_wrong() {
    let Case { zone, message, .. } = case("cv_pass_i2_1");
    laws::truncation(verifying(arc(), zone.clone()), message.as_bytes());
    laws::corruption(verifying(arc(), zone), message.as_bytes(), 7);
}
