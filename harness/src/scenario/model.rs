//! A scenario as the runner sees it: checked, its matrix multiplied out, included fragments in place.

use indexmap::IndexMap;
use service::setup::WorldSetup;

use super::{
    place::{Place, Placed, Source},
    step::Step,
};

/// Name of the world that `service:` sets up; further ones come from `worlds:`.
pub const MAIN_WORLD: &str = "main";

/// A scenario file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file, then the files it includes.
    pub sources: Vec<Source>,
    /// `scenario:`, the sentence it proves.
    pub title: String,
    /// `covers:`, requirement ids of the catalogue.
    pub covers: Vec<Placed<String>>,
    /// `why:`, the reason it exists.
    pub why: Option<String>,
    /// `breaks_when:`, what would make it fail: named bugs of the service or the client, or a sentence.
    pub breaks_when: Vec<Placed<String>>,
    /// `needs:`, capabilities a client must have ([`NEEDS`](super::NEEDS)); one that lacks any is unsupported.
    pub needs: Vec<Placed<String>>,
    /// One, or one for each combination of the matrix, in the order of the file.
    pub cases: Vec<Case>,
    /// Why the file gives no text (it is not UTF-8, no regular file, too long): its one case cannot run. `None` for every
    /// scenario that was read.
    pub unreadable: Option<String>,
}

impl Scenario {
    /// What stands in a run for a file that gives no text, so that the others are run and this one is not forgotten.
    #[must_use]
    pub fn unreadable(path: &str, why: String) -> Self {
        let case = Case {
            axes: IndexMap::new(),
            worlds: IndexMap::new(),
            clients: IndexMap::new(),
            steps: Vec::new(),
        };
        Self {
            sources: vec![Source { path: path.replace('\\', "/"), text: "".into() }],
            title: "This file cannot be read".to_owned(),
            covers: Vec::new(),
            why: None,
            breaks_when: Vec::new(),
            needs: Vec::new(),
            cases: vec![case],
            unreadable: Some(why),
        }
    }

    /// Path of the file as given.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.sources[0].path
    }
}

/// One run of a scenario.
#[derive(Debug, Clone)]
pub struct Case {
    /// Axes and their values; empty without a matrix.
    pub axes: IndexMap<String, String>,
    /// Worlds by name: [`MAIN_WORLD`] first, then `worlds:`.
    pub worlds: IndexMap<String, WorldSetup>,
    /// Clients by name, in the order of the file.
    pub clients: IndexMap<String, Client>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// The axes for the case's name: `platform=Web,type=group`; empty without a matrix.
    #[must_use]
    pub fn label(&self) -> String {
        self.axes.iter().map(|(axis, value)| format!("{axis}={value}")).collect::<Vec<_>>().join(",")
    }
}

/// A client of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Where it is declared.
    pub at: Place,
    /// Whose token it uses unless a step says otherwise.
    pub user: String,
    /// Which world it talks to: [`MAIN_WORLD`] unless `world:` says otherwise.
    pub world: String,
    /// Platform class, one of [`PLATFORMS`](super::PLATFORMS). Not given: the client's own, whatever it is (the
    /// reference client is a phone then).
    pub platform: Option<String>,
    /// Engine options by their documented names.
    pub options: serde_json::Map<String, serde_json::Value>,
    /// Whether the local store survives `restart` (it never survives `reinstall`); true if not given.
    pub keep_store: bool,
    /// Device id; one is made up from the client's name if not given.
    pub device: Option<String>,
    /// A client other than the one under test, for mixed scenarios: `reference`, `web-sdk@4.6.4`, `dial@phone`.
    pub client: Option<String>,
}

/// How often an event is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// At least.
    pub least: u32,
    /// At most; `None` = any number.
    pub most: Option<u32>,
}

impl Times {
    /// Exactly once, the default.
    pub const ONCE: Self = Self { least: 1, most: Some(1) };
}
