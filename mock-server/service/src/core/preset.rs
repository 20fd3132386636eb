//! Presets: what a world's switches and limits are where its set-up says nothing.
//!
//! The documentation's defaults are those of a new app: most services have to be ordered, and a client may send five
//! messages a second. Who tests conformance wants that; who runs the IM cloud on a laptop mostly does not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::{limits::Limits, switch::Switches};

/// Which defaults a world has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Preset {
    /// The documentation's own: services are off until they are ordered.
    #[default]
    Documented,
    /// Every service is on, and no rate is limited. What only decides how something is done (which devices displace each
    /// other, who may recall, …) stays as documented.
    Everything,
}

impl Preset {
    /// Every preset with its name.
    pub const ALL: &[(Preset, &str)] =
        &[(Preset::Documented, "documented"), (Preset::Everything, "everything")];

    /// The preset of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(preset, _)| *preset)
    }

    /// The switches of a world whose set-up says `asked`; what it gives stays.
    #[must_use]
    pub fn switches(self, asked: &Switches) -> Switches {
        let mut switches = asked.clone();
        if self == Self::Everything {
            let services = Switches::NAMES.iter().filter(|name| Switches::is_service(name));
            for name in services.filter(|name| !asked.is_given(name)) {
                switches.turn(name, true);
            }
        }
        switches
    }

    /// The limits of such a world.
    #[must_use]
    pub fn limits(self, asked: &Limits) -> Limits {
        let mut limits = asked.clone();
        if self == Self::Everything {
            for rate in Rate::ALL.iter().filter(|rate| !asked.given.has(rate.name())) {
                // A limit that code has set counts as given too.
                if rate.of(asked) == rate.of(&Limits::default()) {
                    rate.lift(&mut limits);
                }
            }
        }
        limits
    }
}

macro_rules! rates {
    ($($name:ident = $wire:literal: $field:ident,)*) => {
        /// A limit on how fast something may be done; 0 is any number.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Rate {
            $($name,)*
        }

        impl Rate {
            pub(crate) const ALL: &[Rate] = &[$(Rate::$name),*];

            /// The limit's name in a set-up.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            pub(crate) fn of(self, limits: &Limits) -> u32 {
                match self { $(Self::$name => limits.$field,)* }
            }

            fn lift(self, limits: &mut Limits) {
                match self { $(Self::$name => limits.$field = 0,)* }
            }
        }
    };
}

rates! {
    Send = "sendPerSecond": send_per_second,
    Api = "apiPerSecond": api_per_second,
    ApiPrivate = "apiPrivatePerMinute": api_private_per_minute,
    ApiGroup = "apiGroupPerSecond": api_group_per_second,
    ApiChatroom = "apiChatroomPerSecond": api_chatroom_per_second,
    ApiUltraGroup = "apiUltraGroupPerSecond": api_ultra_group_per_second,
    ApiSystem = "apiSystemPerSecond": api_system_per_second,
    ApiBroadcastsHour = "apiBroadcastsPerHour": api_broadcasts_per_hour,
    ApiBroadcastsDay = "apiBroadcastsPerDay": api_broadcasts_per_day,
    Chatroom = "chatroomPerSecond": chatroom_per_second,
    ChatroomEntries = "chatroomEntriesPerSecond": chatroom_entries_per_second,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(text: &str) -> crate::WorldSetup {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn everything_turns_services_on_and_rates_off_and_leaves_the_rest() {
        let (switches, limits) = (Switches::default(), Limits::default());
        let all = Preset::Everything.switches(&switches);
        for ((name, before, _), (_, after, _)) in switches.describe().into_iter().zip(all.describe()) {
            assert_eq!(after, before || Switches::is_service(name), "{name}");
        }
        let lifted = Preset::Everything.limits(&limits);
        assert!(Rate::ALL.iter().all(|rate| rate.of(&lifted) == 0));
        assert_eq!(Limits { send_per_second: 5, ..lifted }, limits);
        assert_eq!(Preset::Documented.switches(&switches), switches);
        assert_eq!(Preset::Documented.limits(&limits), limits);
    }

    #[test]
    fn what_a_set_up_says_wins_even_where_it_says_the_default() {
        let setup = setup(r#"{"switches": {"roamingHistory": false}, "limits": {"sendPerSecond": 5}}"#);
        let switches = Preset::Everything.switches(&setup.switches);
        assert!(!switches.roaming_history && switches.ultra_group);
        assert_eq!(Preset::Everything.limits(&setup.limits).send_per_second, 5);
        let by_code = Limits { send_per_second: 7, ..Limits::default() };
        assert_eq!(Preset::Everything.limits(&by_code).send_per_second, 7);
    }

    #[test]
    fn every_rate_that_limits_know_is_one() {
        let names = serde_json::to_value(Limits::default()).unwrap();
        let names = names.as_object().unwrap().keys().filter(|name| {
            // How fast files go delays them; it refuses nothing.
            let is_rate =
                ["PerSecond", "PerMinute", "PerHour", "PerDay"].iter().any(|end| name.ends_with(end));
            is_rate && *name != "fileBytesPerSecond"
        });
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        let mut known: Vec<&str> = Rate::ALL.iter().map(|rate| rate.name()).collect();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn presets_have_their_names() {
        for (preset, name) in Preset::ALL {
            assert_eq!(Preset::named(name), Some(*preset));
            assert_eq!(serde_json::to_value(preset).unwrap(), *name);
        }
        assert_eq!(Preset::named("everthing"), None);
    }
}
