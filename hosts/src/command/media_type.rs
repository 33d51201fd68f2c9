//! Media types by the extensions of file names, and back.

/// What a file without a known extension is.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// Extensions in small letters; the first one of a type is the one to write. Text that is served is UTF-8.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/plain; charset=utf-8"),
    ("toml", "text/plain; charset=utf-8"),
    ("rs", "text/plain; charset=utf-8"),
    ("log", "text/plain; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("ics", "text/calendar; charset=utf-8"),
    ("vcf", "text/vcard; charset=utf-8"),
    ("rtf", "application/rtf"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("xml", "text/xml"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("bmp", "image/bmp"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("ico", "image/x-icon"),
    ("pdf", "application/pdf"),
    ("ps", "application/postscript"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("epub", "application/epub+zip"),
    ("wasm", "application/wasm"),
    ("woff2", "font/woff2"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("tar", "application/x-tar"),
    ("7z", "application/x-7z-compressed"),
    ("eml", "message/rfc822"),
    ("eml", "message/global"),
    ("p7s", "application/pkcs7-signature"),
    ("p7s", "application/x-pkcs7-signature"),
    ("p7m", "application/pkcs7-mime"),
    ("p7m", "application/x-pkcs7-mime"),
    ("asc", "application/pgp-signature"),
];

/// The media type of a file with this extension, with its charset where it is served as text.
pub(crate) fn of_extension(extension: &str) -> &'static str {
    let found = TYPES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(extension));
    found.map_or(OCTETS, |(_, media_type)| media_type)
}

/// The extension for a file of this media type, which comes without parameters.
pub(crate) fn extension(media_type: &str) -> &'static str {
    let bare = |known: &str| known.split(';').next() == Some(media_type);
    let found = TYPES.iter().find(|(_, known)| bare(known));
    found.map_or("bin", |(extension, _)| extension)
}

#[cfg(test)]
mod tests {
    use super::{extension, of_extension};

    #[test]
    fn extensions_and_types_lead_to_each_other() {
        assert_eq!(of_extension("PDF"), "application/pdf");
        assert_eq!(of_extension("htm"), "text/html; charset=utf-8");
        assert_eq!(of_extension(""), "application/octet-stream");
        assert_eq!(extension("image/jpeg"), "jpg");
        assert_eq!(extension("text/plain"), "txt");
        assert_eq!(extension("application/octet-stream"), "bin");
    }
}
