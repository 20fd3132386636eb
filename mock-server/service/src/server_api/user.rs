//! `/user/*`: registration, tokens, online state, bans, deactivation.

use std::time::Duration;

use serde_json::{Value, json};
use wire::UnixMillis;

use super::{Answer, Call, error};
use crate::{account::Account, acts::LONGEST_BAN, world::Service};

/// Longest user id, bytes.
pub(super) const LONGEST_ID: usize = 64;
/// Most ids in one call.
pub(super) const MOST_IDS: usize = 100;

impl Service {
    /// Registers the user if need be and issues a token; earlier ones stay valid (CONN-019).
    pub(super) fn api_get_token(&mut self, call: &Call) -> Answer {
        let id = call.required("userId", LONGEST_ID)?;
        // It may be empty, but a registration says what pushes show (USER-012).
        if !call.has("name") {
            return Err(error(1002, "parameter `name` is missing"));
        }
        let known = self.accounts.find(id).is_some_and(|user| self.accounts[user].registered);
        let most = self.limits.registered_users;
        if !known && most > 0 && self.accounts.registered() >= most {
            return Err(error(
                2007,
                format!("a development environment holds {most} registered users (USER-002)"),
            ));
        }
        let token = self.issue_token(call.now, id);
        self.show_as(call, id);
        let user = self.accounts.register(id);
        self.accounts[user].created.get_or_insert(call.now);
        Ok(json!({"userId": id, "token": token}))
    }

    /// What pushes show of a user (USER-012).
    fn show_as(&mut self, call: &Call, id: &str) {
        let user = self.accounts.find_or_add(id);
        let account = &mut self.accounts[user];
        if let Some(name) = call.optional("name") {
            name.clone_into(&mut account.name);
        }
        if let Some(portrait) = call.optional("portraitUri") {
            portrait.clone_into(&mut account.portrait);
        }
    }

    pub(super) fn api_refresh(&mut self, call: &Call) -> Answer {
        let id = call.required("userId", LONGEST_ID)?;
        self.show_as(call, id);
        Ok(json!({}))
    }

    pub(super) fn api_info(&mut self, call: &Call) -> Answer {
        let account = self.registered(call.required("userId", LONGEST_ID)?)?;
        Ok(json!({
            "userName": account.name, "userPortrait": account.portrait,
            "createTime": date_text(account.created.unwrap_or_default()),
        }))
    }

    pub(super) fn api_query(&mut self, call: &Call) -> Answer {
        let page = call.optional("page").and_then(|page| page.parse().ok()).unwrap_or(1usize).max(1);
        let size =
            call.optional("pageSize").and_then(|size| size.parse().ok()).unwrap_or(20usize).clamp(1, 100);
        let all = || self.accounts.iter().filter(|account| account.registered && !account.deactivated);
        let users: Vec<Value> = all()
            .skip((page - 1) * size)
            .take(size)
            .map(|account| {
                json!({
                    "userId": &*account.id, "userName": account.name, "userPortrait": account.portrait,
                    "regTime": date_text(account.created.unwrap_or_default()),
                })
            })
            .collect();
        Ok(json!({"total": all().count(), "users": users}))
    }

    fn registered(&self, id: &str) -> Result<&Account, super::ApiError> {
        self.accounts
            .find(id)
            .map(|user| &self.accounts[user])
            .filter(|account| account.registered)
            .ok_or_else(|| error(1002, format!("user `{id}` is not registered")))
    }

    /// Tokens issued before `time` are refused at the next login; connections stay (CONN-020).
    pub(super) fn api_expire_tokens(&mut self, call: &Call) -> Answer {
        let time = UnixMillis(call.number("time", 0..=i64::MAX)?);
        for id in call.ids("userId", MOST_IDS)? {
            let user = self.accounts.find_or_add(id);
            self.accounts[user].tokens_from = time;
        }
        Ok(json!({}))
    }

    /// The state is a text: one SDK refuses a number (USER-009).
    pub(super) fn api_check_online(&mut self, call: &Call) -> Answer {
        let id = call.required("userId", LONGEST_ID)?;
        let online = self.accounts.find(id).is_some_and(|user| !self.accounts[user].connections.is_empty());
        Ok(json!({"status": if online { "1" } else { "0" }}))
    }

    pub(super) fn api_block(&mut self, call: &Call) -> Answer {
        let ids = call.ids("userId", 20)?;
        let minutes = call.number("minute", 1..=i64::from(LONGEST_BAN))?;
        for id in ids {
            // The range was checked.
            self.ban(call.now, id, minutes as u32).map_err(|fault| error(1002, fault.to_string()))?;
        }
        Ok(json!({}))
    }

    pub(super) fn api_unblock(&mut self, call: &Call) -> Answer {
        for id in call.ids("userId", 20)? {
            let user = self.accounts.find_or_add(id);
            self.accounts[user].banned_until = None;
        }
        Ok(json!({}))
    }

    pub(super) fn api_blocked(&mut self, call: &Call) -> Answer {
        let users: Vec<Value> = self
            .accounts
            .iter()
            .filter(|account| account.is_banned(call.now))
            .map(|account| {
                let until = account.banned_until.unwrap_or_default();
                json!({"userId": &*account.id, "blockEndTime": date_text(until)})
            })
            .collect();
        Ok(json!({"users": users}))
    }

    pub(super) fn api_deactivate(&mut self, call: &Call) -> Answer {
        for id in call.ids("userId", MOST_IDS)? {
            self.deactivate(call.now, id);
        }
        Ok(json!({"operateId": self.ids.message_uid(call.now).as_str()}))
    }

    pub(super) fn api_deactivated(&mut self, _call: &Call) -> Answer {
        let users: Vec<&str> =
            self.accounts.iter().filter(|account| account.deactivated).map(|account| &*account.id).collect();
        Ok(json!({"users": users}))
    }

    pub(super) fn api_reactivate(&mut self, call: &Call) -> Answer {
        for id in call.ids("userId", MOST_IDS)? {
            let user = self.accounts.find_or_add(id);
            self.accounts[user].deactivated = false;
        }
        Ok(json!({"operateId": self.ids.message_uid(call.now).as_str()}))
    }
}

/// `2026-01-02 03:04:05` in the service's zone, UTC+8.
pub(super) fn date_text(at: UnixMillis) -> String {
    let seconds = (at + Duration::from_secs(8 * 3600)).0.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Year, month and day of a day number since 1970-01-01, in the proleptic Gregorian calendar: days are counted from
/// a March so that the leap day ends its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_in_the_services_zone() {
        assert_eq!(date_text(UnixMillis(0)), "1970-01-01 08:00:00");
        assert_eq!(date_text(UnixMillis(1_767_225_600_000)), "2026-01-01 08:00:00");
        assert_eq!(date_text(UnixMillis(1_709_164_799_000)), "2024-02-29 07:59:59");
    }
}
