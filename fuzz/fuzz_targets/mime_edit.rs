//! Edits of any message: what is not edited stays as it is.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::mime_edit(data));
