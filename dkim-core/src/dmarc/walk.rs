//! The DNS tree walk (RFC 9989 section 4.10).

use alloc::{boxed::Box, vec::Vec};

use super::{DmarcRecord, PublicSuffix};

/// Questions of a walk, the first included.
const MAX_QUERIES: usize = 8;

/// The domains of a walk, from the longest to the shortest: at most eight.
pub(super) fn domains(start: &str) -> Vec<&str> {
    let labels = start.split('.').count();
    let kept = (labels - 1).min(MAX_QUERIES - 1);
    let mut domains = alloc::vec![start];
    let mut rest = start;
    for left in (1..labels).rev() {
        let Some((_, parent)) = rest.split_once('.') else {
            break;
        };
        rest = parent;
        if left <= kept {
            domains.push(parent);
        }
    }
    domains
}

/// What is known of a domain of a walk.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop<'k> {
    /// Nothing was asked yet.
    Unknown,
    /// There is no answer.
    Unavailable,
    /// There is no record, or several.
    Nothing,
    Record(&'k DmarcRecord),
}

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Organization {
    /// The organizational domain.
    pub(super) domain: Box<str>,
    /// The public suffix above it, if that has a record which says so.
    pub(super) suffix: Option<Box<str>>,
}

/// Why a walk found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Short<'s> {
    /// Answers are missing.
    Unknown,
    /// The DNS has none for a domain.
    Unavailable(&'s str),
}

/// Finds the organizational domain of `start` (section 4.10.2).
pub(super) fn organization<'s, 'k>(
    start: &'s str,
    known: impl Fn(&str) -> Stop<'k>,
) -> Result<Organization, Short<'s>> {
    let mut shortest = None;
    for domain in domains(start) {
        match known(domain) {
            Stop::Unknown => return Err(Short::Unknown),
            Stop::Unavailable => return Err(Short::Unavailable(domain)),
            Stop::Nothing => {}
            Stop::Record(record) => match record.public_suffix {
                PublicSuffix::No => return Ok(found(domain)),
                PublicSuffix::Yes if domain != start => {
                    return Ok(Organization {
                        domain: child(start, domain).unwrap_or(start).into(),
                        suffix: Some(domain.into()),
                    });
                }
                // Its own record ends the walk too.
                PublicSuffix::Yes => return Ok(found(domain)),
                PublicSuffix::Unknown => shortest = Some(domain),
            },
        }
    }
    Ok(found(shortest.unwrap_or(start)))
}

fn found(domain: &str) -> Organization {
    Organization {
        domain: domain.into(),
        suffix: None,
    }
}

/// The domain one label below `suffix`, towards `start`.
fn child<'s>(start: &'s str, suffix: &str) -> Option<&'s str> {
    let above = start.strip_suffix(suffix)?.strip_suffix('.')?;
    let label = above.rfind('.').map_or(0, |dot| dot + 1);
    start.get(label..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_asks_at_most_eight_times() {
        // The examples of section 4.10.
        assert_eq!(
            domains("a.b.c.d.e.f.g.h.i.j.mail.example.com"),
            [
                "a.b.c.d.e.f.g.h.i.j.mail.example.com",
                "g.h.i.j.mail.example.com",
                "h.i.j.mail.example.com",
                "i.j.mail.example.com",
                "j.mail.example.com",
                "mail.example.com",
                "example.com",
                "com",
            ]
        );
        assert_eq!(domains("a.mail.example.com").len(), 4);
        assert_eq!(domains("a.b.c.d.e.f.g.h").len(), 8);
        assert_eq!(domains("a.b.c.d.e.f.g.h")[1], "b.c.d.e.f.g.h");
        assert_eq!(domains("a.b.c.d.e.f.g.h.i")[1], "c.d.e.f.g.h.i");
        assert_eq!(domains("com"), ["com"]);
    }

    fn walk(start: &str, zone: &[(&str, &str)]) -> Organization {
        let zone: Vec<_> = zone
            .iter()
            .map(|(name, record)| (*name, DmarcRecord::parse(record.as_bytes()).unwrap()))
            .collect();
        organization(start, |domain| {
            let found = zone.iter().find(|(name, _)| *name == domain);
            found.map_or(Stop::Nothing, |(_, record)| Stop::Record(record))
        })
        .unwrap()
    }

    #[test]
    fn the_shortest_domain_with_a_record_is_the_organization() {
        let plain = "v=DMARC1; p=none";
        let zone = [("mail.example.com", plain), ("example.com", plain)];
        assert_eq!(walk("a.mail.example.com", &zone), found("example.com"));
        assert_eq!(walk("a.mail.example.com", &[]), found("a.mail.example.com"));
    }

    #[test]
    fn psd_n_ends_the_walk_at_its_domain() {
        let zone = [
            ("mail.example.com", "v=DMARC1; psd=n"),
            ("example.com", "v=DMARC1"),
        ];
        assert_eq!(walk("a.mail.example.com", &zone), found("mail.example.com"));
    }

    #[test]
    fn psd_y_ends_the_walk_one_label_below() {
        let zone = [("com", "v=DMARC1; psd=y")];
        let organization = walk("a.mail.example.com", &zone);
        assert_eq!(&*organization.domain, "example.com");
        assert_eq!(organization.suffix.as_deref(), Some("com"));
        let zone = [("example.com", "v=DMARC1; psd=y"), ("com", "v=DMARC1")];
        assert_eq!(&*walk("mail.example.com", &zone).domain, "mail.example.com");
        // That of the domain itself says nothing about who it belongs to.
        assert_eq!(walk("example.com", &zone), found("example.com"));
    }

    #[test]
    fn one_label_below_is_right_where_the_walk_jumped() {
        let zone = [("d.e.f.g.h.i.j", "v=DMARC1; psd=y")];
        assert_eq!(
            &*walk("a.b.c.d.e.f.g.h.i.j", &zone).domain,
            "c.d.e.f.g.h.i.j"
        );
    }

    #[test]
    fn a_failure_below_the_end_of_the_walk_counts_and_above_does_not() {
        let stop = DmarcRecord::parse(b"v=DMARC1; psd=n").unwrap();
        let known = |failed: &'static str| {
            organization("a.b.c", |domain| match domain {
                domain if domain == failed => Stop::Unavailable,
                "b.c" => Stop::Record(&stop),
                _ => Stop::Nothing,
            })
        };
        assert_eq!(known("c"), Ok(found("b.c")));
        assert_eq!(known("a.b.c"), Err(Short::Unavailable("a.b.c")));
    }
}
