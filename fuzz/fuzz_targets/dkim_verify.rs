//! The verifier.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::dkim_verify(data));
