//! `securewire dkim keygen`.

use std::path::PathBuf;

use clap::ValueEnum;
use crypto_core::{CryptoError, PrivateKeyDer, Provider, SignatureAlgorithm};
use dkim_core::wire::{Domain, KeyRecord, Selector};

use super::key;
use crate::command::failure::Failure;

/// Octets of one string of a TXT record (RFC 1035 section 3.3).
const MAX_STRING: usize = 255;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The domain that signs
    #[arg(long)]
    domain: String,

    /// The name of the key below the domain
    #[arg(long)]
    selector: String,

    /// The kind of key
    #[arg(long, value_enum, default_value_t)]
    algorithm: Kind,

    /// The file for the private key, which must not be there yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// RSA of 2048 bits, which every receiver verifies
    Rsa,
    /// Ed25519: short and fast, not yet verified everywhere
    #[default]
    Ed25519,
}

pub(super) fn run(arguments: &Arguments, provider: &Provider) -> Result<(), Failure> {
    let malformed = |flag: &str, value: &str| {
        Failure::usage(format!("{flag} {value:?}: not a name of the DNS"))
    };
    let domain =
        Domain::parse(&arguments.domain).ok_or_else(|| malformed("--domain", &arguments.domain))?;
    let selector = Selector::parse(&arguments.selector)
        .ok_or_else(|| malformed("--selector", &arguments.selector))?;
    let algorithm = match arguments.algorithm {
        Kind::Rsa => SignatureAlgorithm::RsaPkcs1Sha256,
        Kind::Ed25519 => SignatureAlgorithm::Ed25519,
    };
    let pkcs8 = provider.keys.generate(algorithm).map_err(|error| {
        let failure = Failure::usage(format!("{} makes no such key: {error}", provider.name));
        if error == CryptoError::Unsupported {
            failure.remedy("use `--provider aws-lc`, or `openssl genpkey -algorithm RSA`")
        } else {
            failure
        }
    })?;
    let der = PrivateKeyDer::Pkcs8(pkcs8.as_ref().into());
    let record = provider.keys.load(&der).map_err(|error| error.to_string());
    let record = record.and_then(|key| KeyRecord::text(&*key).map_err(|error| error.to_string()));
    let record = record.map_err(Failure::peer)?;
    key::store(&arguments.out, &pkcs8)?;
    let strings: Vec<String> = record
        .as_bytes()
        .chunks(MAX_STRING)
        .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
        .collect();
    say!(
        "{selector}._domainkey.{domain}. IN TXT ( {} )",
        strings.join(" ")
    );
    Ok(())
}
