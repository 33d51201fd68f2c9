//! All open boundaries, looked up at once.
//!
//! The boundaries are kept in order, so that one binary search finds the last one that is not greater than a line.
//! Every boundary that begins the line begins that one as well, and hangs on the chain of its prefixes. Chains are
//! climbed by jumps, so that a line costs `O(log depth)` comparisons, whatever boundaries a sender chose.

use alloc::vec::Vec;

/// What a line that begins with two hyphens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Text.
    Text,
    /// A delimiter of the multipart at this level.
    Delimiter { level: usize, close: bool },
    /// A delimiter of a multipart that was closed.
    Closed,
    /// Begins like a delimiter, or like a close delimiter, and goes on.
    Near { close: bool },
}

/// The boundaries of the multiparts that enclose the present place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Boundaries {
    octets: Vec<u8>,
    /// In order of octets, then of levels.
    entries: Vec<Entry>,
    /// The octets that boundaries begin with, as a set: most lines are judged by their first octet.
    firsts: [u64; 4],
    /// One more than the level of the innermost multipart; 0 if there is none.
    inside: usize,
    /// Steps of all searches: the measure of the law that work is linear.
    #[cfg(test)]
    pub(crate) steps: core::cell::Cell<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The first octets, as a number: most comparisons end with it.
    key: u64,
    start: usize,
    len: usize,
    level: usize,
    open: bool,
    /// The same boundary at the next outer level, as an index into the entries.
    same: Option<usize>,
    /// The longest shorter boundary that begins this one, at its innermost level.
    parent: Option<usize>,
    /// An ancestor further up, chosen so that any ancestor is few steps away.
    jump: Option<usize>,
    /// Ancestors in all.
    rank: usize,
}

