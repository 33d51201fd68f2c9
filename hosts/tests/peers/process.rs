//! Other programs: found on PATH, watched, and killed when the test is over.

use std::{
    env,
    ffi::OsStr,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use crate::ends::PATIENCE;

/// Finds a program, or reports that the test is skipped.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        let required = env::var_os("SECUREWIRE_PEERS").is_some_and(|value| value == "required");
        assert!(!required, "{name} not found, and SECUREWIRE_PEERS=required");
        eprintln!("skipped: {name} not found");
    }
    found
}

/// A running program, and everything it has printed.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Standard output and standard error.
    outputs: [Arc<Mutex<Printed>>; 2],
}

#[derive(Default)]
struct Printed {
    octets: Vec<u8>,
    /// How much of it was waited for.
    seen: usize,
}

impl Printed {
    /// Finds `text` beyond what was seen, and gives the rest of its line.
    fn find(&mut self, text: &str) -> Option<String> {
        let unseen = String::from_utf8_lossy(&self.octets[self.seen..]).into_owned();
        let (before, rest) = unseen.split_once(text)?;
        let (line, _) = rest.split_once('\n')?;
        self.seen += before.len() + text.len();
        Some(line.trim().to_owned())
    }
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let outputs = [
            collected(child.stdout.take().unwrap()),
            collected(child.stderr.take().unwrap()),
        ];
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            outputs,
        }
    }

    /// Types `text`.
    pub(crate) fn send(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        stdin.write_all(text.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Closes standard input.
    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn printed(&self) -> String {
        let text = |output: &Arc<Mutex<Printed>>| {
            String::from_utf8_lossy(&output.lock().unwrap().octets).into_owned()
        };
        self.outputs.iter().map(text).collect()
    }

    /// Waits until `text` was printed after what was waited for before, and gives what stands on its line
    /// after it.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let mut rest = None;
        let came = eventually(|| {
            rest = self
                .outputs
                .iter()
                .find_map(|output| output.lock().unwrap().find(text));
            rest.is_some()
        });
        assert!(came, "`{text}` did not come; this did:\n{}", self.printed());
        rest.unwrap()
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> (ExitStatus, String) {
        let mut status = None;
        let ended = eventually(|| {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "it does not end; it printed:\n{}", self.printed());
        // The collectors may be a moment behind.
        thread::sleep(Duration::from_millis(50));
        (status.unwrap(), self.printed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collected(mut from: impl Read + Send + 'static) -> Arc<Mutex<Printed>> {
    let printed: Arc<Mutex<Printed>> = Arc::default();
    let to = Arc::clone(&printed);
    thread::spawn(move || {
        let mut octets = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut octets) {
            to.lock()
                .unwrap()
                .octets
                .extend_from_slice(&octets[..count]);
        }
    });
    printed
}

#[expect(clippy::disallowed_methods, reason = "a host owns the clock")]
fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if holds() {
            return true;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// A port that was free a moment ago, for programs that cannot choose one.
pub(crate) fn free_port() -> u16 {
    crate::ends::listen().1
}

/// A command line from words and paths.
pub(crate) fn command(program: &Path, arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    command
}
