//! What a stored file is: as its upload said, or as its name tells.

use std::borrow::Cow;

/// What nobody knows more of.
const BYTES: &str = "application/octet-stream";
/// The longest media type that is believed, bytes.
const LONGEST: usize = 127;

/// The media type of an upload: what its part says; if that says nothing, what the object's name ends with.
pub(super) fn of(said: Option<String>, key: &str) -> Cow<'static, str> {
    let said = said.filter(|kind| is_media_type(kind) && !kind.eq_ignore_ascii_case(BYTES));
    said.map_or_else(|| Cow::Borrowed(by_name(key)), Cow::Owned)
}

/// What goes with a file of that type. It stands on the same origin as the control API, so whatever might run script in
/// a page is put into a sandbox without an origin.
pub(super) fn headers(kind: &str) -> Vec<(String, String)> {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        header("Content-Type", kind),
        header("Accept-Ranges", "bytes"),
        header("X-Content-Type-Options", "nosniff"),
    ];
    if !is_harmless(kind) {
        headers.push(header("Content-Security-Policy", "sandbox"));
    }
    headers
}

fn is_harmless(kind: &str) -> bool {
    let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match plain.split_once('/') {
        Some(("audio" | "video", _)) => true,
        Some(("image", kind)) => !kind.contains("svg") && !kind.contains("xml"),
        _ => matches!(plain.as_str(), BYTES | "application/pdf" | "application/zip" | "text/plain"),
    }
}

/// `type/subtype`, with parameters perhaps, in visible ASCII.
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c);
        !name.is_empty() && name.chars().all(fits)
    };
    let plain = text.split(';').next().unwrap_or_default().trim();
    let is_visible = text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
    text.len() <= LONGEST
        && is_visible
        && plain.split_once('/').is_some_and(|(a, b)| is_name(a) && is_name(b))
}

fn by_name(key: &str) -> &'static str {
    let ending = key.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "aac" => "audio/aac",
        "amr" => "audio/amr",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "txt" => "text/plain; charset=utf-8",
        _ => BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_said(said: &str, key: &str) -> String {
        of(Some(said.to_owned()), key).into_owned()
    }

    #[test]
    fn what_the_upload_says_counts_and_nonsense_does_not() {
        assert_eq!(of_said("application/pdf", "a.bin"), "application/pdf");
        assert_eq!(of_said("text/plain; charset=gbk", "a"), "text/plain; charset=gbk");
        for nothing in
            ["", "pdf", "a/b\r\nX: y", "a/", "/b", "a b/c", "application/octet-stream", &"x/".repeat(100)]
        {
            assert_eq!(of_said(nothing, "dir/A.PDF"), "application/pdf", "{nothing:?}");
        }
        assert_eq!((of(None, "a.jpg").as_ref(), of(None, "jpg").as_ref()), ("image/jpeg", BYTES));
    }

    #[test]
    fn what_may_run_script_is_put_into_a_sandbox() {
        let is_boxed = |kind: &str| headers(kind).iter().any(|(name, _)| name == "Content-Security-Policy");
        for kind in
            ["text/html", "image/svg+xml", "IMAGE/SVG+XML", "application/xhtml+xml", "text/xml", "made/up"]
        {
            assert!(is_boxed(kind), "{kind}");
        }
        for kind in ["image/png", "application/pdf", "text/plain; charset=utf-8", BYTES, "video/mp4"] {
            assert!(!is_boxed(kind), "{kind}");
        }
    }
}