impl Boundaries {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.entries.clear();
        self.firsts = [0; 4];
        self.inside = 0;
    }

    /// Opens `boundary` for the multipart at `level`, which encloses nothing yet. Answers whether one of the two is
    /// a prefix of the other for some boundary that is open.
    pub(crate) fn push(&mut self, boundary: &[u8], level: usize) -> bool {
        let start = self.octets.len();
        self.octets.extend_from_slice(boundary);
        let at = self
            .entries
            .partition_point(|entry| self.text(entry) <= boundary);
        let entry = Entry {
            key: key(boundary),
            start,
            len: boundary.len(),
            level,
            open: true,
            same: None,
            parent: None,
            jump: None,
            rank: 0,
        };
        self.entries.insert(at, entry);
        self.inside = level + 1;
        self.link();
        let above = self.entries.get(at);
        let above = above.is_some_and(|entry| entry.parent.or(entry.same).is_some());
        let below = self
            .entries
            .get(at + 1)
            .is_some_and(|next| next.parent == Some(at));
        above || below
    }

    /// The multipart at `level` met its close delimiter.
    pub(crate) fn close(&mut self, level: usize) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.level == level) {
            entry.open = false;
        }
    }

    /// Forgets the multiparts at `level` and inside it.
    pub(crate) fn truncate(&mut self, level: usize) {
        if self.inside <= level {
            return;
        }
        let gone = self.entries.iter().filter(|entry| entry.level >= level);
        if let Some(start) = gone.map(|entry| entry.start).min() {
            self.octets.truncate(start);
            self.entries.retain(|entry| entry.level < level);
            let levels = self.entries.iter().map(|entry| entry.level + 1);
            self.inside = levels.max().unwrap_or(0);
            self.link();
        }
    }

    /// Judges a line without its two hyphens and its line end.
    #[inline]
    pub(crate) fn judge(&self, line: &[u8]) -> Verdict {
        match self.entries.as_slice() {
            [] => Verdict::Text,
            [only] => self.judge_by(only, line),
            _ => self.judge_by_all(line),
        }
    }

    /// Judges a line where one multipart is open, as in most mail.
    #[inline]
    fn judge_by(&self, entry: &Entry, line: &[u8]) -> Verdict {
        self.step();
        let Some(rest) = line.strip_prefix(self.text(entry)) else {
            return Verdict::Text;
        };
        let close = rest.starts_with(b"--");
        match trim_end(rest) {
            b"" | b"--" if !entry.open => Verdict::Closed,
            b"" | b"--" => Verdict::Delimiter {
                level: entry.level,
                close,
            },
            _ => Verdict::Near { close },
        }
    }

    fn judge_by_all(&self, line: &[u8]) -> Verdict {
        let word = line
            .first()
            .and_then(|&first| self.firsts.get(usize::from(first >> 6)));
        let bit = line.first().map_or(0, |&first| 1 << (first & 63));
        if word.is_none_or(|word| word & bit == 0) {
            return Verdict::Text;
        }
        let Some(first) = self.longest_prefix(line) else {
            return Verdict::Text;
        };
        let trimmed = trim_end(line).len();
        let mut closed = false;
        let mut best: Option<(usize, bool)> = None;
        let mut next = Some(first);
        while let Some(entry) = next.and_then(|at| self.entries.get(at)) {
            self.step();
            let rest = line.get(entry.len..trimmed).unwrap_or_default();
            if rest.len() > 2 {
                break;
            }
            if rest.is_empty() || rest == b"--" {
                // Only the innermost multipart can be closed: inside it nothing is open.
                let outer = entry.same.and_then(|same| self.entries.get(same));
                let open = Some(entry).filter(|entry| entry.open).or(outer);
                closed |= !entry.open;
                if let Some(open) =
                    open.filter(|open| best.is_none_or(|(level, _)| level < open.level))
                {
                    best = Some((open.level, !rest.is_empty()));
                }
            }
            next = entry.parent;
        }
        if let Some((level, close)) = best {
            return Verdict::Delimiter { level, close };
        }
        if closed {
            return Verdict::Closed;
        }
        let len = self.entries.get(first).map_or(0, |entry| entry.len);
        Verdict::Near {
            close: line.get(len..).is_some_and(|rest| rest.starts_with(b"--")),
        }
    }

    /// The longest boundary that begins `line`; among equals the innermost.
    fn longest_prefix(&self, line: &[u8]) -> Option<usize> {
        let first = key(line);
        let at = self.entries.partition_point(|entry| {
            self.step();
            entry.key < first || entry.key == first && self.text(entry) <= line
        });
        let mut at = at.checked_sub(1)?;
        let shared = self
            .text(self.entries.get(at)?)
            .iter()
            .zip(line)
            .take_while(|(a, b)| a == b);
        let shared = shared.count();
        loop {
            self.step();
            let entry = self.entries.get(at)?;
            if entry.len <= shared {
                return Some(at);
            }
            at = match entry.jump {
                Some(jump) if self.entries.get(jump)?.len > shared => jump,
                Some(_) | None => entry.parent?,
            };
        }
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        self.octets
            .get(entry.start..entry.start + entry.len)
            .unwrap_or_default()
    }

    /// Sets the links anew: in order of octets, prefixes come first.
    fn link(&mut self) {
        self.firsts = [0; 4];
        let mut last: Option<usize> = None;
        for at in 0..self.entries.len() {
            self.step();
            let Some(&entry) = self.entries.get(at) else {
                break;
            };
            if let Some(&first) = self.text(&entry).first()
                && let Some(word) = self.firsts.get_mut(usize::from(first >> 6))
            {
                *word |= 1 << (first & 63);
            }
            while let Some(above) = last.and_then(|last| self.entries.get(last)) {
                if self.text(&entry).starts_with(self.text(above)) {
                    break;
                }
                last = above.parent;
            }
            let up = last.and_then(|last| self.entries.get(last)).copied();
            let same = up.is_some_and(|up| up.len == entry.len);
            let (same, parent, jump, rank) = match up {
                Some(up) if same => (last, up.parent, up.jump, up.rank),
                Some(up) => (None, last, self.jump_over(up).or(last), up.rank + 1),
                None => (None, None, None, 0),
            };
            if let Some(entry) = self.entries.get_mut(at) {
                (entry.same, entry.parent, entry.jump, entry.rank) = (same, parent, jump, rank);
            }
            last = Some(at);
        }
    }

    /// Where the child of `up` jumps to, if the jump of `up` is as long as the next one.
    fn jump_over(&self, up: Entry) -> Option<usize> {
        let near = self.entries.get(up.jump?)?;
        let far = self.entries.get(near.jump?)?;
        (up.rank - near.rank == near.rank - far.rank)
            .then_some(near.jump)
            .flatten()
    }

    #[cfg(test)]
    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    #[cfg(not(test))]
    fn step(&self) {}
}

