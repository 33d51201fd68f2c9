//! What was found, for people and for programs.

use std::io::Write;

use dkim_core::{
    Class, Verdict,
    arc::ChainVerdict,
    auth_results::{AuthResults, MethodResult},
    dmarc::{DmarcResult, DmarcVerdict},
    spf::{SpfIdentity, SpfResult, SpfVerdict},
};
use owo_colors::OwoColorize;
use serde::Serialize;

use super::{Findings, message};
use crate::command::{
    failure::Failure,
    mime::{json, output::Stop, printable::Printable},
};

#[derive(Debug, Serialize)]
struct SpfRow<'v> {
    result: &'static str,
    reason: String,
    identity: &'static str,
    domain: Option<&'v str>,
    mechanism: Option<&'v str>,
    explanation: Option<&'v str>,
    received_spf: String,
}

#[derive(Debug, Serialize)]
struct DkimRow {
    index: usize,
    result: &'static str,
    reason: Option<String>,
    domain: Option<String>,
    selector: Option<String>,
    key_bits: Option<usize>,
}

#[derive(Debug, Serialize)]
struct ArcRow {
    result: &'static str,
    reason: Option<String>,
    sets: usize,
    oldest_pass: Option<u8>,
}

#[derive(Debug, Serialize)]
struct DmarcRow<'v> {
    result: &'static str,
    reason: String,
    from: Option<&'v str>,
    policy_domain: Option<&'v str>,
    policy: Option<&'static str>,
    disposition: &'static str,
    testing: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Report<'v> {
    passes: bool,
    spf: Vec<SpfRow<'v>>,
    dkim: Vec<DkimRow>,
    arc: Option<ArcRow>,
    dmarc: Option<DmarcRow<'v>>,
    authentication_results: &'v str,
    bare_cr: u64,
    bare_lf: u64,
}

/// The Authentication-Results field.
pub(super) fn field(authserv_id: &str, findings: &Findings) -> Result<String, Failure> {
    let mut field = AuthResults::new(authserv_id).map_err(|error| {
        Failure::usage(format!("--authserv-id {authserv_id:?}: {error}"))
            .remedy("it is usually the name of this host's domain")
    })?;
    for verdict in &findings.spf {
        field.push(verdict.method_result());
    }
    field.push_dkim(&findings.dkim);
    if let Some(chain) = &findings.chain {
        field.push(MethodResult::of_chain(chain));
    }
    if let Some(verdict) = &findings.dmarc {
        field.push(verdict.method_result());
    }
    Ok(field.to_field())
}

pub(super) fn in_json(
    authserv_id: &str,
    results: &str,
    findings: &Findings,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let spf = |verdict| SpfRow::new(verdict, authserv_id);
    let report = Report {
        passes: findings.passes(),
        spf: findings.spf.iter().map(spf).collect(),
        dkim: findings.dkim.iter().map(DkimRow::new).collect(),
        arc: findings.chain.as_ref().map(ArcRow::new),
        dmarc: findings.dmarc.as_ref().map(DmarcRow::new),
        authentication_results: results,
        bare_cr: findings.bare.cr,
        bare_lf: findings.bare.lf,
    };
    json::write(out, &report)?;
    Ok(writeln!(out)?)
}

impl<'v> SpfRow<'v> {
    fn new(verdict: &'v SpfVerdict, receiver: &str) -> Self {
        Self {
            result: verdict.result.as_str(),
            reason: verdict.reason.to_string(),
            identity: verdict.identity.as_str(),
            domain: verdict.domain.as_deref(),
            mechanism: verdict.mechanism(),
            explanation: verdict.explanation.as_deref(),
            received_spf: verdict.received_spf(receiver),
        }
    }
}

impl DkimRow {
    fn new(verdict: &Verdict) -> Self {
        let signature = verdict.signature.as_deref();
        Self {
            index: verdict.index,
            result: verdict.class().as_str(),
            reason: verdict.result.as_ref().err().map(ToString::to_string),
            domain: signature.map(|signature| signature.domain.to_string()),
            selector: signature.map(|signature| signature.selector.to_string()),
            key_bits: verdict.key.map(|key| key.bits),
        }
    }
}

impl ArcRow {
    fn new(chain: &ChainVerdict) -> Self {
        Self {
            result: chain.status().as_str(),
            reason: chain.result.as_ref().err().map(ToString::to_string),
            sets: chain.sets.len(),
            oldest_pass: chain.oldest_pass,
        }
    }
}

impl<'v> DmarcRow<'v> {
    fn new(verdict: &'v DmarcVerdict) -> Self {
        let record = verdict.record.as_ref();
        Self {
            result: verdict.result.as_str(),
            reason: verdict.reason.to_string(),
            from: verdict.author.as_deref(),
            policy_domain: verdict.policy_domain.as_deref(),
            policy: record.map(|_| verdict.policy.as_str()),
            disposition: verdict.disposition.as_str(),
            testing: record.map(|record| record.testing),
        }
    }
}

/// How a result is coloured.
#[derive(Clone, Copy)]
enum Mood {
    Good,
    Open,
    Bad,
}

