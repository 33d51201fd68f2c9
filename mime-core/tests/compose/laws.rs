//! Laws: what is written reads back as what was given, no cut matters, and the end comes once.

use mime_core::compose::{Address, Config, Header, Mailbox, Wording};
use mime_core::{Message, field};
use proptest::prelude::*;

use crate::driving::drive;
use crate::tree::{Bodies, line, profiles, seen, trees};

/// What every line must be.
fn hold_lines(sent: &[u8], config: &Config, wording: Wording) {
    let message = Message::parse(sent);
    for part in message.parts() {
        let header = part.header();
        let lines = header.split(|&octet| octet == b'\n');
        assert!(lines.clone().all(|line| line.len() <= 999));
        if wording == Wording::EncodedWords {
            assert!(header.is_ascii());
        }
    }
    if *config == Config::new(mime_core::compose::Profile::SevenBit) {
        assert!(sent.is_ascii());
        let lines = sent.split(|&octet| octet == b'\n');
        assert!(lines.clone().all(|line| line.len() <= 999));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_written_reads_back_whatever_the_pieces(
        tree in trees(),
        subject in line(),
        (profile, wording) in profiles(),
        size in 1usize..60,
    ) {
        let mut config = Config::new(profile);
        if wording == Wording::Utf8 {
            config = config.with_smtputf8();
        }
        let mut bodies = Bodies::new();
        let draft = tree.draft(&subject, wording, &mut bodies);
        let whole = drive(&config, draft, &bodies, usize::MAX / 2);
        prop_assert_eq!(whole.end, Ok(()));
        let mut expected = Vec::new();
        tree.expected(Some(&subject), &mut expected);
        prop_assert_eq!(seen(&whole.sent), expected);
        hold_lines(&whole.sent, &config, wording);

        let mut bodies = Bodies::new();
        let draft = tree.draft(&subject, wording, &mut bodies);
        let narrow = config.with_max_pending(1);
        let pieces = drive(&narrow, draft, &bodies, size);
        prop_assert_eq!(pieces.end, Ok(()));
        prop_assert!(pieces.sent == whole.sent, "pieces of {}", size);
    }

    #[test]
    fn addresses_read_back(
        names in proptest::collection::vec(line(), 1..6),
        group in any::<bool>(),
        utf8 in any::<bool>(),
    ) {
        let wording = if utf8 { Wording::Utf8 } else { Wording::EncodedWords };
        let names: Vec<String> = names.iter().map(|name| name.replace('\t', "")).collect();
        let members: Vec<Mailbox<'_>> = names
            .iter()
            .map(|name| Mailbox { name, address: "\"a b\"@example.org" })
            .collect();
        let list: Vec<Address<'_>> = if group {
            vec![Address::group("some, people", &members), "x@y".into()]
        } else {
            members.iter().copied().map(Address::Mailbox).collect()
        };
        let header = Header::new(wording).with_addresses("To", &list).unwrap();
        let message = Message::parse(header.as_bytes());
        let to = message.root().field("To").unwrap();
        let value = to.value();
        let mut faults = Vec::new();
        let read = field::addresses(value, &mut |code, _| faults.push(code));
        let mut found: Vec<_> = read.iter().flat_map(field::Address::mailboxes).collect();
        if group {
            let last = found.pop().unwrap();
            prop_assert_eq!(last.address.as_ref().unwrap().to_string(), "x@y");
        }
        prop_assert_eq!(found.len(), names.len());
        for (mailbox, name) in found.iter().zip(&names) {
            let read = mailbox.name.as_deref().unwrap_or_default();
            prop_assert_eq!(read, name.as_str(), "{}", String::from_utf8_lossy(value));
            prop_assert_eq!(mailbox.address.as_ref().unwrap().to_string(), "\"a b\"@example.org");
        }
        prop_assert_eq!(faults, []);
    }
}
