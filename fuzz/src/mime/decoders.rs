//! Transfer codings and line disciplines: any octets, cut anywhere, and back again.

use bytes::BytesMut;
use mime_core::{
    Charset, TextDecoder,
    decode::{
        Base64Decoder, Base64Encoder, CrlfNormalizer, DotStuffer, DotUnstuffer, FlowedDecoder,
        FlowedEncoder, Problem, Problems, Progress, QuotedPrintableDecoder, QuotedPrintableEncoder,
        TransferDecoder, TransferEncoding, UuencodeDecoder,
    },
};
use testkit::{laws::random_cuts, net::Dice};

/// A transform behind one face: `None` says that the input is complete.
type Transform = Box<dyn FnMut(Option<&[u8]>, &mut [u8]) -> Progress>;

/// What is examined, by name; an input chooses one with its first octet.
pub const DECODERS: [&str; 17] = [
    "base64",
    "base64-encoder",
    "quoted-printable",
    "quoted-printable-text-encoder",
    "quoted-printable-encoder",
    "uuencode",
    "7bit",
    "8bit",
    "crlf",
    "dot-stuffer",
    "dot-unstuffer",
    "flowed",
    "flowed-delsp",
    "flowed-encoder",
    "flowed-delsp-encoder",
    "uuencode-round-trip",
    "text",
];

fn transform(name: &str) -> Option<Transform> {
    macro_rules! face {
        ($make:expr, $verb:ident) => {{
            let mut transform = $make;
            Box::new(move |src: Option<&[u8]>, dst: &mut [u8]| match src {
                Some(src) => transform.$verb(src, dst),
                None => transform.finish(dst),
            })
        }};
    }
    Some(match name {
        "base64" => face!(Base64Decoder::new(), decode),
        "base64-encoder" => face!(Base64Encoder::new(), encode),
        "quoted-printable" => face!(QuotedPrintableDecoder::new(), decode),
        "quoted-printable-text-encoder" => face!(QuotedPrintableEncoder::text(), encode),
        "quoted-printable-encoder" => face!(QuotedPrintableEncoder::binary(), encode),
        "uuencode" => face!(UuencodeDecoder::new(), decode),
        "7bit" => face!(TransferDecoder::new(TransferEncoding::SevenBit), decode),
        "8bit" => face!(TransferDecoder::new(TransferEncoding::EightBit), decode),
        "crlf" => face!(CrlfNormalizer::new(), encode),
        "dot-stuffer" => face!(DotStuffer::new(), encode),
        "dot-unstuffer" => face!(DotUnstuffer::new(), decode),
        "flowed" => face!(FlowedDecoder::new(false), decode),
        "flowed-delsp" => face!(FlowedDecoder::new(true), decode),
        "flowed-encoder" => face!(FlowedEncoder::new(false), encode),
        "flowed-delsp-encoder" => face!(FlowedEncoder::new(true), encode),
        _ => return None,
    })
}

/// Which transform, a seed for the cuts, octets.
pub fn mime_decoders(data: &[u8]) {
    let [index, seed, body @ ..] = data else {
        return;
    };
    let name = DECODERS[usize::from(*index) % DECODERS.len()];
    if transform(name).is_some() {
        chunking(name, body, u64::from(*seed));
    }
    match name {
        "base64" => base64(body),
        "base64-encoder" => {
            let encoded = run(name, body);
            assert_lines(&encoded);
            assert_eq!(
                decoded(TransferEncoding::Base64, &encoded),
                (body.to_vec(), vec![])
            );
        }
        "quoted-printable" => problems(TransferEncoding::QuotedPrintable, body),
        "quoted-printable-encoder" => {
            let encoded = run(name, body);
            assert_lines(&encoded);
            let back = decoded(TransferEncoding::QuotedPrintable, &encoded);
            assert_eq!(back, (body.to_vec(), vec![]));
        }
        "quoted-printable-text-encoder" => {
            let encoded = run(name, body);
            assert_lines(&encoded);
            let (back, faults) = decoded(TransferEncoding::QuotedPrintable, &encoded);
            assert_eq!((back, faults), (crlf(body), vec![]), "line breaks are CRLF");
        }
        "uuencode" => problems(TransferEncoding::Uuencode, body),
        "7bit" => problems(TransferEncoding::SevenBit, body),
        "8bit" => problems(TransferEncoding::EightBit, body),
        "crlf" => assert_eq!(run(name, body), crlf(body)),
        "dot-stuffer" => stuffing(body),
        "flowed-encoder" => flowed(body, false),
        "flowed-delsp-encoder" => flowed(body, true),
        "uuencode-round-trip" => {
            let (back, faults) = decoded(TransferEncoding::Uuencode, &uuencode(body));
            assert_eq!((back, faults), (body.to_vec(), vec![]));
        }
        "text" => text(body, u64::from(*seed)),
        _ => {}
    }
}

