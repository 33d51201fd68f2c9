//! A connected pair, and what is forged between its ends.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::tls_traffic(data));
