//! Writes messages of every shape into a folder, for other programs to read, with what they should find.
//!
//! `compose_samples FOLDER [COUNT [SEED]]` makes `0000.eml`, `0001.eml` ... and `expected.jsonl`, a line of JSON for each: the
//! file, the profile it was written for, subject, addresses, the media types of all entities (parents first), and the
//! leaves with type, file name and decoded octets in hexadecimal. The same seed gives the same octets.

use core::fmt::Write as _;
use std::collections::HashMap;
use std::path::Path;
use std::{env, fs};

use bytes::{Bytes, BytesMut};
use mime_core::compose::{
    Address, Composer, Config, Content, Disposition, Draft, Event, Header, Mailbox, MediaType,
    Misuse, Part, Profile, Slot, Wording,
};

type Failure = Box<dyn core::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or("compose_samples FOLDER [COUNT [SEED]]")?;
    let count: u64 = arguments.next().map_or(Ok(200), |count| count.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let mut expected = String::new();
    for number in 0..count {
        let mut sample = Sample::new(seed.wrapping_mul(0x1_0000_0001).wrapping_add(number));
        let octets = sample.message()?;
        let file = format!("{number:04}.eml");
        fs::write(folder.join(&file), octets)?;
        writeln!(
            expected,
            "{{\"file\":{},{}}}",
            json(&file),
            sample.expected()
        )?;
    }
    fs::write(folder.join("expected.jsonl"), expected)?;
    Ok(())
}

/// A message in the making, and what is known about it.
struct Sample {
    state: u64,
    profile: Profile,
    wording: Wording,
    bodies: HashMap<Slot, Vec<u8>>,
    types: Vec<String>,
    leaves: Vec<String>,
    envelope: String,
}

