//! The machines of the workspace beside their peers, in one process: one table, or JSON.

mod alloc;
mod dkim;
mod esp;
mod measure;
mod mime;
mod row;
mod table;
mod tls;

use std::{
    io::{IsTerminal, stderr},
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;

use measure::Budget;

/// Measures the machines beside their peers and the libraries below, and judges the bars.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Only rows whose name contains this.
    #[arg(default_value = "")]
    filter: String,

    /// Print one JSON object a row: name, value, bar, holds.
    #[arg(long)]
    json: bool,

    /// Only show that everything runs: few turns, and no figure that depends on time is judged.
    #[arg(long)]
    smoke: bool,

    /// CPU seconds for each comparison.
    #[arg(long, default_value_t = 2.0, value_name = "N")]
    seconds: f64,

    /// A folder of messages, one a file: SpamAssassin's public corpus. Without it some rows are not measured.
    #[arg(long, env = "SECUREWIRE_MIME_CORPUS", value_name = "FOLDER")]
    mail: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let budget = if arguments.smoke {
        Budget::smoke()
    } else {
        Budget::new(arguments.seconds)
    };

    let mut benches = tls::benches();
    benches.extend(esp::benches());
    benches.extend(mime::benches(arguments.mail.clone()));
    benches.extend(dkim::benches());
    benches.retain(|bench| bench.matches(&arguments.filter));
    if benches.is_empty() {
        anstream::eprintln!("no row contains {:?}", arguments.filter);
        return ExitCode::from(2);
    }

    if !arguments.json {
        table::print_head();
    }
    let mut all = Vec::new();
    for (index, bench) in benches.iter().enumerate() {
        progress(&format!("[{}/{}] {}", index + 1, benches.len(), bench.name));
        let rows = bench.rows(&budget, &arguments.filter);
        progress("");
        if arguments.json {
            table::print_json(&rows, budget.smoke);
        } else {
            table::print(&rows, budget.smoke);
        }
        all.extend(rows);
    }
    if !arguments.json {
        table::print_sum(&all, budget.smoke);
    }
    if all.iter().any(|row| row.holds(budget.smoke) == Some(false)) {
        ExitCode::FAILURE
    } else if !budget.smoke && all.iter().any(|row| !row.is_measured()) {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    }
}

/// Shows on a terminal what is going on, on a line that the next one replaces.
fn progress(what: &str) {
    if stderr().is_terminal() {
        anstream::eprint!("\r\x1b[K{what}");
    }
}
