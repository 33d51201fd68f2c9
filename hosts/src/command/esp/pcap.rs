//! Captures in the classic format of libpcap, microseconds and nanoseconds, either order of octets.

use std::io::{self, Read, Write};

use crate::command::ip;

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const NEXT_GENERATION: u32 = 0x0a0d_0d0a;

const ETHERNET: u32 = 1;
const RAW: u32 = 101;
const IPV4: u32 = 228;
const IPV6: u32 = 229;

/// Longest record: what libpcap itself takes at most.
const MAX_RECORD: u32 = 262_144;

/// When a packet was captured: seconds and nanoseconds.
pub(super) type Time = (u32, u32);

/// Reads a capture record by record.
pub(super) struct Reader<R> {
    source: R,
    little_endian: bool,
    nanoseconds: bool,
    link: u32,
}

/// Why a capture cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    Io(io::Error),
    /// It is of the newer format, pcapng.
    NextGeneration,
    /// Something else.
    Malformed(String),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Malformed("it is cut off".to_owned());
        }
        Self::Io(error)
    }
}

impl<R: Read> Reader<R> {
    pub(super) fn new(mut source: R) -> Result<Self, Unreadable> {
        let mut magic = [0; 4];
        source.read_exact(&mut magic)?;
        let (little, big) = (u32::from_le_bytes(magic), u32::from_be_bytes(magic));
        let known = |magic| matches!(magic, MICROSECONDS | NANOSECONDS);
        if big == NEXT_GENERATION {
            return Err(Unreadable::NextGeneration);
        }
        if !known(little) && !known(big) {
            return Err(Unreadable::Malformed("not a capture".to_owned()));
        }
        let mut reader = Self {
            source,
            little_endian: known(little),
            nanoseconds: little == NANOSECONDS || big == NANOSECONDS,
            link: 0,
        };
        // Version, two unused numbers, longest packet, link type.
        let [_, _, _, _, link] = reader.numbers()?;
        // Above stand the length of a frame check sequence, and flags.
        reader.link = link & 0xffff;
        match reader.link {
            ETHERNET | RAW | IPV4 | IPV6 => Ok(reader),
            other => Err(Unreadable::Malformed(format!(
                "link type {other} is neither Ethernet (1) nor raw IP (101)"
            ))),
        }
    }

    fn number(&self, octets: [u8; 4]) -> u32 {
        if self.little_endian {
            u32::from_le_bytes(octets)
        } else {
            u32::from_be_bytes(octets)
        }
    }

    fn numbers<const N: usize>(&mut self) -> io::Result<[u32; N]> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            let mut octets = [0; 4];
            self.source.read_exact(&mut octets)?;
            *number = self.number(octets);
        }
        Ok(numbers)
    }

    /// Reads the next record into `record`: its time, or `None` at the end.
    pub(super) fn next(&mut self, record: &mut Vec<u8>) -> Result<Option<Time>, Unreadable> {
        let mut first = [0; 1];
        if self.source.read(&mut first)? == 0 {
            return Ok(None);
        }
        let [a] = first;
        let mut rest = [0; 3];
        self.source.read_exact(&mut rest)?;
        let [b, c, d] = rest;
        let seconds = self.number([a, b, c, d]);
        let [fraction, len, _] = self.numbers()?;
        if len > MAX_RECORD {
            let why = format!("a record of {len} octets");
            return Err(Unreadable::Malformed(why));
        }
        record.resize(usize::try_from(len).unwrap_or_default(), 0);
        self.source.read_exact(record)?;
        let unit = if self.nanoseconds { 1 } else { 1000 };
        Ok(Some((seconds, fraction.saturating_mul(unit))))
    }

    /// The IP packet in a record; `None` when it holds something else.
    pub(super) fn ip<'r>(&self, record: &'r [u8]) -> Option<&'r [u8]> {
        if self.link != ETHERNET {
            return Some(record);
        }
        let mut rest = record.get(12..)?;
        loop {
            let (kind, behind) = rest.split_first_chunk()?;
            match u16::from_be_bytes(*kind) {
                // Short packets are filled up to the least length of a frame.
                0x0800 | 0x86dd => {
                    return Some(ip::total_len(behind).and_then(|len| behind.get(..len)))
                        .map(|whole| whole.unwrap_or(behind));
                }
                // A tag of a VLAN.
                0x8100 | 0x88a8 => rest = behind.get(2..)?,
                _ => return None,
            }
        }
    }
}

