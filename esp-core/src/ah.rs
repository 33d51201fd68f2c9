//! The authentication header (RFC 4302): what it looks like, and what computes its ICV.
//!
//! ```text
//! | IP, options, extension headers | next, length, 0 | SPI | sequence | IV | ICV | padding | payload |  high half
//! |      mutable fields zeroed     |                as sent           | zeroed   |    as sent        | if extended
//! ```

use alloc::boxed::Box;
use core::{fmt, ops::Range};

use crypto_core::{AeadKey, HmacKey, TAG_LEN};
use zeroize::Zeroize;

use crate::{
    Integrity, Spi,
    ip::Version,
    transform::{IV_LEN, Number, nonce},
};

mod covered;

pub(crate) use covered::Covered;

/// Octets before the ICV.
const FIXED_LEN: usize = 12;

/// Octets of IV and tag of GMAC.
const GMAC_LEN: usize = IV_LEN + TAG_LEN;

/// Octets of the longest ICV.
const MAX_ICV_LEN: usize = 32;

/// Octets of the header: a multiple of 8 over IPv6, of 4 over IPv4 (RFC 4302 section 2.6).
pub(crate) const fn len(integrity: Integrity, ipv6: bool) -> usize {
    padded(integrity.iv_len() + integrity.icv_len(), ipv6)
}

const fn padded(icv_len: usize, ipv6: bool) -> usize {
    (FIXED_LEN + icv_len).next_multiple_of(if ipv6 { 8 } else { 4 })
}

/// Octets behind the packet in which the high half of an extended number is put while GMAC, which takes its text in one piece,
/// is computed.
pub(crate) fn spare(integrity: Integrity, extended: bool) -> usize {
    if extended && integrity.iv_len() > 0 {
        4
    } else {
        0
    }
}

/// The keyed algorithm of an SA of AH.
pub(crate) struct Ah {
    algorithm: Algorithm,
    /// Octets of the ICV, with the IV of GMAC.
    icv_len: usize,
}

enum Algorithm {
    Hmac(Box<dyn HmacKey>),
    /// The key, and the salt of its nonces.
    Gmac(Box<dyn AeadKey>, [u8; 4]),
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) next_header: u8,
    pub(crate) len: usize,
    /// The half that is sent.
    pub(crate) sequence: u32,
}

impl Ah {
    pub(crate) fn with_hmac(key: Box<dyn HmacKey>, integrity: Integrity) -> Self {
        Self {
            algorithm: Algorithm::Hmac(key),
            icv_len: integrity.icv_len(),
        }
    }

    pub(crate) fn with_gmac(key: Box<dyn AeadKey>, salt: [u8; 4]) -> Self {
        Self {
            algorithm: Algorithm::Gmac(key, salt),
            icv_len: GMAC_LEN,
        }
    }

    /// Octets of the header over a version of IP.
    pub(crate) const fn len(&self, version: Version) -> usize {
        padded(self.icv_len, matches!(version, Version::V6))
    }

    /// Reads the header at the beginning of `body`. `None` when its length is not the algorithm's.
    ///
    /// Linux pads to a multiple of 8 over IPv4 too unless it is told otherwise, which RFC 4302 section 3.3.3.2.1 forbids to a
    /// sender; it does no harm.
    pub(crate) fn read(&self, body: &[u8], version: Version) -> Option<Header> {
        let [next_header, words, _, _, _, _, _, _, a, b, c, d] = *body.first_chunk()?;
        let len = (usize::from(words) + 2) * 4;
        let right = len == self.len(version) || len == self.len(Version::V6);
        (right && len <= body.len()).then_some(Header {
            next_header,
            len,
            sequence: u32::from_be_bytes([a, b, c, d]),
        })
    }

    /// Writes the header at the beginning of `body`, with an ICV of zeros.
    pub(crate) fn write(
        &self,
        body: &mut [u8],
        version: Version,
        next_header: u8,
        spi: Spi,
        number: Number,
    ) -> Option<()> {
        let header = body.get_mut(..self.len(version))?;
        let words = u8::try_from(header.len() / 4 - 2).ok()?;
        header.fill(0);
        let ([a, b, c, d], [.., e, f, g, h]) = (spi.to_octets(), number.value.to_be_bytes());
        *header.first_chunk_mut()? = [next_header, words, 0, 0, a, b, c, d, e, f, g, h];
        Some(())
    }