fn mood(class: Class) -> Mood {
    match class {
        Class::Pass => Mood::Good,
        Class::None | Class::TempError => Mood::Open,
        Class::Fail | Class::Policy | Class::Neutral | Class::PermError | _ => Mood::Bad,
    }
}

fn line(
    out: &mut dyn Write,
    method: &str,
    result: &str,
    mood: Mood,
    facts: &[String],
    reason: Option<&str>,
) -> Result<(), Stop> {
    let padded = format!("{result:9}");
    let shown = match mood {
        Mood::Good => padded.green().to_string(),
        Mood::Open => padded.yellow().to_string(),
        Mood::Bad => padded.red().to_string(),
    };
    let facts = facts.join(" ");
    let text = format!("{method:6}{shown} {}", Printable(&facts));
    writeln!(out, "{}", text.trim_end())?;
    if let Some(reason) = reason {
        writeln!(out, "                {}", Printable(reason))?;
    }
    Ok(())
}

pub(super) fn in_words(
    results: &str,
    findings: &Findings,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    if findings.spf.is_empty() {
        let facts = [String::from(
            "not checked: say --ip, --helo and --mail-from",
        )];
        line(out, "spf", "none", Mood::Open, &facts, None)?;
    }
    for verdict in &findings.spf {
        spf_words(verdict, out)?;
    }
    if findings.dkim.is_empty() {
        let facts = [String::from("the mail has no DKIM-Signature")];
        line(out, "dkim", "none", Mood::Open, &facts, None)?;
    }
    for verdict in &findings.dkim {
        dkim_words(verdict, out)?;
    }
    if let Some(chain) = &findings.chain {
        let row = ArcRow::new(chain);
        let mood = mood(chain.class());
        let mut facts = Vec::new();
        if row.sets > 0 {
            facts.push(format!("sets={}", row.sets));
        }
        line(out, "arc", row.result, mood, &facts, row.reason.as_deref())?;
    }
    if let Some(verdict) = &findings.dmarc {
        dmarc_words(verdict, out)?;
    }
    if findings.bare.first.is_some() {
        let (cr, lf) = (findings.bare.cr, findings.bare.lf);
        let note = "note".yellow();
        writeln!(
            out,
            "{note}: {cr} bare CR and {lf} bare LF; {}",
            message::REMEDY
        )?;
    }
    writeln!(out)?;
    for line in results.trim_end().split("\r\n") {
        let indent = if line.starts_with('\t') {
            "        "
        } else {
            ""
        };
        writeln!(out, "{indent}{}", Printable(line.trim_start_matches('\t')))?;
    }
    Ok(())
}

fn spf_words(verdict: &SpfVerdict, out: &mut dyn Write) -> Result<(), Stop> {
    let mood = match verdict.result {
        SpfResult::Pass => Mood::Good,
        SpfResult::None | SpfResult::Neutral | SpfResult::TempError => Mood::Open,
        SpfResult::Fail | SpfResult::SoftFail | SpfResult::PermError | _ => Mood::Bad,
    };
    let mut facts = vec![match verdict.identity {
        SpfIdentity::MailFrom if !verdict.mail_from.is_empty() => {
            format!("mailfrom={}", verdict.mail_from)
        }
        SpfIdentity::MailFrom | SpfIdentity::Helo | _ => format!("helo={}", verdict.helo),
    }];
    facts.push(format!("ip={}", verdict.ip));
    let mut reason = verdict.reason.to_string();
    if let Some(explanation) = &verdict.explanation {
        reason = format!("{reason}; its owner says: {explanation}");
    }
    line(
        out,
        "spf",
        verdict.result.as_str(),
        mood,
        &facts,
        Some(&reason),
    )
}

fn dkim_words(verdict: &Verdict, out: &mut dyn Write) -> Result<(), Stop> {
    let row = DkimRow::new(verdict);
    let mood = mood(verdict.class());
    let mut facts = Vec::new();
    match (&row.domain, &row.selector) {
        (Some(domain), Some(selector)) => facts.push(format!("d={domain} s={selector}")),
        _ => facts.push(format!("signature {}", row.index + 1)),
    }
    line(out, "dkim", row.result, mood, &facts, row.reason.as_deref())
}

fn dmarc_words(verdict: &DmarcVerdict, out: &mut dyn Write) -> Result<(), Stop> {
    let row = DmarcRow::new(verdict);
    let mood = match verdict.result {
        DmarcResult::Pass => Mood::Good,
        DmarcResult::None | DmarcResult::TempError => Mood::Open,
        DmarcResult::Fail | DmarcResult::PermError | _ => Mood::Bad,
    };
    let mut facts = Vec::new();
    if let Some(from) = row.from {
        facts.push(format!("from={from}"));
    }
    if let (Some(policy), Some(domain)) = (row.policy, row.policy_domain) {
        facts.push(format!("policy={policy} of {domain}"));
    }
    if row.testing == Some(true) {
        facts.push("testing".into());
    }
    if verdict.result == DmarcResult::Fail {
        facts.push(format!("disposition={}", row.disposition));
    }
    line(out, "dmarc", row.result, mood, &facts, Some(&row.reason))
}
