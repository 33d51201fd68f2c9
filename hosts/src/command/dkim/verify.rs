//! `securewire dkim verify`.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use crypto_core::{Provider, UnixTime};
use dkim_core::{BodyLength, Class, Verdict, Verifier, VerifierConfig, arc::ChainVerdict};
use serde::Serialize;

use super::{
    examination::Examination,
    message,
    names::Names,
    rows::{self, ChainRow, SignatureRow},
};
use crate::command::{
    clock,
    failure::Failure,
    mime::{json, output::print},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file of key records instead of the DNS: a name, white space, the text of its TXT record
    #[arg(long, value_name = "FILE")]
    dns: Option<PathBuf>,

    /// The time of arrival, in seconds since 1970, instead of now
    #[arg(long, value_name = "SECONDS")]
    now: Option<u64>,

    /// Take signatures over a part of the body (l=)
    #[arg(long)]
    partial: bool,

    /// Judge the Authenticated Received Chain too
    #[arg(long)]
    arc: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    source: message::Source,
}

/// The whole mail, as programs read it.
#[derive(Debug, Serialize)]
struct Report {
    result: &'static str,
    signatures: Vec<SignatureRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<ChainRow>,
    bare_cr: u64,
    bare_lf: u64,
}

pub(super) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::peer(format!("no runtime: {error}")))?;
    let found = runtime.block_on(examine(arguments, provider))?;
    print(|out| {
        if arguments.json {
            json::write(out, &Report::new(&found))?;
            return Ok(writeln!(out)?);
        }
        rows::signatures(&found.verdicts, out)?;
        if let Some(chain) = &found.chain {
            rows::chain(chain, out)?;
        }
        rows::bare(found.bare, out)
    })?;
    let chained = found.chain.as_ref().is_some_and(ChainVerdict::is_pass);
    if chained || found.verdicts.iter().any(Verdict::is_pass) {
        Ok(())
    } else {
        Err(Failure::verdict())
    }
}

impl Report {
    fn new(found: &Examination) -> Self {
        let best = found.verdicts.iter().map(Verdict::class).min();
        Self {
            result: best.unwrap_or(Class::None).as_str(),
            signatures: found.verdicts.iter().map(SignatureRow::new).collect(),
            chain: found.chain.as_ref().map(ChainRow::new),
            bare_cr: found.bare.cr,
            bare_lf: found.bare.lf,
        }
    }
}

async fn examine(arguments: &Arguments, provider: Arc<Provider>) -> Result<Examination, Failure> {
    let failed = |error: dkim_core::Misuse| Failure::peer(error.to_string());
    let mut config = VerifierConfig::new(provider).map_err(failed)?;
    if arguments.partial {
        config = config.with_body_length(BodyLength::Part);
    }
    if arguments.arc {
        config = config.with_arc();
    }
    let names = match &arguments.dns {
        Some(path) => Names::file(path)?,
        None => Names::dns()?,
    };
    let now = arguments.now.map_or_else(since_epoch, Duration::from_secs);
    let now = UnixTime::since_unix_epoch(now);
    let verifier = Verifier::new(Arc::new(config), now).map_err(failed)?;
    let mut examination = Examination::new(verifier);
    arguments.source.read(|piece| examination.update(piece))?;
    examination.finish()?;
    while !examination.is_over() {
        let questions = examination.take_questions();
        if questions.is_empty() {
            return Err(Failure::peer("a question was lost"));
        }
        for question in questions {
            let answer = names.answer(question).await;
            examination.answer(answer)?;
        }
    }
    Ok(examination)
}

fn since_epoch() -> Duration {
    clock::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
