//! Files that become bodies, piece by piece.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use mime_core::{
    Charset, TextDecoder,
    compose::{Content, Disposition, MediaType, Part, Slot},
};

use crate::command::{
    failure::Failure,
    media_type::{self, OCTETS},
    mime::printable::Printable,
};

/// Octets read at a time.
const PIECE: u64 = 64 * 1024;

/// Octets of a text that is looked at as a whole, so that the best encoding is found for it.
const KNOWN: u64 = 1 << 20;

/// The bodies that are asked for while the mail is written; a slot is a place in the list.
#[derive(Default)]
pub(super) struct Bodies {
    pulled: Vec<Pulled>,
}

struct Pulled {
    flag: &'static str,
    name: String,
    source: Box<dyn Read>,
    /// Watches that a text is UTF-8.
    watch: Option<TextDecoder>,
}

impl Bodies {
    /// A text, of a file or of standard input.
    pub(super) fn text(&mut self, flag: &'static str, path: &Path) -> Result<Content, Failure> {
        let mut pulled = Pulled {
            watch: Some(TextDecoder::new(Some(Charset::UTF_8))),
            ..Pulled::open(flag, path)?
        };
        let mut start = pulled.read(KNOWN)?;
        if (start.len() as u64) < KNOWN {
            pulled.finish()?;
            if start.last().is_some_and(|octet| *octet != b'\n') {
                start.push(b'\n');
            }
            return Ok(Content::from(start));
        }
        let source = io::Cursor::new(start).chain(pulled.source);
        Ok(self.pull(Pulled {
            source: Box::new(source),
            // The beginning comes again.
            watch: Some(TextDecoder::new(Some(Charset::UTF_8))),
            ..pulled
        }))
    }

    /// A file to be attached under its name.
    pub(super) fn attachment(&mut self, path: &Path) -> Result<Part, Failure> {
        let pulled = Pulled::open("--attach", path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let wrong = |misuse| {
            let path = path.display().to_string();
            Failure::usage(format!("--attach {}: its name: {misuse}", Printable(&path)))
        };
        let known = media_type::of_extension(&extension);
        let essence = known.split(';').next().unwrap_or(OCTETS);
        // A message would have to be copied as it is, which not every file and not every server allows.
        let essence = if essence.starts_with("message/") {
            OCTETS
        } else {
            essence
        };
        let media_type = MediaType::new(essence).map_err(wrong)?;
        let disposition = Disposition::attachment()
            .with_filename(&name)
            .map_err(wrong)?;
        let slot = self.pull(pulled);
        Part::octets(media_type, slot)
            .with_disposition(&disposition)
            .map_err(wrong)
    }

    fn pull(&mut self, pulled: Pulled) -> Content {
        // A command line is too short for more.
        let slot = u32::try_from(self.pulled.len()).unwrap_or(u32::MAX);
        self.pulled.push(pulled);
        Content::Pulled(Slot(slot))
    }

    /// The next piece of a body, and whether it was the last.
    pub(super) fn piece(&mut self, slot: Slot) -> Result<(Vec<u8>, bool), Failure> {
        let place = usize::try_from(slot.0).unwrap_or(usize::MAX);
        let Some(pulled) = self.pulled.get_mut(place) else {
            return Ok((Vec::new(), true));
        };
        let piece = pulled.read(PIECE)?;
        let last = (piece.len() as u64) < PIECE;
        if last {
            pulled.finish()?;
        }
        Ok((piece, last))
    }
}

impl Pulled {
    fn open(flag: &'static str, path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let source: Box<dyn Read> = if path.as_os_str() == "-" && flag != "--attach" {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(path).and_then(|file| {
                if file.metadata()?.is_dir() {
                    Err(io::ErrorKind::IsADirectory.into())
                } else {
                    Ok(file)
                }
            });
            Box::new(file.map_err(|error| unreadable(flag, &name, &error))?)
        };
        Ok(Self {
            flag,
            name,
            source,
            watch: None,
        })
    }

    /// Reads so many octets; fewer only at the end.
    fn read(&mut self, max: u64) -> Result<Vec<u8>, Failure> {
        let mut octets = Vec::new();
        (&mut self.source)
            .take(max)
            .read_to_end(&mut octets)
            .map_err(|error| unreadable(self.flag, &self.name, &error))?;
        if let Some(watch) = &mut self.watch {
            watch.decode(&octets, &mut String::new());
        }
        self.judge()?;
        Ok(octets)
    }

    /// The source is at its end: a character may be cut there.
    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(watch) = &mut self.watch {
            watch.finish(&mut String::new());
        }
        self.judge()
    }

    fn judge(&self) -> Result<(), Failure> {
        if self
            .watch
            .as_ref()
            .is_none_or(|watch| watch.malformed() == 0)
        {
            return Ok(());
        }
        let Self { flag, name, .. } = self;
        Err(
            Failure::usage(format!("{flag} {}: not UTF-8", Printable(name)))
                .remedy("convert it with iconv, or attach it with --attach"),
        )
    }
}

fn unreadable(flag: &str, name: &str, error: &io::Error) -> Failure {
    Failure::usage(format!("{flag} {}: {error}", Printable(name)))
}
