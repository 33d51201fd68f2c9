//! Messages from a folder outside of the repository, if one is named.

use std::path::Path;

use mime_core::Config;

use crate::reading::{joined, pieces, whole};

/// Walks `SECUREWIRE_MIME_CORPUS`: every file is a message. Without the variable there is nothing to do.
#[test]
fn a_corpus_is_read_without_loss_in_any_cut() {
    let Some(folder) = std::env::var_os("SECUREWIRE_MIME_CORPUS") else {
        return;
    };
    let (mut folders, mut messages, mut cuts) = (vec![folder.into()], 0, 0);
    while let Some(folder) = folders.pop() {
        let folder: std::path::PathBuf = folder;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                cuts += hold(&path);
                messages += 1;
            }
        }
    }
    println!("{messages} messages, {cuts} cuts");
}

fn hold(path: &Path) -> usize {
    let input = std::fs::read(path).unwrap();
    let expected = whole(&input, Config::new());
    assert_eq!(joined(&expected), input, "{}", path.display());
    for size in [1, 7, 64, 4096] {
        assert_eq!(
            pieces(input.chunks(size), Config::new()),
            expected,
            "{}",
            path.display()
        );
    }
    let step = if input.len() < 3_000 {
        1
    } else {
        input.len() / 50
    };
    let cuts = (0..=input.len()).step_by(step);
    for cut in cuts.clone() {
        let (head, tail) = input.split_at(cut);
        let notes = pieces([head, tail], Config::new());
        assert_eq!(notes, expected, "{} at {cut}", path.display());
    }
    cuts.count()
}
