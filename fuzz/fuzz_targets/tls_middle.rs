//! Somebody in the middle of an honest pair.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::tls_middle(data));
