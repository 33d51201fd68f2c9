//! Writes the seeds of the targets of `mime-core` into `corpus/`: small messages and values with most of what the
//! table of decisions names.

use std::{fs, path::Path};

use securewire_fuzz::{DECODERS, FIELDS};

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let write = |target: &str, name: &str, octets: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), octets).unwrap();
    };
    for (name, bits, message) in MESSAGES {
        write(
            "mime_scanner",
            name,
            &[&[*bits, 7], message.as_bytes()].concat(),
        );
        write("mime_differential", name, message.as_bytes());
        let edits = [0, 1, 0, 1, 3, 0, 0, 1, 4, 2, 0, 1, 6, 1, 1, 5, 1, 7, 2, 0];
        let octets = [&[edits.len() as u8][..], &edits, message.as_bytes()].concat();
        write("mime_edit", name, &octets);
    }
    for (name, values) in VALUES {
        let index = FIELDS.iter().position(|(field, _)| field == name).unwrap();
        for (number, value) in values.iter().enumerate() {
            let octets = [&[index as u8], value.as_bytes()].concat();
            write("mime_fields", &format!("{name}-{number}"), &octets);
        }
    }
    // Structured inputs: any octets do. The length of what is last is read from the end.
    for seed in 0..12_u8 {
        let mut state = u32::from(seed) * 7919 + 1;
        let octets: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 28 {
                0..8 => b'a' + (state >> 20 & 15) as u8,
                8..12 => (state >> 20 & 3) as u8,
                _ => (state >> 20) as u8,
            }
        })
        .take(60 + 40 * usize::from(seed))
        .collect();
        write("mime_compose", &format!("noise-{seed}"), &octets);
    }
    for (name, body) in BODIES {
        let index = DECODERS.iter().position(|decoder| decoder == name).unwrap();
        write("mime_decoders", name, &[&[index as u8, 3], *body].concat());
    }
}

/// A name, the bits of the configuration, a message.
const MESSAGES: &[(&str, u8, &str)] = &[
    ("empty", 0, ""),
    (
        "plain",
        0,
        "From: a@example.org\r\nSubject: x\r\n y\r\n\r\nbody\r\n.\r\n",
    ),
    ("bare-line-feeds", 0, "A: 1\n b\n \n c\n\nx\n\ry\n"),
    ("strict-lines", 1, "A: 1\nB: 2\r\n\r\nx\ny\r\n"),
    ("mbox", 0, "From a@b now: then\nA : 1\n b\n\nx\n"),
    ("byte-order-mark", 0, "\u{feff}A: é\r\n\0: 2\r\n\r\n\0é\r"),
    ("no-blank-line", 0, "Subject: x\r\nhello\r\n--B\r\n"),
    (
        "multipart",
        0,
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\npre\r\n--B\r\n\r\none\r\n\r\n\
         --B \t\r\nA: 1\r\n\r\n--B\r\nA: 1\r\n--B--x\r\n--Bx\r\n\r\n--B--\r\nepi\r\n--B\r\n",
    ),
    (
        "multipart-strict",
        1,
        "Content-Type: multipart/mixed; boundary=\"B\"\r\n\r\n--B\n\r\n--B\r\n-\n--\n\r--B\n--B--\r\n--B--\n",
    ),
    (
        "boundaries-that-begin-alike",
        0,
        "Content-Type: multipart/a; boundary=A\r\n\r\n--A\r\nContent-Type: multipart/b; boundary=A--\r\n\r\n\
         --A--\r\n\r\nx\r\n--A----\r\n--A\r\nContent-Type: multipart/c; boundary=A\r\n\r\n--A\r\n\r\n--A--\r\n\
         --A--\r\n--A--\r\n",
    ),
    (
        "digest",
        0,
        "Content-Type: multipart/digest; boundary=B\r\n\r\n--B\r\n\r\nA: 1\r\n\r\nx\r\n--B\r\n\r\n--B\r\n\r\n\r\n\
         --B--",
    ),
    (
        "embedded",
        0,
        "Content-Type: message/rfc822\r\nMIME-Version: 1.0\r\n\r\nContent-Type: message/global\r\n\r\nA: 1\r\n\
         \r\nx",
    ),
    (
        "encoded-composite",
        2,
        "Content-Type: multipart/mixed; boundary=B\r\nContent-Transfer-Encoding: base64\r\n\r\n--B\r\n\r\nQQ==\r\n",
    ),
    (
        "headers-only",
        4,
        "A: 1\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n",
    ),
    (
        "tight-limits",
        8,
        "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B                    \r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\
         \r\nx\r\n--B\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nA: 1\r\n\r\n--B\r\n",
    ),
    (
        "skipped-part",
        16 | 2 << 5,
        "Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: multipart/a; boundary=C\r\n\r\n\
         --C\r\n\r\nx\r\n--C--\r\n--B\r\n\r\ny\r\n--B--\r\n",
    ),
    (
        "signed",
        0,
        "MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n \
         micalg=sha-256; boundary*0=\"a b\"; boundary*1=c\r\n\r\n--a bc\r\nContent-Type: text/plain\r\n\r\nsigned\r\n\r\n\
         --a bc\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--a bc--\r\n",
    ),
];

