//! SPF and DMARC: policies, and a DNS that answers whatever the fuzzer wants, the same for the same question.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use crypto_core::{Provider, UnixTime};
use dkim_core::{
    Answer, LookupQuestion, RecordKind,
    dmarc::{Discovery, Dmarc, DmarcConfig, DmarcEvent, DmarcRecord, OrganizationAnswer},
    spf::{Spf, SpfConfig, SpfEvent},
};
use testkit::toy;

/// More than any check may ask: ten terms, each with ten names, both records of them, and the explanation.
const MOST_QUESTIONS: usize = 250;
/// Policies of the tree walk for the author and for each authenticated domain, and whether the author exists.
const MOST_POLICIES: usize = 8 * 3 + 1;

/// A check of SPF: who sends, and what the DNS says. The order of answers changes nothing, and questions are few.
pub fn spf_check(data: &[u8]) {
    let Some((&shape, rest)) = data.split_first() else {
        return;
    };
    let zone = Zone::new(rest);
    let verdict = check(shape, &zone, false);
    assert_eq!(verdict, check(shape, &zone, true), "the order of answers");
}

fn check(shape: u8, zone: &Zone<'_>, backwards: bool) -> String {
    let mut config = SpfConfig::new(provider()).with_receiver("mx.example.net");
    if shape & 1 != 0 {
        config = config.without_validated_names();
    }
    if shape & 2 != 0 {
        config = config.without_explanations();
    }
    let ip = zone.address(u64::from(shape), shape & 4 != 0);
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000));
    let [helo, mail_from] = [zone.line(0), zone.line(1)];
    let new = if shape & 8 == 0 { Spf::new } else { Spf::helo };
    let mut spf = new(Arc::new(config), ip, &helo, &mail_from, now).expect("randomness is there");
    let (mut open, mut asked, mut verdict, mut closed) = (Vec::new(), 0, None, false);
    loop {
        while let Some(event) = spf.poll() {
            assert!(!closed, "an event behind the last");
            match event {
                SpfEvent::Lookup(question) => open.push(question),
                SpfEvent::Verdict(it) => {
                    assert!(verdict.is_none(), "a second verdict");
                    let field = it.received_spf("mx.example.net");
                    let mut lines = field.trim_end().split("\r\n").skip(1);
                    assert!(lines.all(|line| line.starts_with([' ', '\t'])), "{field}");
                    verdict = Some(format!("{it:?}"));
                }
                SpfEvent::Closed => closed = true,
                _ => {}
            }
        }
        let Some(question) = next(&mut open, backwards) else {
            break;
        };
        asked += 1;
        assert!(asked <= MOST_QUESTIONS, "{asked} questions");
        spf.answer(zone.answer(question)).expect("it is open");
    }
    assert!(closed, "no end");
    verdict.expect("one verdict")
}

/// An evaluation of DMARC: a From field, the domains that passed, and what the DNS says.
pub fn dmarc_check(data: &[u8]) {
    let Some((&shape, rest)) = data.split_first() else {
        return;
    };
    if let Some(record) = DmarcRecord::parse(rest) {
        assert!(!record.invalid_policy || record.policy_below(true) == record.policy);
    }
    let zone = Zone::new(rest);
    let verdict = evaluate(shape, &zone, false);
    assert_eq!(
        verdict,
        evaluate(shape, &zone, true),
        "the order of answers"
    );
}

