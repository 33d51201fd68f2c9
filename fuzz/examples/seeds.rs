//! Writes the seeds of every target into `corpus/`: recordings of honest connections of the toy provider, whole and
//! cut, and their messages.

use std::{fs, path::Path};

use securewire_fuzz::{Variant, recording};
use testkit::rfc8448;

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, octets: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), octets).unwrap();
    };
    let names = [
        "full", "asking", "mutual", "retried", "cookie", "resumed", "small",
    ];
    let bits = [0, 1, 2, 4, 12, 16, 32];
    for (name, bits) in names.into_iter().zip(bits) {
        let (up, down) = recording(Variant(bits));
        write("tls_client", name, &[&[bits], &down[..]].concat());
        write("tls_server", name, &[&[bits], &up[..]].concat());
        write(
            "tls_split",
            &format!("{name}-client"),
            &[&[bits, 1], &down[..]].concat(),
        );
        write(
            "tls_split",
            &format!("{name}-server"),
            &[&[bits, 2], &up[..]].concat(),
        );
        // Structured inputs: any octets do, these begin with the variant.
        let noise: Vec<u8> = (0..200_u8)
            .map(|i| i.wrapping_mul(37).wrapping_add(bits))
            .collect();
        write("tls_middle", name, &[&[bits], &noise[..]].concat());
        write("tls_traffic", name, &[&[bits], &noise[..]].concat());
        write("tls_records", name, &noise);
    }
    let codecs = [1, 2, 8, 13, 11, 15, 4];
    for section in 3..=7 {
        for (index, (name, message)) in rfc8448::example(section).messages().enumerate() {
            if let Some(codec) = codecs.iter().position(|kind| *kind == message[0]) {
                let octets = [&[codec as u8], &message[4..]].concat();
                write(
                    "tls_messages",
                    &format!("rfc8448-{section}-{index}-{name}"),
                    &octets,
                );
            }
        }
    }
    write("tls_messages", "key-update", &[7, 1]);
}