impl Sample {
    fn new(seed: u64) -> Self {
        let mut sample = Self {
            state: seed.wrapping_add(0x9e37_79b9_7f4a_7c15),
            profile: Profile::SevenBit,
            wording: Wording::EncodedWords,
            bodies: HashMap::new(),
            types: Vec::new(),
            leaves: Vec::new(),
            envelope: String::new(),
        };
        sample.profile = sample.one_of(&[
            Profile::SevenBit,
            Profile::EightBitMime,
            Profile::EightBitMime,
            Profile::BinaryMime,
        ]);
        if sample.profile != Profile::SevenBit && sample.below(3) == 0 {
            sample.wording = Wording::Utf8;
        }
        sample
    }

    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64).max(1)).unwrap_or_default()
    }

    fn one_of<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len());
        list.get(at).copied().unwrap_or_default()
    }

    fn words(&mut self, most: usize) -> String {
        const WORDS: [&str; 18] = [
            "hello",
            "Gr\u{fc}\u{df}e",
            "a,b",
            "\"quoted\"",
            "(comment)",
            "x<y>",
            "\u{65e5}\u{672c}\u{8a9e}",
            "\u{1f600}\u{1f680}",
            "back\\slash",
            "semi;colon",
            "50%",
            "it's",
            "A*",
            "end.",
            "re:",
            "na\u{ef}ve",
            "averyveryveryveryverylongwordwithoutanybreakthatgoesonandon",
            "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}",
        ];
        let count = 1 + self.below(most);
        let words: Vec<&str> = (0..count).map(|_| self.one_of(&WORDS)).collect();
        words.join(" ")
    }

    fn message(&mut self) -> Result<Vec<u8>, Failure> {
        let mut config = Config::new(self.profile);
        if self.wording == Wording::Utf8 {
            config = config.with_smtputf8();
        }
        let header = self.header()?;
        let body = self.part(0)?;
        let mut random = [0; 16];
        random.fill_with(|| {
            self.next()
                .to_be_bytes()
                .first()
                .copied()
                .unwrap_or_default()
        });
        let mut composer = Composer::new(&config, Draft::new(header, body), random)?;
        let (mut tx, mut sent) = (BytesMut::new(), Vec::new());
        loop {
            while let Some(event) = composer.poll(&mut tx) {
                match event {
                    Event::WantBody(slot) => {
                        let body = self.bodies.get_mut(&slot).ok_or("an unknown slot")?;
                        let rest = body.split_off(body.len().min(1000));
                        let piece = Bytes::from(core::mem::replace(body, rest));
                        composer.body(slot, piece, body.is_empty())?;
                    }
                    Event::Closed(end) => {
                        end?;
                        sent.extend_from_slice(&tx);
                        return Ok(sent);
                    }
                    _ => {}
                }
            }
            sent.extend_from_slice(&tx);
            tx.clear();
        }
    }

    /// The header of the message, and of what is expected of it.
    fn header(&mut self) -> Result<Header, Misuse> {
        let subject = self.words(14);
        let people: Vec<(String, String)> =
            (0..1 + self.below(4)).map(|_| self.somebody()).collect();
        let members: Vec<Mailbox<'_>> = people
            .iter()
            .map(|(name, address)| Mailbox { name, address })
            .collect();
        let list: Vec<Address<'_>> = members.iter().copied().map(Address::Mailbox).collect();
        let from = self.somebody();
        let unix = i64::try_from(self.next() % 4_000_000_000).unwrap_or_default();
        let zone = self.one_of(&[0, 60, -210, 345, -720]);
        let id = format!("{:x}.{:x}@example.org", self.next(), self.next());
        let mailbox = |(name, address): &(String, String)| {
            format!("{{\"name\":{},\"address\":{}}}", json(name), json(address))
        };
        let to: Vec<String> = people.iter().map(mailbox).collect();
        self.envelope = format!(
            "\"subject\":{},\"from\":{},\"to\":[{}],\"date\":{unix},\"message_id\":{}",
            json(&subject),
            mailbox(&from),
            to.join(","),
            json(&id)
        );
        Header::new(self.wording)
            .with_from(&[Address::new(&from.0, &from.1)])?
            .with_to(&list)?
            .with_subject(&subject)?
            .with_date(unix, Some(zone))?
            .with_message_id(&id)
    }

    fn somebody(&mut self) -> (String, String) {
        let name = if self.below(4) == 0 {
            String::new()
        } else {
            self.words(3)
        };
        let address = self.one_of(&[
            "jane@example.org",
            "john.doe+x@example.com",
            "\"a b\"@example.net",
        ]);
        (name, address.to_owned())
    }

    fn part(&mut self, depth: usize) -> Result<Part, Misuse> {
        let kind = if depth > 3 {
            self.below(3)
        } else {
            self.below(7)
        };
        match kind {
            0 | 1 => self.text(),
            2 => self.octets(),
            3 => {
                self.types.push("message/rfc822".into());
                let subject = self.words(5);
                let header = Header::new(Wording::EncodedWords)
                    .with_from(&["inner@example.org".into()])?
                    .with_subject(&subject)?;
                Ok(Part::message(Draft::new(header, self.part(depth + 1)?)))
            }
            _ => {
                let essence = self.one_of(&[
                    "multipart/mixed",
                    "multipart/alternative",
                    "multipart/related",
                ]);
                self.types.push(essence.to_owned());
                let count = 1 + self.below(4);
                let parts: Result<Vec<Part>, Misuse> =
                    (0..count).map(|_| self.part(depth + 1)).collect();
                Ok(Part::multipart(MediaType::new(essence)?, parts?))
            }
        }
    }

    fn text(&mut self) -> Result<Part, Misuse> {
        const LINES: [&str; 10] = [
            "",
            "Hello",
            "From me to you",
            ".",
            "..",
            "trailing space ",
            "\ttab = sign",
            "Gr\u{fc}\u{df}e",
            "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{6587}\u{7ae0}",
            "--",
        ];
        let ascii = self.below(3) == 0;
        let mut text = String::new();
        for _ in 0..self.below(12) {
            let line = match self.below(6) {
                0 => self.words(200),
                _ => self.one_of(&LINES).to_owned(),
            };
            if !ascii || line.is_ascii() {
                text += &line;
                text += "\r\n";
            }
        }
        let essence = self.one_of(&["text/plain", "text/html", "text/csv"]);
        let content = self.content(text.as_bytes());
        self.leaf(essence, None, text.as_bytes());
        Ok(Part::text(MediaType::new(essence)?, content))
    }

    fn octets(&mut self) -> Result<Part, Misuse> {
        let len = self.one_of(&[0, 1, 2, 3, 57, 58, 1_000, 20_000]);
        let octets: Vec<u8> = (0..len)
            .map(|_| {
                self.next()
                    .to_le_bytes()
                    .first()
                    .copied()
                    .unwrap_or_default()
            })
            .collect();
        let name = format!("{}.bin", self.words(8));
        let essence = self.one_of(&["application/octet-stream", "image/png", "audio/ogg"]);
        let content = self.content(&octets);
        self.leaf(essence, Some(&name), &octets);
        let disposition = Disposition::attachment().with_filename(&name)?;
        Part::octets(MediaType::new(essence)?, content).with_disposition(&disposition)
    }

    /// Half of the bodies are pulled.
    fn content(&mut self, octets: &[u8]) -> Content {
        if self.below(2) == 0 {
            return Content::from(octets.to_vec());
        }
        let slot = Slot(u32::try_from(self.bodies.len()).unwrap_or(u32::MAX));
        self.bodies.insert(slot, octets.to_vec());
        Content::from(slot)
    }

    fn leaf(&mut self, essence: &str, name: Option<&str>, octets: &[u8]) {
        self.types.push(essence.to_owned());
        let name = name.map_or("null".into(), json);
        let hex = octets.iter().fold(String::new(), |mut hex, octet| {
            let _ = write!(hex, "{octet:02x}");
            hex
        });
        self.leaves.push(format!(
            "{{\"type\":{},\"name\":{name},\"len\":{},\"hex\":\"{hex}\"}}",
            json(essence),
            octets.len()
        ));
    }

    fn expected(&self) -> String {
        let types: Vec<String> = self.types.iter().map(|essence| json(essence)).collect();
        format!(
            "\"profile\":\"{:?}\",\"smtputf8\":{},{},\"types\":[{}],\"leaves\":[{}]",
            self.profile,
            self.wording == Wording::Utf8,
            self.envelope,
            types.join(","),
            self.leaves.join(",")
        )
    }
}

/// A string of JSON.
fn json(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
    out
}
