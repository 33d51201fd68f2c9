//! Sequence numbers that outlive the process.
//!
//! A key set by hand lives longer than a process, and a number that is used twice under it gives it away (RFC 4106 section 3).
//! So numbers are written down before they are used, a block at a time: after a crash the rest of a block is lost, and
//! nothing else.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use securewire::tunnel::Gateway;
use serde::Deserialize;

use crate::command::failure::Failure;

/// Numbers in a block: more than a process can use between two looks at it.
const BLOCK: u64 = 1 << 20;

/// What is in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    /// None above it was used to seal.
    out: u64,
    /// None above it was accepted, as far as is known.
    r#in: u64,
}

#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    /// As they were when the process began.
    begun: Numbers,
    /// The last number that was written down, by this process.
    reserved: Option<u64>,
}

impl State {
    /// Reads the file; without one, the key is new.
    pub(super) fn open(path: PathBuf) -> Result<Self, Failure> {
        let name = path.display();
        let begun = match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                Failure::usage(format!("{name}: {}", error.message()))
                    .remedy("if it is lost both ends need new keys, and then no such file")
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Numbers::default(),
            Err(error) => return Err(Failure::usage(format!("{name}: {error}"))),
        };
        Ok(Self {
            path,
            begun,
            reserved: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Raises the numbers to those with which the file of the tunnel begins, and tells which must not be used any more: to
    /// seal, and to open.
    pub(super) fn begin_behind(&mut self, out: u64, inwards: u64) -> [u64; 2] {
        self.begun.out = self.begun.out.max(out);
        self.begun.r#in = self.begun.r#in.max(inwards);
        [self.begun.out, self.begun.r#in]
    }

    /// Reserves numbers in time.
    pub(super) fn keep(&mut self, gateway: &Gateway) -> io::Result<()> {
        let used = gateway.used().max(self.begun.out);
        if self.reserved.is_some_and(|last| used + BLOCK / 2 < last) {
            return Ok(());
        }
        let last = used.saturating_add(BLOCK);
        self.write(last, gateway)?;
        self.reserved = Some(last);
        gateway.reserve(last);
        Ok(())
    }

    /// Writes down what was really used.
    pub(super) fn close(&mut self, gateway: &Gateway) -> io::Result<()> {
        self.write(gateway.used().max(self.begun.out), gateway)
    }

    /// The file is the old one or the new one, whatever happens in between.
    fn write(&self, out: u64, gateway: &Gateway) -> io::Result<()> {
        let opened = gateway.inbound().highest_sequence().max(self.begun.r#in);
        let mut next = self.path.clone().into_os_string();
        next.push(".new");
        let mut file = File::create(&next)?;
        write!(file, "out = {out}\nin = {opened}\n")?;
        file.sync_all()?;
        fs::rename(&next, &self.path)
    }
}
