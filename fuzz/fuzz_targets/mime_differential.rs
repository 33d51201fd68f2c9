//! The same message in mime-core and in mail-parser.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_differential(data));
