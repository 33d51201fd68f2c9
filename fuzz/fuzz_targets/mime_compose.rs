//! Any tree, written and read back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_compose(data));
