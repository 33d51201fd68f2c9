//! What a person reads when something fails, and the exit status that scripts read.

use std::{fmt, io, process::ExitCode};

use owo_colors::OwoColorize;
use securewire::tls_error;
use tls_core::{CertificateError, Error, Incompatible, Misbehaved};

/// Why the command ends without success.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    what: String,
    remedy: Option<String>,
}

impl Failure {
    /// The arguments, or a file they name, are wrong.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self {
            status: 2,
            what: what.into(),
            remedy: None,
        }
    }

    /// The peer, the network or the protocol failed.
    pub(crate) fn peer(what: impl Into<String>) -> Self {
        Self {
            status: 1,
            what: what.into(),
            remedy: None,
        }
    }

    /// What is wrong has been printed as the result that was asked for.
    pub(crate) fn verdict() -> Self {
        Self::peer(String::new())
    }

    /// A stream failed while doing `what`; says what can be done about it where that is known.
    pub(crate) fn stream(what: &str, error: &io::Error) -> Self {
        let failure = Self::peer(format!("{what}: {error}"));
        match tls_error(error).and_then(advice) {
            Some(remedy) => failure.remedy(remedy),
            None => failure,
        }
    }

    /// Adds what to do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Says in which part of a file it is.
    pub(crate) fn within(mut self, part: &str) -> Self {
        self.what = format!("{part} {}", self.what);
        self
    }

    /// Prints it, and what to do about it, to standard error.
    pub(crate) fn tell(&self) {
        if self.what.is_empty() {
            return;
        }
        note!("{} {self}", "error:".red().bold());
        if let Some(remedy) = &self.remedy {
            note!("{} {remedy}", " help:".cyan().bold());
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

fn advice(error: &Error) -> Option<&'static str> {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "advice only where there is some"
    )]
    match error {
        Error::Certificate(CertificateError::UnknownIssuer) => {
            Some("name the issuer's certificate with --ca FILE")
        }
        Error::Certificate(CertificateError::WrongName) => {
            Some("say with --name which name the certificate must have")
        }
        Error::Misbehaved(Misbehaved::NotTls | Misbehaved::PlainHttp) => {
            Some("the other end does not speak TLS on this port")
        }
        Error::Incompatible(Incompatible::Version) => Some("the other end must speak TLS 1.3"),
        Error::PeerAlert(alert) => match *alert {
            tls_core::wire::AlertDescription::PROTOCOL_VERSION => {
                Some("the other end must speak TLS 1.3")
            }
            tls_core::wire::AlertDescription::CERTIFICATE_REQUIRED => {
                Some("the server wants a certificate: --cert FILE --key FILE")
            }
            tls_core::wire::AlertDescription::NO_APPLICATION_PROTOCOL => {
                Some("the server speaks none of the protocols of --alpn")
            }
            _ => None,
        },
        Error::Truncated => Some("the other end, or something between, cut the connection"),
        _ => None,
    }
}
