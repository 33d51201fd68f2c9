//! An evaluation of DMARC.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| securewire_fuzz::dmarc_check(data));
