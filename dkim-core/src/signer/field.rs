//! The DKIM-Signature field, written and folded.

use alloc::{format, string::String, vec::Vec};

use super::SignerConfig;
use crate::{
    fields::Fields,
    signer::config::SigningIdentity,
    wire::{base64, encode_quoted_printable},
};

/// Where a line is folded (RFC 5322 section 2.1.1).
const LINE: usize = 76;

/// A line that grows, and is folded between pieces.
pub(super) struct Folded {
    pub(super) text: String,
    column: usize,
}

impl Folded {
    /// Begins with the name of a field.
    pub(super) fn begin(name: &str) -> Self {
        Self {
            text: format!("{name}:"),
            column: name.len() + 1,
        }
    }

    /// Puts a piece that nothing may divide, behind a space if `apart`.
    pub(super) fn put(&mut self, piece: &str, apart: bool) {
        if self.column + usize::from(apart) + piece.len() > LINE {
            self.text.push_str("\r\n\t");
            self.column = 1;
        } else if apart {
            self.text.push(' ');
            self.column += 1;
        }
        self.text.push_str(piece);
        self.column += piece.len();
    }

    /// Puts what white space may divide anywhere.
    fn spread(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.column >= LINE {
                self.text.push_str("\r\n\t");
                self.column = 1;
            }
            let room = LINE - self.column;
            let (piece, after) = rest.split_at_checked(room).unwrap_or((rest, ""));
            self.text.push_str(piece);
            self.column += piece.len();
            rest = after;
        }
    }
}

/// Names for `h=`: each field as often as the message has it, once more if it is oversigned.
pub(super) fn names<'c>(config: &'c SignerConfig, fields: &Fields) -> Vec<&'c str> {
    let mut names = Vec::new();
    let mut mention = |name: &'c str, more: usize| {
        let is = |known: &&str| known.eq_ignore_ascii_case(name);
        if !names.iter().any(is) {
            let count = fields.named(name.as_bytes()).len() + more;
            names.extend(core::iter::repeat_n(name, count));
        }
    };
    config.oversigned.iter().for_each(|name| mention(name, 1));
    config.signed.iter().for_each(|name| mention(name, 0));
    names
}

/// What a signature says.
pub(super) struct Draft<'a> {
    /// The name of the field.
    pub(super) name: &'a str,
    /// Its first tag: its version, or its instance.
    pub(super) first: &'a str,
    pub(super) config: &'a SignerConfig,
    pub(super) identity: &'a SigningIdentity,
    pub(super) names: &'a [&'a str],
    pub(super) now: u64,
    pub(super) body_hash: &'a [u8],
    /// Canonical octets of the body.
    pub(super) length: u64,
}

impl Draft<'_> {
    /// Writes the field up to `b=`, without its value and its line end.
    pub(super) fn write(&self, fields: &Fields) -> String {
        let Self {
            config, identity, ..
        } = self;
        let mut line = Folded::begin(self.name);
        let (header, body) = (config.header.as_str(), config.body.as_str());
        line.put(self.first, true);
        line.put(&format!("a={};", identity.algorithm), true);
        line.put(&format!("c={header}/{body};"), true);
        line.put(&format!("d={};", identity.domain), true);
        line.put(&format!("s={};", identity.selector), true);
        if let Some(identity) = &identity.identity {
            line.put(&format!("i={identity};"), true);
        }
        line.put(&format!("t={};", self.now), true);
        if let Some(lifetime) = config.lifetime {
            line.put(&format!("x={};", self.now.saturating_add(lifetime)), true);
        }
        if config.length {
            line.put(&format!("l={};", self.length), true);
        }
        let last = self.names.len().saturating_sub(1);
        for (index, name) in self.names.iter().enumerate() {
            let before = if index == 0 { "h=" } else { "" };
            let after = if index == last { ";" } else { ":" };
            line.put(&format!("{before}{name}{after}"), index == 0);
        }
        if config.copies {
            line.put("z=", true);
            line.spread(&copies(self.names, fields));
            line.put(";", false);
        }
        line.put(&format!("bh={};", base64::encode(self.body_hash)), true);
        line.put("b=", true);
        line.text
    }
}

/// The signed fields of the message, for `z=`.
fn copies(names: &[&str], fields: &Fields) -> String {
    let mut out = String::new();
    let mut known: Vec<&str> = Vec::new();
    for name in names {
        if known.contains(name) {
            continue;
        }
        known.push(name);
        for index in fields.named(name.as_bytes()) {
            if !out.is_empty() {
                out.push('|');
            }
            out.push_str(name);
            out.push(':');
            let unfolded: Vec<u8> = unfold(fields.value(index).trim_ascii()).collect();
            encode_quoted_printable(&unfolded, &mut out);
        }
    }
    out
}

/// `value` without the CRLF of each fold.
fn unfold(value: &[u8]) -> impl Iterator<Item = u8> {
    let pairs = value
        .iter()
        .zip(value.iter().skip(1).map(Some).chain([None]));
    let mut after_cr = false;
    pairs.filter_map(move |(&octet, next)| {
        let lf_of_fold = core::mem::take(&mut after_cr) && octet == b'\n';
        after_cr = octet == b'\r' && next == Some(&b'\n');
        (!after_cr && !lf_of_fold).then_some(octet)
    })
}

/// Ends a field with its signature.
pub(super) fn complete(field: String, signature: &[u8]) -> String {
    let column = field
        .rfind('\n')
        .map_or(field.len(), |at| field.len() - at - 1);
    let mut line = Folded {
        text: field,
        column,
    };
    line.spread(&base64::encode(signature));
    line.text.push_str("\r\n");
    line.text
}
