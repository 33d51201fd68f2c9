//! Canonical bodies.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::dkim_canon(data));
