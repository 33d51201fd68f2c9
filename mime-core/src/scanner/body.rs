//! Bodies, and the lines that may end them.

use super::{Phase, Scanner, Slot, Step, Token};
use crate::boundary::Verdict;
use crate::defect::DefectCode;
use crate::entity::Kind;

/// Octets of a window in which lines of one length are looked for.
const WORTHWHILE: usize = 1024;

/// What a line that begins with two hyphens turned out to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Line {
    /// Its end is not in the window yet.
    Open,
    /// Text.
    Text,
    /// Text, but another reader may differ.
    Odd(DefectCode, usize),
    /// A delimiter that ends at this place of the window, without and with its line end.
    Delimiter {
        level: usize,
        close: bool,
        end: usize,
        next: usize,
    },
}

/// A line that begins with two hyphens, and the line break before it.
struct Candidate {
    line_break: usize,
    line: usize,
}

/// A line that was judged when what stands before it went out. The window begins with its line break.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    line: usize,
    verdict: Line,
}

impl Scanner {
    pub(super) fn body(&mut self, window: &[u8], last: bool, out: &mut impl Slot) -> Step {
        if window.is_empty() {
            return if last { self.close_input() } else { Step::More };
        }
        if self.ahead.is_none() {
            self.pass_even(window);
        }
        if self.boundaries.is_empty() {
            return self.piece(window, window.len(), out);
        }
        if let Some(Judged { line, verdict }) = self.ahead.take() {
            return self.obey(line, verdict);
        }
        while let Some(Candidate { line_break, line }) = self.candidate(window) {
            let verdict = self.judge(window, line, last);
            if matches!(verdict, Line::Text) {
                (self.cleared, self.searched) = (line + 2, 0);
                continue;
            }
            // What stands before the line goes first.
            if line_break > 0 {
                self.look_ahead(line_break, line, verdict);
                if let Some(level) = self.levels.last() {
                    self.lines
                        .foresee(window, line_break, self.at, &level.census);
                }
                return self.piece(window, line_break, out);
            }
            return self.obey(line, verdict);
        }
        let held = if last { 0 } else { self.held(window) };
        match window.len().saturating_sub(held) {
            0 => Step::More,
            len => self.piece(window, len, out),
        }
    }

    /// Looks at what the window begins with before a search for delimiters does: in lines of one length none is hidden.
    fn pass_even(&mut self, window: &[u8]) {
        if window.len() < WORTHWHILE {
            return;
        }
        if let Some(level) = self.levels.last_mut() {
            self.passed = self.lines.pass_even(window, self.at, &mut level.census);
        }
        self.worked(self.passed);
        self.cleared = self.cleared.max(self.passed);
    }

    /// Does what `verdict` on the line at `line` says, when nothing but a line break stands before it.
    fn obey(&mut self, line: usize, verdict: Line) -> Step {
        match verdict {
            Line::Open | Line::Text => Step::More,
            Line::Odd(code, len) => {
                self.defect(code, line, len);
                (self.cleared, self.searched) = (line + 2, 0);
                Step::Again
            }
            Line::Delimiter {
                level,
                close,
                end,
                next,
            } => {
                self.phase = Phase::Unwind {
                    keep: level + 1,
                    len: if close { end } else { next },
                    close,
                };
                Step::Again
            }
        }
    }

    /// Keeps the verdict on the line at `line` until `taken` octets are taken. One whose end is open is judged anew.
    pub(super) fn look_ahead(&mut self, taken: usize, line: usize, verdict: Line) {
        let verdict = match verdict {
            Line::Open => return,
            Line::Text | Line::Odd(..) => verdict,
            Line::Delimiter {
                level,
                close,
                end,
                next,
            } => Line::Delimiter {
                level,
                close,
                end: end - taken,
                next: next - taken,
            },
        };
        let line = line - taken;
        self.ahead = Some(Judged { line, verdict });
    }

