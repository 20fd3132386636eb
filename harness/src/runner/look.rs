//! Steps that speak with the app server's side, or look at what the service holds and what clients tried.

use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json};
use service::HttpRequest;
use wire::UnixMillis;

use super::{
    case::{Run, Stop},
    judge::AT_ONCE,
};
use crate::{
    scenario::{Api, ApiBody, Attempts, Journal, Matching, Place, Sign, State, Value, resolve_map},
    verdict::FindingKind,
};

impl Run<'_> {
    /// What is looked at must be so once nothing is under way. With a client in real time it has as long to come to that as
    /// a callback that is to come at once.
    pub(super) fn in_time(&mut self, look: impl Fn(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        if self.driver.abilities().patience.is_some() {
            self.driver.rest()?;
            let until = self.driver.now() + AT_ONCE.saturating_mul(self.slow);
            while let Err(stop) = look(self) {
                if !matches!(stop, Stop::Found(_)) || !self.driver.step(until)? {
                    return Err(stop);
                }
            }
            return Ok(());
        }
        look(self)
    }

    pub(super) fn api(&mut self, at: Place, api: &Api) -> Result<(), Stop> {
        let app_key = self.app_key(&api.world);
        let request = self.request(&app_key, api)?;
        let response = self.driver.api(&app_key, request)?;
        let body: Json = serde_json::from_slice(&response.body).unwrap_or(Json::Null);
        let what = format!("status of {body}");
        self.check(&api.status, Some(&response.status.into()), FindingKind::Api, at, &what)?;
        if let Some(json) = &api.json {
            self.check(json, Some(&body), FindingKind::Api, at, "answer")?;
        }
        if let Some(name) = &api.save_as {
            self.names.insert(name.clone(), body);
        }
        Ok(())
    }

    fn request(&mut self, app_key: &str, api: &Api) -> Result<HttpRequest, Stop> {
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let encode = |map: &Map<String, Json>| {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in map {
                let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for item in items {
                    form.append_pair(key, &text(item));
                }
            }
            form.finish()
        };
        let secret = self.driver.look(app_key, Box::new(|service, _| service.app_secret().into()))?;
        let secret = secret.as_str().unwrap_or_default();
        let map = |run: &Self, map: &IndexMap<String, Value>| {
            resolve_map(map, &|name: &str| run.lookup(name)).map_err(|u| run.unresolved(&u))
        };
        let mut headers = Vec::new();
        if api.sign != Sign::Unsigned {
            let (nonce, timestamp) = ("42".to_owned(), (self.driver.now().0 / 1000).to_string());
            let signature = match api.sign {
                Sign::Wrong => "0".repeat(40),
                _ => service::signature_of(secret, &nonce, &timestamp),
            };
            let signing = [
                ("app-key", app_key.to_owned()),
                ("nonce", nonce),
                ("timestamp", timestamp),
                ("signature", signature),
            ];
            headers.extend(signing.map(|(name, value)| (name.to_owned(), value)));
        }
        let (kind, body) = match &api.body {
            ApiBody::Empty => ("application/x-www-form-urlencoded", String::new()),
            ApiBody::Form(form) => ("application/x-www-form-urlencoded", encode(&map(self, form)?)),
            ApiBody::Json(json) => ("application/json", self.resolve(json)?.to_string()),
        };
        headers.push(("content-type".to_owned(), kind.to_owned()));
        let further = map(self, &api.headers)?;
        headers.extend(further.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))));
        Ok(HttpRequest {
            method: api.method.clone(),
            path: text(&self.resolve(&api.path)?),
            query: encode(&map(self, &api.query)?),
            headers,
            body: body.into(),
            origin: self.driver.navi(),
        })
    }

    pub(super) fn state(&mut self, at: Place, state: &State) -> Result<(), Stop> {
        let app_key = self.app_key(&state.world);
        let id = state.id.as_ref().map(|id| self.resolve(id)).transpose()?;
        let id = id.as_ref().map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let kind = state.kind.value.clone();
        let seen = self
            .driver
            .look(&app_key, Box::new(move |service, _| service.state(&kind, id.as_deref()).into()))?;
        let seen = Some(&seen).filter(|seen| !seen.is_null());
        self.check(&state.expect, seen, FindingKind::Service, at, &state.kind.value)
    }

    pub(super) fn journal(&mut self, at: Place, journal: &Journal) -> Result<(), Stop> {
        let app_key = self.app_key(&journal.world);
        let since = journal.since.as_ref().map(|since| self.resolve(since)).transpose()?;
        let since = since.and_then(|since| since.as_i64()).unwrap_or(i64::MIN);
        let entries = self.driver.look(&app_key, Box::new(move |service, _| entries(service, since)))?;
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        let scope = |name: &str| self.lookup(name);
        let with = Matching { scope: &scope, index: 0 };
        let count = entries.iter().filter(|entry| journal.of.check(Some(entry), &with).is_ok()).count();
        let what = format!("journal entries that are {}", journal.of.words(&with));
        self.check(&journal.count, Some(&count.into()), FindingKind::Service, at, &what)
    }

    pub(super) fn attempts(&mut self, at: Place, attempts: &Attempts) -> Result<(), Stop> {
        let since = attempts.since.as_ref().map(|since| self.resolve(since)).transpose()?;
        let since = UnixMillis(since.and_then(|since| since.as_i64()).unwrap_or(self.start.0));
        let behind = match &attempts.since {
            Some(Value::Ref(reference)) if reference.plus_ms == 0 => self.marks.get(&reference.name),
            _ => None,
        };
        let behind = behind.and_then(|mark| mark.get(&attempts.client)).copied().unwrap_or(0);
        let seen: Vec<Duration> = self
            .driver
            .attempts(&attempts.client)
            .into_iter()
            .skip(behind)
            .filter(|at| *at >= since)
            .map(|at| at.since(since))
            .collect();
        let close = |a: &Duration, b: &Duration| a.abs_diff(*b) <= attempts.tolerance;
        let same = seen.len() == attempts.at.len() && seen.iter().zip(&attempts.at).all(|(a, b)| close(a, b));
        if same {
            return Ok(());
        }
        let list = |list: &[Duration]| {
            list.iter().map(|at| format!("{:.3}s", at.as_secs_f64())).collect::<Vec<_>>().join(", ")
        };
        let (expected, seen) = (list(&attempts.at), list(&seen));
        Err(self.found(
            FindingKind::Expectation,
            at,
            format!("attempts at {expected}"),
            format!("attempts at {seen}"),
        ))
    }
}

/// The journal's entries since an instant, as a list.
pub(super) fn entries(service: &service::Service, since: i64) -> Json {
    service
        .journal()
        .after(0)
        .filter(|entry| entry.at.0 >= since)
        .map(service::journal::Entry::to_json)
        .collect()
}