/// Everything at once, with much room.
fn run(name: &str, mut src: &[u8]) -> Vec<u8> {
    let mut transform = transform(name).expect("a name of the list");
    let (mut out, mut dst) = (Vec::new(), vec![0; src.len() * 4 + 512]);
    loop {
        let Progress { read, written } = transform(Some(src), &mut dst);
        out.extend_from_slice(&dst[..written]);
        src = &src[read..];
        // Nothing read means that the input has ended by itself.
        if written == 0 && (src.is_empty() || read == 0) {
            break;
        }
    }
    loop {
        let written = transform(None, &mut dst).written;
        out.extend_from_slice(&dst[..written]);
        if written == 0 {
            return out;
        }
    }
}

/// What comes out never depends on how input and output were cut.
fn chunking(name: &str, src: &[u8], seed: u64) {
    let whole = run(name, src);
    let mut dice = Dice::new(seed);
    for cuts in [random_cuts(src, seed), src.chunks(1).collect()] {
        let mut transform = transform(name).expect("a name of the list");
        let mut out = Vec::new();
        let mut room = || vec![0xa5; dice.between(1, if seed.is_multiple_of(2) { 9 } else { 400 })];
        let mut complete = false;
        for mut cut in cuts {
            while !cut.is_empty() && !complete {
                let mut dst = room();
                let Progress { read, written } = transform(Some(cut), &mut dst);
                assert!(read <= cut.len() && written <= dst.len(), "{name}");
                out.extend_from_slice(&dst[..written]);
                cut = &cut[read..];
                complete = read == 0 && written == 0;
            }
        }
        loop {
            let mut dst = room();
            let written = transform(None, &mut dst).written;
            out.extend_from_slice(&dst[..written]);
            if written == 0 {
                break;
            }
        }
        assert_eq!(out, whole, "{name}");
    }
}

fn sorted(problems: Problems) -> Vec<Problem> {
    let mut problems: Vec<_> = problems.iter().collect();
    problems.sort_by_key(|problem| problem.code);
    problems
}

fn decoded(encoding: TransferEncoding, body: &[u8]) -> (Vec<u8>, Vec<Problem>) {
    let mut decoder = TransferDecoder::new(encoding);
    let mut out = BytesMut::new();
    decoder.extend(body, &mut out);
    decoder.finish_into(&mut out);
    (out.to_vec(), sorted(decoder.problems()))
}

/// Octet by octet the fast ways are never taken: what they find wrong is the same.
fn problems(encoding: TransferEncoding, body: &[u8]) {
    let mut decoder = TransferDecoder::new(encoding);
    let mut out = BytesMut::new();
    for octet in body.chunks(1) {
        decoder.extend(octet, &mut out);
    }
    decoder.finish_into(&mut out);
    assert_eq!(
        (out.to_vec(), sorted(decoder.problems())),
        decoded(encoding, body)
    );
    for problem in decoder.problems().iter() {
        assert!(
            problem.count > 0 && problem.first <= body.len() as u64,
            "{problem:?}"
        );
    }
}

/// A reference of its own: the table of decisions in the shortest words.
fn base64(body: &[u8]) {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut group, mut pads, mut done) = (Vec::new(), Vec::new(), 0, false);
    for octet in body {
        let value = ALPHABET.iter().position(|letter| letter == octet);
        match value {
            _ if done => {}
            Some(value) => {
                pads = 0;
                group.push(value as u32);
                if group.len() == 4 {
                    let word = group.drain(..).fold(0, |word, six| word << 6 | six);
                    out.extend_from_slice(&word.to_be_bytes()[1..]);
                }
            }
            None if *octet == b'=' && group.len() >= 2 => {
                pads += 1;
                done = group.len() + pads == 4;
            }
            None => {}
        }
    }
    let word = group.iter().fold(0, |word, six| word << 6 | six);
    match group.len() {
        2 => out.push((word >> 4) as u8),
        3 => out.extend_from_slice(&(word >> 2).to_be_bytes()[2..]),
        _ => {}
    }
    assert_eq!(
        decoded(TransferEncoding::Base64, body).0,
        out,
        "base64 by the reference"
    );
    problems(TransferEncoding::Base64, body);
}

