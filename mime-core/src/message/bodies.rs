//! What of a message is shown, and what is attached to it (RFC 8621, section 4.1.4).

use alloc::vec::Vec;

use super::{Message, Part};
use crate::entity::Kind;

/// The leaves of a message in three lists. A leaf may stand in several of them: an image between paragraphs is
/// shown with the text, and can be saved.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Bodies<'m, 'a> {
    /// What to show, one after the other, where plain text is preferred.
    pub text: Vec<Part<'m, 'a>>,
    /// What to show, one after the other, where HTML is preferred.
    pub html: Vec<Part<'m, 'a>>,
    /// Everything else, embedded messages included.
    pub attachments: Vec<Part<'m, 'a>>,
}

impl<'a> Message<'a> {
    /// What of it is shown, and what is attached: [`Part::bodies`] of the root.
    #[must_use]
    pub fn bodies(&self) -> Bodies<'_, 'a> {
        self.root().bodies()
    }

    /// What is attached, in order: [`Part::filename`] proposes a name for each.
    pub fn attachments(&self) -> impl Iterator<Item = Part<'_, 'a>> {
        self.bodies().attachments.into_iter()
    }
}

impl<'m, 'a> Part<'m, 'a> {
    /// What of it is shown, and what is attached, when it is taken for a message of its own.
    ///
    /// Every leaf is in one list at least. Embedded messages are attachments and stay whole: `bodies` of the
    /// message inside tells what it shows.
    #[must_use]
    pub fn bodies(&self) -> Bodies<'m, 'a> {
        let mut bodies = Bodies::default();
        let first = match self.kind() {
            Kind::Message => self.children().next().unwrap_or(*self),
            Kind::Leaf | Kind::Multipart | Kind::Opaque => *self,
        };
        let mut open = Vec::new();
        // The message stands alone, as if in a multipart/mixed of its own.
        let mut frame = Frame::new(alloc::vec![first].into_iter(), Within::Mixed, &bodies);
        loop {
            let Some(part) = frame.parts.next() else {
                frame.share(&mut bodies);
                match open.pop() {
                    Some(outer) => frame = outer,
                    None => return bodies,
                }
                continue;
            };
            let is_first = core::mem::take(&mut frame.is_first);
            if part.kind() == Kind::Multipart {
                let inner = frame.enter(part, &bodies);
                open.push(core::mem::replace(&mut frame, inner));
            } else {
                frame.sort(part, is_first, &mut bodies);
            }
        }
    }
}

/// What a multipart means for the parts in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Mixed,
    Related,
    Alternative,
}

/// A leaf as the rules see it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Html,
    /// An image, audio or video.
    Media,
    Other,
}

impl Class {
    fn of(part: &Part<'_, '_>) -> Self {
        let media_type = part.media_type();
        let is = |kind, subtype| media_type.is(kind, subtype);
        match part.kind() {
            Kind::Leaf if is("text", "plain") => Self::Plain,
            Kind::Leaf if is("text", "html") => Self::Html,
            Kind::Leaf if is("image", "*") || is("audio", "*") || is("video", "*") => Self::Media,
            Kind::Leaf | Kind::Multipart | Kind::Message | Kind::Opaque => Self::Other,
        }
    }
}

/// A multipart whose parts are being sorted.
struct Frame<P> {
    parts: P,
    within: Within,
    is_first: bool,
    /// An alternative is around it, at any distance.
    in_alternative: bool,
    /// Whether the lists still take parts from here: an alternative that turned out to be HTML is none of the
    /// plain text.
    takes_text: bool,
    takes_html: bool,
    /// How long the lists were.
    text: usize,
    html: usize,
}

impl<'m, 'a> Frame<alloc::vec::IntoIter<Part<'m, 'a>>> {
    fn new(
        parts: alloc::vec::IntoIter<Part<'m, 'a>>,
        within: Within,
        bodies: &Bodies<'m, 'a>,
    ) -> Self {
        Self {
            parts,
            within,
            is_first: true,
            in_alternative: false,
            takes_text: true,
            takes_html: true,
            text: bodies.text.len(),
            html: bodies.html.len(),
        }
    }

    fn enter(&self, part: Part<'m, 'a>, bodies: &Bodies<'m, 'a>) -> Self {
        let media_type = part.media_type();
        let within = match () {
            () if media_type.is("multipart", "alternative") => Within::Alternative,
            () if media_type.is("multipart", "related") => Within::Related,
            () => Within::Mixed,
        };
        let parts: Vec<_> = part.children().collect();
        Self {
            in_alternative: self.in_alternative || within == Within::Alternative,
            takes_text: self.takes_text,
            takes_html: self.takes_html,
            ..Self::new(parts.into_iter(), within, bodies)
        }
    }

    fn sort(&mut self, part: Part<'m, 'a>, is_first: bool, bodies: &mut Bodies<'m, 'a>) {
        let class = Class::of(&part);
        let attached = part.disposition().is_some_and(|it| it.is("attachment"));
        // A text with a name that does not come first is a file; of a multipart/related only the root is shown.
        let inline = !attached
            && class != Class::Other
            && (is_first
                || self.within != Within::Related
                    && (class == Class::Media || part.filename().is_none()));
        if !inline {
            bodies.attachments.push(part);
            return;
        }
        if self.within == Within::Alternative {
            match class {
                // Where the list is closed, nothing else would hold the part.
                Class::Plain if self.takes_text => bodies.text.push(part),
                Class::Html if self.takes_html => bodies.html.push(part),
                Class::Plain | Class::Html | Class::Media | Class::Other => {
                    bodies.attachments.push(part);
                }
            }
            return;
        }
        if self.in_alternative {
            match class {
                Class::Plain => self.takes_html = false,
                Class::Html => self.takes_text = false,
                Class::Media | Class::Other => {}
            }
        }
        if self.takes_text {
            bodies.text.push(part);
        }
        if self.takes_html {
            bodies.html.push(part);
        }
        let both = self.takes_text && self.takes_html;
        let neither = !self.takes_text && !self.takes_html;
        if neither || !both && class == Class::Media {
            bodies.attachments.push(part);
        }
    }

    /// The end of an alternative that had one form only: it is shown in both lists.
    fn share(&self, bodies: &mut Bodies<'m, 'a>) {
        if self.within != Within::Alternative || !self.takes_text || !self.takes_html {
            return;
        }
        let (text, html) = (bodies.text.len(), bodies.html.len());
        if text == self.text && html > self.html {
            let only = bodies.html.get(self.html..).unwrap_or_default();
            bodies.text.extend_from_slice(only);
        } else if html == self.html && text > self.text {
            let only = bodies.text.get(self.text..).unwrap_or_default();
            bodies.html.extend_from_slice(only);
        }
    }
}
