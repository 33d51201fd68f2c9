//! What was found, for people and for programs.

use std::io::Write;

use dkim_core::{
    auth_results::{AuthResults, MethodResult},
    dmarc::{DmarcResult, DmarcVerdict},
    spf::{SpfIdentity, SpfResult, SpfVerdict},
};
use serde::Serialize;

use super::Findings;
use crate::command::{
    dkim::rows::{self, ChainRow, Mood, SignatureRow, line},
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
    dkim: Vec<SignatureRow>,
    arc: Option<ChainRow>,
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
        dkim: findings.dkim.iter().map(SignatureRow::new).collect(),
        arc: findings.chain.as_ref().map(ChainRow::new),
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
    rows::signatures(&findings.dkim, out)?;
    if let Some(chain) = &findings.chain {
        rows::chain(chain, out)?;
    }
    if let Some(verdict) = &findings.dmarc {
        dmarc_words(verdict, out)?;
    }
    rows::bare(findings.bare, out)?;
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
