//! What is served: a folder, or one page.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    http::{BAD_REQUEST, Body, MOVED, NOT_FOUND, OK, Response},
    media_type,
};

const HTML: &str = "text/html; charset=utf-8";

/// What a target leads to.
#[derive(Debug)]
pub(crate) enum Site {
    /// The files below this folder, whose path is canonical.
    Folder(PathBuf),
    /// The same page for `/`.
    Page(&'static str),
}

impl Site {
    /// Serves the folder at `path`.
    pub(crate) fn folder(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize()?;
        if path.is_dir() {
            Ok(Self::Folder(path))
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// Answers a GET for `target`.
    pub(crate) fn answer(&self, target: &str) -> Response {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        match self {
            Self::Page(page) if path == "/" => Response::octets(HTML, page.as_bytes().to_vec()),
            Self::Page(_) => Response::error(NOT_FOUND),
            Self::Folder(root) => match relative(path) {
                None => Response::error(BAD_REQUEST),
                // What cannot be read is as good as absent, and says nothing about why.
                Some(inside) => {
                    below(root, &inside, path).unwrap_or_else(|_| Response::error(NOT_FOUND))
                }
            },
        }
    }
}

/// The path below the root that a percent-encoded path names; `None` for what no honest client sends.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = String::from_utf8(percent_decoded(path)?).ok()?;
    let inside = decoded.strip_prefix('/')?;
    let mut relative = PathBuf::new();
    for segment in inside.split('/') {
        match segment {
            "" | "." => {}
            ".." => return None,
            name if name.contains(['\0', '\\']) || Path::new(name).is_absolute() => return None,
            name => relative.push(name),
        }
    }
    Some(relative)
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |octet: Option<&u8>| char::from(*octet?).to_digit(16);
        let value = digit(rest.next())? << 4 | digit(rest.next())?;
        octets.push(u8::try_from(value).ok()?);
    }
    Some(octets)
}

fn below(root: &Path, inside: &Path, path: &str) -> io::Result<Response> {
    // Resolved, so that a link out of the folder leads nowhere.
    let found = root.join(inside).canonicalize()?;
    if !found.starts_with(root) {
        return Err(io::ErrorKind::NotFound.into());
    }
    if found.is_dir() {
        if !path.ends_with('/') {
            let mut moved = Response::error(MOVED);
            // Without a leading `//`, which would name another host.
            moved.location = Some(format!("/{}/", path.trim_matches('/')));
            return Ok(moved);
        }
        let index = found.join("index.html").canonicalize();
        return match index {
            Ok(index) if index.starts_with(root) && index.is_file() => file(&index),
            Ok(_) | Err(_) => listing(&found, path),
        };
    }
    if path.ends_with('/') || !found.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    file(&found)
}

fn file(path: &Path) -> io::Result<Response> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let content_type = content_type(path);
    Ok(Response {
        status: OK,
        content_type,
        location: None,
        body: Body::File(file, length),
    })
}

fn content_type(path: &Path) -> &'static str {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    media_type::of_extension(extension)
}

fn listing(folder: &Path, path: &str) -> io::Result<Response> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Ok(mut name) = entry.file_name().into_string() {
            if entry.path().is_dir() {
                name.push('/');
            }
            names.push(name);
        }
    }
    names.sort_unstable();
    let title = escaped(path);
    let mut page = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<h1>{title}</h1>\n<ul>\n"
    );
    for name in names {
        page.push_str(&format!(
            "<li><a href=\"./{}\">{}</a>\n",
            encoded(&name),
            escaped(&name)
        ));
    }
    page.push_str("</ul>\n");
    Ok(Response::octets(HTML, page.into_bytes()))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for octet in name.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(octet));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{Site, encoded, escaped, relative};
    use crate::command::http::{BAD_REQUEST, Body, MOVED, NOT_FOUND, OK};

    #[test]
    fn no_path_leads_upwards() {
        for bad in [
            "",
            "a",
            "/..",
            "/a/../../b",
            "/%2e%2e/b",
            "/a%00",
            "/%zz",
            "/%f",
            "/a\\b",
        ] {
            assert_eq!(relative(bad), None, "{bad}");
        }
        assert_eq!(relative("/a//./b%20c").as_deref(), Some(Path::new("a/b c")));
    }

    #[test]
    fn only_what_lies_in_the_folder_is_served() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "s").unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "hello").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("link"))
            .unwrap();
        let site = Site::folder(folder.path()).unwrap();

        let found = site.answer("/a.txt?query");
        assert_eq!(
            (found.status, found.content_type),
            (OK, "text/plain; charset=utf-8")
        );
        assert!(matches!(found.body, Body::File(_, 5)));
        assert_eq!(site.answer("/link").status, NOT_FOUND);
        assert_eq!(site.answer("/a.txt/").status, NOT_FOUND);
        assert_eq!(site.answer("/../a.txt").status, BAD_REQUEST);
        let moved = site.answer("//sub");
        assert_eq!(
            (moved.status, moved.location.as_deref()),
            (MOVED, Some("/sub/"))
        );
        let Body::Octets(page) = site.answer("/").body else {
            panic!("no listing")
        };
        let page = String::from_utf8(page).unwrap();
        assert!(page.contains("<a href=\"./sub/\">sub/</a>"), "{page}");
    }

    #[test]
    fn names_are_written_so_that_they_stay_names() {
        assert_eq!(
            escaped("<a href=\"&\">"),
            "&lt;a href=&quot;&amp;&quot;&gt;"
        );
        assert_eq!(encoded("a b%<é"), "a%20b%25%3C%C3%A9");
    }
}
