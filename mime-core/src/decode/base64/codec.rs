//! The two libraries that do the work: encodify, which takes lines as they are and finds out what the processor can do, with the
//! standard library; base64-simd without it. Neither is called anywhere else.
//!
//! What they take is the same, and fuzzed against the scalar reference: groups of four characters of the alphabet.

#[cfg(feature = "std")]
pub(super) use with_std::{append_lines, decode, decode_lines, encode_lines};
#[cfg(not(feature = "std"))]
pub(super) use without_std::{append_lines, decode, decode_lines, encode_lines};

#[cfg(feature = "std")]
mod with_std {
    use alloc::vec::Vec;

    use encodify::base64::{MIME, STANDARD_NO_PAD};

    use super::super::window::{LINE_OCTETS, STRIDE, is_full};

    /// Decodes full lines. `None` if one of them is not, or has something else than characters of the alphabet: that is
    /// taken leniently, and shows by what is missing.
    pub(in super::super) fn decode_lines(lines: &[[u8; STRIDE]], dst: &mut [u8]) -> Option<()> {
        let len = lines.len() * LINE_OCTETS;
        let written = MIME.decode_slice(lines.as_flattened(), dst.get_mut(..len)?);
        (written == Ok(len) && lines.iter().all(is_full)).then_some(())
    }

    /// Appends what lines stand for, or nothing.
    pub(in super::super) fn append_lines(lines: &[[u8; STRIDE]], to: &mut Vec<u8>) -> Option<()> {
        let before = to.len();
        let written = MIME.decode_append(lines.as_flattened(), to);
        if written == Ok(lines.len() * LINE_OCTETS) && lines.iter().all(is_full) {
            return Some(());
        }
        to.truncate(before);
        None
    }

    /// Decodes characters, a multiple of four.
    pub(in super::super) fn decode(characters: &[u8], dst: &mut [u8]) -> Option<usize> {
        let dst = dst.get_mut(..characters.len() / 4 * 3)?;
        STANDARD_NO_PAD.decode_slice(characters, dst).ok()
    }

    pub(in super::super) fn encode_lines(
        lines: &[[u8; LINE_OCTETS]],
        strides: &mut [[u8; STRIDE]],
    ) {
        // There is room for exactly as much.
        let _ = MIME.encode_slice(lines.as_flattened(), strides.as_flattened_mut());
    }
}

#[cfg(not(feature = "std"))]
mod without_std {
    use alloc::vec::Vec;

    use base64_simd::{AsOut, STANDARD_NO_PAD};

    use super::super::window::{LINE, LINE_OCTETS, LINES, STRIDE, is_full};

    /// Decodes full lines, at most [`LINES`]. `None` if one of them is not, or has something else than characters of the
    /// alphabet.
    pub(in super::super) fn decode_lines(lines: &[[u8; STRIDE]], dst: &mut [u8]) -> Option<()> {
        let mut window = [[0; LINE]; LINES];
        decode(compact(lines, &mut window)?, dst).map(|_| ())
    }

    /// Appends what lines stand for, or nothing.
    pub(in super::super) fn append_lines(lines: &[[u8; STRIDE]], to: &mut Vec<u8>) -> Option<()> {
        let mut window = [[0; LINE]; LINES];
        // It asks for exactly as much, and not for more than is there anyway.
        to.reserve(lines.len() * LINE_OCTETS);
        let characters = compact(lines, &mut window)?;
        STANDARD_NO_PAD.decode_append(characters, to).ok()
    }

    /// Copies the characters of full lines to where they stand side by side.
    fn compact<'w>(
        lines: &[[u8; STRIDE]],
        window: &'w mut [[u8; LINE]; LINES],
    ) -> Option<&'w [u8]> {
        let mut full = true;
        for (to, line) in window.iter_mut().zip(lines) {
            let [characters @ .., _, _] = line;
            *to = *characters;
            full &= is_full(line);
        }
        let window = window.get(..lines.len()).filter(|_| full);
        window.map(<[_]>::as_flattened)
    }

    /// Decodes characters, a multiple of four.
    pub(in super::super) fn decode(characters: &[u8], dst: &mut [u8]) -> Option<usize> {
        let dst = dst.get_mut(..characters.len() / 4 * 3)?;
        let octets = STANDARD_NO_PAD.decode(characters, dst.as_out()).ok()?;
        Some(octets.len())
    }

    pub(in super::super) fn encode_lines(
        lines: &[[u8; LINE_OCTETS]],
        strides: &mut [[u8; STRIDE]],
    ) {
        let mut window = [[0; LINE]; LINES];
        for (lines, strides) in lines.chunks(LINES).zip(strides.chunks_mut(LINES)) {
            let characters = window.as_flattened_mut().get_mut(..lines.len() * LINE);
            let _ = STANDARD_NO_PAD.encode(
                lines.as_flattened(),
                characters.unwrap_or_default().as_out(),
            );
            for (stride, line) in strides.iter_mut().zip(&window) {
                let [characters @ .., cr, lf] = stride;
                *characters = *line;
                (*cr, *lf) = (b'\r', b'\n');
            }
        }
    }
}
