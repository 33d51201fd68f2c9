//! Any octets as a message, read in every way there is.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_scanner(data));
