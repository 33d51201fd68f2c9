//! Certificates for a test: an authority and what it issues, as values and as files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SignatureAlgorithm,
};
use securewire::{
    crypto_core::Provider,
    tls_core::{Identity, Roots},
};
use tempfile::TempDir;

/// An authority with a folder for its files.
pub(crate) struct Pki {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
    leaves: AtomicUsize,
}

/// A certificate and its key.
pub(crate) struct Leaf {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) certificate_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

impl Pki {
    pub(crate) fn new() -> Self {
        Self::named("Test Authority")
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(parameters, key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        fs::write(folder.path().join("ca.key"), issuer.key().serialize_pem()).unwrap();
        Self {
            issuer,
            folder,
            leaves: AtomicUsize::new(0),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    pub(crate) fn authority(&self) -> &CertificateDer<'static> {
        self.issuer.der()
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::from_certificates([self.issuer.der()]).unwrap()
    }

    /// A certificate for localhost with a P-256 key.
    pub(crate) fn server(&self) -> Leaf {
        self.leaf("localhost", &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    /// A certificate for `name`, good for servers and clients.
    pub(crate) fn leaf(&self, name: &str, algorithm: &'static SignatureAlgorithm) -> Leaf {
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        let (certificate_file, key_file) = self.files(name);
        fs::write(&certificate_file, certificate.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        Leaf {
            certificate: certificate.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            certificate_file,
            key_file,
        }
    }

    /// A certificate for localhost made by `openssl`, with the key of `-newkey`.
    pub(crate) fn made_by(&self, openssl: &Path, new_key: &str) -> Leaf {
        let (certificate_file, key_file) = self.files(new_key);
        let request = self.folder().join("request");
        let run = |command: &mut Command| {
            let output = command.output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        run(Command::new(openssl)
            .args([
                "req",
                "-new",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=localhost",
            ])
            .args(["-addext", "subjectAltName=DNS:localhost", "-keyout"])
            .arg(&key_file)
            .arg("-out")
            .arg(&request));
        run(Command::new(openssl)
            .args([
                "x509",
                "-req",
                "-days",
                "2",
                "-copy_extensions",
                "copy",
                "-in",
            ])
            .arg(&request)
            .arg("-CA")
            .arg(self.ca_file())
            .arg("-CAkey")
            .arg(self.folder().join("ca.key"))
            .arg("-out")
            .arg(&certificate_file));
        Leaf {
            certificate: CertificateDer::from_pem_file(&certificate_file).unwrap(),
            key: PrivateKeyDer::from_pem_file(&key_file).unwrap(),
            certificate_file,
            key_file,
        }
    }

    /// Names for files that no other leaf has.
    fn files(&self, name: &str) -> (PathBuf, PathBuf) {
        let number = self.leaves.fetch_add(1, Ordering::Relaxed);
        let file = |extension| self.folder().join(format!("{name}-{number}.{extension}"));
        (file("pem"), file("key"))
    }
}

impl Leaf {
    pub(crate) fn identity(&self, provider: &Provider) -> Identity {
        let key = provider.keys.load(&self.key).unwrap();
        Identity::new(vec![self.certificate.clone()], key).unwrap()
    }
}
