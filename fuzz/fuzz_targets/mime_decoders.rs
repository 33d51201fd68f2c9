//! Transfer codings and line disciplines, cut anywhere, and back again.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_decoders(data));
