//! Private keys in files.

use std::{fmt::Write as _, fs, io::Write as _, path::Path, sync::Arc};

use bytes::BytesMut;
use crypto_core::{Provider, SigningKey};
use mime_core::decode::Base64Encoder;
use pki_types::{PrivateKeyDer, pem::PemObject};

use crate::command::failure::Failure;

/// Loads a private key in PEM.
pub(super) fn load(provider: &Provider, path: &Path) -> Result<Arc<dyn SigningKey>, Failure> {
    let name = path.display();
    let pem = fs::read(path).map_err(|error| Failure::usage(format!("--key {name}: {error}")))?;
    let remedy =
        "it must be PEM: PKCS#8 or PKCS#1, not encrypted, RSA of 2048 bits or more, or Ed25519";
    let der = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| Failure::usage(format!("--key {name}: {error}")).remedy(remedy))?;
    provider
        .keys
        .load(&der)
        .map_err(|error| Failure::usage(format!("--key {name}: {error}")).remedy(remedy))
}

/// Writes a private key in PEM into a file that is not there yet, and that nobody else can read.
pub(super) fn store(path: &Path, pkcs8: &[u8]) -> Result<(), Failure> {
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in encode(pkcs8).chunks(64) {
        let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(pem.as_bytes()))
        .map_err(|error| {
            Failure::usage(format!("--out {}: {error}", path.display()))
                .remedy("name a file that is not there yet")
        })
}

fn encode(octets: &[u8]) -> Vec<u8> {
    let mut encoder = Base64Encoder::new();
    let mut lines = BytesMut::new();
    encoder.extend(octets, &mut lines);
    encoder.finish_into(&mut lines);
    lines.iter().copied().filter(u8::is_ascii_graphic).collect()
}
