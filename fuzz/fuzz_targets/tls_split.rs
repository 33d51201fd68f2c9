//! The same octets whole and cut up.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::tls_split(data));
