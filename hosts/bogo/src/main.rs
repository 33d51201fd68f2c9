//! The shim between securewire and BoGo, the TLS test suite of BoringSSL.
//!
//! The runner starts it once for each test, with flags that say what to do. It connects back to the runner, acts as a
//! client or a server, and tells by its exit status how it went: 0 for well, 1 with the name of an error on stderr,
//! 89 for a test about something that securewire does not have. `README.md` says how to run it.

#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program that has std"
)]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what a test does not foresee fails it, whatever it is"
)]

mod answers;
mod connection;
mod error_name;
mod exchange;
mod issuers;
mod legacy;
mod options;
mod policy;
mod settings;
mod wire;

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use crypto_core::{Provider, UnixTime};
use tls_core::{Error, wire::AlertDescription};

use crate::{
    connection::{Connection, Failure, Kept},
    options::{Options, Test, Unimplemented},
};

/// The exit status that says that a test is about something that is not here.
const UNIMPLEMENTED: u8 = 89;

/// The time at which every test begins.
const EPOCH: Duration = Duration::from_secs(1_700_000_000);

fn main() -> ExitCode {
    let result = Test::parse(env::args_os().skip(1))
        .map_err(Failure::from)
        .and_then(|test| {
            if test.handshaker_question {
                println!("No");
                return Ok(());
            }
            run(&test)
        });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Unimplemented(Unimplemented(what))) => {
            eprintln!("not implemented: {what}");
            ExitCode::from(UNIMPLEMENTED)
        }
        Err(Failure::Tls(error)) => {
            eprintln!("{}\n{error}", error_name::of(&error));
            ExitCode::FAILURE
        }
        Err(Failure::Named(name)) => {
            eprintln!("{name}");
            ExitCode::FAILURE
        }
        Err(Failure::Fact(what)) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// Makes the connections of a test, one after the other.
fn run(test: &Test) -> Result<(), Failure> {
    let provider = Arc::new(crypto_core::ring::provider());
    let keys = settings::ticket_keys(&provider)?;
    let now = UnixTime::since_unix_epoch(EPOCH);
    let mut kept = Kept {
        session: None,
        stored: Vec::new(),
        keys,
        now,
    };
    for count in 0..=test.resumptions {
        let options = if count == 0 {
            &test.initial
        } else {
            &test.resumed
        };
        connect(test, options, &mut kept, &provider, count > 0)?;
        let now = kept.now.as_secs() + options.resumption_delay;
        kept.now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    }
    Ok(())
}

fn connect(
    test: &Test,
    options: &Options,
    kept: &mut Kept,
    provider: &Arc<Provider>,
    resumption: bool,
) -> Result<(), Failure> {
    if resumption && !options.server && kept.session.is_none() {
        return Err(Failure::Fact("no session to offer".into()));
    }
    let mut connection = Connection::open(test, options, kept, provider)?;
    let result = exchange::run(&mut connection, resumption);
    let result = result.map_err(|failure| explain(failure, &connection));
    connection.wire.close();
    result
}

/// Tells apart what failed and what was never possible.
fn explain(failure: Failure, connection: &Connection<'_>) -> Failure {
    let Failure::Tls(error) = failure else {
        return failure;
    };
    let options = connection.options;
    let head = connection.wire.head();
    // The test is about a version that this flag does not exclude: the shim should have spoken it.
    let alert = legacy::first_alert(head).filter(|_| !options.server);
    let older = legacy::is_older_hello(head) || alert == Some(AlertDescription::PROTOCOL_VERSION);
    if older && !options.tls12_excluded {
        return Unimplemented("TLS 1.2".into()).into();
    }
    if alert == Some(AlertDescription::HANDSHAKE_FAILURE) {
        return Failure::Named(":HANDSHAKE_FAILURE_ON_CLIENT_HELLO:");
    }
    match (error, connection.refused_as) {
        (Error::Refused(_), Some(name)) => Failure::Named(name),
        (error, _) => Failure::Tls(error),
    }
}
