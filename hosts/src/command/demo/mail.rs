//! DKIM: a mail that is signed twice, relayed, and altered on the way.

mod measure;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use crypto_core::{PrivateKeyDer, Provider, SignatureAlgorithm, SigningKey, UnixTime};
use dkim_core::{
    Reason, Signer, SignerConfig, SignerEvent, SigningIdentity, Verdict, Verifier, VerifierConfig,
    VerifierEvent,
    auth_results::{self, AuthResults},
    wire::KeyRecord,
};
use mime_core::compose::{self, Address, Draft, Header, Part, Profile, Wording};
use owo_colors::OwoColorize;

use super::{Checks, title};
use crate::command::{clock, failure::Failure};

const DOMAIN: &str = "example.org";

/// A key that everybody has: it shows how RSA signs where the source of cryptography makes no such keys.
const RSA: &[u8] = include_bytes!("mail/rsa2048.pk8");

/// Runs the section.
pub(super) fn run(provider: &Arc<Provider>, checks: &mut Checks) -> Result<(), Failure> {
    let sender = Sender::new(provider)?;
    let mail = compose(provider)?;
    let signed = sender.sign(provider, &mail)?;
    there(provider, &sender, &signed, checks)?;
    altered(provider, &sender, &signed, checks)?;
    forged(provider, &sender, &signed, checks)?;
    measure::run(provider, &sender, checks)
}

fn wrong(error: impl core::fmt::Display) -> Failure {
    Failure::peer(error.to_string())
}

fn now() -> UnixTime {
    let since = clock::now().duration_since(std::time::UNIX_EPOCH);
    UnixTime::since_unix_epoch(since.unwrap_or_default())
}

/// A domain with a key of each kind, and what it publishes of them.
struct Sender {
    identities: Vec<SigningIdentity>,
    zone: Vec<(String, String)>,
}

impl Sender {
    fn new(provider: &Provider) -> Result<Self, Failure> {
        let made = provider.keys.generate(SignatureAlgorithm::Ed25519);
        let made = made.map_err(wrong)?;
        let mut sender = Self {
            identities: Vec::new(),
            zone: Vec::new(),
        };
        for (selector, pkcs8) in [("rsa", RSA), ("ed", &made)] {
            let key = PrivateKeyDer::Pkcs8(pkcs8.into());
            sender.add(selector, provider.keys.load(&key).map_err(wrong)?)?;
        }
        Ok(sender)
    }

    fn add(&mut self, selector: &str, key: Arc<dyn SigningKey>) -> Result<(), Failure> {
        let name = format!("{selector}._domainkey.{DOMAIN}");
        self.zone
            .push((name, KeyRecord::text(&*key).map_err(wrong)?));
        let identity = SigningIdentity::new(DOMAIN, selector, key).map_err(wrong)?;
        self.identities.push(identity);
        Ok(())
    }

    /// The mail, with a signature of each key before it.
    fn sign(&self, provider: &Arc<Provider>, mail: &[u8]) -> Result<Vec<u8>, Failure> {
        let config = SignerConfig::new(Arc::clone(provider), self.identities.clone());
        let config = Arc::new(config.map_err(wrong)?);
        let mut signer = Signer::new(config, now()).map_err(wrong)?;
        let (mut rx, mut fields) = (BytesMut::from(mail), Vec::<Bytes>::new());
        signer.eof();
        while let Some(event) = signer.poll(&mut rx) {
            match event {
                SignerEvent::Header(field) => fields.push(field),
                SignerEvent::Closed(end) => end.map_err(wrong)?,
                SignerEvent::Sign(_) | SignerEvent::Bare(_) | _ => {}
            }
        }
        fields.push(Bytes::copy_from_slice(mail));
        Ok(fields.concat())
    }
}

/// Verifies what arrives in pieces of this size.
fn verify(
    provider: &Arc<Provider>,
    sender: &Sender,
    mail: &[u8],
    size: usize,
) -> Result<Vec<Verdict>, Failure> {
    let config = Arc::new(VerifierConfig::new(Arc::clone(provider)).map_err(wrong)?);
    let mut verifier = Verifier::new(config, now()).map_err(wrong)?;
    let (mut rx, mut verdicts) = (BytesMut::new(), Vec::new());
    let mut pieces = mail.chunks(size);
    loop {
        while let Some(event) = verifier.poll(&mut rx) {
            match event {
                VerifierEvent::Lookup(question) => {
                    let mut zone = sender.zone.iter();
                    let answer = match zone.find(|(name, _)| name == question.name()) {
                        Some((_, record)) => question.records([[record]]),
                        None => question.no_domain(),
                    };
                    verifier.answer(answer).map_err(wrong)?;
                }
                VerifierEvent::Verdict(verdict) => verdicts.push(verdict),
                VerifierEvent::Closed(end) => {
                    end.map_err(wrong)?;
                    verdicts.sort_by_key(|verdict: &Verdict| verdict.index);
                    return Ok(verdicts);
                }
                VerifierEvent::Bare(_) | VerifierEvent::Chain(_) | _ => {}
            }
        }
        match pieces.next() {
            Some(piece) => rx.extend_from_slice(piece),
            None => verifier.eof(),
        }
    }
}

