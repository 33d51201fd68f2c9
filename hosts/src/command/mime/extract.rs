//! `securewire mime extract`: attachments become files, and nothing else happens to the disk.

mod folder;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use mime_core::{DefectCode, Entity, Event, Kind};
use owo_colors::OwoColorize;
use serde::Serialize;

use self::folder::{Folder, Growing};
use super::{
    audit::{Audit, Finding},
    check::counted,
    file_name::file_name,
    input::Input,
    json,
    output::print,
    printable::Printable,
    show::size,
    tree::{self, Tree},
};
use crate::command::failure::Failure;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File that holds one mail; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Folder to write into; made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,

    /// Write every part that is no multipart, texts and the parts of attached messages included
    #[arg(long)]
    all: bool,

    /// Write N files at most
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_files: usize,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was done, as programs read it.
#[derive(Debug, Default, Serialize)]
struct Harvest {
    file: String,
    written: Vec<Written>,
    /// Parts beyond `--max-files`.
    left_out: u64,
    /// Places that hold what is no part here, and may be one elsewhere: limits, delimiters out of place.
    unread: u64,
}

/// One file.
#[derive(Debug, Serialize)]
struct Written {
    path: String,
    /// The name that the mail proposes.
    name: Option<String>,
    #[serde(rename = "type")]
    media_type: String,
    /// The place of the part in the list of `mime show --json`.
    index: usize,
    octets: u64,
    /// What had to be forgiven while it was decoded.
    defects: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let input = Input::open(&arguments.file)?;
    let folder = Folder::open(&arguments.to)?;
    let harvest = Harvest {
        file: input.name.clone(),
        ..Harvest::default()
    };
    let mut extraction = Extraction {
        arguments,
        folder,
        audit: Audit::default(),
        tree: Tree::default(),
        open: None,
        harvest,
    };
    let mut found = Vec::new();
    let read = input.read(|event, _| extraction.event(&event, &mut found));
    if let Err(failure) = read {
        extraction.give_up();
        return Err(failure);
    }
    extraction.conclude()
}

struct Extraction<'a> {
    arguments: &'a Arguments,
    folder: Folder,
    audit: Audit,
    tree: Tree,
    open: Option<Open>,
    harvest: Harvest,
}

/// The part that is being written.
struct Open {
    index: usize,
    /// Whether it is a message, which is written as it stands.
    verbatim: bool,
    name: Option<String>,
    media_type: String,
    file: Growing,
}