/// Writes the head of a capture of IP packets.
pub(super) fn write_head(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&NANOSECONDS.to_le_bytes())?;
    to.write_all(&2_u16.to_le_bytes())?;
    to.write_all(&4_u16.to_le_bytes())?;
    for number in [0, 0, MAX_RECORD, RAW] {
        to.write_all(&number.to_le_bytes())?;
    }
    Ok(())
}

/// Writes a packet.
pub(super) fn write(to: &mut impl Write, time: Time, packet: &[u8]) -> io::Result<()> {
    let len = u32::try_from(packet.len()).map_err(io::Error::other)?;
    for number in [time.0, time.1, len, len] {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(packet)
}

#[cfg(test)]
mod tests {
    use super::{Reader, Unreadable, write, write_head};

    /// A capture of one Ethernet frame, the other order of octets, microseconds.
    fn big_endian(frame: &[u8]) -> Vec<u8> {
        let mut capture = vec![0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4];
        let len = u32::try_from(frame.len()).unwrap();
        for number in [0, 0, 65_535, 1, 9, 5, len, 60] {
            capture.extend(u32::to_be_bytes(number));
        }
        capture.extend(frame);
        capture
    }

    #[test]
    fn what_is_written_is_read() {
        let mut capture = Vec::new();
        write_head(&mut capture).unwrap();
        write(&mut capture, (7, 8), b"packet").unwrap();
        let mut reader = Reader::new(&capture[..]).unwrap();
        let mut record = Vec::new();
        assert_eq!(reader.next(&mut record).unwrap(), Some((7, 8)));
        assert_eq!(reader.ip(&record), Some(&b"packet"[..]));
        assert_eq!(reader.next(&mut record).unwrap(), None);
    }

    #[test]
    fn an_ethernet_frame_loses_header_tags_and_filling() {
        let packet = [&[0x45, 0, 0, 21][..], &[0; 17]].concat();
        let tagged = [&[0; 12][..], &[0x81, 0, 0, 5, 8, 0], &packet, &[0xee; 9]].concat();
        let capture = big_endian(&tagged);
        let mut reader = Reader::new(&capture[..]).unwrap();
        let mut record = Vec::new();
        assert_eq!(reader.next(&mut record).unwrap(), Some((9, 5000)));
        assert_eq!(reader.ip(&record), Some(&packet[..]));
        assert_eq!(reader.ip(&[&[0; 12][..], &[8, 6, 0, 1]].concat()), None);
        assert_eq!(reader.ip(&[0; 13]), None);
    }

    #[test]
    fn every_capture_that_is_cut_off_says_so() {
        let capture = big_endian(&[0; 60]);
        for len in (0..capture.len()).filter(|len| *len != 24) {
            let read = Reader::new(&capture[..len])
                .and_then(|mut reader| reader.next(&mut Vec::new()).map(|_| ()));
            let Err(Unreadable::Malformed(why)) = read else {
                panic!("{len} octets: {read:?}");
            };
            assert_eq!(why, "it is cut off");
        }
    }

    #[test]
    fn a_record_too_long_is_refused_before_it_is_read() {
        let mut capture = big_endian(&[]);
        capture[32] = 0x7f;
        let mut reader = Reader::new(&capture[..]).unwrap();
        assert!(matches!(
            reader.next(&mut Vec::new()),
            Err(Unreadable::Malformed(_))
        ));
    }
}
