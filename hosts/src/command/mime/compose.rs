//! `securewire mime compose`: a mail from flags and files.

mod bodies;
mod header;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use crypto_core::Provider;
use mime_core::compose::{Composer, Config, Draft, Event, Part, Profile};

use self::bodies::Bodies;
use super::printable::Printable;
use crate::command::failure::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    header: header::Fields,

    /// Plain text in UTF-8; - is standard input
    #[arg(long, value_name = "FILE")]
    text: Option<PathBuf>,

    /// The same as HTML
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// File to attach, of any size
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,

    /// Write UTF-8 into the header as it is, for servers that offer SMTPUTF8
    #[arg(long)]
    smtputf8: bool,

    /// Write 8-bit text as it is, for servers that offer 8BITMIME
    #[arg(long = "8bit")]
    eight_bit: bool,

    /// Write into FILE, which must not be there
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, provider: &Provider) -> Result<(), Failure> {
    let mut random = [0; 16];
    provider
        .random
        .fill(&mut random)
        .map_err(|error| Failure::peer(format!("no randomness for boundaries: {error}")))?;
    let header = arguments.header.write(arguments.smtputf8, provider)?;
    let mut bodies = Bodies::default();
    let body = body(arguments, &mut bodies)?;
    let profile = if arguments.eight_bit || arguments.smtputf8 {
        Profile::EightBitMime
    } else {
        Profile::SevenBit
    };
    let config = Config::new(profile);
    let config = if arguments.smtputf8 {
        config.with_smtputf8()
    } else {
        config
    };
    let composer = Composer::new(&config, Draft::new(header, body), random)
        .map_err(|misuse| Failure::usage(format!("this makes no mail: {misuse}")))?;
    match &arguments.out {
        Some(path) => into_file(path, composer, &mut bodies),
        None => {
            let mut stdout = io::stdout().lock();
            write(composer, &mut bodies, &mut stdout, "standard output")
        }
    }
}

/// The text in its forms, then the attachments.
fn body(arguments: &Arguments, bodies: &mut Bodies) -> Result<Part, Failure> {
    let Arguments {
        text, html, attach, ..
    } = arguments;
    let mut forms = Vec::new();
    if let Some(path) = text {
        forms.push(Part::plain(bodies.text("--text", path)?));
    }
    if let Some(path) = html {
        forms.push(Part::html(bodies.text("--html", path)?));
    }
    let mut parts = Vec::new();
    if forms.len() > 1 {
        parts.push(Part::alternative(forms));
    } else {
        parts.append(&mut forms);
    }
    for path in attach {
        parts.push(bodies.attachment(path)?);
    }
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Err(Failure::usage("a mail without a body")
            .remedy("name a file with --text, --html or --attach; --text - reads standard input")),
        (Some(only), true) if attach.is_empty() => Ok(only),
        (Some(last), _) => {
            parts.push(last);
            Ok(Part::mixed(parts))
        }
    }
}

/// Writes a new file, and leaves none that is not whole.
fn into_file(path: &Path, composer: Composer, bodies: &mut Bodies) -> Result<(), Failure> {
    let name = path.display().to_string();
    let wrong = |error: io::Error| {
        let failure = Failure::usage(format!("--out {}: {error}", Printable(&name)));
        if error.kind() == io::ErrorKind::AlreadyExists {
            failure.remedy("nothing is overwritten: delete the file, or name another one")
        } else {
            failure
        }
    };
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(wrong)?;
    let written = write(composer, bodies, &mut file, &name);
    if written.is_err() {
        // There is nothing more to be done about it.
        let _ = fs::remove_file(path);
    }
    written
}

fn write(
    mut composer: Composer,
    bodies: &mut Bodies,
    out: &mut dyn Write,
    name: &str,
) -> Result<(), Failure> {
    let mut tx = BytesMut::new();
    loop {
        let mut closed = false;
        while let Some(event) = composer.poll(&mut tx) {
            match event {
                Event::WantBody(slot) => {
                    let (piece, last) = bodies.piece(slot)?;
                    composer
                        .body(slot, Bytes::from(piece), last)
                        .map_err(|misuse| Failure::peer(misuse.to_string()))?;
                }
                Event::Closed(end) => {
                    end.map_err(|error| Failure::peer(error.to_string()))?;
                    closed = true;
                }
                _ => {}
            }
        }
        match out.write_all(&tx).and_then(|()| out.flush()) {
            Ok(()) => {}
            // Who reads our output has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", Printable(name)))),
        }
        tx.clear();
        if closed {
            return Ok(());
        }
    }
}
