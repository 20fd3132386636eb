//! The upload form: `multipart/form-data` with `token`, `key` and `file`.

use bytes::Bytes;

/// An upload as posted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) token: String,
    /// The object; without one, whatever the token is for.
    pub(super) key: Option<String>,
    pub(super) file: Bytes,
    /// What its part says it is.
    pub(super) kind: Option<String>,
}

/// Reads the form; `None`: it is none, or lacks the token or the file. Other fields do not matter.
pub(super) fn parse(content_type: &str, body: &Bytes) -> Option<Upload> {
    let boundary = content_type.strip_prefix("multipart/form-data")?.split_once("boundary=")?.1;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    if boundary.is_empty() {
        return None;
    }
    let delimiter = format!("\r\n--{boundary}");
    let opening = &delimiter.as_bytes()[2..];
    let mut at = find(body, opening, 0)? + opening.len();
    let (mut token, mut key, mut file, mut kind) = (None, None, None, None);
    // `--` behind a boundary ends the form.
    while !body[at..].starts_with(b"--") {
        let head_end = find(body, b"\r\n\r\n", at)?;
        let content = head_end + 4;
        let end = find(body, delimiter.as_bytes(), content)?;
        let head = String::from_utf8_lossy(&body[at..head_end]).into_owned();
        let text = || String::from_utf8_lossy(&body[content..end]).into_owned();
        match name(&head) {
            Some("token") => token = Some(text()),
            Some("key") => key = Some(text()),
            Some("file") => {
                file = Some(body.slice(content..end));
                kind = media_type(&head);
            }
            _ => {}
        }
        at = end + delimiter.len();
    }
    Some(Upload { token: token?, key, file: file?, kind })
}

/// The field's name in its head.
fn name(head: &str) -> Option<&str> {
    head.split_once(" name=\"")?.1.split_once('"').map(|(name, _)| name)
}

/// The `Content-Type` in a part's head, if it gives one.
fn media_type(head: &str) -> Option<String> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, kind) = headers.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))?;
    Some(kind.trim().to_owned())
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(body.get(from..)?, what).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=xyz";

    fn form(text: &str) -> Bytes {
        Bytes::from(text.replace('\n', "\r\n"))
    }

    #[test]
    fn a_form_is_read_with_whatever_bytes_its_file_has() {
        let body = form(
            "--xyz\nContent-Disposition: form-data; name=\"token\"\n\nt1\n--xyz\nContent-Disposition: form-data; \
             name=\"x\"\n\ny\n--xyz\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jpg\"\n\
             Content-Type: image/jpeg\n\n--xy\n\nz--\n--xyz--\n",
        );
        let upload = parse(KIND, &body).unwrap();
        assert_eq!((upload.token.as_str(), upload.key), ("t1", None));
        assert_eq!(&upload.file[..], b"--xy\r\n\r\nz--");
        assert_eq!(upload.kind.as_deref(), Some("image/jpeg"));
    }

    #[test]
    fn what_is_no_whole_form_is_none() {
        let body = form("--xyz\nContent-Disposition: form-data; name=\"token\"\n\nt1\n--xyz--\n");
        assert_eq!(parse(KIND, &body), None);
        assert_eq!(parse("application/json", &body), None);
        assert_eq!(parse("multipart/form-data; boundary=", &body), None);
        for end in 0..body.len() - 4 {
            assert_eq!(parse(KIND, &body.slice(..end)), None);
        }
    }
}