/// Values for each reader of fields.
const VALUES: &[(&str, &[&str])] = &[
    (
        "unstructured",
        &[
            " plain\r\n folded",
            " =?utf-8?q?J=C3=B6rg?= =?utf-8?b?w7Y=?= =?x?q?=",
            " =?iso-2022-jp?B?GyRCJCIbKEI=?= é",
        ],
    ),
    ("keywords", &[" a, =?utf-8?q?b,c?=, (x) d"]),
    (
        "addresses",
        &[
            " =?utf-8?q?Doe,_J=C3=B6rg?= <joerg@example.org>, undisclosed:;",
            " \"a \\\" b\" <@r.example,@s:\"x y\"@[127.0.0.1]> (c (d)), g: a@b, c . d @ e;",
            " Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
        ],
    ),
    (
        "date",
        &[
            " Fri, 21 Nov 1997 09:55:06 -0600",
            " Fri, 21 Nov 97 09(comment):   55  :  06 EST (x)",
            " 1 Jul 03 10:52 Z",
        ],
    ),
    (
        "message_ids",
        &[
            " <a@b>\r\n <c.d@[e]>",
            " Your message of <\"x y\"@z>",
            " a@b",
        ],
    ),
    (
        "received",
        &[
            " from mail.example (h.example [192.0.2.1])\r\n\tby mx (Postfix) with ESMTPS id x\r\n\tfor <a@b>; \
             Mon, 1 Jan 2024 00:00:00 +0000",
            " by a via b with c; 1 Jul 2003 10:52:37 GMT",
        ],
    ),
    (
        "media_type",
        &[
            " text/plain; charset=\"us-ascii\"; format=flowed",
            " application/x; a*0*=utf-8'en'%41; a*2=c; a*1=\"b\"; n=\"=?utf-8?q?x?=\"; n*=x''y",
            " multipart/mixed boundary = a b ; =; boundary=c",
        ],
    ),
    (
        "disposition",
        &[" attachment; filename=\"a.txt\"; filename*=UTF-8''%e2%82%ac.txt; size=1"],
    ),
    (
        "list_commands",
        &[" <mailto:a@b?subject=x>, (c) <https://x>, NO (closed)"],
    ),
    ("list_id", &[" =?utf-8?q?L?= \"x\" <list.example.org>"]),
    (
        "authentication_results",
        &[
            " example.org 1; spf=pass (x) smtp.mailfrom=a@b; dkim=fail/1 reason=\"bad\" header.d=b header.i=@b; none",
        ],
    ),
    (
        "delivery_status",
        &[
            "Reporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822;x@y\r\nAction: failed\r\nStatus: 5.0.0\r\n",
        ],
    ),
    (
        "disposition_notification",
        &[
            "Final-Recipient: rfc822;x@y\r\nDisposition: manual-action/MDN-sent-manually; displayed/error\r\n",
        ],
    ),
    (
        "feedback_report",
        &[
            "Feedback-Type: abuse\r\nVersion: 1\r\nSource-IP: 192.0.2.1\r\nArrival-Date: 1 Jul 2003 10:52:37 GMT\r\n",
        ],
    ),
    ("transfer_encoding", &[" (c) base64 ; x=y", " 8Bit"]),
];

/// A body for each transform.
const BODIES: &[(&str, &[u8])] = &[
    (
        "base64",
        b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n\
          NTY3ODkrLwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAx\r\nSG V=s\r\nbG9=\r\nSGVs",
    ),
    ("base64-encoder", b"\0\x01\xfe\xffHello"),
    ("quoted-printable", b"a=20=\r\n b=C3=A9 \t\r\n=ZZ =\t\n=4\xe9=\rx="),
    ("quoted-printable-text-encoder", b"a \r\n.\r\n=\xc3\xa9\n\rx\t"),
    ("quoted-printable-encoder", b"a \r\n.\r\n=\xc3\xa9\n\rx\t"),
    ("uuencode", b"Hi,\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye\r\n"),
    ("7bit", b"a\xe9\0b\r\n"),
    ("8bit", b"a\xe9\0b\r\n"),
    ("crlf", b"a\nb\r\nc\rd\r"),
    ("dot-stuffer", b".\r\n..\r\na\n.\r\n\r.b"),
    ("dot-unstuffer", b"a\n.\nb\r\n..c\r\n.d\r\n.\r\nQUIT\r\n"),
    ("flowed", b">> a \r\n>> b\r\n> c \r\n-- \r\n From x\r\nd"),
    ("flowed-delsp", b">> a \r\n>> b\r\n> c \r\n-- \r\n From x\r\nd"),
    (
        "flowed-encoder",
        b"> a quoted line\nFrom the beginning words and words and words and words and words and words and words\n-- \n",
    ),
    ("flowed-delsp-encoder", b"words and words and words and words and words and words and words and words\n--\n"),
    ("uuencode-round-trip", b"\0\x01\xfe\xffHello, forty-five octets make a whole line of it."),
    ("text", b"iso-2022-jp\n\x1b$B$\"\x1b(B and \xe9"),
];
