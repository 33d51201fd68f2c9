//! Nothing is lost, wherever the input is cut.

use std::path::Path;

use mime_core::Config;

use crate::differences::{files, folder};
use crate::reading::{Holding, joined, pieces, whole};

#[test]
fn spamassassin_is_read_without_loss_in_any_pieces() {
    let messages = files(&folder("spamassassin/messages"));
    assert!(messages.len() > 6_000);
    for (at, path) in messages.iter().enumerate() {
        // Octet by octet where it is cheap, and each of these sizes for a quarter of them.
        let size = [1, 7, 64, 4096][at % 4];
        hold(path, [size], [at * 31 % 1_000]);
    }
}

#[test]
fn cpythons_messages_are_read_without_loss_in_any_cut() {
    hold_everywhere(&folder("cpython/messages"));
}

#[test]
fn mail_parsers_messages_are_read_without_loss_in_any_cut() {
    hold_everywhere(&folder("mail-parser/messages"));
}

fn hold_everywhere(folder: &Path) {
    let messages = files(folder);
    assert!(!messages.is_empty());
    for path in messages {
        let len = std::fs::metadata(&path).unwrap().len();
        let len = usize::try_from(len).unwrap();
        // All cuts of one message cost the square of its length.
        let step = len / 2_000 + 1;
        hold(&path, [1, 7, 64, 4096], (0..=len).step_by(step));
    }
}

fn hold(
    path: &Path,
    sizes: impl IntoIterator<Item = usize>,
    cuts: impl IntoIterator<Item = usize>,
) {
    let input = std::fs::read(path).unwrap();
    let expected = whole(&input, Config::new());
    assert_eq!(joined(&expected), input, "{}", path.display());
    for size in sizes {
        let holding = if size % 2 == 0 {
            Holding::Owned
        } else {
            Holding::Lent
        };
        let notes = pieces(input.chunks(size), Config::new(), holding);
        assert_eq!(notes, expected, "{} by {size}", path.display());
    }
    for cut in cuts {
        let (head, tail) = input.split_at(cut.min(input.len()));
        let notes = pieces([head, tail], Config::new(), Holding::ByTurns);
        assert_eq!(notes, expected, "{} at {cut}", path.display());
    }
}
