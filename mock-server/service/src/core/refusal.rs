//! Where a world refuses because a switch is off, or because something comes too fast: every such refusal is made here,
//! and the journal entry of its answer gets a hint what would let it pass.

use serde_json::{Value, json};
use wire::code::status;

use crate::core::{
    Core,
    bug::Bug,
    preset::{Preset, Rate},
    switch::Switches,
};

/// A service that is refused, or answers with nothing, while its switch is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// History of private, group and system conversations, and the list of conversations.
    History,
    MessageLog,
    GroupReceipts,
    RoomEntries,
    RoomHistory,
    RoomWhiteLists,
    RoomGlobalMute,
    RoomBroadcast,
    RoomKeepAlive,
    UltraGroups,
}

impl Gate {
    #[cfg(test)]
    const ALL: [Self; 10] = [
        Self::History,
        Self::MessageLog,
        Self::GroupReceipts,
        Self::RoomEntries,
        Self::RoomHistory,
        Self::RoomWhiteLists,
        Self::RoomGlobalMute,
        Self::RoomBroadcast,
        Self::RoomKeepAlive,
        Self::UltraGroups,
    ];

    fn switch(self) -> &'static str {
        match self {
            Self::History => "roamingHistory",
            Self::MessageLog => "messageLog",
            Self::GroupReceipts => "groupReceiptQueries",
            Self::RoomEntries => "chatroomEntries",
            Self::RoomHistory => "chatroomHistory",
            Self::RoomWhiteLists => "chatroomWhiteLists",
            Self::RoomGlobalMute => "chatroomGlobalMute",
            Self::RoomBroadcast => "chatroomBroadcast",
            Self::RoomKeepAlive => "chatroomKeepAlive",
            Self::UltraGroups => "ultraGroup",
        }
    }

    fn is_open(self, switches: &Switches) -> bool {
        switches.get(self.switch()).unwrap_or(false)
    }

    /// What a client is told; services that only the Server API has tell clients nothing.
    fn code(self) -> u16 {
        match self {
            Self::History => status::ROAMING_OFF,
            Self::RoomEntries => status::ENTRIES_OFF,
            Self::RoomHistory => status::ROOM_HISTORY_OFF,
            Self::UltraGroups => status::ULTRA_GROUPS_OFF,
            Self::GroupReceipts
            | Self::MessageLog
            | Self::RoomWhiteLists
            | Self::RoomGlobalMute
            | Self::RoomBroadcast
            | Self::RoomKeepAlive => status::NOT_SUPPORTED,
        }
    }

    /// The bug that lets clients through all the same.
    fn ignored_by(self) -> Option<Bug> {
        match self {
            Self::History | Self::RoomHistory => Some(Bug::IgnoresHistorySwitch),
            Self::RoomEntries => Some(Bug::IgnoresEntrySwitch),
            _ => None,
        }
    }
}

/// What the Server API answers for a switch or a rate.
pub(crate) struct ApiRefusal {
    pub(crate) code: u16,
    pub(crate) text: String,
}

/// Why an answer refuses, or is empty, and what would change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// A switch is off.
    Switch {
        /// Its name.
        name: &'static str,
        /// A preset would turn it on.
        by_preset: bool,
    },
    /// A rate was exceeded.
    Limit {
        /// The limit's name.
        name: &'static str,
        /// How many it lets through.
        most: u32,
        /// A preset would turn it off.
        by_preset: bool,
    },
}

impl Hint {
    /// The sentence that the journal shows.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Switch { name, by_preset: true } => {
                format!("switch {name} is off; --preset everything turns it on")
            }
            Self::Switch { name, by_preset: false } => {
                format!("switch {name} is off; `switches: {{{name}: true}}` in the set-up turns it on")
            }
            Self::Limit { name, most, by_preset: true } => {
                format!("limit {name} is {most}; --preset everything turns it off")
            }
            Self::Limit { name, most, by_preset: false } => {
                format!("limit {name} is {most}; `limits: {{{name}: 0}}` in the set-up turns it off")
            }
        }
    }

    /// For programs: the text, and the name of the switch or limit.
    pub(crate) fn write(&self, entry: &mut Value) {
        entry["hint"] = self.text().into();
        let (kind, name) = match self {
            Self::Switch { name, .. } => ("switch", name),
            Self::Limit { name, .. } => ("limit", name),
        };
        entry["refusedBy"] = json!({kind: name});
    }
}

