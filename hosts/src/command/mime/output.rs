//! Standard output of a command that may print much.

use std::io::{self, BufWriter, Write};

use crate::command::failure::Failure;

/// Runs `print` over a buffered standard output, with colours on a terminal. Who has read enough (`| head`) is no
/// reason to complain.
pub(crate) fn print<T: Default>(
    print: impl FnOnce(&mut dyn Write) -> Result<T, Stop>,
) -> Result<T, Failure> {
    let mut out = BufWriter::new(anstream::stdout().lock());
    let printed = print(&mut out).and_then(|value| {
        out.flush()?;
        Ok(value)
    });
    match printed {
        Ok(value) => Ok(value),
        Err(Stop::Failed(failure)) => Err(failure),
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(T::default()),
        Err(Stop::Output(error)) => Err(Failure::usage(format!("standard output: {error}"))),
    }
}

/// Why printing ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The command failed.
    Failed(Failure),
    /// Standard output did.
    Output(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
