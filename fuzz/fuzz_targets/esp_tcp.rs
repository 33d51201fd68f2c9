//! Streams of TCP from strangers, with ESP and IKE in them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::esp_tcp(data));
