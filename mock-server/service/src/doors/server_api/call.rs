//! The parameters of one call, from a form, a JSON body or a query, and what can be wrong with them.

use serde_json::{Map, Value};
use wire::UnixMillis;

use crate::{
    core::{caps, io::HttpRequest, params::Form},
    doors::server_api::{ApiError, body, error, user::LONGEST_ID},
};

/// One call of an endpoint.
pub(crate) struct Call {
    pub(crate) now: UnixMillis,
    /// By which origin the app's server reached us.
    pub(crate) origin: String,
    form: Form,
    /// The body, if it is JSON.
    json: Option<Map<String, Value>>,
}

impl Call {
    /// # Errors
    /// 1002: the body claims to be JSON and is none, or is no object. 1005: it has more fields than are looked at.
    pub(super) fn of(now: UnixMillis, request: &HttpRequest) -> Result<Self, ApiError> {
        let form = |text: &str| {
            few_fields(text.bytes().filter(|byte| *byte == b'&').count() + 1)?;
            Ok(Self { now, origin: request.origin.clone(), form: Form::parse(text), json: None })
        };
        if request.method == "GET" {
            return form(&request.query);
        }
        let text = String::from_utf8_lossy(&request.body);
        let is_json = request.header("content-type").is_some_and(|kind| kind.contains("json"));
        if !is_json || text.is_empty() {
            return form(&text);
        }
        match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => {
                few_fields(object.values().map(|value| value.as_array().map_or(1, Vec::len)).sum())?;
                let origin = request.origin.clone();
                Ok(Self { now, origin, form: Form::from_json(&object), json: Some(object) })
            }
            Ok(_) => Err(error(1002, "the JSON body must be an object")),
            Err(fault) => Err(error(1002, format!("the body is not JSON: {fault}"))),
        }
    }

    /// A call without any data is told apart from one that lacks a parameter.
    pub(super) fn missing(&self, name: &str) -> ApiError {
        if self.form.is_empty() {
            return error(1003, format!("the request has no data; parameter `{name}` at least is needed"));
        }
        error(1002, format!("parameter `{name}` is missing"))
    }

    /// A parameter that must be there and not empty, of at most `most` bytes.
    pub(crate) fn required(&self, name: &str, most: usize) -> Result<&str, ApiError> {
        let value = self.form.get(name).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| self.missing(name))?;
        if name.ends_with("Id") {
            self.no_list(name, value)?;
        }
        within(name, value, most)?;
        Ok(value)
    }

    fn no_list(&self, name: &str, value: &str) -> Result<(), ApiError> {
        if self.json.is_some() { Ok(()) } else { body::no_list(name, value) }
    }

    /// The id of a user, a group or a conversation.
    pub(crate) fn id(&self, name: &str) -> Result<&str, ApiError> {
        self.required(name, LONGEST_ID)
    }

    /// Whether it is given at all, empty or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.form.get(name).is_some()
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.form.get(name).filter(|value| !value.is_empty())
    }

    /// The same, of at most `most` bytes.
    pub(crate) fn optional_within(&self, name: &str, most: usize) -> Result<Option<&str>, ApiError> {
        let value = self.optional(name);
        value.map_or(Ok(()), |value| within(name, value, most))?;
        Ok(value)
    }

    /// Fields written `NAME[INSIDE]=VALUE`, in order.
    pub(crate) fn bracketed(&self, name: &str) -> Vec<(String, String)> {
        self.form.bracketed(name)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.form.flag(name)
    }

    /// A switch that is on unless it is given as off.
    pub(crate) fn unless_off(&self, name: &str) -> bool {
        self.optional(name).is_none() || self.flag(name)
    }

    /// A whole number in a range.
    pub(crate) fn number(&self, name: &str, range: std::ops::RangeInclusive<i64>) -> Result<i64, ApiError> {
        let text = self.required(name, 32)?;
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let (low, high) = range.into_inner();
            error(
                1002,
                format!("parameter `{name}` is `{text}`; a whole number from {low} to {high} is expected"),
            )
        })
    }

    /// The same, or its default.
    pub(crate) fn number_or(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, ApiError> {
        if self.optional(name).is_some() { self.number(name, range) } else { Ok(default) }
    }

    /// How many rows a page leaves out and shows: the parameters that number pages from 1 and give their size.
    pub(crate) fn page(
        &self,
        page: &str,
        size: &str,
        most: i64,
        default: i64,
    ) -> Result<(usize, usize), ApiError> {
        let size = self.number_or(size, 1..=most, default)?;
        let page = self.number_or(page, 1..=1_000_000, 1)?;
        Ok((((page - 1) * size) as usize, size as usize))
    }

    /// Ids, repeated or joined by commas: at least one, at most `most`.
    pub(crate) fn ids(&self, name: &str, most: usize) -> Result<Vec<&str>, ApiError> {
        if let Some(value) = self.form.get(name) {
            self.no_list(name, value)?;
        }
        let ids = self.form.list(name);
        if ids.is_empty() {
            return Err(self.missing(name));
        }
        at_most(name, ids.len(), most)?;
        ids.iter().try_for_each(|id| within(name, id, LONGEST_ID))?;
        Ok(ids)
    }

    /// A parameter with structure: out of the JSON body as it is, or out of a field whose text is JSON.
    pub(crate) fn json(&self, name: &str) -> Result<Value, ApiError> {
        if let Some(value) = self.json.as_ref().and_then(|body| body.get(name))
            && !value.is_string()
        {
            return Ok(value.clone());
        }
        let text = self.required(name, 1 << 20)?;
        serde_json::from_str(text)
            .map_err(|fault| error(1002, format!("parameter `{name}` is not JSON: {fault}")))
    }

    /// A list of at least one and at most `most` elements, in the JSON body or as JSON text.
    pub(crate) fn list(&self, name: &str, most: usize) -> Result<Vec<Value>, ApiError> {
        let Value::Array(list) = self.json(name)? else {
            return Err(error(1002, format!("parameter `{name}` must be a JSON list")));
        };
        if list.is_empty() {
            return Err(error(1002, format!("parameter `{name}` is an empty list")));
        }
        at_most(name, list.len(), most)?;
        Ok(list)
    }

    /// Such a list of texts, each of at most `longest` bytes.
    pub(crate) fn texts(&self, name: &str, most: usize, longest: usize) -> Result<Vec<String>, ApiError> {
        let list = self.list(name, most)?.into_iter();
        list.map(|value| match value {
            Value::String(text) => within(name, &text, longest).map(|()| text),
            _ => Err(error(1002, format!("parameter `{name}` must be a list of texts"))),
        })
        .collect()
    }
}

fn within(name: &str, value: &str, most: usize) -> Result<(), ApiError> {
    if value.len() <= most {
        return Ok(());
    }
    Err(error(1005, format!("parameter `{name}` has {} bytes; at most {most} are allowed", value.len())))
}

fn few_fields(count: usize) -> Result<(), ApiError> {
    let most = caps::FIELDS;
    if count <= most {
        return Ok(());
    }
    let text =
        format!("the request has {count} fields, elements of lists counted; at most {most} are possible");
    Err(error(1005, text))
}

fn at_most(name: &str, count: usize, most: usize) -> Result<(), ApiError> {
    if count <= most {
        return Ok(());
    }
    Err(error(1005, format!("parameter `{name}` names {count} elements; at most {most} are allowed")))
}
