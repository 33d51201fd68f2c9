//! `securewire demo`: every protocol at work on this machine, a section each.

mod ipsec;
mod mail;
mod mime;
mod tls;

use std::sync::Arc;

use crypto_core::Provider;
use owo_colors::OwoColorize;

use super::failure::Failure;
use crate::ALLOCATOR;

/// Runs all sections.
pub(crate) fn run(provider: &Arc<Provider>) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    say!("securewire {version}, cryptography by {}", provider.name);
    let mut checks = Checks::default();
    tls::run(provider, &mut checks)?;
    ipsec::run(provider, &mut checks)?;
    mime::run(provider, &mut checks)?;
    mail::run(provider, &mut checks)?;
    checks.conclude()
}

/// What should have happened, and did or did not.
#[derive(Debug, Default)]
struct Checks {
    passed: usize,
    failed: usize,
}

impl Checks {
    /// Prints `what`, and whether it holds.
    fn check(&mut self, what: &str, holds: bool) {
        if holds {
            self.passed += 1;
            say!("  {} {what}", "✓".green());
        } else {
            self.failed += 1;
            say!("  {} {}", "✗".red(), what.red());
        }
    }

    fn conclude(&self) -> Result<(), Failure> {
        let Self { passed, failed } = self;
        say!();
        if *failed > 0 {
            return Err(Failure::peer(format!(
                "{failed} of {} checks failed",
                passed + failed
            )));
        }
        say!("{} all {passed} checks hold", "done:".green().bold());
        Ok(())
    }
}

/// Prints the title of a case.
fn title(text: &str) {
    say!("\n{}", text.bold().underline());
}

/// Octets allocated at the moment.
fn in_use() -> usize {
    let stats = ALLOCATOR.stats();
    stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated)
}
