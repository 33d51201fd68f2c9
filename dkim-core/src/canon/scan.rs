//! Searches over blocks of octets, written so that the compiler makes vector code of them.

/// Octets looked at together. A block is passed over when nothing in it is flagged.
const BLOCK: usize = 64;
/// Octets looked at together in a block that has something in it.
const PART: usize = 16;

/// Where a CR is not followed by LF, or a LF does not follow a CR, at or after `from`: the place before the LF, or of
/// the CR. The last octet is not judged.
pub(super) fn next_bare(octets: &[u8], from: usize) -> Option<usize> {
    next(octets, from, |octet, after| {
        (octet == b'\r') != (after == b'\n')
    })
}

/// Where relaxing a field changes something, at or after `from`: a TAB, a CR, or a SP that white space or a line end
/// may follow. The last octet is not judged.
pub(super) fn next_change(octets: &[u8], from: usize) -> Option<usize> {
    next(octets, from, |octet, after| {
        (octet == b'\t') | (octet == b'\r') | ((octet == b' ') & (after <= b' '))
    })
}

/// The first control other than TAB, at or after `from`.
pub(crate) fn next_control(octets: &[u8], from: usize) -> Option<usize> {
    let control = |octet: u8| ((octet < b' ') & (octet != b'\t')) | (octet == 0x7f);
    let last = octets.last().is_some_and(|octet| control(*octet));
    let place = next(octets, from, |octet, _| control(octet));
    place.or_else(|| (last && from < octets.len()).then(|| octets.len() - 1))
}

/// The first place at or after `from` where `flags` holds for an octet and the one after it.
fn next(octets: &[u8], from: usize, flags: impl Fn(u8, u8) -> bool) -> Option<usize> {
    let at = pass::<BLOCK>(octets, from, &flags);
    let at = pass::<PART>(octets, at, &flags);
    let head = octets.get(at..)?;
    let pairs = head.iter().zip(head.get(1..)?);
    pairs
        .map(|(&octet, &after)| flags(octet, after))
        .position(|flagged| flagged)
        .map(|place| at + place)
}

/// Passes over whole blocks, from `from` on, in which nothing is flagged; tells where it stopped.
fn pass<const N: usize>(octets: &[u8], from: usize, flags: impl Fn(u8, u8) -> bool) -> usize {
    let head = octets.get(from..).unwrap_or_default();
    let (blocks, _) = head.as_chunks::<N>();
    let (shifted, _) = head.get(1..).unwrap_or_default().as_chunks::<N>();
    let clean = |(block, after): &(&[u8; N], &[u8; N])| {
        let pairs = block.iter().zip(*after);
        pairs.fold(0, |found, (&octet, &after)| {
            found | u8::from(flags(octet, after))
        }) == 0
    };
    from + blocks.iter().zip(shifted).take_while(clean).count() * N
}
