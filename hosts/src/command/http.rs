//! HTTP/1.1 (RFC 9112) for files, request by request.

use std::{
    fs::File,
    io::{self, BufRead, Read, Write},
};

use super::{clock, site::Site};

/// Most octets of a request line with its header fields.
const MAX_HEAD: usize = 16 * 1024;

/// A status with its reason phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u16, pub(crate) &'static str);

pub(crate) const OK: Status = Status(200, "OK");
pub(crate) const MOVED: Status = Status(301, "Moved Permanently");
pub(crate) const BAD_REQUEST: Status = Status(400, "Bad Request");
pub(crate) const NOT_FOUND: Status = Status(404, "Not Found");
const NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
const TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
const BAD_VERSION: Status = Status(505, "HTTP Version Not Supported");

/// A request, as far as files are concerned.
#[derive(Debug, PartialEq, Eq)]
struct Request<'h> {
    method: &'h str,
    /// The path, as sent.
    target: &'h str,
    keep_alive: bool,
}

/// What is sent back.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: Status,
    pub(crate) content_type: &'static str,
    /// For a redirection.
    pub(crate) location: Option<String>,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    Octets(Vec<u8>),
    /// So many octets of a file.
    File(File, u64),
}

impl Response {
    pub(crate) fn octets(content_type: &'static str, octets: Vec<u8>) -> Self {
        Self {
            status: OK,
            content_type,
            location: None,
            body: Body::Octets(octets),
        }
    }

    pub(crate) fn error(status: Status) -> Self {
        let Status(code, reason) = status;
        let body = Body::Octets(format!("{code} {reason}\n").into_bytes());
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            location: None,
            body,
        }
    }
}

/// Takes one request and answers it; true when another may follow.
pub(crate) fn exchange(
    stream: &mut (impl BufRead + Write),
    site: &Site,
    log: &dyn Fn(&str, &str, u16),
) -> io::Result<bool> {
    let Some(head) = read_head(stream)? else {
        return Ok(false);
    };
    let request = head.as_deref().map_err(|status| *status).and_then(parse);
    let (response, method, target, keep_alive) = match &request {
        Ok(Request {
            method: method @ ("GET" | "HEAD"),
            target,
            keep_alive,
        }) => (site.answer(target), *method, *target, *keep_alive),
        Ok(Request { method, target, .. }) => {
            (Response::error(NOT_ALLOWED), *method, *target, false)
        }
        Err(status) => (Response::error(*status), "-", "-", false),
    };
    log(method, target, response.status.0);
    write(stream, response, method == "HEAD", keep_alive)?;
    Ok(keep_alive)
}

/// Reads up to the empty line; `None` when the peer has closed.
fn read_head(stream: &mut impl BufRead) -> io::Result<Option<Result<String, Status>>> {
    let mut head = Vec::new();
    loop {
        let start = head.len();
        let left = u64::try_from(MAX_HEAD.saturating_sub(start)).unwrap_or_default();
        stream.take(left).read_until(b'\n', &mut head)?;
        match head.get(start..).unwrap_or_default() {
            // Empty lines before a request are skipped (RFC 9112 section 2.2).
            b"\r\n" | b"\n" if start == 0 => head.clear(),
            b"\r\n" | b"\n" => {
                head.truncate(start);
                return Ok(Some(String::from_utf8(head).map_err(|_| BAD_REQUEST)));
            }
            [.., b'\n'] => {}
            _ if head.len() >= MAX_HEAD => return Ok(Some(Err(TOO_LARGE))),
            _ => return Ok(None),
        }
    }
}

fn parse(head: &str) -> Result<Request<'_>, Status> {
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD_REQUEST);
    };
    let modern = match version {
        "HTTP/1.1" => true,
        "HTTP/1.0" => false,
        other if other.starts_with("HTTP/") => return Err(BAD_VERSION),
        _ => return Err(BAD_REQUEST),
    };
    let mut keep_alive = modern;
    let mut hosts = 0;
    let mut body = false;
    for line in lines {
        let (name, value) = line.split_once(':').ok_or(BAD_REQUEST)?;
        // Neither folded lines nor a space before the colon (RFC 9112 section 5).
        if name.is_empty() || name.contains(|c: char| c.is_ascii_whitespace()) {
            return Err(BAD_REQUEST);
        }
        let value = value.trim_matches([' ', '\t']);
        match name.to_ascii_lowercase().as_str() {
            "host" => hosts += 1,
            "connection" => {
                for option in value.split(',').map(str::trim) {
                    if option.eq_ignore_ascii_case("close") {
                        keep_alive = false;
                    } else if option.eq_ignore_ascii_case("keep-alive") && !modern {
                        keep_alive = true;
                    }
                }
            }
            "content-length" => body |= value != "0",
            "transfer-encoding" => body = true,
            _ => {}
        }
    }
    if hosts > 1 || (modern && hosts == 0) {
        return Err(BAD_REQUEST);
    }
    // A body is not read, so nothing after it can be told apart from it.
    Ok(Request {
        method,
        target: origin_form(target)?,
        keep_alive: keep_alive && !body,
    })
}

