//! Mail that is made: the same octets in every run.

use std::fmt::Write;

/// A generator of numbers that look random (xorshift).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) const fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    const fn below(&mut self, end: usize) -> usize {
        (self.draw() % end as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const WORDS: &[&str] = &[
    "the", "of", "and", "message", "delivery", "to", "a", "in", "server", "please", "find",
    "attached", "meeting", "tomorrow", "release", "is", "not", "report", "for", "list", "price",
    "offer", "with", "thanks", "regards", "invoice", "at", "your", "account", "we", "that",
    "build", "was", "by", "number",
];

/// So many octets of words in lines of about 70.
fn prose(dice: &mut Dice, len: usize) -> String {
    let mut text = String::with_capacity(len + 80);
    let mut column = 0;
    while text.len() < len {
        let word = dice.pick(WORDS);
        if column + word.len() > 70 {
            text.push_str("\r\n");
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += word.len();
    }
    text.push_str("\r\n");
    text
}

/// The fields of an ordinary message, without the empty line.
fn heading(dice: &mut Dice) -> String {
    let mut head = String::new();
    let (id, second) = (dice.draw(), dice.below(60));
    let subject: Vec<_> = (0..6).map(|_| dice.pick(WORDS)).collect();
    let _ = write!(
        head,
        "Received: from mail.example.org (mail.example.org [192.0.2.17])\r\n\
         \tby mx.example.net (Postfix) with ESMTPS id {id:X}\r\n\
         \tfor <user@example.net>; Thu, 22 Aug 2002 12:36:{second:02} +0100 (IST)\r\n\
         Message-ID: <{id:x}.{second}@mail.example.org>\r\n\
         Date: Thu, 22 Aug 2002 18:26:{second:02} +0700\r\n\
         From: \"Robert Elz\" <kre@munnari.example.org>\r\n\
         To: Chris Garrigues <cwg@example.net>, exmh-workers@lists.example.com\r\n\
         Subject: Re: {}\r\n\
         MIME-Version: 1.0\r\n",
        subject.join(" ")
    );
    head
}

/// `len` octets that look random, as base64 in lines of 76.
pub(crate) fn base64_lines(dice: &mut Dice, len: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut lines = Vec::with_capacity(len / 57 * 78 + 80);
    let mut column = 0;
    for _ in 0..len / 3 {
        let mut bits = dice.draw();
        for _ in 0..4 {
            lines.push(ALPHABET[(bits & 63) as usize]);
            bits >>= 6;
        }
        column += 4;
        if column == 76 {
            lines.extend_from_slice(b"\r\n");
            column = 0;
        }
    }
    if column > 0 {
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

fn attachment(dice: &mut Dice, name: &str, len: usize) -> Vec<u8> {
    let mut part = format!(
        "Content-Type: application/octet-stream; name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n"
    )
    .into_bytes();
    part.extend(base64_lines(dice, len));
    part
}

const BOUNDARY: &str = "----=_NextPart_000_001F_01C24A8C.7E3F1B20";

/// A multipart of parts, each with its own fields.
fn multipart(dice: &mut Dice, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut message = heading(dice).into_bytes();
    message.extend_from_slice(
        format!("Content-Type: multipart/mixed;\r\n\tboundary=\"{BOUNDARY}\"\r\n\r\nThis is a message of parts.\r\n")
            .as_bytes(),
    );
    for part in parts {
        message.extend_from_slice(format!("\r\n--{BOUNDARY}\r\n").as_bytes());
        message.extend_from_slice(part);
    }
    message.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    message
}

fn text_part(dice: &mut Dice, len: usize) -> Vec<u8> {
    format!(
        "Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
        prose(dice, len)
    )
    .into_bytes()
}

/// One message with 25 MB of base64.
pub(crate) fn base64() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(1);
    let parts = [
        text_part(dice, 600),
        attachment(dice, "video.bin", 18_250_000),
    ];
    vec![multipart(dice, &parts)]
}

/// Messages with an attachment of 300 KB.
pub(crate) fn attachments() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(2);
    let message = |dice: &mut Dice| {
        let parts = [
            text_part(dice, 900),
            attachment(dice, "report.pdf", 220_000),
        ];
        multipart(dice, &parts)
    };
    (0..3).map(|_| message(dice)).collect()
}

/// Newsletters: an alternative of text and HTML, both quoted-printable, about 60 KB each.
pub(crate) fn newsletters() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(3);
    let coded = |dice: &mut Dice, kind: &str, len: usize| {
        let mut part = format!(
            "Content-Type: text/{kind}; charset=\"utf-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        );
        let mut column = 0;
        while part.len() < len {
            let piece = match dice.below(14) {
                0 => "=C3=A9",
                1 => "=3D",
                2 => "=E2=80=99s",
                3 if kind == "html" => "<td style=3D\"color:#333\">",
                4 if kind == "html" => "</td>",
                _ => dice.pick(WORDS),
            };
            if dice.below(24) == 0 {
                part.push_str("\r\n");
                column = 0;
            } else if column + piece.len() > 74 {
                part.push_str("=\r\n");
                column = 0;
            }
            part.push_str(piece);
            part.push(' ');
            column += piece.len() + 1;
        }
        part.push_str("=\r\n\r\n");
        part.into_bytes()
    };
    let message = |dice: &mut Dice| {
        let parts = [coded(dice, "plain", 18_000), coded(dice, "html", 42_000)];
        multipart(dice, &parts)
    };
    (0..8).map(|_| message(dice)).collect()
}

/// Messages of 6.4 KB with 24 fields as a mailing list hands them on: traces, signatures, addresses, identifiers.
pub(crate) fn headers() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(8);
    (0..40).map(|_| listed(dice)).collect()
}

fn listed(dice: &mut Dice) -> Vec<u8> {
    let mut head = String::from("Return-Path: <exmh-workers-bounces@lists.example.com>\r\n");
    for hop in 0..5 {
        let (id, second) = (dice.draw(), dice.below(60));
        let _ = write!(
            head,
            "Received: from relay{hop}.example.org (relay{hop}.example.org [192.0.2.{second}])\r\n\
             \tby mx{hop}.example.net (Postfix) with ESMTPS id {id:X}\r\n\
             \t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\r\n\
             \tfor <user@example.net>; Thu, 22 Aug 2002 12:36:{second:02} +0100 (IST)\r\n"
        );
    }
    let _ = write!(
        head,
        "Authentication-Results: mx.example.net; dkim=pass header.d=example.org;\r\n\
         \tspf=pass smtp.mailfrom=lists.example.com; dmarc=pass header.from=example.org\r\n\
         DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=list;\r\n\
         \th=from:to:subject:date:message-id:list-id:list-unsubscribe;\r\n\tb="
    );
    for line in base64_lines(dice, 256).chunks(78) {
        head.push_str(std::str::from_utf8(line).unwrap_or_default());
        head.push('\t');
    }
    head.truncate(head.trim_end().len());
    head.push_str("\r\n");
    // One trace more, then who wrote what to whom.
    head.push_str(&heading(dice));
    let id = dice.draw();
    let _ = write!(
        head,
        "Cc: \"Workers, all\" <exmh-workers@lists.example.com>, Brent Welch <welch@example.edu>\r\n\
         Reply-To: exmh-workers@lists.example.com\r\n\
         In-Reply-To: <{id:x}.1030028460@mail.example.net>\r\n\
         References: <{id:x}.1030015801@mail.example.org>\r\n\t<{id:x}.1030028460@mail.example.net>\r\n\
         List-Id: Discussion of exmh <exmh-workers.lists.example.com>\r\n\
         List-Post: <mailto:exmh-workers@lists.example.com>\r\n\
         List-Unsubscribe: <https://lists.example.com/listinfo/exmh-workers>,\r\n\
         \t<mailto:exmh-workers-request@lists.example.com?subject=unsubscribe>\r\n\
         Precedence: list\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n"
    );
    let rest = 6_400 - head.len();
    head.push_str(&prose(dice, rest));
    head.into_bytes()
}

/// Headers of 24 fields and 6.4 KB, most of them folded and known to nobody, with little behind them.
pub(crate) fn fields() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(4);
    let message = |dice: &mut Dice| {
        let mut head = heading(dice);
        for index in 0..16 {
            let _ = write!(head, "X-Forefront-Report-{index}:");
            for _ in 0..5 {
                let _ = write!(
                    head,
                    " CIP:{:x};CTRY:;LANG:en;SCL:1;\r\n\tSRV:;IPV:NLI;SFV:NSPM;",
                    dice.draw()
                );
            }
            head.push_str("\r\n");
        }
        head.push_str("Content-Type: text/plain; charset=us-ascii\r\n\r\nShort.\r\n");
        head.into_bytes()
    };
    (0..40).map(|_| message(dice)).collect()
}