    /// Computes the ICV of `packet` and writes it. The header is at the beginning of `body`; behind it may be room.
    pub(crate) fn sign(
        &self,
        packet: &mut [u8],
        body: &Range<usize>,
        covered: &mut Covered,
        number: Number,
    ) -> Option<()> {
        let icv = body.start + FIXED_LEN..body.start + FIXED_LEN + self.icv_len;
        match &self.algorithm {
            Algorithm::Hmac(key) => {
                let mac =
                    self.hmac(key.as_ref(), packet, body, covered, number, |key, parts| {
                        key.sign(parts)
                    })?;
                let value = mac.as_ref().get(..self.icv_len)?;
                packet.get_mut(icv)?.copy_from_slice(value);
            }
            Algorithm::Gmac(key, salt) => {
                let iv = number.value.to_be_bytes();
                let nonce = nonce(*salt, iv);
                let tag = gmac(packet, body, covered, number, |text| {
                    key.seal_in_place(&nonce, text, &mut []).ok()
                })??;
                let (sent, tail) = packet.get_mut(icv)?.split_first_chunk_mut()?;
                *sent = iv;
                *tail.first_chunk_mut()? = tag;
            }
        }
        Some(())
    }

    /// Compares the ICV of `packet`, in constant time, with what it should be.
    pub(crate) fn verify(
        &self,
        packet: &mut [u8],
        body: &Range<usize>,
        covered: &mut Covered,
        number: Number,
    ) -> Option<()> {
        let icv = packet.get(body.start + FIXED_LEN..)?.get(..self.icv_len)?;
        match &self.algorithm {
            Algorithm::Hmac(key) => {
                self.hmac(key.as_ref(), packet, body, covered, number, |key, parts| {
                    key.verify(parts, icv).ok()
                })?
            }
            Algorithm::Gmac(key, salt) => {
                let (iv, tag) = icv.split_first_chunk()?;
                let (nonce, mut tag) = (nonce(*salt, *iv), *tag.first_chunk::<TAG_LEN>()?);
                gmac(packet, body, covered, number, |text| {
                    key.open_in_place(&nonce, text, &mut tag).ok().map(drop)
                })?
            }
        }
    }

    /// Lets `use_it` see what the ICV covers, in parts.
    fn hmac<R>(
        &self,
        key: &dyn HmacKey,
        packet: &[u8],
        body: &Range<usize>,
        covered: &Covered,
        number: Number,
        use_it: impl FnOnce(&dyn HmacKey, &[&[u8]]) -> R,
    ) -> Option<R> {
        let (fixed, rest) = packet.get(body.clone())?.split_first_chunk::<FIXED_LEN>()?;
        let behind = rest.get(self.icv_len..)?;
        let zeros = [0; MAX_ICV_LEN];
        let zeros = zeros.get(..self.icv_len)?;
        let headers = covered.as_ref();
        Some(match number.high() {
            Some(high) => use_it(key, &[headers, fixed, zeros, behind, &high]),
            None => use_it(key, &[headers, fixed, zeros, behind]),
        })
    }
}

/// Lets `use_it` see what the ICV covers, in one piece: the packet is changed into it, and back afterwards.
///
/// The IV counts as a part of the ICV (RFC 4543 section 4), which is zero in what is covered; it enters by the nonce.
fn gmac<R>(
    packet: &mut [u8],
    body: &Range<usize>,
    covered: &mut Covered,
    number: Number,
    use_it: impl FnOnce(&[u8]) -> R,
) -> Option<R> {
    let icv = body.start + FIXED_LEN;
    let high = number.high();
    let end = body.end + high.map_or(0, |high| high.len());
    let text = packet.get_mut(..end)?;
    let field = *text.get(icv..body.end)?.first_chunk::<GMAC_LEN>()?;
    let behind: Option<[u8; 4]> = text.get(body.end..)?.first_chunk().copied();

    put(text, body, covered, &[0; GMAC_LEN], high)?;
    let result = use_it(text);
    put(text, body, covered, &field, behind)?;
    Some(result)
}

/// Exchanges the headers, and writes the ICV and what is behind the packet.
fn put(
    text: &mut [u8],
    body: &Range<usize>,
    covered: &mut Covered,
    field: &[u8; GMAC_LEN],
    behind: Option<[u8; 4]>,
) -> Option<()> {
    covered.exchange(text.get_mut(..body.start)?);
    *text.get_mut(body.start + FIXED_LEN..)?.first_chunk_mut()? = *field;
    if let Some(behind) = behind {
        *text.get_mut(body.end..)?.first_chunk_mut()? = behind;
    }
    Some(())
}

impl Drop for Ah {
    fn drop(&mut self) {
        if let Algorithm::Gmac(_, salt) = &mut self.algorithm {
            salt.zeroize();
        }
    }
}

impl fmt::Debug for Ah {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ah(..)")
    }
}
