//! mail-auth behind the command that the peers of DKIM share: `mail_auth verify ZONE MAIL...` prints `pass` for each mail of
//! which all signatures pass, else `fail` and why. `hosts/tests/peers/dkim` says what is in a zone.

use std::{
    borrow::Borrow,
    collections::HashMap,
    env, fs,
    future::Future,
    hash::Hash,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Instant,
};

use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsCache, DnsError, Error, MessageAuthenticator, NoCache,
    Parameters, ResolverCache, TxtRecord, dkim::DomainKey, dns::TxtRecordParser,
};

/// Records of keys by name; for any other name it says that there is none, so that nothing is looked up.
struct Zone(HashMap<Box<str>, TxtRecord>);

impl Zone {
    fn read(path: &str) -> Self {
        let text = fs::read_to_string(path).expect("a zone");
        let mut records: HashMap<Box<str>, Vec<Vec<u8>>> = HashMap::new();
        for line in text.lines() {
            let (name, record) = line.split_once(' ').expect("a name and its record");
            let name = format!("{name}.").into_boxed_str();
            records.entry(name).or_default().push(unescape(record));
        }
        let parsed = records.into_iter().map(|(name, records)| {
            let found = match &*records[0] {
                b"!nodata" => Err(Error::Dns(DnsError::InvalidRecordType)),
                b"!servfail" => Err(Error::Dns(DnsError::Resolver("no answer".to_owned()))),
                _ => DomainKey::parse_records(&records),
            };
            (name, TxtRecord::from(found))
        });
        Self(parsed.collect())
    }
}

/// Octets that are not printable stand as `\xHH`.
fn unescape(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut octets = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (hex, rest) = piece.split_at(2);
        octets.push(u8::from_str_radix(hex, 16).expect("two digits"));
        octets.extend_from_slice(rest.as_bytes());
    }
    octets
}

impl ResolverCache<Box<str>, TxtRecord> for Zone {
    fn get<Q>(&self, name: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let none = || TxtRecord::Error(Error::Dns(DnsError::InvalidRecordType));
        Some(self.0.get(name).cloned().unwrap_or_else(none))
    }

    fn remove<Q>(&self, _: &Q) -> Option<TxtRecord>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: TxtRecord, _: Instant) {}
}

impl DnsCache for Zone {
    type Txt = Self;
    type Mx = NoCache;
    type Ipv4 = NoCache;
    type Ipv6 = NoCache;
    type Ptr = NoCache;

    fn txt(&self) -> Option<&Self> {
        Some(self)
    }

    fn mx(&self) -> Option<&NoCache> {
        None
    }

    fn ipv4(&self) -> Option<&NoCache> {
        None
    }

    fn ipv6(&self) -> Option<&NoCache> {
        None
    }

    fn ptr(&self) -> Option<&NoCache> {
        None
    }
}

fn verify(authenticator: &MessageAuthenticator, zone: &Zone, message: &[u8]) -> String {
    let Some(message) = AuthenticatedMessage::parse(message) else {
        return "fail unreadable".to_owned();
    };
    let parameters = Parameters::new(&message).with_cache(zone);
    let mut verifying = pin!(authenticator.verify_dkim(parameters));
    let Poll::Ready(outputs) = verifying
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("the cache always answers");
    };
    let mut bad = outputs
        .iter()
        .filter(|output| output.result() != &DkimResult::Pass);
    match bad.next() {
        Some(output) => format!("fail {:?}", output.result()),
        None if outputs.is_empty() => "fail without a signature".to_owned(),
        None => "pass".to_owned(),
    }
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [verb, zone, mails @ ..] = &arguments[..] else {
        panic!("verify ZONE MAIL...");
    };
    assert_eq!(verb, "verify");
    let zone = Zone::read(zone);
    let authenticator = MessageAuthenticator::new_cloudflare().expect("a resolver never asked");
    for mail in mails {
        println!(
            "{}",
            verify(&authenticator, &zone, &fs::read(mail).expect("a mail"))
        );
    }
}
