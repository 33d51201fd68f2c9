//! Signatures, canonical bodies and key records.

use std::sync::{Arc, OnceLock};

use bytes::BytesMut;
use crypto_core::UnixTime;
use dkim_core::{
    Verifier, VerifierConfig, VerifierEvent,
    canon::{Body, Canonicalization, LfToCrlf},
    wire::{KeyRecord, Signature, TagList},
};
use testkit::laws::{self, Machine};

/// A body, in pieces and octet by octet, against the rules read line by line.
pub fn dkim_canon(data: &[u8]) {
    let Some((&seed, body)) = data.split_first() else {
        return;
    };
    for canonicalization in [Canonicalization::Simple, Canonicalization::Relaxed] {
        let expected = reference(canonicalization, body);
        assert_eq!(canonical(canonicalization, [body]), expected);
        assert_eq!(canonical(canonicalization, body.chunks(1)), expected);
        let cuts = laws::random_cuts(body, u64::from(seed));
        assert_eq!(canonical(canonicalization, cuts), expected);
    }
    let (mut whole, mut pieces) = (Vec::new(), Vec::new());
    LfToCrlf::default().update(body, |piece| whole.extend_from_slice(piece));
    let mut convert = LfToCrlf::default();
    for cut in laws::random_cuts(body, u64::from(seed)) {
        convert.update(cut, |piece| pieces.extend_from_slice(piece));
    }
    assert_eq!(whole, pieces);
    let lone = whole.iter().enumerate().any(|(at, &octet)| {
        octet == b'\n' && at.checked_sub(1).and_then(|at| whole.get(at)) != Some(&b'\r')
    });
    assert!(!lone, "a bare LF is left");
}

fn canonical<'c>(
    canonicalization: Canonicalization,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Vec<u8> {
    let (mut body, mut out) = (Body::new(canonicalization), Vec::new());
    for chunk in chunks {
        body.update(chunk, |piece| out.extend_from_slice(piece));
    }
    body.finish(|piece| out.extend_from_slice(piece));
    out
}

fn reference(canonicalization: Canonicalization, body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    for &octet in body {
        let line = lines.last_mut().expect("there is always one");
        line.push(octet);
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
            lines.push(Vec::new());
        }
    }
    if canonicalization == Canonicalization::Relaxed {
        for line in &mut lines {
            let mut relaxed = Vec::new();
            for &octet in &*line {
                let white = matches!(octet, b' ' | b'\t');
                if !(white && relaxed.last() == Some(&b' ')) {
                    relaxed.push(if white { b' ' } else { octet });
                }
            }
            if relaxed.last() == Some(&b' ') {
                relaxed.pop();
            }
            *line = relaxed;
        }
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    let mut out: Vec<u8> = lines
        .iter()
        .flat_map(|line| [line, &b"\r\n"[..]].concat())
        .collect();
    if out.is_empty() && canonicalization == Canonicalization::Simple {
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Tag lists, signatures and key records: what is taken keeps the rules.
pub fn dkim_tags(data: &[u8]) {
    if let Ok(list) = TagList::parse(data) {
        for tag in list.tags() {
            let whole = data.get(tag.range.clone()).expect("ranges lie in the list");
            assert_eq!(whole.trim_ascii(), tag.value);
            let same = |other: &&dkim_core::wire::Tag<'_>| other.name == tag.name;
            assert_eq!(list.tags().iter().filter(same).count(), 1);
        }
    }
    if let Ok(signature) = Signature::parse(data, 100) {
        assert!(signature.identity_domain.is_within(&signature.domain));
        assert!(signature.signed_fields.len() <= 100);
        assert!(
            signature
                .signed_fields
                .iter()
                .any(|name| name.eq_ignore_ascii_case("from"))
        );
        assert_eq!(signature.body_hash.len(), 32);
        assert!(signature.key_name().is_ascii());
        if let (Some(timestamp), Some(expiration)) = (signature.timestamp, signature.expiration) {
            assert!(timestamp < expiration);
        }
    }
    if let Ok(key) = KeyRecord::parse(data) {
        assert!(!key.public_key.is_empty());
    }
}

/// The record that every question is answered with: that of RFC 8463 appendix A.
pub(crate) const RECORD: &str =
    "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

pub(crate) struct Verifying(pub(crate) Verifier);

impl Machine for Verifying {
    type Event = VerifierEvent;

    fn poll(&mut self, rx: &mut BytesMut, _tx: &mut BytesMut) -> Option<VerifierEvent> {
        loop {
            match self.0.poll(rx)? {
                VerifierEvent::Lookup(question) => {
                    let answer = question.records([[RECORD]]);
                    self.0.answer(answer).expect("the question is open");
                }
                event => return Some(event),
            }
        }
    }

    fn eof(&mut self) {
        self.0.eof();
    }

    fn is_end(event: &VerifierEvent) -> bool {
        matches!(event, VerifierEvent::Closed(_))
    }
}

/// A message, whole and in pieces.
pub fn dkim_verify(data: &[u8]) {
    static CONFIG: OnceLock<Arc<VerifierConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let provider = Arc::new(crypto_core::ring::provider());
        Arc::new(VerifierConfig::new(provider).expect("ring has SHA-256"))
    });
    let Some((&seed, message)) = data.split_first() else {
        return;
    };
    let now = UnixTime::since_unix_epoch(core::time::Duration::from_secs(1_600_000_000));
    let make = || Verifying(Verifier::new(Arc::clone(config), now).expect("randomness"));
    laws::split_with(make, message, u64::from(seed));
}
