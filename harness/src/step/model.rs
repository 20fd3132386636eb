//! Somebody who goes through a recording: where one is, what is marked, what stops a run, what is looked at.

use std::io::{BufRead, Seek};

use recording::{End, Reader};

use super::{
    breaks::Break,
    export::Export,
    job::{Job, Playing},
    look::Look,
    marks::Marks,
    play::Pace,
    prompt::Prompt,
    source::Source,
    world::World,
};

/// What is looked at below the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panel {
    /// The entry in words.
    Entry,
    /// Its bytes.
    Bytes,
    /// Calls and callbacks so far.
    Callbacks,
    /// What the service holds.
    State,
    /// Breakpoints and marks.
    Stops,
}

impl Panel {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Entry, Self::Bytes, Self::Callbacks, Self::State, Self::Stops];

    /// What stands above it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Bytes => "bytes",
            Self::Callbacks => "callbacks",
            Self::State => "state",
            Self::Stops => "stops",
        }
    }
}

/// Which state is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// That of the mailbox, room or group that the entry is about; of several this one, counted around.
    Concerned(usize),
    /// One that was named: its kind, and of which.
    Named(String, Option<String>),
}

/// A recording, and where one is in it.
pub struct Model<R> {
    pub(super) name: String,
    /// Bytes of the file.
    pub(super) size: Option<u64>,
    pub(super) source: Source<R>,
    /// The world is behind the entry that one is at.
    pub(super) world: World,
    pub(super) marks: Marks,
    /// Where a range of marks was begun.
    pub(super) range: Option<u64>,
    pub(super) breaks: Vec<Break>,
    /// Which of them is chosen, to be removed.
    pub(super) chosen: usize,
    pub(super) job: Option<Job>,
    pub(super) playing: Option<Playing>,
    pub(super) pace: Pace,
    pub(super) sought: Option<String>,
    pub(super) prompt: Option<Prompt>,
    pub(super) panel: Panel,
    /// Lines of the panel above what is seen of it.
    pub(super) scroll: usize,
    /// Whose callbacks are looked at; `None`: everybody's.
    pub(super) client: Option<String>,
    pub(super) pick: Pick,
    pub(super) help: bool,
    pub(super) message: Option<String>,
    pub(super) export: Option<Export>,
    pub(super) over: bool,
    pub(super) look: Look,
}

impl<R: BufRead + Seek> Model<R> {
    /// Stands before the first entry of a recording, `size` bytes long (if that is known) and called `name`, that was opened and not read yet.
    /// `export` makes scenarios of entries.
    #[must_use]
    pub fn new(reader: Reader<R>, name: &str, size: Option<u64>, pace: Pace, export: Option<Export>) -> Self {
        let source = Source::new(reader);
        let world = World::begin(source.header());
        let message = match world.why_none() {
            Some(why) => format!("no state, only entries: {why}"),
            None if !world.compares() => {
                "it tells nothing of what was said (--record-inputs): nothing is compared; ? shows the keys"
                    .to_owned()
            }
            None => "? shows the keys".to_owned(),
        };
        Self {
            name: name.to_owned(),
            size,
            source,
            world,
            marks: Marks::default(),
            range: None,
            breaks: Vec::new(),
            chosen: 0,
            job: None,
            playing: None,
            pace,
            sought: None,
            prompt: None,
            panel: Panel::Entry,
            scroll: 0,
            client: None,
            pick: Pick::Concerned(0),
            help: false,
            message: Some(message),
            export,
            over: false,
            look: Look::default(),
        }
    }

    /// The entry that one is at; 0: before the first.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.world.at()
    }

    /// The world as it is there.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The recording.
    pub fn source(&mut self) -> &mut Source<R> {
        &mut self.source
    }

    /// What is told in the last line.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Entries that were marked, as ranges.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Whether one has asked to leave.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn say(&mut self, message: impl Into<String>) {
        self.message = Some(message.into());
    }

    /// What ends the recording other than its being whole, once somebody has read that far.
    pub(super) fn damage(&self) -> Option<String> {
        let end = self.source.end()?;
        (*end != End::Whole).then(|| end.to_string())
    }

    /// Whose the connection of the entry is that one is at.
    pub(super) fn user(&self, row: &super::row::Row) -> Option<String> {
        row.user.clone().or_else(|| self.world.user_of(row.conn?).map(str::to_owned))
    }
}
