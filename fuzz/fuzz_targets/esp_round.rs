//! Packets there and back.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::esp_round(data));
