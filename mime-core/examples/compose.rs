//! Writes a message with an attachment that is handed over piece by piece, and reads it again.

use bytes::{Bytes, BytesMut};
use mime_core::compose::{
    Address, Composer, Config, Disposition, Draft, Event, Header, MediaType, Part, Profile, Slot,
    Wording,
};
use mime_core::{Message, field};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    const PICTURE: Slot = Slot(1);
    let header = Header::new(Wording::EncodedWords)
        .with_from(&[Address::new("J\u{f6}rg", "joerg@example.org")])?
        .with_to(&["jane@example.org".into()])?
        .with_subject("Sch\u{f6}ne Gr\u{fc}\u{df}e")?
        .with_date(1_700_000_000, Some(60))?;
    let picture = Part::octets(MediaType::new("image/png")?, PICTURE)
        .with_disposition(&Disposition::attachment().with_filename("\u{dc}bersicht.png")?)?;
    let draft = Draft::new(header, Part::mixed(vec![Part::plain("Hello\n"), picture]));

    // What a host reads from a file, and where 128 bits of its randomness belong.
    let file = [7; 1000];
    let mut pieces = file.chunks(300).peekable();
    let random = [42; 16];

    let mut composer = Composer::new(&Config::new(Profile::SevenBit), draft, random)?;
    let (mut tx, mut sent) = (BytesMut::new(), Vec::new());
    let outcome = 'message: loop {
        while let Some(event) = composer.poll(&mut tx) {
            match event {
                Event::WantBody(slot) => {
                    let piece = Bytes::copy_from_slice(pieces.next().unwrap_or_default());
                    composer.body(slot, piece, pieces.peek().is_none())?;
                }
                Event::Closed(outcome) => break 'message outcome,
                _ => {}
            }
        }
        // The host's writing: a socket, a file.
        sent.extend_from_slice(&tx);
        tx.clear();
    };
    outcome?;
    sent.extend_from_slice(&tx);

    let message = Message::parse(&sent);
    assert!(message.defects().is_empty());
    let subject = message.root().field("Subject").ok_or("no subject")?;
    let text = field::unstructured(subject.value(), &mut |_, _| {});
    assert_eq!(text, "Sch\u{f6}ne Gr\u{fc}\u{df}e");
    let types = message.parts().map(|part| part.media_type().subtype());
    assert!(types.eq([&b"mixed"[..], b"plain", b"png"]));
    Ok(())
}
