//! A folder in which nothing that is there is touched.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::command::{
    failure::Failure,
    mime::{file_name::numbered, printable::Printable},
};

/// Names tried for one file.
const MAX_NUMBERS: u32 = 10_000;

/// Where files are made. A name is never used twice, in any case of letters: what is apart here would not be
/// elsewhere.
pub(super) struct Folder {
    path: PathBuf,
    taken: HashSet<String>,
    /// The next number to try for a name in small letters.
    next: HashMap<String, u32>,
}

impl Folder {
    /// Makes the folder, unless it is there.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let wrong = |error: &io::Error| {
            let path = path.display().to_string();
            Failure::usage(format!("--to {}: {error}", Printable(&path)))
                .remedy("name a folder that you may write into")
        };
        fs::create_dir_all(path).map_err(|error| wrong(&error))?;
        Ok(Self {
            path: path.to_owned(),
            taken: HashSet::new(),
            next: HashMap::new(),
        })
    }

    /// Makes a file called `name`, or `name (2)` and so on. Whatever is there under that name stays, links included:
    /// they are neither followed nor replaced.
    pub(super) fn create(&mut self, name: &str) -> Result<Growing, Failure> {
        let folded = name.to_lowercase();
        let first = self.next.get(&folded).copied().unwrap_or(1);
        for number in first..first + MAX_NUMBERS {
            let name = if number == 1 {
                name.to_owned()
            } else {
                numbered(name, number)
            };
            if self.taken.contains(&name.to_lowercase()) {
                continue;
            }
            let path = self.path.join(&name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    self.taken.insert(name.to_lowercase());
                    self.next.insert(folded, number + 1);
                    return Ok(Growing {
                        path,
                        file,
                        octets: 0,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unwritable(&path, &error)),
            }
        }
        let path = self.path.join(name).display().to_string();
        Err(Failure::usage(format!(
            "{}: {MAX_NUMBERS} files of that name are there",
            Printable(&path)
        ))
        .remedy("name another folder with --to"))
    }
}

/// A file that is being written.
pub(super) struct Growing {
    path: PathBuf,
    file: File,
    octets: u64,
}

impl Growing {
    /// Appends octets.
    pub(super) fn extend(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.octets += octets.len() as u64;
        self.file
            .write_all(octets)
            .map_err(|error| unwritable(&self.path, &error))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// Deletes it.
    pub(super) fn discard(self) {
        // There is nothing more to be done about it.
        let _ = fs::remove_file(&self.path);
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    let path = path.display().to_string();
    Failure::usage(format!("{}: {error}", Printable(&path)))
        .remedy("name a folder with --to that has room and takes such names")
}
