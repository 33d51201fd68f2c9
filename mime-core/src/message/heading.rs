//! The fields of a header, read when they are asked for.
//!
//! Of a field that occurs again the first one counts. What a reader of values forgives is not told here: the
//! functions of [`field`](crate::field) tell it, over [`Field::value`](crate::Field::value).

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Part;
use crate::field::{self, Address, DateTime};
use crate::name::Known;

impl<'a> Part<'_, 'a> {
    /// The text of Subject.
    #[must_use]
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.unstructured(Known::Subject)
    }

    /// The text of Content-Description.
    #[must_use]
    pub fn description(&self) -> Option<Cow<'a, str>> {
        self.unstructured(Known::ContentDescription)
    }

    /// The authors: From.
    #[must_use]
    pub fn from(&self) -> Vec<Address<'a>> {
        self.addresses(Known::From)
    }

    /// Who sent it, if that is not the author: Sender.
    #[must_use]
    pub fn sender(&self) -> Vec<Address<'a>> {
        self.addresses(Known::Sender)
    }

    /// Where answers are wanted: Reply-To.
    #[must_use]
    pub fn reply_to(&self) -> Vec<Address<'a>> {
        self.addresses(Known::ReplyTo)
    }

    /// The primary recipients: To.
    #[must_use]
    pub fn to(&self) -> Vec<Address<'a>> {
        self.addresses(Known::To)
    }

    /// The other recipients: Cc.
    #[must_use]
    pub fn cc(&self) -> Vec<Address<'a>> {
        self.addresses(Known::Cc)
    }

    /// The recipients whom the others do not see: Bcc.
    #[must_use]
    pub fn bcc(&self) -> Vec<Address<'a>> {
        self.addresses(Known::Bcc)
    }

    /// When it was written: Date, if that is one.
    #[must_use]
    pub fn date(&self) -> Option<DateTime> {
        field::date(self.value(Known::Date)?, &mut |_, _| {})
    }

    /// The first identifier of Message-ID, without its brackets.
    #[must_use]
    pub fn message_id(&self) -> Option<Cow<'a, str>> {
        self.identifiers(Known::MessageId).into_iter().next()
    }

    /// The first identifier of Content-ID, without its brackets.
    #[must_use]
    pub fn content_id(&self) -> Option<Cow<'a, str>> {
        self.identifiers(Known::ContentId).into_iter().next()
    }

    /// What it answers: the identifiers of In-Reply-To.
    #[must_use]
    pub fn in_reply_to(&self) -> Vec<Cow<'a, str>> {
        self.identifiers(Known::InReplyTo)
    }

    /// The conversation it belongs to: the identifiers of References.
    #[must_use]
    pub fn references(&self) -> Vec<Cow<'a, str>> {
        self.identifiers(Known::References)
    }

    /// The name to propose for a file: `filename` of Content-Disposition, else `name` of Content-Type, which older
    /// software writes instead. As written by the sender: no path is safe to use as it is.
    #[must_use]
    pub fn filename(&self) -> Option<Cow<'a, str>> {
        let name = self.disposition().and_then(|it| it.filename());
        name.or_else(|| self.media_type().text("name"))
    }

    fn unstructured(&self, known: Known) -> Option<Cow<'a, str>> {
        Some(field::unstructured(self.value(known)?, &mut |_, _| {}))
    }

    fn addresses(&self, known: Known) -> Vec<Address<'a>> {
        let value = self.value(known);
        value.map_or_else(Vec::new, |value| field::addresses(value, &mut |_, _| {}))
    }

    fn identifiers(&self, known: Known) -> Vec<Cow<'a, str>> {
        let value = self.value(known);
        value.map_or_else(Vec::new, |value| field::message_ids(value, &mut |_, _| {}))
    }
}
