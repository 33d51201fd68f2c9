//! Whose mail it says it is: the domain of From (RFC 9989 section 5.3.1).

use alloc::boxed::Box;

use mime_core::field;

use super::DmarcReason;
use crate::lookup::domain_name;

/// The domain of all addresses in From.
pub(super) fn author<'f>(
    values: impl IntoIterator<Item = &'f [u8]>,
) -> Result<Box<str>, DmarcReason> {
    let mut values = values.into_iter();
    let value = values.next().ok_or(DmarcReason::NoAuthor)?;
    if values.next().is_some() {
        return Err(DmarcReason::SeveralAuthors);
    }
    let mut author: Option<Box<str>> = None;
    for address in field::addresses(value, &mut |_, _| {}) {
        for mailbox in address.mailboxes() {
            let address = mailbox.address.as_ref().ok_or(DmarcReason::BadAuthor)?;
            let domain = domain_name(&address.domain).ok_or(DmarcReason::BadAuthor)?;
            match &author {
                Some(first) if *first != domain => return Err(DmarcReason::SeveralAuthors),
                Some(_) => {}
                None => author = Some(domain),
            }
        }
    }
    author.ok_or(DmarcReason::NoAuthor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Result<Box<str>, DmarcReason> {
        author(values.iter().map(|value| value.as_bytes()))
    }

    #[test]
    fn the_domain_of_from_is_one() {
        for good in [
            "joe@Example.ORG",
            "Joe <joe@example.org>",
            "=?utf-8?q?bank=2Eexample?= <joe@example.org>",
            "\"joe@bank.example\" <joe@example.org>",
            "a@example.org, b@EXAMPLE.org",
            "staff: a@example.org;",
            "joe (x@bank.example) <joe@example.org>",
        ] {
            assert_eq!(of(&[good]).as_deref(), Ok("example.org"), "{good}");
        }
        assert_eq!(
            of(&["joe@bücher.example"]).as_deref(),
            Ok("xn--bcher-kva.example")
        );
        assert_eq!(of(&["x@a_b.example"]).as_deref(), Ok("a_b.example"));
    }

    #[test]
    fn without_a_domain_or_with_several_there_is_no_author() {
        assert_eq!(of(&[]), Err(DmarcReason::NoAuthor));
        assert_eq!(of(&[""]), Err(DmarcReason::NoAuthor));
        assert_eq!(of(&["nobody:;"]), Err(DmarcReason::NoAuthor));
        assert_eq!(
            of(&["a@b.example, c@d.example"]),
            Err(DmarcReason::SeveralAuthors)
        );
        assert_eq!(
            of(&["a@b.example", "a@b.example"]),
            Err(DmarcReason::SeveralAuthors)
        );
        for bad in ["joe", "joe@localhost", "joe@[192.0.2.1]", "joe@a..b"] {
            assert_eq!(of(&[bad]), Err(DmarcReason::BadAuthor), "{bad}");
        }
    }
}
