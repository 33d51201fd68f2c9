//! Lines of fields: folded at 78, refused above 998 (RFC 5322, sections 2.1.1 and 2.2.3).

use alloc::vec::Vec;

use super::error::Misuse;

/// Where lines are folded if they can be.
pub(super) const WIDTH: usize = 78;
/// What no line may pass, its CRLF not counted.
pub(super) const MAX_LINE: usize = 998;

/// Appends one field to a buffer. It is taken away again unless it is [finished](Self::finish).
#[derive(Debug)]
pub(super) struct Fold<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    /// Where the present line begins.
    line: usize,
    /// Where the value begins: a line that ends here has only the name.
    value: usize,
    done: bool,
}

impl<'a> Fold<'a> {
    /// Begins a field: `Name:`.
    pub(super) fn new(out: &'a mut Vec<u8>, name: &str) -> Result<Self, Misuse> {
        if !is_name(name.as_bytes()) {
            return Err(Misuse::InvalidName);
        }
        Ok(Self::named(out, name))
    }

    /// Begins a field with what is a name.
    pub(super) fn named(out: &'a mut Vec<u8>, name: &str) -> Self {
        let start = out.len();
        // Most fields are shorter than a line.
        out.reserve(WIDTH);
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        let value = out.len();
        Self {
            out,
            start,
            line: start,
            value,
            done: false,
        }
    }

    /// Goes on with a field whose end is the end of `out`, without CRLF.
    pub(super) fn resume(out: &'a mut Vec<u8>) -> Self {
        let line = memchr::memrchr(b'\n', out).map_or(0, |end| end + 1);
        Self {
            start: out.len(),
            line,
            value: 0,
            done: false,
            out,
        }
    }

    /// Goes on with a field that is copied, without CRLF.
    pub(super) fn copy(out: &'a mut Vec<u8>, field: &[u8]) -> Self {
        let start = out.len();
        let line = memchr::memrchr(b'\n', field).map_or(0, |end| end + 1);
        out.extend_from_slice(field);
        Self {
            start,
            line: start + line,
            value: 0,
            done: false,
            out,
        }
    }

    /// Octets of the present line.
    pub(super) fn column(&self) -> usize {
        self.out.len() - self.line
    }

    /// Appends octets to the present line.
    #[inline]
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    /// Appends white space and a piece (its parts joined) that cannot be folded, on a new line if it does not fit on this one. One
    /// octet is left for a separator.
    #[inline]
    pub(super) fn piece<const N: usize>(&mut self, space: &[u8], piece: [&[u8]; N]) {
        let width = space.len() + piece.iter().map(|part| part.len()).sum::<usize>();
        let column = self.column();
        if column + width < WIDTH || self.must_stay(column, width) {
            self.push(space);
        } else {
            self.fold(space);
        }
        for part in piece {
            self.push(part);
        }
    }

    /// Whether a piece that does not fit stays on its line. A name alone on its line is legal and puzzles some
    /// readers: only where it helps.
    #[cold]
    fn must_stay(&self, column: usize, width: usize) -> bool {
        let bare = self.out.len() == self.value;
        bare && width >= WIDTH && column + width <= MAX_LINE
    }

    /// Ends the line and begins another one with white space.
    pub(super) fn fold(&mut self, space: &[u8]) {
        self.out.extend_from_slice(b"\r\n");
        self.line = self.out.len();
        self.out
            .extend_from_slice(if space.is_empty() { b" " } else { space });
    }

    /// Keeps what was appended, without a CRLF: the field goes on later.
    ///
    /// # Errors
    ///
    /// [`Misuse::LineTooLong`].
    pub(super) fn keep(mut self) -> Result<(), Misuse> {
        self.judge()?;
        self.done = true;
        Ok(())
    }

    /// Ends the field.
    ///
    /// # Errors
    ///
    /// [`Misuse::LineTooLong`].
    pub(super) fn finish(mut self) -> Result<(), Misuse> {
        self.judge()?;
        self.out.extend_from_slice(b"\r\n");
        self.done = true;
        Ok(())
    }

    fn judge(&self) -> Result<(), Misuse> {
        let field = self.out.get(self.start..).unwrap_or_default();
        let long = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len() > MAX_LINE;
        let inside = field.len() > MAX_LINE && field.split(|&o| o == b'\n').any(long);
        if inside || self.column() > MAX_LINE {
            return Err(Misuse::LineTooLong);
        }
        Ok(())
    }
}

impl Drop for Fold<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.out.truncate(self.start);
        }
    }
}

/// `field-name` (RFC 5322, section 3.6.8).
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&o| o.is_ascii_graphic() && o != b':')
}

/// White space and the word after it, until the text is over. Only the last word can be empty.
pub(super) fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let space = |o: &u8| matches!(o, b' ' | b'\t');
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let word = rest.bytes().position(|o| !space(&o)).unwrap_or(rest.len());
        let end = rest.bytes().skip(word).position(|o| space(&o));
        let end = end.map_or(rest.len(), |len| word + len);
        let (head, tail) = rest.split_at_checked(end)?;
        rest = tail;
        head.split_at_checked(word)
    })
}
