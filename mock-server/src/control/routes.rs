//! Every call of the control API: where it stands, and what its query may say. What is not in this table is refused with
//! the nearest that is.

use http::StatusCode;

use super::{ROOT, Refusal};
use crate::nearest::nearest;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Overview,
    OpenApi,
    GetApp,
    PutApp,
    DeleteApp,
    GetClock,
    AdvanceClock,
    GetState,
    GetStateKind,
    GetStateItem,
    Act,
    ListFaults,
    ArmFault,
    DisarmFault,
    GetJournal,
    StreamJournal,
    GetRecording,
    Await,
}

/// A call.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) operation: Operation,
    pub(super) method: &'static str,
    /// Below [`ROOT`]; `{NAME}` stands for any one segment that is not empty.
    pub(super) path: &'static str,
    /// Keys of its query.
    pub(super) query: &'static [&'static str],
}

macro_rules! routes {
    ($($operation:ident: $method:literal $path:literal $([$($key:literal),*])?,)*) => {
        pub(super) const ROUTES: &[Route] = &[$(Route {
            operation: Operation::$operation,
            method: $method,
            path: $path,
            query: &[$($($key),*)?],
        }),*];
    };
}

routes! {
    Overview: "GET" "/",
    OpenApi: "GET" "/openapi.json",
    GetApp: "GET" "/apps/{appKey}",
    PutApp: "PUT" "/apps/{appKey}" ["seed"],
    DeleteApp: "DELETE" "/apps/{appKey}",
    GetClock: "GET" "/apps/{appKey}/clock",
    AdvanceClock: "POST" "/apps/{appKey}/clock/advance",
    GetState: "GET" "/apps/{appKey}/state",
    GetStateKind: "GET" "/apps/{appKey}/state/{kind}",
    GetStateItem: "GET" "/apps/{appKey}/state/{kind}/{id}",
    Act: "POST" "/apps/{appKey}/act",
    ListFaults: "GET" "/apps/{appKey}/faults",
    ArmFault: "POST" "/apps/{appKey}/faults",
    DisarmFault: "DELETE" "/apps/{appKey}/faults/{id}",
    GetJournal: "GET" "/apps/{appKey}/journal" ["after", "limit"],
    StreamJournal: "GET" "/apps/{appKey}/journal/stream" ["after"],
    GetRecording: "GET" "/apps/{appKey}/recording" ["from", "to"],
    Await: "POST" "/apps/{appKey}/await",
}

/// The call of that method and path; `segments` are the decoded parts of the path below [`ROOT`].
pub(super) fn find(method: &str, path: &str, segments: &[&str]) -> Result<&'static Route, Refusal> {
    let here: Vec<&Route> = ROUTES.iter().filter(|route| fits(route.path, segments)).collect();
    if let Some(route) = here.iter().find(|route| route.method == method) {
        return Ok(route);
    }
    if !here.is_empty() {
        let methods: Vec<&str> = here.iter().map(|route| route.method).collect();
        let message = format!("{path} takes {}, not {method}", methods.join(" or "));
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message));
    }
    let text = format!("there is no {method} {path}");
    let described = format!("{ROOT}/openapi.json lists every call");
    Err(Refusal::not_found(match nearest_path(segments) {
        Some(nearest) => format!("{text}; did you mean {ROOT}{nearest}? {described}"),
        None => format!("{text}; {described}"),
    }))
}

fn fits(path: &str, segments: &[&str]) -> bool {
    let mut parts = path[1..].split('/');
    let all = segments.iter().all(|segment| {
        parts.next().is_some_and(|part| part == *segment || part.starts_with('{') && !segment.is_empty())
    });
    all && parts.next().is_none()
}

/// What was meant, with the names that were given in their places.
fn nearest_path(segments: &[&str]) -> Option<String> {
    let filled = ROUTES.iter().map(|route| {
        let parts = route.path[1..].split('/').zip(segments.iter().map(Some).chain(std::iter::repeat(None)));
        let parts = parts.map(|(part, given)| match given {
            Some(given) if part.starts_with('{') && !given.is_empty() => *given,
            _ => part,
        });
        format!("/{}", parts.collect::<Vec<_>>().join("/"))
    });
    let filled: Vec<String> = filled.collect();
    let wanted = format!("/{}", segments.join("/"));
    nearest(&wanted, filled.iter().map(String::as_str)).map(str::to_owned)
}

impl Route {
    /// Refuses keys that the call does not know, and those that come twice.
    ///
    /// # Errors
    /// 400 with the key's place.
    pub(super) fn check_query(&self, query: &str) -> Result<(), Refusal> {
        let mut seen: Vec<String> = Vec::new();
        for (key, _) in url::form_urlencoded::parse(query.as_bytes()) {
            let key = key.into_owned();
            if !self.query.contains(&key.as_str()) {
                let takes = match (nearest(&key, self.query.iter().copied()), self.query) {
                    (Some(nearest), _) => format!("did you mean `{nearest}`?"),
                    (None, []) => "this call has no query".to_owned(),
                    (None, known) => format!("known here: `{}`", known.join("`, `")),
                };
                let message = format!("the query has an unknown key `{key}`: {takes}");
                return Err(Refusal::invalid(message).at(key));
            }
            if seen.contains(&key) {
                return Err(Refusal::invalid(format!("the query's `{key}` stands there twice")).at(key));
            }
            seen.push(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, path: &str) -> Result<Operation, (StatusCode, String)> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let found = find(method, &format!("{ROOT}{path}"), &segments);
        found.map(|route| route.operation).map_err(|refusal| (refusal.status, refusal.message))
    }

    #[test]
    fn every_route_is_found_and_others_are_told_apart() {
        for route in ROUTES {
            assert_eq!(operation(route.method, &route.path.replace(['{', '}'], "")), Ok(route.operation));
        }
        let (status, message) = operation("PUT", "/apps/k/clock").unwrap_err();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(message.ends_with("takes GET, not PUT"), "{message}");
        let (status, message) = operation("GET", "/apps/k/jurnal").unwrap_err();
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(message.contains("did you mean /control/v1/apps/k/journal?"), "{message}");
        assert!(operation("PUT", "/apps/").is_err());
    }

    #[test]
    fn a_query_has_known_keys_once_each() {
        let journal = ROUTES.iter().find(|route| route.operation == Operation::GetJournal).unwrap();
        let wrong = |query: &str| journal.check_query(query).map_err(|refusal| refusal.message);
        assert_eq!(wrong("after=1&limit=2"), Ok(()));
        assert_eq!(wrong(""), Ok(()));
        assert_eq!(
            wrong("afer=1"),
            Err("the query has an unknown key `afer`: did you mean `after`?".to_owned())
        );
        assert_eq!(
            wrong("zzz=1"),
            Err("the query has an unknown key `zzz`: known here: `after`, `limit`".to_owned())
        );
        assert_eq!(wrong("after=1&after=2"), Err("the query's `after` stands there twice".to_owned()));
    }
}
