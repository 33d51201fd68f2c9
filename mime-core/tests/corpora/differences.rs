//! Differences that were judged one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of a corpus.
pub(crate) fn folder(name: &str) -> PathBuf {
    let root = std::env::var_os("SECUREWIRE_CORPORA");
    let root = root.expect("SECUREWIRE_CORPORA names the folder that .ci/corpora fills");
    Path::new(&root).join(name)
}

/// All files in a folder and those inside it.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    files.sort();
    files
}

/// What is read differently, by name, against a list of accepted differences. Each line of the list is a name and
/// the reason; one that is no difference any more must go, as one that is new must be judged.
pub(crate) fn judge(list: &str, found: &BTreeMap<String, String>) {
    let accepted: BTreeMap<&str, &str> = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("a name and a reason"))
        .collect();
    let new = found
        .iter()
        .filter(|(name, _)| !accepted.contains_key(name.as_str()))
        .map(|(name, difference)| format!("{name}: {difference}"));
    let gone = accepted
        .keys()
        .filter(|name| !found.contains_key(**name))
        .map(|name| format!("{name}: listed, and read alike"));
    let faults: Vec<String> = new.chain(gone).collect();
    assert!(
        faults.is_empty(),
        "{} to be judged\n{}",
        faults.len(),
        faults.join("\n")
    );
}
