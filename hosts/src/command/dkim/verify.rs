//! `securewire dkim verify`.

use std::{
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use bytes::BytesMut;
use crypto_core::{Provider, UnixTime};
use dkim_core::{
    Bare, BodyLength, Class, LookupQuestion, Verdict, Verifier, VerifierConfig, VerifierEvent,
    arc::{ArcSet, ChainStatus, ChainVerdict},
};
use owo_colors::OwoColorize;
use serde::Serialize;

use super::{message, names::Names};
use crate::command::{
    clock,
    failure::Failure,
    mime::{
        json,
        output::{Stop, print},
        printable::Printable,
    },
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

/// One signature, as programs read it.
#[derive(Debug, Serialize)]
struct Row {
    index: usize,
    result: &'static str,
    reason: Option<String>,
    domain: Option<String>,
    selector: Option<String>,
    identity: Option<String>,
    algorithm: Option<String>,
    key_bits: Option<usize>,
    testing: Option<bool>,
    body_signed: Option<u64>,
    body_total: Option<u64>,
}

impl Row {
    fn new(verdict: &Verdict) -> Self {
        let signature = verdict.signature.as_deref();
        Self {
            index: verdict.index,
            result: verdict.class().as_str(),
            reason: verdict.result.as_ref().err().map(ToString::to_string),
            domain: signature.map(|signature| signature.domain.to_string()),
            selector: signature.map(|signature| signature.selector.to_string()),
            identity: signature
                .and_then(|signature| signature.identity.as_deref().map(str::to_owned)),
            algorithm: signature.map(|signature| signature.algorithm.to_string()),
            key_bits: verdict.key.map(|key| key.bits),
            testing: verdict.key.map(|key| key.testing),
            body_signed: verdict.coverage.map(|coverage| coverage.signed),
            body_total: verdict.coverage.map(|coverage| coverage.total),
        }
    }
}

/// The chain, as programs read it.
#[derive(Debug, Serialize)]
struct Chain {
    result: &'static str,
    reason: Option<String>,
    oldest_pass: Option<u8>,
    sets: Vec<Set>,
}

/// One set of it.
#[derive(Debug, Serialize)]
struct Set {
    instance: u8,
    domain: String,
    selector: String,
    algorithm: String,
    sealed: Option<u64>,
    results: String,
}

impl Chain {
    fn new(chain: &ChainVerdict) -> Self {
        let set = |set: &ArcSet| Set {
            instance: set.seal.instance,
            domain: set.seal.domain.to_string(),
            selector: set.seal.selector.to_string(),
            algorithm: set.seal.algorithm.to_string(),
            sealed: set.seal.timestamp,
            results: unfolded(&set.results),
        };
        Self {
            result: chain.status().as_str(),
            reason: chain.result.as_ref().err().map(ToString::to_string),
            oldest_pass: chain.oldest_pass,
            sets: chain.sets.iter().map(set).collect(),
        }
    }
}

fn unfolded(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The whole mail, as programs read it.
#[derive(Debug, Serialize)]
struct Report {
    result: &'static str,
    signatures: Vec<Row>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
    bare_cr: u64,
    bare_lf: u64,
}

pub(super) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::peer(format!("no runtime: {error}")))?;
    let mut host = runtime.block_on(examine(arguments, provider))?;
    host.verdicts.sort_by_key(|verdict| verdict.index);
    let chained = host.chain.as_ref().is_some_and(ChainVerdict::is_pass);
    let passes = chained || host.verdicts.iter().any(Verdict::is_pass);
    print(|out| {
        if arguments.json {
            in_json(&host, out)
        } else {
            in_words(&host.verdicts, host.bare, out)?;
            host.chain
                .as_ref()
                .map_or(Ok(()), |chain| chain_in_words(chain, out))
        }
    })?;
    if passes {
        Ok(())
    } else {
        Err(Failure::verdict())
    }
}

async fn examine(arguments: &Arguments, provider: Arc<Provider>) -> Result<Host, Failure> {
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
    let mut host = Host {
        verifier: Verifier::new(Arc::new(config), UnixTime::since_unix_epoch(now))
            .map_err(failed)?,
        rx: BytesMut::new(),
        questions: Vec::new(),
        verdicts: Vec::new(),
        chain: None,
        bare: Bare::default(),
    };
    arguments.source.read(|piece| {
        host.rx.extend_from_slice(piece);
        host.drain()
    })?;
    host.verifier.eof();
    host.drain()?;
    // Answers lead to questions where there is a chain. A chain that was decided meanwhile needs no more of them.
    while let Some(question) = host.questions.pop() {
        let answer = names.answer(question).await;
        match host.verifier.answer(answer) {
            Ok(()) | Err(dkim_core::Misuse::StaleAnswer) => host.drain()?,
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(host)
}

struct Host {
    verifier: Verifier,
    rx: BytesMut,
    questions: Vec<LookupQuestion>,
    verdicts: Vec<Verdict>,
    chain: Option<ChainVerdict>,
    bare: Bare,
}

impl Host {
    fn drain(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.verifier.poll(&mut self.rx) {
            match event {
                VerifierEvent::Lookup(question) => self.questions.push(question),
                VerifierEvent::Verdict(verdict) => self.verdicts.push(verdict),
                VerifierEvent::Chain(chain) => self.chain = Some(chain),
                VerifierEvent::Bare(bare) => self.bare = bare,
                VerifierEvent::Closed(end) => {
                    end.map_err(|error| Failure::usage(error.to_string()).remedy(message::REMEDY))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn in_json(host: &Host, out: &mut dyn Write) -> Result<(), Stop> {
    let Host { verdicts, bare, .. } = host;
    let best = verdicts.iter().map(Verdict::class).min();
    let report = Report {
        result: best.unwrap_or(Class::None).as_str(),
        signatures: verdicts.iter().map(Row::new).collect(),
        chain: host.chain.as_ref().map(Chain::new),
        bare_cr: bare.cr,
        bare_lf: bare.lf,
    };
    json::write(out, &report)?;
    Ok(writeln!(out)?)
}

fn in_words(verdicts: &[Verdict], bare: Bare, out: &mut dyn Write) -> Result<(), Stop> {
    if verdicts.is_empty() {
        writeln!(out, "{}: the mail has no DKIM-Signature", "none".yellow())?;
    }
    for verdict in verdicts {
        let row = Row::new(verdict);
        let class = format!("{:9}", row.result);
        let shown = match verdict.class() {
            Class::Pass => class.green().to_string(),
            Class::TempError => class.yellow().to_string(),
            Class::None | Class::Fail | Class::Policy | Class::Neutral | Class::PermError | _ => {
                class.red().to_string()
            }
        };
        write!(out, "{shown}")?;
        match (&row.domain, &row.selector, &row.algorithm) {
            (Some(domain), Some(selector), Some(algorithm)) => {
                let domain = Printable(domain);
                write!(out, " d={domain} s={selector} a={algorithm}")?;
            }
            _ => write!(out, " signature {}", row.index + 1)?,
        }
        if let Some(bits) = row.key_bits {
            write!(out, " key={bits} bits")?;
        }
        if let (Some(signed), Some(total)) = (row.body_signed, row.body_total) {
            write!(out, " body={signed}/{total}")?;
        }
        if row.testing == Some(true) {
            write!(out, " testing")?;
        }
        writeln!(out)?;
        if let Some(reason) = &row.reason {
            writeln!(out, "          {}", Printable(reason))?;
        }
    }
    if bare.first.is_some() {
        writeln!(
            out,
            "{}: {} bare CR and {} bare LF; {}",
            "note".yellow(),
            bare.cr,
            bare.lf,
            message::REMEDY
        )?;
    }
    Ok(())
}

fn chain_in_words(chain: &ChainVerdict, out: &mut dyn Write) -> Result<(), Stop> {
    let row = Chain::new(chain);
    let class = format!("{:9}", row.result);
    let shown = match chain.status() {
        ChainStatus::Pass => class.green().to_string(),
        ChainStatus::None => class.yellow().to_string(),
        ChainStatus::Fail => class.red().to_string(),
    };
    write!(out, "{shown} chain of {} sets", row.sets.len())?;
    if let Some(oldest) = row.oldest_pass {
        write!(out, " oldest-pass={oldest}")?;
    }
    writeln!(out)?;
    if let Some(reason) = &row.reason {
        writeln!(out, "          {}", Printable(reason))?;
    }
    for set in &row.sets {
        let (domain, results) = (Printable(&set.domain), Printable(&set.results));
        writeln!(out, "          i={} d={domain} {results}", set.instance)?;
    }
    Ok(())
}

fn since_epoch() -> Duration {
    clock::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
