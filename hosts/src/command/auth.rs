//! `securewire auth`: what SPF, DKIM, ARC and DMARC say of a mail, and the fields for it.
//!
//! All machines run side by side: whoever has a question asks, and every answer goes to the one that wants it. DMARC
//! begins with the header, and ends when SPF and DKIM have.

mod authors;
mod exchange;
mod report;

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use crypto_core::{Provider, UnixTime};
use dkim_core::{
    Bare, Verdict, Verifier, VerifierConfig,
    arc::ChainVerdict,
    dmarc::{Dmarc, DmarcConfig, DmarcResult, DmarcVerdict},
    spf::{Spf, SpfConfig, SpfVerdict},
};

use self::{authors::Authors, exchange::Exchange};
use super::{
    clock,
    dkim::{examination::Examination, message, names::Names},
    failure::Failure,
    mime::output::print,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The address that the mail came from; without it SPF is left out
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,

    /// What the client called itself in HELO or EHLO
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    helo: String,

    /// MAIL FROM, without angle brackets; nothing for that of a bounce
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "",
        hide_default_value = true
    )]
    mail_from: String,

    /// A file of records instead of the DNS: a name, a type and a value on each line, or a name and the text of a TXT
    /// record
    #[arg(long, value_name = "FILE")]
    dns: Option<PathBuf>,

    /// The name that the fields are written in
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    authserv_id: String,

    /// The time of arrival, in seconds since 1970, instead of now
    #[arg(long, value_name = "SECONDS")]
    now: Option<u64>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: message::Source,
}

/// What was found.
#[derive(Debug, Default)]
struct Findings {
    /// The verdict on MAIL FROM, then that on HELO.
    spf: Vec<SpfVerdict>,
    dkim: Vec<Verdict>,
    chain: Option<ChainVerdict>,
    dmarc: Option<DmarcVerdict>,
    bare: Bare,
}

impl Findings {
    /// Whether the mail comes from where it says.
    fn passes(&self) -> bool {
        match self.dmarc.as_ref().map(|dmarc| dmarc.result) {
            Some(DmarcResult::Pass) => true,
            Some(DmarcResult::None) => {
                let spf = self.spf.first().is_some_and(SpfVerdict::is_pass);
                spf || self.dkim.iter().any(Verdict::is_pass)
            }
            Some(_) | None => false,
        }
    }
}

pub(crate) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::peer(format!("no runtime: {error}")))?;
    let findings = runtime.block_on(examine(arguments, provider))?;
    let results = report::field(&arguments.authserv_id, &findings)?;
    print(|out| {
        if arguments.json {
            report::in_json(&arguments.authserv_id, &results, &findings, out)
        } else {
            report::in_words(&results, &findings, out)
        }
    })?;
    if findings.passes() {
        Ok(())
    } else {
        Err(Failure::verdict())
    }
}

async fn examine(arguments: &Arguments, provider: Arc<Provider>) -> Result<Findings, Failure> {
    let names = match &arguments.dns {
        Some(path) => Names::file(path)?,
        None => Names::dns()?,
    };
    let since_epoch = || clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = arguments.now.map_or_else(since_epoch, Duration::from_secs);
    let now = UnixTime::since_unix_epoch(now);
    let config = VerifierConfig::new(Arc::clone(&provider)).map_err(failed)?;
    let verifier = Verifier::new(Arc::new(config.with_arc()), now).map_err(failed)?;
    let (mut authors, mut mail) = (Authors::new(), Examination::new(verifier));
    arguments.source.read(|piece| {
        authors.update(piece);
        mail.update(piece)
    })?;
    mail.finish()?;
    let dmarc = Arc::new(DmarcConfig::new(Arc::clone(&provider)));
    let values = authors.finish();
    let dmarc = Dmarc::new(dmarc, values.iter().map(Vec::as_slice)).map_err(failed)?;
    let spf = checks(arguments, provider, now)?;
    let exchange = Exchange::new(Arc::new(names));
    exchange.run(spf, mail, dmarc).await
}

/// The checks of SPF: MAIL FROM, and HELO where it is another identity.
fn checks(
    arguments: &Arguments,
    provider: Arc<Provider>,
    now: UnixTime,
) -> Result<Vec<Spf>, Failure> {
    let Some(ip) = arguments.ip else {
        return Ok(Vec::new());
    };
    let (helo, mail_from) = (&arguments.helo, &arguments.mail_from);
    let config = SpfConfig::new(provider).with_receiver(&arguments.authserv_id);
    let config = Arc::new(config);
    let first = Spf::new(Arc::clone(&config), ip, helo, mail_from, now).map_err(failed)?;
    let mut checks = vec![first];
    if !mail_from.is_empty() && !helo.is_empty() {
        checks.push(Spf::helo(config, ip, helo, mail_from, now).map_err(failed)?);
    }
    Ok(checks)
}

fn failed(error: dkim_core::Misuse) -> Failure {
    Failure::peer(error.to_string())
}
