//! Media types that stand for something elsewhere: `message/partial` (RFC 2046, section 5.2.2) and
//! `message/external-body` (section 5.2.3).

use alloc::borrow::Cow;
use alloc::string::String;

use super::date::{DateTime, date};
use super::media_type::{MediaType, media_type};
use crate::defect::{DefectCode, Sink};

/// The parameters of a fragment of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Partial<'a> {
    /// What all fragments of one message share, compared octet by octet.
    pub id: Cow<'a, [u8]>,
    /// Its place among them, from 1.
    pub number: u32,
    /// How many there are: the last fragment says it, the others may.
    pub total: Option<u32>,
}

/// Reads the value of a Content-Type field that is `message/partial`. `None` if it is another media type, or if
/// `id` or `number` is missing or makes no sense.
pub fn partial<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Option<Partial<'a>> {
    let read = media_type(value, &mut |_, _| {});
    if !read.is("message", "partial") {
        return None;
    }
    let id = read.parameter("id").filter(|id| !id.is_empty());
    let number = read.parameter("number");
    if id.is_none() || number.is_none() {
        sink(DefectCode::MissingParameter, 0..value.len());
    }
    let mut count = |name| {
        let digits = read.parameter(name)?;
        let number = decimal(&digits).and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| *number > 0);
        if number.is_none() {
            invalid(&read, name, sink);
        }
        number
    };
    let (number, total) = (count("number"), count("total"));
    let (id, number) = (id?, number?);
    if total.is_some_and(|total| total < number) {
        invalid(&read, "total", sink);
        return None;
    }
    Some(Partial { id, number, total })
}

/// The parameters of a body that is elsewhere. All of it was chosen by the sender: to fetch it is to do what a
/// stranger asks (RFC 2046, section 5.2.3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExternalBody<'a> {
    /// Where it is.
    pub access: Access<'a>,
    /// Until when it is surely there.
    pub expiration: Option<DateTime>,
    /// Its octets, without a transfer encoding.
    pub size: Option<u64>,
    /// Whether it is meant to be written as well: then a copy is stale at once.
    pub writable: bool,
}

/// Where a body is, and how to get at it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access<'a> {
    /// A file behind FTP, with a login that the user knows.
    Ftp(RemoteFile<'a>),
    /// A file behind FTP for everybody.
    AnonFtp(RemoteFile<'a>),
    /// A file behind TFTP.
    Tftp(RemoteFile<'a>),
    /// A file of this machine.
    LocalFile {
        /// Its name.
        name: Cow<'a, str>,
        /// The machines that see it; stars are wildcards.
        site: Option<Cow<'a, str>>,
    },
    /// An answer to a mail: what to write into it is the body of the phantom.
    MailServer {
        /// To whom.
        server: Cow<'a, str>,
        /// With which subject.
        subject: Option<Cow<'a, str>>,
    },
    /// A URL (RFC 2017), without the white space that folded it.
    Url(String),
    /// Another part of the same message, by the Content-ID of the phantom (RFC 1873).
    ContentId,
    /// Any other access type, as written.
    Other(Cow<'a, str>),
}

/// A file on another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteFile<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The machine.
    pub site: Cow<'a, str>,
    /// The directory it is in.
    pub directory: Option<Cow<'a, str>>,
    /// How to transfer it. Without it NETASCII with TFTP, ASCII with FTP.
    pub mode: Option<Cow<'a, str>>,
}

/// Reads the value of a Content-Type field that is `message/external-body`. `None` if it is another media type, or
/// if a parameter is missing that its access type needs.
pub fn external_body<'a>(value: &'a [u8], sink: &mut Sink<'_>) -> Option<ExternalBody<'a>> {
    let read = media_type(value, &mut |_, _| {});
    if !read.is("message", "external-body") {
        return None;
    }
    let Some(access) = access(&read) else {
        sink(DefectCode::MissingParameter, 0..value.len());
        return None;
    };
    let expiration = read.parameter("expiration").and_then(|text| {
        let moment = date(&text, &mut |_, _| {});
        if moment.is_none() {
            invalid(&read, "expiration", sink);
        }
        moment
    });
    let size = read.parameter("size").and_then(|digits| {
        let size = decimal(&digits);
        if size.is_none() {
            invalid(&read, "size", sink);
        }
        size
    });
    let permission = read.parameter("permission");
    let is = |name: &[u8]| {
        permission
            .as_ref()
            .is_some_and(|it| it.trim_ascii().eq_ignore_ascii_case(name))
    };
    let writable = is(b"read-write");
    if permission.is_some() && !writable && !is(b"read") {
        invalid(&read, "permission", sink);
    }
    Some(ExternalBody {
        access,
        expiration,
        size,
        writable,
    })
}

fn access<'a>(read: &MediaType<'a>) -> Option<Access<'a>> {
    let access = read.text("access-type")?;
    let text = |name| read.text(name);
    let is = |name: &str| access.trim().eq_ignore_ascii_case(name);
    let remote = || {
        Some(RemoteFile {
            name: text("name")?,
            site: text("site")?,
            directory: text("directory"),
            mode: text("mode"),
        })
    };
    Some(match () {
        () if is("ftp") => Access::Ftp(remote()?),
        () if is("anon-ftp") => Access::AnonFtp(remote()?),
        () if is("tftp") => Access::Tftp(remote()?),
        () if is("local-file") => Access::LocalFile {
            name: text("name")?,
            site: text("site"),
        },
        () if is("mail-server") => Access::MailServer {
            server: text("server")?,
            subject: text("subject"),
        },
        () if is("url") => {
            let url = text("url")?;
            Access::Url(url.split_ascii_whitespace().collect())
        }
        () if is("content-id") => Access::ContentId,
        () => Access::Other(access),
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = core::str::from_utf8(digits.trim_ascii()).ok()?;
    // A sign is no digit, though `parse` would take one.
    let plain = digits.bytes().all(|octet| octet.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// Reports the first parameter of this name.
fn invalid(read: &MediaType<'_>, name: &str, sink: &mut Sink<'_>) {
    let mut all = read.parameters().iter();
    if let Some(parameter) = all.find(|it| it.name().eq_ignore_ascii_case(name.as_bytes())) {
        sink(DefectCode::InvalidParameter, parameter.range());
    }
}
