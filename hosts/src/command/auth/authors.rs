//! The From fields of a mail that passes by.

use bytes::{Buf, BytesMut};
use mime_core::{Config, Scanner, Token};

/// Collects what stands behind the colon of each From field.
pub(super) struct Authors {
    scanner: Scanner,
    window: BytesMut,
    values: Vec<Vec<u8>>,
    ended: bool,
}

impl Authors {
    pub(super) fn new() -> Self {
        // As strict as the verifier, so that both see the same fields.
        let config = Config::new().with_strict_lines().with_headers_only();
        Self {
            scanner: Scanner::new(config),
            window: BytesMut::new(),
            values: Vec::new(),
            ended: false,
        }
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        if !self.ended {
            self.window.extend_from_slice(piece);
            self.scan(false);
        }
    }

    /// The mail is over: its From fields.
    pub(super) fn finish(mut self) -> Vec<Vec<u8>> {
        if !self.ended {
            self.scan(true);
        }
        self.values
    }

    fn scan(&mut self, last: bool) {
        while let Some((token, len)) = self.scanner.scan(&self.window, last) {
            #[expect(
                clippy::wildcard_enum_match_arm,
                reason = "tokens of the body, and defects that the verifier tells"
            )]
            match token {
                Token::Field(shape) => {
                    let name = self.window.get(..shape.name_len()).unwrap_or_default();
                    if name.eq_ignore_ascii_case(b"from") {
                        let value = self.window.get(shape.value()).unwrap_or_default();
                        self.values.push(value.to_vec());
                    }
                }
                Token::HeadersEnd(_) => {
                    self.ended = true;
                    self.window.clear();
                    return;
                }
                _ => {}
            }
            self.window.advance(len);
        }
    }
}
