//! Packets from strangers, as AH.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::ah_open(data));
