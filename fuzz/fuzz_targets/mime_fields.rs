//! Any octets as the value of every field.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_fields(data));