/// One message of 5,000 parts.
pub(crate) fn parts() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(5);
    let parts: Vec<_> = (0..5_000).map(|_| text_part(dice, 60)).collect();
    vec![multipart(dice, &parts)]
}

/// One message of 1 MB of text.
pub(crate) fn text() -> Vec<Vec<u8>> {
    let dice = &mut Dice::new(6);
    let message = format!(
        "{}Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
        heading(dice),
        prose(dice, 1_000_000)
    );
    vec![message.into_bytes()]
}

/// The beginning of a message that has no end: a multipart with an attachment under way.
pub(crate) fn endless_head() -> Vec<u8> {
    let dice = &mut Dice::new(7);
    let parts = [text_part(dice, 600), attachment(dice, "endless.bin", 57)];
    let mut head = multipart(dice, &parts);
    let close = format!("\r\n--{BOUNDARY}--\r\n");
    head.truncate(head.len() - close.len());
    head
}

/// Its close delimiter.
pub(crate) fn endless_tail() -> Vec<u8> {
    format!("\r\n--{BOUNDARY}--\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use mime_core::Message;

    use super::{attachments, base64, fields, headers, newsletters, parts, text};

    #[test]
    fn what_is_made_is_the_mail_that_its_name_promises() {
        let sizes =
            |messages: Vec<Vec<u8>>| messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        assert!((24_000_000..26_000_000).contains(&sizes(base64())));
        assert!((290_000..320_000).contains(&sizes(attachments())));
        assert!((5_800..7_000).contains(&sizes(fields())));
        assert!((6_300..6_500).contains(&sizes(headers())));
        assert!((1_000_000..1_010_000).contains(&sizes(text())));
        assert_eq!(Message::parse(&parts()[0]).parts().count(), 5_001);
        for message in [&fields()[0], &headers()[0]] {
            assert_eq!(Message::parse(message).root().fields().count(), 24);
            assert!(Message::parse(message).defects().is_empty());
        }
        for message in newsletters().iter().chain(&attachments()) {
            assert!(Message::parse(message).defects().is_empty());
            assert_eq!(Message::parse(message).leaves().count(), 2);
        }
        assert_eq!(newsletters(), newsletters());
    }
}
