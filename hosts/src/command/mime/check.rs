//! `securewire mime check`: where mails break rules, and what other readers make of it.

use std::{
    collections::HashSet,
    fmt,
    io::Write,
    path::{Path, PathBuf},
};

use mime_core::{DefectCode, Event, Totals};
use owo_colors::OwoColorize;
use serde::Serialize;

use super::{
    audit::{Audit, Finding},
    explain::{Meaning, meaning},
    input::Input,
    json,
    output::{Stop, print},
    places::Places,
    printable::Printable,
};
use crate::command::failure::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Files that hold one mail each; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Take line feeds alone for line ends, as Unix stores mails: no defect
    #[arg(long)]
    lf: bool,

    /// Print one JSON object per file, a line each
    #[arg(long)]
    json: bool,
}

/// One defect, as programs read it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) code: String,
    offset: u64,
    length: u64,
    /// From 1; absent where it was too long ago to be known.
    line: Option<u64>,
    /// How often from there on, where that is counted.
    count: u64,
    meaning: &'static str,
    /// What readers disagree about.
    readers: Option<&'static str>,
}

impl Report {
    pub(crate) fn new(finding: &Finding, places: &Places) -> Self {
        let Meaning { what, readers } = meaning(finding.code);
        Self {
            code: format!("{:?}", finding.code),
            offset: finding.at,
            length: finding.len,
            line: places.line(finding.at),
            count: finding.count,
            meaning: what,
            readers,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}, offset {}: ", self.offset)?,
            None => write!(f, "offset {}: ", self.offset)?,
        }
        write!(f, "{}", self.code.yellow())?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        write!(f, "  {}", self.meaning)
    }
}

/// What a file came to.
#[derive(Debug, Default)]
struct Verdict {
    defects: u64,
    totals: Totals,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut unread = None;
    let defects = print(|out| {
        let mut explained = HashSet::new();
        let mut defects = 0;
        for path in &arguments.files {
            let audit = Audit::new(arguments.lf);
            let checked = if arguments.json {
                in_json(audit, path, out)
            } else {
                in_words(audit, path, &mut explained, out)
            };
            match checked {
                Ok(found) => defects += found,
                // The others are checked all the same.
                Err(Stop::Failed(failure)) => {
                    out.flush()?;
                    if let Some(before) = unread.replace(failure) {
                        before.tell();
                    }
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(defects)
    })?;
    match unread {
        Some(failure) => Err(failure),
        None if defects > 0 => Err(Failure::verdict()),
        None => Ok(()),
    }
}

/// Reads a mail and hands over each defect as it is found.
fn examine(
    mut audit: Audit,
    path: &Path,
    verdict: &mut Verdict,
    mut tell: impl FnMut(&Finding, &Places) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut found = Vec::new();
    Input::open(path)?.read(|event, places| {
        audit.event(&event, &mut found);
        for finding in found.drain(..) {
            verdict.defects += 1;
            tell(&finding, places)?;
        }
        if let Event::Closed(totals) = event {
            verdict.totals = totals;
        }
        Ok(())
    })
}

fn in_words(
    audit: Audit,
    path: &Path,
    explained: &mut HashSet<DefectCode>,
    out: &mut dyn Write,
) -> Result<u64, Stop> {
    let name = path.display().to_string();
    let name = Printable(&name);
    let mut verdict = Verdict::default();
    examine(audit, path, &mut verdict, |finding, places| {
        let line = places
            .line(finding.at)
            .map_or_else(|| "?".to_owned(), |line| line.to_string());
        let code = format!("{:?}", finding.code);
        write!(
            out,
            "{name}:{line}: {} at offset {}, {}",
            code.yellow(),
            finding.at,
            counted(finding.len, "octet")
        )?;
        if finding.count > 1 {
            write!(out, ", {} times from there", finding.count)?;
        }
        writeln!(out)?;
        if explained.insert(finding.code) {
            let Meaning { what, readers } = meaning(finding.code);
            writeln!(out, "    {what}")?;
            if let Some(readers) = readers {
                writeln!(out, "    readers: {}", readers.dimmed())?;
            }
        }
        Ok(())
    })?;
    let Verdict { defects, totals } = verdict;
    let extent = format!(
        "{}, {}",
        counted(totals.octets, "octet"),
        counted(u64::from(totals.entities), "entity")
    );
    if defects == 0 {
        writeln!(out, "{name}: {}, {extent}", "no defects".green())?;
    } else {
        let defects = counted(defects, "defect");
        writeln!(out, "{name}: {}, {extent}", defects.red())?;
    }
    Ok(defects)
}

/// One object, written while the file is read: no list of defects is ever held.
fn in_json(audit: Audit, path: &Path, out: &mut dyn Write) -> Result<u64, Stop> {
    write!(out, "{{\"file\":")?;
    json::write(out, &path.to_string_lossy())?;
    write!(out, ",\"defects\":[")?;
    let mut verdict = Verdict::default();
    let mut first = true;
    let read = examine(audit, path, &mut verdict, |finding, places| {
        if !std::mem::take(&mut first) {
            write!(out, ",")?;
        }
        Ok(json::write(out, &Report::new(finding, places))?)
    });
    let Verdict { defects, totals } = verdict;
    write!(out, "],\"total\":{defects},")?;
    match read {
        Ok(()) => {
            let Totals {
                octets,
                lines,
                entities,
                ..
            } = totals;
            writeln!(
                out,
                "\"octets\":{octets},\"lines\":{lines},\"entities\":{entities}}}"
            )?;
            Ok(defects)
        }
        Err(Stop::Failed(failure)) => {
            write!(out, "\"error\":")?;
            json::write(out, &failure.to_string())?;
            writeln!(out, "}}")?;
            Err(failure.into())
        }
        Err(stop) => Err(stop),
    }
}

/// A number with its noun.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}