fn compose(provider: &Provider) -> Result<BytesMut, Failure> {
    let mut random = [0; 16];
    provider.random.fill(&mut random).map_err(wrong)?;
    let header = Header::new(Wording::EncodedWords)
        .with_from(&[Address::new("Joe", "joe@example.org")])
        .and_then(|header| header.with_to(&[Address::from("suzie@example.net")]))
        .and_then(|header| header.with_subject("Is dinner ready?"))
        .and_then(|header| header.with_date(1_795_459_318, Some(60)))
        .map_err(wrong)?;
    let text = Part::plain("Hi.\n\nWe lost the game.  Are you hungry yet?\n\nJoe.\n");
    let mut mail = BytesMut::new();
    Draft::new(header, text)
        .compose(&compose::Config::new(Profile::SevenBit), random, &mut mail)
        .map_err(wrong)?;
    Ok(mail)
}

fn there(
    provider: &Arc<Provider>,
    sender: &Sender,
    signed: &[u8],
    checks: &mut Checks,
) -> Result<(), Failure> {
    title("DKIM: a mail signed by RSA and Ed25519 in one pass");
    let whole = verify(provider, sender, signed, signed.len())?;
    for verdict in &whole {
        let Some(signature) = &verdict.signature else {
            continue;
        };
        let bits = verdict.key.map_or(0, |key| key.bits);
        let what = format!("{:<15} {bits:>4} bits", signature.algorithm.to_string());
        let names = signature.signed_fields.len();
        say!("  {what}  {}", format!("{names} names in h=").dimmed());
    }
    checks.check(
        "both signatures pass",
        whole.len() == 2 && whole.iter().all(Verdict::is_pass),
    );
    checks.check(
        "octet by octet, the verdicts are those of the mail in one piece",
        verify(provider, sender, signed, 1)? == whole,
    );
    let relayed = String::from_utf8_lossy(signed)
        .replacen("Subject: Is", "SUBJECT:\r\n\tIs", 1)
        .replacen("game.  Are", "game. \t Are", 1)
        + " \r\n\r\n";
    let relayed = verify(provider, sender, relayed.as_bytes(), signed.len())?;
    checks.check(
        "a relay may fold a field, widen white space and add empty lines",
        relayed.iter().all(Verdict::is_pass),
    );
    Ok(())
}

/// Prints why the signatures do not pass, and answers whether it is for this reason.
fn refused(what: &str, verdicts: &[Verdict], expected: &Reason) -> bool {
    let first = verdicts
        .iter()
        .find_map(|verdict| verdict.result.as_ref().err());
    let class = verdicts.first().map(Verdict::class);
    if let (Some(class), Some(reason)) = (class, first) {
        say!(
            "  {what:<28} {}  {}",
            class.to_string().yellow(),
            reason.dimmed()
        );
    }
    let same = |verdict: &Verdict| verdict.result.as_ref() == Err(expected);
    verdicts.len() == 2 && verdicts.iter().all(same)
}

fn altered(
    provider: &Arc<Provider>,
    sender: &Sender,
    signed: &[u8],
    checks: &mut Checks,
) -> Result<(), Failure> {
    title("One octet of it changed on the way");
    let text = String::from_utf8_lossy(signed);
    let body = text.replacen("lost", "lest", 1);
    let header = text.replacen("dinner", "Dinner", 1);
    let bare = text.replacen("Hi.\r\n", "Hi.\n", 1);
    let second = format!("From: Mallory <mallory@example.net>\r\n{text}");
    for (what, mail, expected) in [
        ("in the body", body, Reason::BodyMismatch),
        ("in the header", header, Reason::SignatureMismatch),
        ("a CR less: CRLF became LF", bare, Reason::BodyMismatch),
        ("a second From above", second, Reason::SignatureMismatch),
    ] {
        // Whether the policy or the oversigned name finds the second From, it does not pass.
        let verdicts = verify(provider, sender, mail.as_bytes(), 1000)?;
        let holds = refused(what, &verdicts, &expected)
            || verdicts
                .iter()
                .all(|verdict| matches!(verdict.result, Err(Reason::UnsignedDuplicate(_))));
        checks.check(&format!("{what}: neither signature passes"), holds);
    }
    // Every octet of the body but white space, in turn.
    let start = text.find("\r\n\r\n").map_or(0, |at| at + 4);
    let mut survived = 0;
    for at in start..signed.len() {
        let mut mail = signed.to_vec();
        if let Some(octet) = mail.get_mut(at).filter(|octet| octet.is_ascii_graphic()) {
            *octet ^= 1;
            let verdicts = verify(provider, sender, &mail, mail.len())?;
            survived += verdicts.iter().filter(|verdict| verdict.is_pass()).count();
        }
    }
    checks.check("no octet of the text can change", survived == 0);
    Ok(())
}

fn forged(
    provider: &Arc<Provider>,
    sender: &Sender,
    signed: &[u8],
    checks: &mut Checks,
) -> Result<(), Failure> {
    title("What the receiver writes down");
    let claim = b"Authentication-Results: mx.example.net; dkim=pass header.d=bank.example\r\n";
    let found = auth_results::strip([&claim[..]], "mx.example.net");
    let mut results = AuthResults::new("mx.example.net").map_err(wrong)?;
    results.push_dkim(&verify(provider, sender, signed, signed.len())?);
    let field = results.to_field();
    for line in field.lines() {
        say!("  {}", line.dimmed());
    }
    checks.check("a forged result in its name is found", found == [0]);
    checks.check(
        "its own tells both signatures apart",
        field.matches("dkim=pass").count() == 2,
    );
    Ok(())
}
