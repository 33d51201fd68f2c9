//! Every target over its corpus, on stable: each input that once found something, and the seeds.

use std::{collections::BTreeSet, fs, path::Path};

type Body = fn(&[u8]);

const TARGETS: &[(&str, Body)] = &[
    ("tls_client", securewire_fuzz::tls_client),
    ("tls_server", securewire_fuzz::tls_server),
    ("tls_middle", securewire_fuzz::tls_middle),
    ("tls_traffic", securewire_fuzz::tls_traffic),
    ("tls_records", securewire_fuzz::tls_records),
    ("tls_messages", securewire_fuzz::tls_messages),
    ("tls_split", securewire_fuzz::tls_split),
    ("mime_scanner", securewire_fuzz::mime_scanner),
    ("mime_fields", securewire_fuzz::mime_fields),
    ("mime_decoders", securewire_fuzz::mime_decoders),
    ("mime_compose", securewire_fuzz::mime_compose),
    ("mime_edit", securewire_fuzz::mime_edit),
    ("esp_open", securewire_fuzz::esp_open),
    ("esp_round", securewire_fuzz::esp_round),
    ("esp_tcp", securewire_fuzz::esp_tcp),
    ("ah_open", securewire_fuzz::ah_open),
    ("ah_round", securewire_fuzz::ah_round),
    ("dkim_canon", securewire_fuzz::dkim_canon),
    ("dkim_tags", securewire_fuzz::dkim_tags),
    ("dkim_verify", securewire_fuzz::dkim_verify),
    ("spf_check", securewire_fuzz::spf_check),
    ("dmarc_check", securewire_fuzz::dmarc_check),
    ("arc_chain", securewire_fuzz::arc_chain),
    #[cfg(feature = "differential")]
    ("mime_differential", securewire_fuzz::mime_differential),
];

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_input_of_the_corpus_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for &(target, body) in TARGETS {
        let folder = root.join("corpus").join(target);
        let inputs = names(&folder);
        assert!(!inputs.is_empty(), "{target} has no seeds");
        for input in inputs {
            println!("{target}/{input}");
            body(&fs::read(folder.join(input)).unwrap());
        }
    }
}

#[test]
fn every_target_is_replayed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut replayed: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).into()).collect();
    if !cfg!(feature = "differential") {
        println!(
            "mime_differential is not replayed: --features differential --ignore-rust-version"
        );
        replayed.insert("mime_differential".into());
    }
    assert_eq!(names(&root.join("corpus")), replayed);
    let binaries = names(&root.join("fuzz_targets"));
    let binaries: BTreeSet<String> = binaries
        .iter()
        .map(|name| name.trim_end_matches(".rs").into())
        .collect();
    assert_eq!(binaries, replayed);
}

#[test]
fn an_honest_recording_brings_a_client_and_a_server_to_their_end() {
    for bits in 0..128 {
        let variant = securewire_fuzz::Variant(bits);
        let (up, down) = securewire_fuzz::recording(variant);
        let client = testkit::laws::drive(variant.client(), [&down[..]], true);
        let server = testkit::laws::drive(variant.server(), [&up[..]], true);
        for run in [&client, &server] {
            let connected = run
                .events
                .iter()
                .any(|event| event.starts_with("Event(Connected"));
            assert!(connected, "{variant:?}: {:?}", run.events);
        }
    }
}

/// Whatever changes what an end draws or sends makes old recordings worthless, without a failure elsewhere.
#[test]
fn the_seeds_still_lead_to_a_connection() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for name in [
        "full", "asking", "mutual", "retried", "cookie", "resumed", "small",
    ] {
        for target in ["tls_client", "tls_server"] {
            let seed = fs::read(corpus.join(target).join(name)).unwrap();
            let (bits, stream) = seed.split_first().unwrap();
            let variant = securewire_fuzz::Variant(*bits);
            let run = if target == "tls_client" {
                testkit::laws::drive(variant.client(), [stream], true)
            } else {
                testkit::laws::drive(variant.server(), [stream], true)
            };
            let connected = run
                .events
                .iter()
                .any(|event| event.starts_with("Event(Connected"));
            assert!(
                connected,
                "{target}/{name} is stale: cargo run --example seeds"
            );
        }
    }
}