impl Extraction<'_> {
    fn event(&mut self, event: &Event<Bytes>, found: &mut Vec<Finding>) -> Result<(), Failure> {
        let decoded = self.audit.event(event, found);
        match &mut self.open {
            Some(open) if open.verbatim => open.file.extend(event.raw())?,
            Some(open) => open.file.extend(decoded)?,
            None => {}
        }
        if self.open.as_ref().is_none_or(|open| !open.verbatim) {
            let unread = found.iter().filter(|finding| hides_parts(finding.code));
            self.harvest.unread += unread.count() as u64;
        }
        let innermost = self.tree.at();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others write nothing")]
        match event {
            Event::HeadersEnd { entity, .. } if self.open.is_none() => {
                if let Some(index) = innermost.filter(|_| self.is_wanted(entity)) {
                    self.begin(index, entity)?;
                }
            }
            Event::End(_) => {
                let ended = self.open.take_if(|open| innermost == Some(open.index));
                if let Some(open) = ended {
                    self.end(open, found);
                }
            }
            _ => {}
        }
        found.clear();
        self.tree.event(event, &[]);
        Ok(())
    }

    /// Whether a part becomes a file. An attached message does as a whole, unless all leaves are wanted.
    fn is_wanted(&self, entity: &Entity<Bytes>) -> bool {
        match entity.kind() {
            Kind::Leaf => self.arguments.all || is_attachment(entity),
            Kind::Message => !self.arguments.all,
            Kind::Multipart | Kind::Opaque | _ => false,
        }
    }

    fn begin(&mut self, index: usize, entity: &Entity<Bytes>) -> Result<(), Failure> {
        if self.harvest.written.len() >= self.arguments.max_files {
            self.harvest.left_out += 1;
            return Ok(());
        }
        let declared = tree::name(entity);
        let media_type = tree::media_type(entity);
        let name = file_name(declared.as_deref(), &media_type, index);
        self.open = Some(Open {
            index,
            verbatim: entity.kind() == Kind::Message,
            name: declared,
            media_type,
            file: self.folder.create(&name)?,
        });
        Ok(())
    }

    /// A part is whole; `found` is what its decoding came to.
    fn end(&mut self, open: Open, found: &[Finding]) {
        let Open {
            index,
            verbatim,
            name,
            media_type,
            file,
        } = open;
        let decoding = found.iter().filter(|_| !verbatim);
        let written = Written {
            path: file.path().display().to_string(),
            name,
            media_type,
            index,
            octets: file.octets(),
            defects: decoding
                .map(|finding| format!("{:?}", finding.code))
                .collect(),
        };
        if !self.arguments.json {
            say!("{written}");
        }
        self.harvest.written.push(written);
    }

    /// Leaves no file that is not whole.
    fn give_up(self) {
        if let Some(open) = self.open {
            let path = open.file.path().display().to_string();
            open.file.discard();
            note!("{} was not whole, and is deleted", Printable(&path));
        }
    }

    fn conclude(self) -> Result<(), Failure> {
        let Self {
            arguments, harvest, ..
        } = self;
        if arguments.json {
            print(|out| {
                json::write(out, &harvest)?;
                Ok(writeln!(out)?)
            })?;
        } else if harvest.written.is_empty() && harvest.left_out == 0 {
            let hint = if arguments.all {
                ""
            } else {
                "; --all writes its texts too"
            };
            say!("no attachments in {}{hint}", Printable(&harvest.file));
        }
        if harvest.left_out > 0 {
            let left = counted(harvest.left_out, "part");
            return Err(
                Failure::peer(format!("{left} left out")).remedy("--max-files N allows more files")
            );
        }
        if harvest.unread > 0 {
            let unread = counted(harvest.unread, "place");
            let file = Printable(&harvest.file);
            return Err(Failure::peer(format!(
                "{unread} in {file} where there may be parts that were not looked into"
            ))
            .remedy(format!("securewire mime check {file} says where and why")));
        }
        Ok(())
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            name,
            media_type,
            octets,
            defects,
            ..
        } = self;
        let size = size(*octets);
        write!(
            f,
            "{}  {}  {size}",
            Printable(path).green(),
            Printable(media_type)
        )?;
        let same = |name: &String| {
            Path::new(path)
                .file_name()
                .is_some_and(|is| is == name.as_str())
        };
        if let Some(name) = name.as_ref().filter(|name| !same(name)) {
            write!(f, "  called \"{}\"", Printable(name))?;
        }
        if !defects.is_empty() {
            write!(f, "  {} {}", "damaged:".red(), defects.join(", "))?;
        }
        Ok(())
    }
}

/// Whether a leaf is more than the text of the mail: it says so, or has a name, or is no text to be shown.
fn is_attachment(entity: &Entity<Bytes>) -> bool {
    let declared = entity.disposition();
    let declared = declared.is_some_and(|found| found.is_attachment());
    let media_type = entity.media_type();
    let text = media_type.is("text", "plain") || media_type.is("text", "html");
    declared || !text || tree::name(entity).is_some()
}

/// Whether such a defect leaves octets outside of all parts that other readers may find parts in.
fn hides_parts(code: DefectCode) -> bool {
    matches!(
        code,
        DefectCode::TooDeep
            | DefectCode::TooManyParts
            | DefectCode::HeaderTooLong
            | DefectCode::TooManyFields
            | DefectCode::BoundaryTooLong
            | DefectCode::MissingDelimiter
            | DefectCode::DelimiterAfterClose
    )
}
