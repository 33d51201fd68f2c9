//! Certificates and keys: read from files, or made on the spot.

use std::{
    fmt::Display,
    fs,
    io::Write,
    path::Path,
    sync::{Mutex, PoisonError},
    time::{Duration, UNIX_EPOCH},
};

use crypto_core::Provider;
use pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use tls_core::{Identity, KeyLogLine, Misuse, Roots};

use super::{clock, failure::Failure};

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::usage(format!("{flag} {}: {error}", path.display())))
}

fn bad(flag: &str, path: &Path, why: impl Display) -> Failure {
    Failure::usage(format!("{flag} {}: {why}", path.display()))
}

/// Reads the certificates of a PEM file.
fn certificates(flag: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let pem = read(flag, path)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| bad(flag, path, error))?;
    if certificates.is_empty() {
        return Err(bad(flag, path, "no certificate in it")
            .remedy("it must be PEM, with lines of BEGIN CERTIFICATE"));
    }
    Ok(certificates)
}

/// Reads trust anchors from the PEM file that `flag` names.
pub(crate) fn roots(flag: &str, path: &Path) -> Result<Roots, Failure> {
    Roots::from_certificates(&certificates(flag, path)?).map_err(|error| bad(flag, path, error))
}

/// The trust anchors of this machine.
pub(crate) fn platform_roots() -> Result<Roots, Failure> {
    let found = rustls_native_certs::load_native_certs();
    // Some platforms carry a few that are not well-formed: the others serve.
    let good = found
        .certs
        .iter()
        .filter(|certificate| Roots::from_certificates([*certificate]).is_ok());
    let roots = Roots::from_certificates(good).unwrap_or_default();
    if roots.is_empty() {
        return Err(Failure::usage("this machine has no trusted certificates")
            .remedy("install the package ca-certificates, or name them with --ca FILE"));
    }
    Ok(roots)
}

/// Reads `--cert` and `--key`.
pub(crate) fn identity(
    provider: &Provider,
    certificate: &Path,
    key: &Path,
) -> Result<Identity, Failure> {
    let chain = certificates("--cert", certificate)?;
    let pem = read("--key", key)?;
    let der = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        bad("--key", key, error).remedy("it must be PEM: PKCS#8, SEC1 or PKCS#1, not encrypted")
    })?;
    let signing = provider
        .keys
        .load(&der)
        .map_err(|error| bad("--key", key, error))?;
    Identity::new(chain, signing).map_err(|error| {
        if error != Misuse::KeyMismatch {
            return bad("--cert", certificate, error);
        }
        let (key, certificate) = (key.display(), certificate.display());
        Failure::usage(format!(
            "--key {key} is not the key of --cert {certificate}"
        ))
        .remedy("the certificate of the server itself must come first in its file")
    })
}

/// Appends to the key log of `--key-log`.
pub(crate) fn key_log(
    path: &Path,
) -> Result<impl Fn(&KeyLogLine) + Send + Sync + 'static, Failure> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .map_err(|error| bad("--key-log", path, error))?;
    let file = Mutex::new(file);
    Ok(move |line: &KeyLogLine| {
        let mut text = String::new();
        if line.write_to(&mut text).is_ok() {
            text.push('\n');
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A full disk must not end connections.
            let _ = file.write_all(text.as_bytes());
        }
    })
}

/// A certification authority that exists as long as the process, and a certificate for this machine.
pub(crate) struct Demo {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Demo {
    /// Makes an authority called `name`.
    pub(crate) fn new(name: &str) -> Result<Self, Failure> {
        let mut parameters = parameters(&[])?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().map_err(not_made)?;
        CertifiedIssuer::self_signed(parameters, key)
            .map(|issuer| Self { issuer })
            .map_err(not_made)
    }

    /// The authority's certificate as PEM.
    pub(crate) fn authority_pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority as the one trust anchor.
    pub(crate) fn roots(&self) -> Result<Roots, Failure> {
        Roots::from_certificates([self.issuer.der()])
            .map_err(|error| Failure::peer(error.to_string()))
    }

    /// Makes a certificate for a server on this machine.
    pub(crate) fn identity(&self, provider: &Provider) -> Result<Identity, Failure> {
        let mut parameters = parameters(&["localhost", "127.0.0.1", "::1"])?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().map_err(not_made)?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(not_made)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialized_der()));
        let signing = provider.keys.load(&der).map_err(not_made)?;
        Identity::new(vec![certificate.der().clone()], signing).map_err(not_made)
    }
}

/// Valid from a day ago, for 90 days.
fn parameters(names: &[&str]) -> Result<CertificateParams, Failure> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut parameters = CertificateParams::new(names).map_err(not_made)?;
    let since = clock::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = rcgen::date_time_ymd(1970, 1, 1) + since;
    parameters.not_before = now - DAY;
    parameters.not_after = now + 90 * DAY;
    Ok(parameters)
}

fn not_made(error: impl Display) -> Failure {
    Failure::peer(format!("no certificate could be made: {error}"))
}
