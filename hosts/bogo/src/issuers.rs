//! Which credentials a peer can do something with, judged by the authorities that it names.

use tls_core::wire::{ExtensionType, Extensions, Reader};

use crate::settings::Own;

/// True when the peer may get this identity: a certificate of its chain was issued by one of `authorities`, or the test
/// does not ask for that.
pub(crate) fn allow(own: &Own, authorities: &[Vec<u8>]) -> bool {
    let mut issuers = own
        .identity
        .chain()
        .iter()
        .filter_map(|certificate| issuer(certificate));
    !own.must_match_issuer || issuers.any(|issuer| authorities.iter().any(|name| name == issuer))
}

/// The authorities that a client names.
pub(crate) fn named(extensions: Extensions<'_>) -> Vec<Vec<u8>> {
    let body = extensions.get(ExtensionType::CERTIFICATE_AUTHORITIES);
    let mut names = Reader::new(body.and_then(|body| body.get(2..)).unwrap_or_default());
    core::iter::from_fn(|| names.vector16(1).ok().map(<[u8]>::to_vec)).collect()
}

/// The name of the issuer of a certificate, in DER.
fn issuer(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = value(certificate)?;
    let (_, mut fields, _) = value(certificate)?;
    if fields.first() == Some(&VERSION) {
        fields = value(fields)?.2;
    }
    // Behind the serial number and the signature algorithm.
    let fields = value(fields)?.2;
    let fields = value(fields)?.2;
    Some(value(fields)?.0)
}

/// Splits a value off `der`: all of it, its contents, and what follows.
fn value(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (len, header) = match *der {
        [_, len @ 0..=0x7f, ..] => (usize::from(len), 2),
        [_, 0x81, len, ..] => (usize::from(len), 3),
        [_, 0x82, hi, lo, ..] => (usize::from(u16::from_be_bytes([hi, lo])), 4),
        _ => return None,
    };
    let (whole, rest) = der.split_at_checked(header + len)?;
    Some((whole, whole.get(header..)?, rest))
}
