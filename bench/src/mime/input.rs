//! What the contenders read.

use std::{fs, path::PathBuf};

use super::generate;

/// Messages that are read one after the other.
#[derive(Clone, Debug)]
pub(crate) enum Input {
    /// Of a folder, if one was named.
    Mail(Option<PathBuf>),
    /// Made by a generator.
    Made(fn() -> Vec<Vec<u8>>),
}

impl Input {
    /// The messages, or why there are none.
    pub(crate) fn messages(&self) -> Result<Vec<Vec<u8>>, String> {
        match self {
            Self::Made(make) => Ok(make()),
            Self::Mail(None) => Err("no folder of messages: --mail".to_owned()),
            Self::Mail(Some(folder)) => {
                let messages = files(folder.clone())
                    .map_err(|error| format!("{}: {error}", folder.display()))?;
                if messages.is_empty() {
                    return Err(format!("{} holds no messages", folder.display()));
                }
                Ok(sample(messages))
            }
        }
    }

    /// Every input by its name.
    pub(crate) fn all(mail: Option<&PathBuf>) -> [(&'static str, Self); 8] {
        [
            ("spam-assassin", Self::Mail(mail.cloned())),
            ("headers", Self::Made(generate::headers)),
            ("unknown-fields", Self::Made(generate::fields)),
            ("base64", Self::Made(generate::base64)),
            ("attachments", Self::Made(generate::attachments)),
            ("quoted-printable", Self::Made(generate::newsletters)),
            ("parts", Self::Made(generate::parts)),
            ("text", Self::Made(generate::text)),
        ]
    }
}

/// The files of a folder and the folders in it, in the order of their names.
fn files(folder: PathBuf) -> std::io::Result<Vec<Vec<u8>>> {
    let (mut folders, mut paths) = (vec![folder], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                paths.push(entry.path());
            }
        }
    }
    paths.sort();
    paths.into_iter().map(fs::read).collect()
}

/// At most so many messages take part: a turn stays short, and within the second-level cache.
const MOST: usize = 300;

/// Every so many-th message, spread over the whole corpus.
fn sample(messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let step = messages.len().div_ceil(MOST);
    messages.into_iter().step_by(step).collect()
}