fn evaluate(shape: u8, zone: &Zone<'_>, backwards: bool) -> String {
    let mut config = DmarcConfig::new(provider());
    if shape & 1 != 0 {
        config = config.with_discovery(Discovery::PublicSuffixes);
    }
    let fields = [zone.line(0), zone.line(1)];
    let fields = fields.iter().take(if shape & 2 == 0 { 1 } else { 2 });
    let from = fields.map(|field| field.as_bytes());
    let mut dmarc = Dmarc::new(Arc::new(config), from).expect("randomness is there");
    // What is no domain is refused, and counts for nothing.
    let _ = dmarc.spf_passed(&zone.line(2));
    let _ = dmarc.dkim_passed(&zone.line(3));
    dmarc.end_of_results().expect("it was not said before");
    let (mut open, mut organizations) = (Vec::new(), Vec::<OrganizationAnswer>::new());
    let (mut asked, mut verdict, mut closed) = (0, None, false);
    loop {
        while let Some(event) = dmarc.poll() {
            assert!(!closed, "an event behind the last");
            match event {
                DmarcEvent::Lookup(question) => open.push(question),
                DmarcEvent::Organization(question) => {
                    let parent = question.domain().split_once('.');
                    let parent = parent.map(|(_, parent)| parent.to_owned());
                    organizations.push(match parent {
                        Some(parent) if shape & 4 == 0 => question.belongs_to(&parent),
                        _ => question.itself(),
                    });
                }
                DmarcEvent::Verdict(it) => {
                    assert!(verdict.is_none(), "a second verdict");
                    verdict = Some(format!("{it:?}"));
                }
                DmarcEvent::Closed => closed = true,
                _ => {}
            }
        }
        if let Some(answer) = organizations.pop() {
            dmarc.organization(answer).expect("it is open");
            continue;
        }
        let Some(question) = next(&mut open, backwards) else {
            break;
        };
        asked += 1;
        assert!(asked <= MOST_POLICIES, "{asked} questions");
        dmarc.answer(zone.answer(question)).expect("it is open");
    }
    assert!(closed, "no end");
    verdict.expect("one verdict")
}

fn provider() -> Arc<Provider> {
    Arc::new(toy::provider(0))
}

fn next(open: &mut Vec<LookupQuestion>, backwards: bool) -> Option<LookupQuestion> {
    if backwards {
        open.pop()
    } else if open.is_empty() {
        None
    } else {
        Some(open.remove(0))
    }
}

/// What the DNS knows: lines, of which the name that is asked for chooses one.
struct Zone<'d> {
    lines: Vec<&'d [u8]>,
}

impl<'d> Zone<'d> {
    fn new(data: &'d [u8]) -> Self {
        let lines = data.split(|octet| *octet == b'\n').collect();
        Self { lines }
    }

    fn line(&self, index: usize) -> String {
        let line = self.lines.get(index).copied().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    }

    fn address(&self, seed: u64, old: bool) -> IpAddr {
        if old {
            Ipv4Addr::new(192, 0, 2, seed.to_le_bytes()[0] & 15).into()
        } else {
            Ipv6Addr::from(0x2001_0db8 << 96 | u128::from(seed & 15)).into()
        }
    }

    /// The line that starts with the name that is asked for, or any other that a number made of the name points to.
    fn answer(&self, question: LookupQuestion) -> Answer {
        let name = question.name().to_owned();
        let seed = name
            .bytes()
            .chain(question.kind().as_str().bytes())
            .fold(7u64, |sum, octet| {
                sum.wrapping_mul(31).wrapping_add(octet.into())
            });
        let own = |line: &&&[u8]| line.starts_with(name.as_bytes());
        let own = self.lines.iter().find(own);
        let own = own.map(|line| {
            line.get(name.len()..)
                .unwrap_or_default()
                .trim_ascii_start()
        });
        let count = u64::try_from(self.lines.len()).unwrap_or(1).max(1);
        let place = usize::try_from(seed % count).unwrap_or(0);
        let line = own.unwrap_or_else(|| self.lines.get(place).copied().unwrap_or_default());
        let few = u16::from(line.first().copied().unwrap_or(0) % 13);
        match (line, question.kind()) {
            ([b'0', ..], _) => question.no_data(),
            ([b'1', ..], _) => question.no_domain(),
            ([b'2', ..], _) => question.unavailable(),
            (_, RecordKind::Txt) => {
                // A vertical bar between records, a circumflex between strings.
                let records = line.split(|octet| *octet == b'|');
                question.records(records.map(|record| record.split(|octet| *octet == b'^')))
            }
            (_, RecordKind::A) => question.addresses(
                (0..few).map(|more| self.address(seed.wrapping_add(u64::from(more)), true)),
            ),
            (_, RecordKind::Aaaa) => question.addresses(
                (0..few).map(|more| self.address(seed.wrapping_add(u64::from(more)), false)),
            ),
            (_, RecordKind::Mx) => {
                question.exchanges((0..few).map(|more| (more % 3, format!("m{more}.{name}"))))
            }
            (_, _) => question.names((0..few).map(|more| format!("p{more}.{}", self.line(0)))),
        }
    }
}
