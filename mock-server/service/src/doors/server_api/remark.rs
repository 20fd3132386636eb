//! `/user/remarks/*`: what pushes to a user call other users.

use serde_json::{Value, json};

use crate::doors::server_api::{
    Answer, Api, ApiError, Call,
    endpoints::{Row, Takes::Form},
    error,
    user::LONGEST_ID,
};

/// Remarks of one call.
const MOST: usize = 100;
/// Bytes of a remark. The documentation gives no number.
const LONGEST: usize = 256;

pub(super) const ENDPOINTS: &[Row] = &[
    ("/user/remarks/set.json", Form, api_remarks_set),
    ("/user/remarks/del.json", Form, api_remark_remove),
    ("/user/remarks/get.json", Form, api_remarks),
];

/// `remarks` is a list of `{"id", "remark"}`; one SDK writes the names with capitals.
fn api_remarks_set(api: &mut Api<'_>, call: &Call) -> Answer {
    let remarks: Vec<(String, String)> =
        call.list("remarks", MOST)?.iter().map(pair).collect::<Result<_, _>>()?;
    let owner = api.world.core.accounts.find_or_add(call.id("userId")?);
    for (id, remark) in remarks {
        let user = api.world.core.accounts.find_or_add(&id);
        let id = api.world.core.accounts[user].id.clone();
        api.world.core.accounts[owner].remarks.insert(id, remark);
    }
    Ok(json!({}))
}

fn api_remark_remove(api: &mut Api<'_>, call: &Call) -> Answer {
    let target = call.id("targetId")?;
    let owner = api.world.core.accounts.find_or_add(call.id("userId")?);
    api.world.core.accounts[owner].remarks.shift_remove(target);
    Ok(json!({}))
}

fn api_remarks(api: &mut Api<'_>, call: &Call) -> Answer {
    let (skip, take) = call.page("page", "size", 50, 50)?;
    let owner = api.world.core.accounts.find_or_add(call.id("userId")?);
    let remarks = &api.world.core.accounts[owner].remarks;
    let page = remarks.iter().skip(skip).take(take);
    let users: Vec<Value> = page.map(|(id, remark)| json!({"id": &**id, "remark": remark})).collect();
    Ok(json!({"total": remarks.len(), "users": users}))
}

fn pair(value: &Value) -> Result<(String, String), ApiError> {
    let field = |name: &str, most: usize| {
        let fields = value.as_object().into_iter().flatten();
        let mut named = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let text = named.next().and_then(|(_, value)| value.as_str()).filter(|text| !text.is_empty());
        match text {
            Some(text) if text.len() <= most => Ok(text.to_owned()),
            Some(_) => Err(error(1005, format!("parameter `remarks`: `{name}` has more than {most} bytes"))),
            None => Err(error(1002, format!("parameter `remarks`: an element has no `{name}`"))),
        }
    };
    Ok((field("id", LONGEST_ID)?, field("remark", LONGEST)?))
}