/// The path of a target in origin-form or absolute-form (RFC 9112 section 3.2).
fn origin_form(target: &str) -> Result<&str, Status> {
    if target.starts_with('/') || target == "*" {
        return Ok(target);
    }
    let rest = target.strip_prefix("https://").ok_or(BAD_REQUEST)?;
    Ok(rest
        .find('/')
        .and_then(|slash| rest.get(slash..))
        .unwrap_or("/"))
}

fn write(
    stream: &mut impl Write,
    response: Response,
    head_only: bool,
    keep_alive: bool,
) -> io::Result<()> {
    let Response {
        status: Status(code, reason),
        content_type,
        location,
        body,
    } = response;
    let length = match &body {
        Body::Octets(octets) => u64::try_from(octets.len()).unwrap_or(u64::MAX),
        Body::File(_, length) => *length,
    };
    let date = httpdate::fmt_http_date(clock::now());
    let mut head = format!(
        "HTTP/1.1 {code} {reason}\r\nDate: {date}\r\nServer: securewire\r\n\
         Content-Type: {content_type}\r\nContent-Length: {length}\r\n\
         X-Content-Type-Options: nosniff\r\n"
    );
    if let Some(location) = location {
        head.push_str(&format!("Location: {location}\r\n"));
    }
    if code == NOT_ALLOWED.0 {
        head.push_str("Allow: GET, HEAD\r\n");
    }
    head.push_str(if keep_alive {
        "Connection: keep-alive\r\n"
    } else {
        "Connection: close\r\n"
    });
    head.push_str("\r\n");
    let mut first = head.into_bytes();
    match body {
        _ if head_only => stream.write_all(&first)?,
        Body::Octets(octets) => {
            first.extend_from_slice(&octets);
            stream.write_all(&first)?;
        }
        Body::File(file, length) => {
            stream.write_all(&first)?;
            let mut file = io::BufReader::with_capacity(64 * 1024, file.take(length));
            // A file that shrank meanwhile: the length is out already, so only an end without
            // close_notify tells the peer that something is missing.
            if io::copy(&mut file, stream)? != length {
                return Err(io::Error::other("the file shrank while it was sent"));
            }
        }
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::{BAD_REQUEST, BAD_VERSION, Request, TOO_LARGE, parse, read_head};

    #[test]
    fn a_request_is_read_up_to_the_empty_line() {
        let mut input = &b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nnext"[..];
        let head = read_head(&mut input).unwrap().unwrap().unwrap();
        assert_eq!(head, "GET / HTTP/1.1\r\nHost: a\r\n");
        assert_eq!(input, b"next");
        assert!(read_head(&mut &b""[..]).unwrap().is_none());
        assert!(read_head(&mut &b"GET / HTT"[..]).unwrap().is_none());
        let long = vec![b'a'; 20_000];
        assert_eq!(read_head(&mut &long[..]).unwrap(), Some(Err(TOO_LARGE)));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        for bad in [
            "GET /",
            "GET  / HTTP/1.1\r\nHost: a",
            "GET / HTTP/1.1",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b",
            "GET / HTTP/1.1\r\nHost : a",
            "GET / HTTP/1.1\r\nHost: a\r\n folded",
            "GET a HTTP/1.1\r\nHost: a",
        ] {
            assert_eq!(parse(bad), Err(BAD_REQUEST), "{bad}");
        }
        assert_eq!(parse("GET / HTTP/2.0\r\nHost: a"), Err(BAD_VERSION));
    }

    #[test]
    fn a_connection_stays_when_nothing_speaks_against_it() {
        let keeps = |head| parse(head).unwrap().keep_alive;
        assert!(keeps("GET / HTTP/1.1\r\nHost: a"));
        assert!(!keeps(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close"
        ));
        assert!(!keeps("GET / HTTP/1.0"));
        assert!(keeps("GET / HTTP/1.0\r\nConnection: keep-alive"));
        assert!(!keeps("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3"));
        assert!(!keeps(
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
        ));
    }

    #[test]
    fn an_absolute_target_is_its_path() {
        let request = parse("GET https://a/b?c HTTP/1.1\r\nHost: a").unwrap();
        assert_eq!(
            request,
            Request {
                method: "GET",
                target: "/b?c",
                keep_alive: true
            }
        );
    }
}