/// The first eight octets in order, zeros after the end: unlike ones are in the order of what they are keys of.
fn key(octets: &[u8]) -> u64 {
    if let Some(&first) = octets.first_chunk() {
        return u64::from_be_bytes(first);
    }
    let mut first = [0; 8];
    for (to, &from) in first.iter_mut().zip(octets) {
        *to = from;
    }
    u64::from_be_bytes(first)
}

pub(crate) fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = line {
        line = rest;
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn boundaries(list: &[&str]) -> Boundaries {
        let mut boundaries = Boundaries::default();
        for (level, boundary) in list.iter().enumerate() {
            boundaries.push(boundary.as_bytes(), level);
        }
        boundaries
    }

    #[test]
    fn the_innermost_of_equal_boundaries_is_meant() {
        let open = boundaries(&["a", "b", "a"]);
        assert_eq!(
            open.judge(b"a \t"),
            Verdict::Delimiter {
                level: 2,
                close: false
            }
        );
        assert_eq!(
            open.judge(b"b--"),
            Verdict::Delimiter {
                level: 1,
                close: true
            }
        );
        assert_eq!(open.judge(b"c"), Verdict::Text);
    }

    #[test]
    fn a_prefix_is_no_match() {
        let open = boundaries(&["ab", "abcd", "x"]);
        assert_eq!(
            open.judge(b"abcd"),
            Verdict::Delimiter {
                level: 1,
                close: false
            }
        );
        assert_eq!(open.judge(b"abc"), Verdict::Near { close: false });
        assert_eq!(open.judge(b"ab--more"), Verdict::Near { close: true });
        assert_eq!(open.judge(b"a"), Verdict::Text);
    }

    #[test]
    fn a_boundary_that_ends_like_a_close_delimiter_is_told_by_level() {
        let open = boundaries(&["b--", "b"]);
        assert_eq!(
            open.judge(b"b--"),
            Verdict::Delimiter {
                level: 1,
                close: true
            }
        );
        let open = boundaries(&["b", "b--"]);
        assert_eq!(
            open.judge(b"b--"),
            Verdict::Delimiter {
                level: 1,
                close: false
            }
        );
    }

    #[test]
    fn a_closed_boundary_is_known_and_lets_outer_ones_through() {
        let mut open = boundaries(&["a", "b"]);
        open.close(1);
        assert_eq!(open.judge(b"b"), Verdict::Closed);
        let mut open = boundaries(&["a", "a"]);
        open.close(1);
        assert_eq!(
            open.judge(b"a"),
            Verdict::Delimiter {
                level: 0,
                close: false
            }
        );
        open.truncate(1);
        assert_eq!(
            open.judge(b"a--"),
            Verdict::Delimiter {
                level: 0,
                close: true
            }
        );
    }

    /// All open boundaries tried one after the other: what the decisions of this crate say, word by word.
    #[derive(Default)]
    struct Naive(Vec<(Vec<u8>, usize, bool)>);

    impl Naive {
        fn push(&mut self, boundary: &[u8], level: usize) -> bool {
            let alike = |(open, _, _): &(Vec<u8>, usize, bool)| {
                open.starts_with(boundary) || boundary.starts_with(open)
            };
            let ambiguous = self.0.iter().any(alike);
            self.0.push((boundary.to_vec(), level, false));
            ambiguous
        }

        fn judge(&self, line: &[u8]) -> Verdict {
            let (mut found, mut closed, mut near) = (None, false, None);
            for (boundary, level, is_closed) in self.0.iter().rev() {
                let Some(rest) = line.strip_prefix(&boundary[..]) else {
                    continue;
                };
                let (level, close) = (*level, rest.starts_with(b"--"));
                if matches!(trim_end(rest), b"" | b"--") {
                    closed |= is_closed;
                    if !is_closed && found.is_none() {
                        found = Some(Verdict::Delimiter { level, close });
                    }
                }
                near = near.max(Some((boundary.len(), close)));
            }
            let closed = closed.then_some(Verdict::Closed);
            let near = near.map(|(_, close)| Verdict::Near { close });
            found.or(closed).or(near).unwrap_or(Verdict::Text)
        }
    }

    /// Boundaries and lines of few octets, so that many of them begin with one another.
    fn octets() -> impl Strategy<Value = Vec<u8>> {
        let octet = prop_oneof![8 => Just(b'a'), 2 => Just(b'b'), 4 => Just(b'-'), 1 => Just(0), 1 => Just(255)];
        (0..2_usize, proptest::collection::vec(octet, 1..12)).prop_map(|(long, mut octets)| {
            octets.splice(0..0, b"aaaaaaaa".repeat(long));
            octets
        })
    }

    #[derive(Clone, Debug)]
    enum Move {
        Push(Vec<u8>),
        /// The innermost multipart meets its close delimiter.
        Close,
        /// That many multiparts end.
        End(usize),
        Judge(Vec<u8>),
    }

    fn moves() -> impl Strategy<Value = Move> {
        let tail = prop_oneof![
            Just(""),
            Just("--"),
            Just(" \t"),
            Just("-- "),
            Just("x"),
            Just("-")
        ];
        let line = (octets(), tail).prop_map(|(line, tail)| [&line, tail.as_bytes()].concat());
        prop_oneof![
            6 => octets().prop_map(Move::Push),
            1 => Just(Move::Close),
            3 => (1..5_usize).prop_map(Move::End),
            8 => line.prop_map(Move::Judge),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn boundaries_looked_up_at_once_are_all_tried(moves in proptest::collection::vec(moves(), 1..80)) {
            let (mut quick, mut naive) = (Boundaries::default(), Naive::default());
            for step in moves {
                let level = naive.0.len();
                match step {
                    // Nothing opens in a multipart that is closed.
                    Move::Push(boundary) => {
                        if !naive.0.last().is_some_and(|open| open.2) {
                            prop_assert_eq!(quick.push(&boundary, level), naive.push(&boundary, level));
                        }
                    }
                    Move::Close => {
                        quick.close(level.saturating_sub(1));
                        if let Some(open) = naive.0.last_mut() {
                            open.2 = true;
                        }
                    }
                    Move::End(count) => {
                        let keep = level.saturating_sub(count);
                        quick.truncate(keep);
                        naive.0.truncate(keep);
                    }
                    Move::Judge(line) => prop_assert_eq!(quick.judge(&line), naive.judge(&line)),
                }
                for (boundary, _, _) in &naive.0 {
                    prop_assert_eq!(quick.judge(boundary), naive.judge(boundary));
                }
                prop_assert_eq!(quick.is_empty(), naive.0.is_empty());
            }
        }
    }

    #[test]
    fn a_chain_of_prefixes_costs_few_steps() {
        let mut open = Boundaries::default();
        let long = [b'a'; 512];
        for level in 0..512 {
            open.push(&long[..=level], level);
        }
        for shared in 0..500 {
            let mut line = long[..shared].to_vec();
            line.push(b'b');
            open.steps.set(0);
            open.judge(&line);
            assert!(open.steps.get() < 48, "{shared}: {}", open.steps.get());
        }
    }
}
