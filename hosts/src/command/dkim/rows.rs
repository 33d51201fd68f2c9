//! Verdicts on signatures and chains, as programs and people read them.

use std::io::Write;

use dkim_core::{
    Bare, Class, Verdict,
    arc::{ArcSet, ChainVerdict},
};
use owo_colors::OwoColorize;
use serde::Serialize;

use super::message;
use crate::command::mime::{output::Stop, printable::Printable};

/// One signature.
#[derive(Debug, Serialize)]
pub(crate) struct SignatureRow {
    index: usize,
    pub(crate) result: &'static str,
    pub(crate) reason: Option<String>,
    domain: Option<String>,
    selector: Option<String>,
    identity: Option<String>,
    algorithm: Option<String>,
    key_bits: Option<usize>,
    testing: Option<bool>,
    body_signed: Option<u64>,
    body_total: Option<u64>,
}

impl SignatureRow {
    pub(crate) fn new(verdict: &Verdict) -> Self {
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

    /// What stands behind the result.
    pub(crate) fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        match (&self.domain, &self.selector, &self.algorithm) {
            (Some(domain), Some(selector), Some(algorithm)) => {
                facts.push(format!("d={domain} s={selector} a={algorithm}"));
            }
            _ => facts.push(format!("signature {}", self.index + 1)),
        }
        if let Some(bits) = self.key_bits {
            facts.push(format!("key={bits} bits"));
        }
        if let (Some(signed), Some(total)) = (self.body_signed, self.body_total) {
            facts.push(format!("body={signed}/{total}"));
        }
        if self.testing == Some(true) {
            facts.push("testing".into());
        }
        facts
    }
}

/// The Authenticated Received Chain.
#[derive(Debug, Serialize)]
pub(crate) struct ChainRow {
    result: &'static str,
    reason: Option<String>,
    oldest_pass: Option<u8>,
    sets: Vec<SetRow>,
}

/// One set of it.
#[derive(Debug, Serialize)]
struct SetRow {
    instance: u8,
    domain: String,
    selector: String,
    algorithm: String,
    sealed: Option<u64>,
    results: String,
}

impl ChainRow {
    pub(crate) fn new(chain: &ChainVerdict) -> Self {
        let set = |set: &ArcSet| SetRow {
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

    fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        if !self.sets.is_empty() {
            facts.push(format!("sets={}", self.sets.len()));
        }
        if let Some(oldest) = self.oldest_pass {
            facts.push(format!("oldest-pass={oldest}"));
        }
        facts
    }
}

fn unfolded(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How a result is coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    Good,
    Open,
    Bad,
}

impl Mood {
    pub(crate) fn of(class: Class) -> Self {
        match class {
            Class::Pass => Self::Good,
            Class::None | Class::TempError => Self::Open,
            Class::Fail | Class::Policy | Class::Neutral | Class::PermError | _ => Self::Bad,
        }
    }
}

/// One result on a line of its own; the reason below.
pub(crate) fn line(
    out: &mut dyn Write,
    method: &str,
    result: &str,
    mood: Mood,
    facts: &[String],
    reason: Option<&str>,
) -> Result<(), Stop> {
    let shown = match mood {
        Mood::Good => result.green().to_string(),
        Mood::Open => result.yellow().to_string(),
        Mood::Bad => result.red().to_string(),
    };
    write!(out, "{method:6}{shown}")?;
    if !facts.is_empty() {
        let gap = 10usize.saturating_sub(result.len());
        write!(out, "{:gap$}{}", "", Printable(&facts.join(" ")))?;
    }
    writeln!(out)?;
    if let Some(reason) = reason {
        writeln!(out, "                {}", Printable(reason))?;
    }
    Ok(())
}

/// A line for each signature, or one that says that there is none.
pub(crate) fn signatures(verdicts: &[Verdict], out: &mut dyn Write) -> Result<(), Stop> {
    if verdicts.is_empty() {
        let facts = [String::from("the mail has no DKIM-Signature")];
        line(out, "dkim", "none", Mood::Open, &facts, None)?;
    }
    for verdict in verdicts {
        let row = SignatureRow::new(verdict);
        let (mood, reason) = (Mood::of(verdict.class()), row.reason.as_deref());
        line(out, "dkim", row.result, mood, &row.facts(), reason)?;
    }
    Ok(())
}

/// A line for the chain, and one for each of its sets.
pub(crate) fn chain(verdict: &ChainVerdict, out: &mut dyn Write) -> Result<(), Stop> {
    let row = ChainRow::new(verdict);
    let (mood, reason) = (Mood::of(verdict.class()), row.reason.as_deref());
    line(out, "arc", row.result, mood, &row.facts(), reason)?;
    for set in &row.sets {
        let (domain, results) = (Printable(&set.domain), Printable(&set.results));
        let instance = set.instance;
        writeln!(out, "                i={instance} d={domain}: {results}")?;
    }
    Ok(())
}

/// A note on line ends that are none in mail, if there were any.
pub(crate) fn bare(bare: Bare, out: &mut dyn Write) -> Result<(), Stop> {
    if bare.first.is_some() {
        let (cr, lf, note) = (bare.cr, bare.lf, "note".yellow());
        writeln!(
            out,
            "{note}: {cr} bare CR and {lf} bare LF; {}",
            message::REMEDY
        )?;
    }
    Ok(())
}
