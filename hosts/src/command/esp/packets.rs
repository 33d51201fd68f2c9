//! Packets in and out: hexadecimal digits or captures.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use super::{
    hex,
    pcap::{self, Reader, Time, Unreadable},
};
use crate::command::failure::Failure;

/// Most octets in a line: an IP packet, with a separator behind each octet.
const MAX_LINE: u64 = 65_535 * 3 + 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Source {
    /// Packets as hexadecimal digits; without any, standard input has one a line
    #[arg(value_name = "HEX", conflicts_with = "pcap")]
    packets: Vec<String>,

    /// Take the packets of a capture (pcap, Ethernet or raw IP); - is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) pcap: Option<PathBuf>,

    /// Write a capture (pcap, raw IP) into FILE, which must not be there, instead of lines of hexadecimal digits
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,

    /// ESP alone, without IP and UDP headers around it
    #[arg(long)]
    pub(super) bare: bool,

    /// Say nothing of single packets
    #[arg(long, short)]
    quiet: bool,
}

/// A packet, and where it came from.
pub(super) struct Packet<'p> {
    /// From 1.
    number: u64,
    time: Time,
    /// `None` for a record of a capture that holds no IP packet.
    pub(super) ip: Option<&'p [u8]>,
}

impl Packet<'_> {
    /// Says something of it on standard error.
    pub(super) fn tell(&self, source: &Source, what: &impl fmt::Display) {
        if !source.quiet {
            note!("packet {}: {what}", self.number);
        }
    }
}

impl Source {
    /// Hands over each packet.
    pub(super) fn each(
        &self,
        mut visit: impl FnMut(&Packet<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(path) = &self.pcap {
            return each_of_capture(path, visit);
        }
        let mut number = 0;
        let mut visit_text = |text: &str| {
            number += 1;
            let octets = hex::decode(text).map_err(|why| {
                Failure::usage(format!("packet {number}: {why}"))
                    .remedy("packets are hexadecimal digits; --pcap FILE takes a capture")
            })?;
            visit(&Packet {
                number,
                time: (0, 0),
                ip: Some(&octets),
            })
        };
        if !self.packets.is_empty() {
            return self.packets.iter().try_for_each(|text| visit_text(text));
        }
        let mut input = io::stdin().lock();
        let mut line = String::new();
        loop {
            line.clear();
            let read = Read::take(&mut input, MAX_LINE).read_line(&mut line);
            match read {
                Ok(0) => return Ok(()),
                Ok(_) if !line.ends_with('\n') && line.len() as u64 == MAX_LINE => {
                    return Err(Failure::usage(
                        "standard input: a line longer than any packet",
                    ));
                }
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => visit_text(&line)?,
                Err(error) => return Err(Failure::usage(format!("standard input: {error}"))),
            }
        }
    }
}

fn each_of_capture(
    path: &Path,
    mut visit: impl FnMut(&Packet<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = format!("--pcap {}", path.display());
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        Box::new(BufReader::new(file))
    };
    let unreadable = |why| match why {
        Unreadable::Io(error) => Failure::usage(format!("{name}: {error}")),
        Unreadable::NextGeneration => Failure::usage(format!("{name}: a capture in pcapng"))
            .remedy("convert it: editcap -F pcap FILE NEW"),
        Unreadable::Malformed(why) => Failure::usage(format!("{name}: {why}")),
    };
    let mut reader = Reader::new(source).map_err(unreadable)?;
    let (mut record, mut number) = (Vec::new(), 0);
    while let Some(time) = reader.next(&mut record).map_err(unreadable)? {
        number += 1;
        visit(&Packet {
            number,
            time,
            ip: reader.ip(&record),
        })?;
    }
    Ok(())
}

/// Where results go.
pub(super) enum Output {
    Lines,
    Capture(String, BufWriter<File>),
}

impl Output {
    pub(super) fn new(source: &Source) -> Result<Self, Failure> {
        let Some(path) = &source.out else {
            return Ok(Self::Lines);
        };
        let name = format!("--out {}", path.display());
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(path);
        let failed = |error: io::Error| {
            let failure = Failure::usage(format!("{name}: {error}"));
            if error.kind() == io::ErrorKind::AlreadyExists {
                return failure.remedy("name a file that is not there: nothing is overwritten");
            }
            failure
        };
        let mut file = file.map(BufWriter::new).map_err(failed)?;
        pcap::write_head(&mut file).map_err(failed)?;
        Ok(Self::Capture(name, file))
    }

    pub(super) fn write(&mut self, packet: &Packet<'_>, octets: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Lines => {
                say!("{}", hex::encode(octets));
                Ok(())
            }
            Self::Capture(name, file) => pcap::write(file, packet.time, octets)
                .map_err(|error| Failure::usage(format!("{name}: {error}"))),
        }
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Lines => Ok(()),
            Self::Capture(name, mut file) => file
                .flush()
                .map_err(|error| Failure::usage(format!("{name}: {error}"))),
        }
    }
}