impl Core {
    /// Lets a client's request through to a service.
    ///
    /// # Errors
    /// What the client is told while the service is off.
    pub(crate) fn ordered(&self, gate: Gate) -> Result<(), u16> {
        let ignored = gate.ignored_by().is_some_and(|bug| self.has(bug));
        if ignored || self.shows(gate) { Ok(()) } else { Err(gate.code()) }
    }

    /// Whether a service is there; if not, what asked for it is answered with nothing.
    pub(crate) fn shows(&self, gate: Gate) -> bool {
        let open = gate.is_open(&self.switches);
        if !open {
            let name = gate.switch();
            // What somebody turned off, no preset turns on again.
            let by_preset = Switches::is_service(name) && !self.switches.is_given(name);
            self.hint.set(Some(Hint::Switch { name, by_preset }));
        }
        open
    }

    /// Lets a call of the Server API through to a service.
    ///
    /// # Errors
    /// 1009 while it is off.
    pub(crate) fn api_ordered(&self, gate: Gate) -> Result<(), ApiRefusal> {
        if self.shows(gate) {
            return Ok(());
        }
        let text = format!("the service is not enabled: the switch `{}` is off", gate.switch());
        Err(ApiRefusal { code: 1009, text })
    }

    /// A call of the Server API is one too many: 1008.
    pub(crate) fn api_too_fast(&self, rate: Rate, unit: &str) -> ApiRefusal {
        self.exceeded(rate);
        ApiRefusal { code: 1008, text: format!("the limit is {} {unit}", rate.of(&self.limits)) }
    }

    /// A client is too fast: what it is told.
    pub(crate) fn too_fast(&self, rate: Rate) -> u16 {
        self.exceeded(rate);
        match rate {
            Rate::ChatroomEntries => status::ENTRIES_TOO_FAST,
            _ => status::TOO_FAST,
        }
    }

    /// A rate was exceeded, whatever comes of it.
    pub(crate) fn exceeded(&self, rate: Rate) {
        let by_preset = self.preset == Preset::Documented && !self.limits.is_given(rate.name());
        self.hint.set(Some(Hint::Limit { name: rate.name(), most: rate.of(&self.limits), by_preset }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gate_has_its_switch() {
        for gate in Gate::ALL {
            let mut switches = Switches::default();
            for on in [false, true] {
                assert!(switches.set(gate.switch(), on), "{gate:?}");
                assert_eq!(gate.is_open(&switches), on, "{gate:?}");
            }
        }
    }

    /// The codes of such refusals stand in this file alone: whoever refuses asks here, and the hint comes with it.
    #[test]
    fn nobody_else_refuses_for_a_switch_or_a_rate() {
        let codes =
            ["ROAMING_OFF", "ROOM_HISTORY_OFF", "ENTRIES_OFF", "ULTRA_GROUPS_OFF", "TOO_FAST", "error(1008"];
        let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut looked_at = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                looked_at += 1;
                let text = std::fs::read_to_string(&path).unwrap();
                let refuses = |line: &&str| {
                    // Retired, not switched off.
                    let off = line.contains("error(1009") && !line.contains("discussion groups are retired");
                    off || codes.iter().any(|code| line.contains(code))
                };
                let found: Vec<&str> = text.lines().filter(refuses).collect();
                assert!(path.ends_with("refusal.rs") || found.is_empty(), "{}: {found:?}", path.display());
            }
        }
        assert!(looked_at > 100);
    }
}
