//! `securewire dkim sign`.

use std::{path::Path, sync::Arc};

use bytes::BytesMut;
use clap::ValueEnum;
use crypto_core::{Provider, UnixTime};
use dkim_core::{Signer, SignerConfig, SignerEvent, SigningIdentity, canon::Canonicalization};

use super::{key, message};
use crate::command::{clock, failure::Failure, mime::output::print};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The domain that signs
    #[arg(long)]
    domain: String,

    /// A selector and the file of its private key; again for another signature
    #[arg(long = "key", value_name = "SELECTOR=FILE", required = true)]
    keys: Vec<String>,

    /// On behalf of whom (i=): an address in the domain, the part before the at sign may be empty
    #[arg(long, value_name = "ADDRESS")]
    identity: Option<String>,

    /// Let the signatures expire after so many seconds
    #[arg(long, value_name = "SECONDS")]
    lifetime: Option<u64>,

    /// How much white space of the header may change on the way
    #[arg(long, value_enum, default_value_t)]
    header: Form,

    /// How much white space of the body may change on the way
    #[arg(long, value_enum, default_value_t)]
    body: Form,

    #[command(flatten)]
    source: message::Source,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Almost none
    Simple,
    /// Runs of it, and folding
    #[default]
    Relaxed,
}

impl From<Form> for Canonicalization {
    fn from(form: Form) -> Self {
        match form {
            Form::Simple => Self::Simple,
            Form::Relaxed => Self::Relaxed,
        }
    }
}

pub(super) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let config = Arc::new(config(arguments, provider)?);
    let now = UnixTime::since_unix_epoch(since_epoch());
    let mut signer = Signer::new(config, now).map_err(|error| Failure::peer(error.to_string()))?;
    // The signature stands before what it covers: the mail is kept until it is read.
    let (mut mail, mut rx, mut fields) = (Vec::new(), BytesMut::new(), Vec::new());
    arguments.source.read(|piece| {
        mail.extend_from_slice(piece);
        rx.extend_from_slice(piece);
        drain(&mut signer, &mut rx, &mut fields)
    })?;
    signer.eof();
    drain(&mut signer, &mut rx, &mut fields)?;
    print(|out| {
        for field in fields.iter().rev() {
            out.write_all(field)?;
        }
        Ok(out.write_all(&mail)?)
    })
}

fn drain(
    signer: &mut Signer,
    rx: &mut BytesMut,
    fields: &mut Vec<bytes::Bytes>,
) -> Result<(), Failure> {
    while let Some(event) = signer.poll(rx) {
        match event {
            SignerEvent::Header(field) => fields.push(field),
            SignerEvent::Bare(bare) => {
                let what = format!(
                    "the mail has {} bare CR and {} bare LF, which may be altered on the way",
                    bare.cr, bare.lf
                );
                return Err(Failure::usage(what).remedy(message::REMEDY));
            }
            SignerEvent::Closed(end) => {
                end.map_err(|error| Failure::usage(error.to_string()).remedy(message::REMEDY))?;
            }
            // Every identity has its key here.
            SignerEvent::Sign(question) => drop(question.failed()),
            _ => {}
        }
    }
    Ok(())
}

fn config(arguments: &Arguments, provider: Arc<Provider>) -> Result<SignerConfig, Failure> {
    let mut identities = Vec::new();
    for pair in &arguments.keys {
        let bad = |error: &dyn core::fmt::Display| Failure::usage(format!("--key {pair}: {error}"));
        let (selector, file) = pair
            .split_once('=')
            .ok_or_else(|| bad(&"not SELECTOR=FILE"))?;
        let key = key::load(&provider, Path::new(file))?;
        let identity = SigningIdentity::new(&arguments.domain, selector, key);
        let mut identity = identity.map_err(|error| bad(&error))?;
        if let Some(address) = &arguments.identity {
            identity = identity.with_identity(address).map_err(|error| {
                Failure::usage(format!("--identity {address}: {error}"))
                    .remedy("it must be an address in the domain of --domain, or below it")
            })?;
        }
        identities.push(identity);
    }
    let mut config = SignerConfig::new(provider, identities)
        .map_err(|error| Failure::peer(error.to_string()))?
        .with_canonicalization(arguments.header.into(), arguments.body.into());
    if let Some(seconds) = arguments.lifetime {
        config = config.with_lifetime(seconds);
    }
    Ok(config)
}

fn since_epoch() -> core::time::Duration {
    clock::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default()
}