    /// The line at `line` of the window, which begins with two hyphens.
    pub(super) fn judge(&mut self, window: &[u8], line: usize, last: bool) -> Line {
        let max = self.config.limits.max_delimiter_line;
        let view = window.get(line..).unwrap_or_default();
        let view = view.get(..max.saturating_add(2)).unwrap_or(view);
        let from = self.searched.saturating_sub(line).max(2);
        let (end, next) = match self.line_end(view, line, from) {
            Some(end) => end,
            None if view.len() > max + 1 => (view.len(), view.len()),
            None if last => (view.len(), view.len()),
            None => {
                self.searched = window.len();
                return Line::Open;
            }
        };
        let text = view.get(2..end.min(max)).unwrap_or_default();
        self.worked(text.len());
        let verdict = self.boundaries.judge(text);
        if end > max {
            return match verdict {
                Verdict::Text => Line::Text,
                Verdict::Delimiter { .. } | Verdict::Closed | Verdict::Near { .. } => {
                    Line::Odd(DefectCode::DelimiterLineTooLong, max)
                }
            };
        }
        match verdict {
            Verdict::Text => Line::Text,
            Verdict::Closed => Line::Odd(DefectCode::DelimiterAfterClose, end),
            Verdict::Near { close: false } => Line::Odd(DefectCode::TextAfterDelimiter, end),
            Verdict::Near { close: true } => Line::Odd(DefectCode::TextAfterClose, end),
            Verdict::Delimiter { level, close } => Line::Delimiter {
                level,
                close,
                end: line + end,
                next: line + next,
            },
        }
    }

    /// Where the first line of `view`, which begins `start` octets into the window, ends: without and with its line
    /// end; not before `from`.
    pub(super) fn line_end(
        &mut self,
        view: &[u8],
        start: usize,
        from: usize,
    ) -> Option<(usize, usize)> {
        self.next_line_end(view, start, from)
    }

    /// [`line_end`](Self::line_end) for the loop over the lines of a field, most of which are shorter than a call.
    #[inline(always)]
    pub(super) fn next_line_end(
        &mut self,
        view: &[u8],
        start: usize,
        from: usize,
    ) -> Option<(usize, usize)> {
        let at = self.at + start as u64;
        let mut from = from;
        loop {
            #[cfg(test)]
            let work = |octets| self.work += octets as u64;
            #[cfg(not(test))]
            let work = |_| {};
            let lf = self.breaks.find(view, at, from, work)?;
            let cr = lf.checked_sub(1).filter(|&cr| view.get(cr) == Some(&b'\r'));
            match cr {
                Some(cr) => return Some((cr, lf + 1)),
                None if !self.config.strict_lines => return Some((lf, lf + 1)),
                None => from = lf + 1,
            }
        }
    }

    /// The next line that begins with two hyphens.
    fn candidate(&mut self, window: &[u8]) -> Option<Candidate> {
        if self.cleared == 0 && self.lines.at_start() && window.starts_with(b"--") {
            return Some(Candidate {
                line_break: 0,
                line: 0,
            });
        }
        let mut from = self.cleared;
        loop {
            let rest = window.get(from..)?;
            let Some(found) = self.finder.find(rest) else {
                self.worked(rest.len());
                return None;
            };
            self.worked(found + 3);
            let lf = from + found;
            let cr = lf
                .checked_sub(1)
                .filter(|&cr| window.get(cr) == Some(&b'\r'));
            match cr {
                Some(cr) => {
                    return Some(Candidate {
                        line_break: cr,
                        line: lf + 1,
                    });
                }
                None if !self.config.strict_lines => {
                    return Some(Candidate {
                        line_break: lf,
                        line: lf + 1,
                    });
                }
                None => from = lf + 1,
            }
        }
    }

    /// Octets at the end of the window that may belong to a delimiter.
    fn held(&self, window: &[u8]) -> usize {
        if window == b"-" && self.lines.at_start() {
            return 1;
        }
        let line = match window {
            [.., b'\n', b'-'] => 2,
            [.., b'\n'] => 1,
            [.., b'\r'] => return 1,
            _ => return 0,
        };
        let before = window
            .len()
            .checked_sub(line + 1)
            .and_then(|at| window.get(at));
        if before == Some(&b'\r') {
            line + 1
        } else {
            line
        }
    }

    /// The first `len` octets of the window are a piece of the body.
    fn piece(&mut self, window: &[u8], len: usize, out: &mut impl Slot) -> Step {
        let at = self.at;
        self.take(window, len);
        let Some(level) = self.levels.last_mut() else {
            return Step::Again;
        };
        let token = match level.kind {
            Kind::Multipart if level.closed => Token::Epilogue,
            Kind::Multipart => Token::Preamble,
            Kind::Leaf | Kind::Message => Token::Body,
            Kind::Opaque => Token::Opaque,
        };
        if token == Token::Epilogue && level.trailing.is_none() {
            let octets = window.get(..len).unwrap_or_default();
            let text = |octet: &u8| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
            level.trailing = octets.iter().position(text).map(|text| at + text as u64);
        }
        out.put(token, len);
        Step::Told
    }

    /// Nothing follows: all entities end.
    pub(super) fn close_input(&mut self) -> Step {
        if let Some(level) = self.levels.last_mut() {
            self.lines.finish(self.at, &mut level.census);
        }
        self.phase = Phase::Finish;
        Step::Again
    }
}
