//! The rules of the strictest schema among those who read JUnit files, Jenkins' `junit-10.xsd`, in our own words, and
//! those of XML 1.0 itself, checked on the text.
//!
//! Which element may stand in which, which attributes it must and may have, how times are written, that the counts are
//! true, and that no character stands anywhere that XML forbids.

use std::{collections::BTreeMap, str::FromStr as _};

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// An element: where it may stand, attributes it must have, attributes it may have.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const RULES: [Rule; 10] = [
    ("testsuites", &[""], &[], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["testsuites"],
        &["name", "tests", "failures", "errors"],
        &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
    ),
    // A case has none.
    ("properties", &["testsuite"], &[], &[]),
    ("property", &["properties"], &["name", "value"], &[]),
    ("testcase", &["testsuite"], &["name"], &["time", "classname", "group"]),
    ("skipped", &["testcase"], &[], &["message", "type"]),
    ("failure", &["testcase"], &[], &["message", "type"]),
    ("error", &["testcase"], &[], &["message", "type"]),
    ("system-out", &["testcase", "testsuite"], &[], &[]),
    ("system-err", &["testcase", "testsuite"], &[], &[]),
];

/// Whether XML 1.0 knows a character (its production `Char`).
fn is_legal(c: char) -> bool {
    let n = u32::from(c);
    matches!(n, 9 | 10 | 13 | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
}

/// The first character that may not stand in XML, by itself or by its number.
fn illegal(xml: &str) -> Option<String> {
    if let Some(bad) = xml.chars().find(|c| !is_legal(*c)) {
        return Some(format!("{bad:?}"));
    }
    let numbers = xml.split("&#").skip(1).filter_map(|rest| rest.split_once(';').map(|(number, _)| number));
    let parsed = numbers.map(|number| {
        let parsed = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        (number, parsed.and_then(char::from_u32).filter(|c| is_legal(*c)))
    });
    parsed.filter(|(_, c)| c.is_none()).map(|(number, _)| format!("&#{number};")).next()
}

const NUMBERS: [&str; 5] = ["tests", "failures", "errors", "skipped", "time"];

/// Whether a text is JUnit XML; the first rule it breaks otherwise.
pub(crate) fn check(xml: &str) -> Result<(), String> {
    if let Some(bad) = illegal(xml) {
        return Err(format!("{bad} may not stand in XML"));
    }
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<String> = Vec::new();
    // Declared and counted numbers of the suite that is open.
    let (mut declared, mut counted) = (BTreeMap::new(), BTreeMap::<String, usize>::new());
    let mut roots = 0;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                let (name, attributes) = element(&start, &open)?;
                begin(&name, attributes, &mut declared, &mut counted);
                roots += usize::from(open.is_empty());
                open.push(name);
            }
            Event::Empty(start) => {
                let (name, attributes) = element(&start, &open)?;
                begin(&name, attributes, &mut declared, &mut counted);
            }
            Event::End(_) => {
                let closed = open.pop();
                if closed.as_deref() == Some("testsuite") {
                    compare(&declared, &counted)?;
                }
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| error.to_string())?;
                let may_hold = ["failure", "error", "skipped", "system-out", "system-err"];
                let holder = open.last().map(String::as_str).unwrap_or_default();
                if !text.trim().is_empty() && !may_hold.contains(&holder) {
                    return Err(format!("text in <{holder}>: {text}"));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if roots == 1 && open.is_empty() { Ok(()) } else { Err(format!("{roots} roots, {open:?} left open")) }
}

fn element(start: &BytesStart<'_>, open: &[String]) -> Result<(String, BTreeMap<String, String>), String> {
    let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
    let (_, parents, required, optional) = RULES
        .iter()
        .find(|(element, ..)| *element == name)
        .ok_or_else(|| format!("<{name}> is no element of JUnit"))?;
    let parent = open.last().map(String::as_str).unwrap_or_default();
    if !parents.contains(&parent) {
        return Err(format!("<{name}> in <{parent}>"));
    }
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = String::from_utf8_lossy(&attribute.value).into_owned();
        if !required.contains(&key.as_str()) && !optional.contains(&key.as_str()) {
            return Err(format!("<{name} {key}=…>"));
        }
        // Digits and one point: no sign, no exponent, no word.
        let digits = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if NUMBERS.contains(&key.as_str()) && (!digits || f64::from_str(&value).is_err()) {
            return Err(format!("<{name} {key}={value:?}> is no number"));
        }
        attributes.insert(key, value);
    }
    match required.iter().find(|key| !attributes.contains_key(**key)) {
        Some(missing) => Err(format!("<{name}> without {missing}")),
        None => Ok((name, attributes)),
    }
}

fn begin(
    name: &str,
    attributes: BTreeMap<String, String>,
    declared: &mut BTreeMap<String, String>,
    counted: &mut BTreeMap<String, usize>,
) {
    match name {
        "testsuite" => {
            *declared = attributes;
            counted.clear();
        }
        "testcase" => *counted.entry("tests".into()).or_default() += 1,
        "failure" => *counted.entry("failures".into()).or_default() += 1,
        "error" => *counted.entry("errors".into()).or_default() += 1,
        "skipped" => *counted.entry("skipped".into()).or_default() += 1,
        _ => {}
    }
}

fn compare(declared: &BTreeMap<String, String>, counted: &BTreeMap<String, usize>) -> Result<(), String> {
    for key in ["tests", "failures", "errors", "skipped"] {
        let counted = counted.get(key).copied().unwrap_or(0).to_string();
        if declared.get(key).is_some_and(|declared| *declared != counted) {
            return Err(format!("{key}={:?}, counted {counted}", declared.get(key)));
        }
    }
    Ok(())
}
