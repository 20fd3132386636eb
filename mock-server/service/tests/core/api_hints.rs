//! Calls of the Server API that are wrong in the ways people get them wrong: their codes stay, and the text says what to do.

use service::HttpRequest;

use crate::world::{World, signed};

fn answer(request: HttpRequest) -> (u16, i64, String) {
    let setup = r#"{"users": ["alice"], "switches": {"ultraGroup": true},
        "ultraGroups": {"u": {"members": ["alice"]}}}"#;
    let response = World::new(setup).http(request);
    let body: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let text = body["errorMessage"].as_str().or(body["msg"].as_str()).unwrap_or_default().to_owned();
    (response.status, body["code"].as_i64().unwrap(), text)
}

fn with(path: &str, header: (&str, &str), body: &str) -> HttpRequest {
    let mut request = signed(path, body);
    request.headers.retain(|(name, _)| name != header.0);
    request.headers.push((header.0.to_owned(), header.1.to_owned()));
    request
}

const FORM: &str = "application/x-www-form-urlencoded";
const PUBLISH: &str = "/message/private/publish.json";
const TEXT: &str = "fromUserId=bob&objectName=RC:TxtMsg&content=%7B%22content%22%3A%22x%22%7D";

#[test]
fn a_path_that_is_none_names_the_nearest() {
    for (path, nearest) in [
        ("/user/gettoken.json", "POST `/user/getToken.json`"),
        ("/user/getToken", "POST `/user/getToken.json`"),
        ("/message/privat/publish.json", "POST `/message/private/publish.json`"),
        ("/conversation/attribute/gets.json", "GET `/conversation/attribute/get.json`"),
    ] {
        let (status, code, text) = answer(signed(path, "userId=a"));
        assert_eq!((status, code), (404, 404), "{path}");
        assert!(text.contains(&format!("the nearest is {nearest}")), "{path}: {text}");
    }
    let (_, _, text) = answer(signed("/no/such.json", ""));
    assert!(!text.contains("nearest"), "{text}");
}

#[test]
fn another_method_is_told_the_right_one() {
    for (method, path, text) in [
        ("GET", "/user/getToken.json", "takes POST, not GET"),
        ("POST", "/conversation/attribute/get.json", "takes GET, not POST"),
        ("PATCH", "/v2/ultragroups/u", "takes PUT or DELETE, not PATCH"),
    ] {
        let (status, code, said) = answer(HttpRequest { method: method.into(), ..signed(path, "userId=a") });
        assert_eq!((status, code), (405, 405), "{path}");
        assert!(said.contains(text), "{path}: {said}");
    }
}

#[test]
fn bodies_that_are_no_form_are_told_to_be_one() {
    let form = "takes a form, `name=value&name=value`";
    let json = r#"{"userId":"alice","name":"A"}"#;
    for (request, hint) in [
        (
            with("/user/getToken.json", ("content-type", "multipart/form-data; boundary=x"), "--x"),
            "is multipart",
        ),
        (with("/user/getToken.json", ("content-encoding", "gzip"), "\u{1f}\u{8b}"), "Content-Encoding: gzip"),
        (
            with("/user/getToken.json", ("content-type", "application/json"), json),
            "is JSON, by its Content-Type",
        ),
        (with("/user/getToken.json", ("content-type", FORM), json), "looks like JSON"),
    ] {
        let (status, code, text) = answer(request);
        assert_eq!((status, code), (400, 1002), "{hint}");
        assert!(text.contains(hint) && text.contains(form), "{hint}: {text}");
    }
    let plain = with("/user/getToken.json", ("content-encoding", "identity"), "userId=alice&name=A");
    assert_eq!(answer(plain).1, 200);
}

#[test]
fn bodies_that_are_no_json_are_told_to_be_some() {
    let path = "/user/tag/set.json";
    let json = r#"{"userId":"alice","tags":["a"]}"#;
    for (request, hint) in [
        (with(path, ("content-type", FORM), json), "its Content-Type does not say so"),
        (signed(path, "userId=alice&tags=a"), "the body is no JSON"),
        (
            with(path, ("content-type", "application/json"), "userId=alice&tags=a"),
            "the body looks like a form",
        ),
    ] {
        let (status, code, text) = answer(request);
        assert_eq!((status, code), (400, 1002), "{hint}");
        assert!(text.contains(hint) && text.contains("takes a JSON object"), "{hint}: {text}");
    }
    assert_eq!(answer(with(path, ("content-type", "application/json; charset=utf-8"), json)).1, 200);
}

#[test]
fn lists_are_repeated_parameters() {
    for (list, hint) in [
        ("toUserId[0]=alice&toUserId[1]=carol", "there is no parameter `toUserId[0]`"),
        ("toUserId[]=alice", "there is no parameter `toUserId[]`"),
        ("toUserId=%5B%22alice%22%2C%22carol%22%5D", "is a JSON list"),
    ] {
        let (status, code, text) = answer(signed(PUBLISH, &format!("{TEXT}&{list}")));
        assert_eq!((status, code), (400, 1002), "{list}");
        assert!(text.contains(hint) && text.contains("`toUserId=a&toUserId=b`"), "{list}: {text}");
    }
    // A list that an endpoint may do without would be passed over: the message would go to the whole group.
    let directed = format!("{TEXT}&toGroupId=g&toUserId[0]=alice");
    assert_eq!(answer(signed("/message/group/publish.json", &directed)).1, 1002);
    let one = "userId=%5B%22alice%22%5D&name=A";
    assert!(answer(signed("/user/getToken.json", one)).2.contains("is a JSON list"));
    assert_eq!(answer(signed(PUBLISH, &format!("{TEXT}&toUserId=alice&toUserId=carol"))).1, 200);
    assert_eq!(answer(signed("/chatroom/create.json", "chatroom[r]=Room")).1, 200);
}
