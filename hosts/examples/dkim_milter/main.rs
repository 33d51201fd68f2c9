//! A milter that signs, or verifies, for Postfix or Sendmail.
//!
//! ```console
//! $ cargo run --example dkim_milter -- sign 127.0.0.1:8891 example.org selector key.pem
//! $ cargo run --example dkim_milter -- verify 127.0.0.1:8892 mx.example.net zone
//! ```
//!
//! In the `main.cf` of Postfix: `smtpd_milters = inet:127.0.0.1:8891`. A zone is a file with a name and its TXT record on each
//! line; a real host would ask the DNS there.
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "hosts have std"
)]

mod milter;

use std::{collections::HashMap, env, error::Error, fs, net::TcpListener, sync::Arc};

use dkim_core::{SignerConfig, SigningIdentity, VerifierConfig};
use milter::Role;
use pki_types::{PrivateKeyDer, pem::PemObject};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let provider = Arc::new(crypto_core::ring::provider());
    let (address, role) = match arguments[..] {
        ["sign", address, domain, selector, key] => {
            let der = PrivateKeyDer::from_pem_file(key)?;
            let key = provider.keys.load(&der)?;
            let identity = SigningIdentity::new(domain, selector, key)?;
            let config = SignerConfig::new(provider, vec![identity])?;
            (address, Role::Sign(Arc::new(config)))
        }
        ["verify", address, authserv_id, zone] => {
            let zone = fs::read_to_string(zone)?;
            let records: HashMap<String, String> = zone
                .lines()
                .filter_map(|line| line.split_once(char::is_whitespace))
                .map(|(name, record)| (name.to_owned(), record.trim().to_owned()))
                .collect();
            let role = Role::Verify {
                config: Arc::new(VerifierConfig::new(provider)?),
                authserv_id: authserv_id.to_owned(),
                lookup: Box::new(move |question| match records.get(question.name()) {
                    Some(record) => question.records([[record]]),
                    None => question.no_domain(),
                }),
            };
            (address, role)
        }
        _ => return Err("sign ADDRESS DOMAIN SELECTOR KEY | verify ADDRESS SERVER ZONE".into()),
    };
    milter::serve(&TcpListener::bind(address)?, &Arc::new(role))?;
    Ok(())
}
