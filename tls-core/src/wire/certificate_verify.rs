//! CertificateVerify (RFC 8446 section 4.4.3).

use alloc::vec::Vec;

use crypto_core::Digest;

use super::{HandshakeType, Malformed, Prefix, Reader, SignatureScheme, message, nested};

/// Proof that the sender holds the key of its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateVerify<'a> {
    /// `algorithm`.
    pub scheme: SignatureScheme,
    /// `signature`.
    pub signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Parses the body of the message.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let scheme = SignatureScheme(reader.u16()?);
        let signature = reader.vector16(0)?;
        reader.finish()?;
        Ok(Self { scheme, signature })
    }

    /// Appends the message.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        message(out, HandshakeType::CERTIFICATE_VERIFY, |out| {
            out.extend_from_slice(&self.scheme.0.to_be_bytes());
            nested(out, Prefix::U16, |out| {
                out.extend_from_slice(self.signature)
            });
        });
    }
}

/// Who signs: the context strings differ, so that no signature serves both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signer {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// The octets under the signature: 64 spaces, the signer's context string, a zero, the transcript hash.
#[derive(Clone, Debug)]
pub struct SignedContent {
    octets: [u8; SPACES + CONTEXT + Digest::MAX],
    len: usize,
}

const SPACES: usize = 64;
const CONTEXT: usize = 34;

impl SignedContent {
    /// What `signer` signs after the messages behind `transcript`.
    #[must_use]
    pub fn new(signer: Signer, transcript: &Digest) -> Self {
        let context: &[u8; CONTEXT] = match signer {
            Signer::Client => b"TLS 1.3, client CertificateVerify\0",
            Signer::Server => b"TLS 1.3, server CertificateVerify\0",
        };
        let hash = transcript.as_ref();
        let mut octets = [b' '; SPACES + CONTEXT + Digest::MAX];
        let parts = context.iter().chain(hash);
        let rest = octets.iter_mut().skip(SPACES);
        rest.zip(parts).for_each(|(to, from)| *to = *from);
        let len = SPACES + CONTEXT + hash.len();
        Self { octets, len }
    }
}

impl AsRef<[u8]> for SignedContent {
    fn as_ref(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}
