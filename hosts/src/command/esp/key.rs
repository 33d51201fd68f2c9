//! Keys, which are read and never printed.

use std::{convert::Infallible, fmt, fs, str::FromStr};

use zeroize::Zeroizing;

use super::hex;
use crate::command::failure::Failure;

/// What stands for a key: hexadecimal digits, or `@` and the name of a file that holds them.
///
/// Taken as it is, and judged later: the errors of argument and file parsers quote what they could not read.
#[derive(Clone)]
pub(super) struct KeyText(Zeroizing<String>);

impl FromStr for KeyText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}

impl KeyText {
    /// Reads the key, which must have `len` octets; `made_of` explains the number.
    pub(super) fn octets(
        &self,
        flag: &str,
        len: usize,
        made_of: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let octets = match self.0.strip_prefix('@') {
            Some(name) => {
                let text = fs::read_to_string(name).map(Zeroizing::new);
                let text = text.map_err(|error| {
                    Failure::usage(format!("{flag} @{name}: {error}"))
                        .remedy("name a file of hexadecimal digits")
                })?;
                hex::decode(&text)
            }
            None => hex::decode(&self.0),
        };
        let octets = octets.map_err(|why| {
            Failure::usage(format!("{flag}: {why}"))
                .remedy(format!("{flag} takes hexadecimal digits, or @FILE"))
        })?;
        if octets.len() == len {
            return Ok(octets);
        }
        Err(
            Failure::usage(format!("{flag}: {} octets, not {len}", octets.len()))
                .remedy(format!("this algorithm takes {made_of}")),
        )
    }
}
