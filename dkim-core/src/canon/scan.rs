//! Searches over blocks of octets, written so that the compiler makes vector code of them.

const TAB: u8 = b'\t';
const SP: u8 = b' ';

/// Octets looked at together. A block is passed over when nothing in it is flagged.
const BLOCK: usize = 64;

/// Where the relaxed body changes something, at or after `from`: a TAB, or a SP that white space or a line end may
/// follow. The last octet of `octets` is never a SP.
pub(super) fn next_white_space(octets: &[u8], from: usize) -> Option<usize> {
    next(octets, from, |octet, after| {
        (octet == TAB) | ((octet == SP) & (after <= SP))
    })
}

/// Where a CR is not followed by LF, or a LF does not follow a CR, at or after `from`: the place before the LF, or of
/// the CR. The last octet is not judged.
pub(super) fn next_bare(octets: &[u8], from: usize) -> Option<usize> {
    next(octets, from, |octet, after| {
        (octet == b'\r') != (after == b'\n')
    })
}

/// The first place at or after `from` where `flags` holds for an octet and the one after it.
fn next(octets: &[u8], from: usize, flags: impl Fn(u8, u8) -> bool) -> Option<usize> {
    let head = octets.get(from..)?;
    let tail = head.get(1..)?;
    let (blocks, _) = head.as_chunks::<BLOCK>();
    let (shifted, _) = tail.as_chunks::<BLOCK>();
    let mut at = 0;
    for (block, after) in blocks.iter().zip(shifted) {
        let found = block.iter().zip(after).fold(0, |found, (&octet, &after)| {
            found | u8::from(flags(octet, after))
        });
        if found != 0 {
            break;
        }
        at += BLOCK;
    }
    let pairs = head.get(at..)?.iter().zip(tail.get(at..)?);
    pairs
        .map(|(&octet, &after)| flags(octet, after))
        .position(|flagged| flagged)
        .map(|place| from + at + place)
}
