//! Certificate (RFC 8446 section 4.4.2).

use alloc::vec::Vec;

use pki_types::CertificateDer;

use super::{Extensions, HandshakeType, Malformed, Prefix, Reader, message, nested};

/// A chain of certificates, the sender's own first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate<'a> {
    /// `certificate_request_context`.
    pub context: &'a [u8],
    /// `certificate_list`.
    pub list: CertificateList<'a>,
}

/// The octets of `certificate_list`, known to be well-formed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CertificateList<'a>(&'a [u8]);

/// One certificate and what the sender says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateEntry<'a> {
    /// The certificate in DER; not parsed here.
    pub certificate: CertificateDer<'a>,
    /// Its extensions (OCSP response, SCTs).
    pub extensions: Extensions<'a>,
}

impl<'a> Certificate<'a> {
    /// Parses the body of the message, with at most `max_certificates` entries.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &'a [u8], max_certificates: usize) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let context = reader.vector8(0)?;
        let list = CertificateList::parse(reader.vector24(0)?, max_certificates)?;
        reader.finish()?;
        Ok(Self { context, list })
    }

    /// Appends the message.
    pub(crate) fn encode(out: &mut Vec<u8>, context: &[u8], chain: &[CertificateDer<'_>]) {
        message(out, HandshakeType::CERTIFICATE, |out| {
            nested(out, Prefix::U8, |out| out.extend_from_slice(context));
            nested(out, Prefix::U24, |out| {
                for certificate in chain {
                    nested(out, Prefix::U24, |out| out.extend_from_slice(certificate));
                    nested(out, Prefix::U16, |_| ());
                }
            });
        });
    }
}

impl<'a> CertificateList<'a> {
    /// Checks the octets of a list, with at most `max_certificates` entries.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(octets: &'a [u8], max_certificates: usize) -> Result<Self, Malformed> {
        let mut entries = Reader::new(octets);
        let mut count = 0;
        while !entries.is_empty() {
            if count == max_certificates {
                return Err(Malformed::TooMany);
            }
            entries.vector24(1)?;
            Extensions::parse(&mut entries)?;
            count += 1;
        }
        Ok(Self(octets))
    }

    /// The entries, the sender's own certificate first.
    pub fn iter(self) -> impl Iterator<Item = CertificateEntry<'a>> {
        let mut entries = Reader::new(self.0);
        core::iter::from_fn(move || {
            let certificate = CertificateDer::from(entries.vector24(1).ok()?);
            let extensions = Extensions::parse(&mut entries).ok()?;
            Some(CertificateEntry {
                certificate,
                extensions,
            })
        })
    }

    /// True when the sender has no certificate.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The octets on the wire, without the length.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}
