//! Arguments, and the way to the subcommands.

/// Prints a line to standard output. A reader that has gone away (`| head`) is no reason to panic.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(anstream::stdout(), $($text)*);
    }};
}

/// Prints a line to standard error.
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(anstream::stderr(), $($text)*);
    }};
}

mod auth;
mod certificates;
mod clock;
mod connect;
mod deadline;
mod demo;
mod dialogue;
mod dkim;
mod esp;
mod failure;
mod http;
mod ip;
mod media_type;
mod mime;
mod serve;
mod site;

use std::{process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand, ValueEnum};
use crypto_core::Provider;

use failure::Failure;

/// Security protocols from the command line.
///
/// Exit status: 0 when all went well, 1 when the peer, the network or the protocol failed or a mail has defects, 2 when
/// the arguments or a file they name are wrong.
#[derive(Debug, Parser)]
#[command(name = "securewire", version, arg_required_else_help = true)]
struct Arguments {
    /// Source of cryptography
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "SOURCE"
    )]
    provider: Source,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every protocol at work on this machine
    Demo,
    /// Speak TLS 1.3
    #[command(subcommand)]
    Tls(Tls),
    /// Read, check, unpack and write mails
    #[command(subcommand)]
    Mime(mime::Mime),
    /// Make keys, sign and verify mails with DKIM
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// Judge where a mail comes from: SPF, DKIM, ARC and DMARC together
    ///
    /// Records come from the DNS, or from the file that --dns names.
    ///
    /// Exit status: 0 when DMARC passes, or no policy applies and a signature or SPF passes; 1 otherwise; 2 when a file
    /// could not be read.
    Auth(auth::Arguments),
    /// Seal and open packets of IPsec, with an SA set by hand
    #[command(subcommand)]
    Esp(esp::Esp),
}

#[derive(Debug, Subcommand)]
enum Tls {
    /// Connect to a server: standard input goes there, what comes back goes to standard output
    Connect(connect::Arguments),
    /// Serve files over HTTPS, or echo
    Serve(serve::Arguments),
}

/// Where cryptography comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Source {
    #[cfg_attr(any(feature = "ring", not(feature = "aws-lc-rs")), default)]
    Ring,
    #[cfg_attr(all(feature = "aws-lc-rs", not(feature = "ring")), default)]
    AwsLc,
}

impl Source {
    fn provider(self) -> Result<Arc<Provider>, Failure> {
        match self {
            #[cfg(feature = "ring")]
            Self::Ring => Ok(Arc::new(crypto_core::ring::provider())),
            #[cfg(feature = "aws-lc-rs")]
            Self::AwsLc => Ok(Arc::new(crypto_core::aws_lc::provider())),
            #[cfg(not(feature = "ring"))]
            Self::Ring => Err(Self::absent("ring", "ring")),
            #[cfg(not(feature = "aws-lc-rs"))]
            Self::AwsLc => Err(Self::absent("aws-lc", "aws-lc-rs")),
        }
    }

    #[cfg(not(all(feature = "ring", feature = "aws-lc-rs")))]
    fn absent(name: &str, feature: &str) -> Failure {
        Failure::usage(format!("--provider {name}: not part of this build"))
            .remedy(format!("build with `--features {feature}`"))
    }
}

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell();
            failure.exit_code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let provider = arguments.provider.provider()?;
    match &arguments.command {
        Command::Demo => demo::run(&provider),
        Command::Tls(Tls::Connect(arguments)) => connect::run(arguments, provider),
        Command::Tls(Tls::Serve(arguments)) => serve::run(arguments, provider),
        Command::Mime(command) => mime::run(command, &provider),
        Command::Dkim(command) => dkim::run(command, provider),
        Command::Auth(arguments) => auth::run(arguments, provider),
        Command::Esp(command) => esp::run(command, &provider),
    }
}
