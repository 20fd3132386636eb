//! The suffix of a path names the form of the answer: `.json`, or `.xml` as the older documentation has it.
//!
//! How an answer looks in XML is assumed: one element a field below `xml`, lists as repeated elements.

use serde_json::Value;

use crate::core::io::HttpResponse;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
}

impl Format {
    /// The endpoint, always by its `.json` name, and how it is to answer.
    pub(super) fn of(path: &str) -> (String, Self) {
        match path.strip_suffix(".xml") {
            Some(name) => (format!("{name}.json"), Self::Xml),
            None => (path.to_owned(), Self::Json),
        }
    }

    pub(super) fn response(self, status: u16, body: &Value) -> HttpResponse {
        if self == Self::Json {
            return HttpResponse::json(status, body);
        }
        let mut text = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        element(&mut text, "xml", body);
        HttpResponse {
            status,
            headers: Vec::new(),
            content_type: "application/xml; charset=utf-8",
            body: text.into(),
        }
    }
}

fn element(text: &mut String, name: &str, value: &Value) {
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| element(text, name, item));
    }
    // Fields named by users, as in the tags of several users, are no names of elements.
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    let (open, close) = if fits {
        (format!("<{name}>"), format!("</{name}>"))
    } else {
        (format!(r#"<entry name="{}">"#, escaped(name)), "</entry>".to_owned())
    };
    text.push_str(&open);
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| element(text, name, value)),
        Value::String(written) => text.push_str(&escaped(written)),
        Value::Null => {}
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&close);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_in_xml_has_an_element_a_field() {
        let body = json!({"code": 200, "users": [{"id": "a&b"}, {"id": "c"}], "next": null});
        let response = Format::Xml.response(200, &body);
        assert_eq!(
            String::from_utf8_lossy(&response.body),
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?><xml><code>200</code><users><id>a&amp;b</id></users>"#,
                "<users><id>c</id></users><next></next></xml>"
            )
        );
        assert_eq!(Format::of("/user/info.xml"), ("/user/info.json".to_owned(), Format::Xml));
        assert_eq!(Format::of("/user/info.json"), ("/user/info.json".to_owned(), Format::Json));
    }
}