/// Encoded lines are short, of US-ASCII, and end with CRLF.
fn assert_lines(encoded: &[u8]) {
    assert!(encoded.is_ascii());
    for line in encoded.split_inclusive(|octet| *octet == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        assert!(text.len() <= 76, "a line of {}", text.len());
        assert!(!text.contains(&b'\r') && !text.contains(&b'\n'));
    }
}

fn crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, octet) in text.iter().enumerate() {
        if *octet == b'\n' && (at == 0 || text[at - 1] != b'\r') {
            out.push(b'\r');
        }
        out.push(*octet);
    }
    out
}

/// What was stuffed has one last line, and comes back with its last line ended.
fn stuffing(body: &[u8]) {
    let stuffed = run("dot-stuffer", body);
    let (text, end) = stuffed.split_at(stuffed.len() - 3);
    assert_eq!(end, b".\r\n");
    let begins = text.starts_with(b".\r\n");
    assert!(
        !begins && !text.windows(5).any(|five| five == b"\r\n.\r\n"),
        "an early end"
    );
    let mut unstuffer = DotUnstuffer::new();
    let mut out = BytesMut::new();
    unstuffer.extend(&[&stuffed[..], b"QUIT\r\n"].concat(), &mut out);
    assert!(unstuffer.is_complete());
    let whole = body.is_empty() || body.ends_with(b"\r\n");
    let expected = [body, if whole { b"" } else { b"\r\n" }].concat();
    assert_eq!(&out[..], expected);
}

/// What was broken softly joins again. Words over the limit of a line, marks and white space that RFC 3676 gives
/// another meaning do not: text of words is what the law is about.
fn flowed(body: &[u8], delsp: bool) {
    let mut text = Vec::new();
    for line in body.split(|octet| *octet == b'\n') {
        let word = |octet: &u8| octet.is_ascii_graphic() && *octet != b'>';
        let words: Vec<&[u8]> = line
            .split(|octet| !word(octet))
            .map(|word| &word[..word.len().min(200)])
            .filter(|word| !word.is_empty())
            .collect();
        text.extend_from_slice(&words.join(&b' '));
        text.extend_from_slice(b"\r\n");
    }
    let mut encoder = FlowedEncoder::new(delsp);
    let mut broken = BytesMut::new();
    encoder.extend(&text, &mut broken);
    encoder.finish_into(&mut broken);
    let mut decoder = FlowedDecoder::new(delsp);
    let mut joined = BytesMut::new();
    decoder.extend(&broken, &mut joined);
    decoder.finish_into(&mut joined);
    assert_eq!(
        String::from_utf8_lossy(&joined),
        String::from_utf8_lossy(&text),
        "{:?}",
        String::from_utf8_lossy(&broken)
    );
}

fn uuencode(body: &[u8]) -> Vec<u8> {
    let character = |six: u32| if six == 0 { b'`' } else { six as u8 + b' ' };
    let mut out = b"begin 644 file\r\n".to_vec();
    for line in body.chunks(45) {
        out.push(character(line.len() as u32));
        for group in line.chunks(3) {
            let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
            let word = at(0) << 16 | at(1) << 8 | at(2);
            out.extend([18, 12, 6, 0].map(|shift| character(word >> shift & 63)));
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"`\r\nend\r\n");
    out
}

/// A label up to the first line feed, then octets in that charset.
fn text(body: &[u8], seed: u64) {
    let split = body.iter().position(|octet| *octet == b'\n').unwrap_or(0);
    let (label, octets) = body.split_at(split);
    let charset = Charset::for_label(label);
    let mut whole = String::new();
    let mut decoder = TextDecoder::new(charset);
    decoder.decode(octets, &mut whole);
    decoder.finish(&mut whole);
    let clean = decoder.malformed() == 0;
    let mut text = String::new();
    let mut decoder = TextDecoder::new(charset);
    for cut in random_cuts(octets, seed) {
        decoder.decode(cut, &mut text);
    }
    decoder.finish(&mut text);
    assert_eq!(text, whole, "{}", String::from_utf8_lossy(label));
    assert_eq!(decoder.malformed() == 0, clean);
    if let Some(charset) = charset {
        let (text, flag) = charset.decode(octets);
        assert_eq!((&*text, flag), (&*whole, clean));
    } else if let Ok(utf8) = std::str::from_utf8(octets) {
        assert_eq!(whole, utf8, "what is UTF-8 is UTF-8");
    }
}
