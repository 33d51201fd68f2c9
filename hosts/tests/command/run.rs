//! Runs the binary.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
};

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder to run in, which goes when the test is over.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// A desk with one of the mails of `mails/` on it, under its name.
    pub(crate) fn with(mail: &str) -> Self {
        let desk = Self::new();
        desk.put(mail, &sample(mail));
        desk
    }

    pub(crate) fn put(&self, name: &str, octets: &[u8]) {
        fs::write(self.path(name), octets).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Names in a folder of the desk, in order.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs `securewire mime` there, with nothing to read.
    pub(crate) fn mime(&self, arguments: &[&str]) -> Ran {
        self.mime_fed(arguments, b"")
    }

    /// The same, with `input` on standard input.
    pub(crate) fn mime_fed(&self, arguments: &[&str], input: &[u8]) -> Ran {
        Self::ran(self.output("mime", arguments, input))
    }

    /// Runs `securewire esp` there, with `input` on standard input.
    pub(crate) fn esp_fed(&self, arguments: &[&str], input: &[u8]) -> Ran {
        Self::ran(self.output("esp", arguments, input))
    }

    /// Runs `securewire auth` there.
    pub(crate) fn auth(&self, arguments: &[&str]) -> Ran {
        Self::ran(self.output("auth", arguments, b""))
    }

    fn ran(output: Output) -> Ran {
        let Output {
            status,
            stdout,
            stderr,
        } = output;
        let ran = Ran {
            status: status.code(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        };
        assert_plain(&ran.out);
        assert_plain(&ran.err);
        ran
    }

    /// The same, for a command that prints a mail: its status, and the octets.
    pub(crate) fn mime_wired(&self, arguments: &[&str], input: &[u8]) -> (Option<i32>, Vec<u8>) {
        let output = self.output("mime", arguments, input);
        (output.status.code(), output.stdout)
    }

    fn output(&self, group: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_securewire"))
            .arg(group)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        thread::scope(|scope| {
            // A command that fails early does not read all of it.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output().unwrap()
        })
    }
}

/// Nothing that steers a terminal ever comes out, neither of a mail nor of our own in a pipe.
fn assert_plain(text: &str) {
    let steers = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(steers), "{text:?}");
}

/// A mail of `mails/`, with the line ends of the wire.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = folder().join("mails").join(name);
    crlf(&fs::read_to_string(path).unwrap())
}

pub(crate) fn crlf(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// Compares with what was printed and read by a person before. `SECUREWIRE_GOLDEN=write` writes it anew.
pub(crate) fn assert_golden(name: &str, printed: &str) {
    let path = folder().join("golden").join(name);
    if std::env::var_os("SECUREWIRE_GOLDEN").is_some_and(|mode| mode == "write") {
        fs::write(&path, printed).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, golden, "{}", path.display());
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command"))
}
