//! A root, a server and a client, each with certificate and key.

use crypto_core::{Provider, SignatureAlgorithm};
use pki_types::CertificateDer;
use testkit::certificate::{Certificate, Key};
use tls_core::{Identity, Roots};

pub(crate) const SERVER_NAME: &str = "server.example";

#[derive(Clone, Debug)]
pub(crate) struct Pki {
    pub(crate) root: Key,
    pub(crate) roots: Roots,
    pub(crate) server: Identity,
    pub(crate) server_key: Key,
    pub(crate) client: Identity,
}

impl Pki {
    pub(crate) fn new(provider: &Provider) -> Self {
        Self::with(provider, SignatureAlgorithm::EcdsaP256Sha256)
    }

    /// With a server key for `algorithm`.
    pub(crate) fn with(provider: &Provider, algorithm: SignatureAlgorithm) -> Self {
        let root = Key::new(provider, SignatureAlgorithm::EcdsaP256Sha256, 1);
        let server_key = Key::new(provider, algorithm, 2);
        let client_key = Key::new(provider, SignatureAlgorithm::Ed25519, 3);
        let certificate = Certificate {
            subject: "root",
            authority: true,
            ..Certificate::default()
        };
        let root_certificate = certificate.sign(&root, &root);
        let server = Certificate {
            names: &[SERVER_NAME],
            ..Certificate::default()
        };
        let server = server.sign(&server_key, &root);
        let client = Certificate {
            subject: "client",
            ..Certificate::default()
        };
        let client = client.sign(&client_key, &root);
        Self {
            roots: Roots::from_certificates([&root_certificate]).unwrap(),
            server: Identity::new(vec![server], server_key.key.clone()).unwrap(),
            client: Identity::new(vec![client], client_key.key.clone()).unwrap(),
            root,
            server_key,
        }
    }

    /// A server with another certificate of the same root.
    pub(crate) fn server_with(&self, certificate: &Certificate<'_>) -> Identity {
        let chain = vec![certificate.sign(&self.server_key, &self.root)];
        Identity::new(chain, self.server_key.key.clone()).unwrap()
    }

    /// The server's chain, without its key.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.server.chain().to_vec()
    }
}
