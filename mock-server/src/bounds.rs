//! What one process takes on at most, in bytes, numbers and time. The meter beside it (`meter.rs`) knows what there is now.
//!
//! Every bound has a name: flags, refusals, journal entries and the control API's counters call it by that name. A bound
//! guards the process against one client; it is nothing that the vendor documents, so all defaults are ours, well above
//! what clients under test need.

use std::time::Duration;

use serde_json::{Value, json};

/// File descriptors that are left for listening, callbacks and files.
const SPARE_DESCRIPTORS: usize = 96;
/// Connections by default, where descriptors allow it.
const MOST_CONNECTIONS: usize = 20_000;

/// What a server takes on at most. Sizes are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Worlds. A further App Key takes the place of one that was made on first sight and holds nothing, or is refused.
    pub max_worlds: usize,
    /// Clients: sockets and polling sessions. A few more sockets are let in, for the control API alone.
    pub max_connections: usize,
    /// Memory of the process, 0 = any. Over it new worlds, logins and large bodies are refused.
    pub max_memory: usize,
    /// What may wait to be written to a client while its frames are handled; over it they wait until it has read.
    pub output: usize,
    /// What may wait to be written to a client at all; over it, it is cut. One answer may go beyond it.
    pub output_hard: usize,
    /// What may wait to be written to all clients; over it those who keep most are cut.
    pub outputs: usize,
    /// How long a client over `output` may read nothing; the same for the readers of HTTP answers.
    pub unread_time: Duration,
    /// One request's body.
    pub body: usize,
    /// Request bodies and unfinished frames that are being read, all together.
    pub bodies: usize,
    /// HTTP answers that wait to be read, all together.
    pub replies: usize,
    /// A page of the journal, as JSON; at least one entry.
    pub journal_page: usize,
    /// Streams of journals.
    pub streams: usize,
    /// Calls of an app's own server that wait, each kind and world by itself.
    pub callbacks: usize,
    /// Frames of one connection that are handled before others have their turn.
    pub turn_frames: usize,
    /// Output of one connection, the same.
    pub turn_output: usize,
    /// From the first byte to a whole CONNECT, with the TLS handshake.
    pub login_time: Duration,
    /// From the first byte of an HTTP head to its last.
    pub head_time: Duration,
    /// From the first byte of a body, or of a frame, to its last.
    pub body_time: Duration,
    /// Without a byte of a body.
    pub body_pause: Duration,
    /// Between two requests on one HTTP connection.
    pub idle_time: Duration,
    /// From being told to stop to the end of the process.
    pub stop_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_worlds: 1_000,
            max_connections: most_connections(),
            max_memory: 2 << 30,
            output: 1 << 20,
            output_hard: 16 << 20,
            outputs: 64 << 20,
            unread_time: Duration::from_secs(60),
            body: 32 << 20,
            bodies: 64 << 20,
            replies: 64 << 20,
            journal_page: 1 << 20,
            streams: 64,
            callbacks: 16 << 20,
            turn_frames: 64,
            turn_output: 256 << 10,
            login_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(120),
            body_pause: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            stop_time: Duration::from_secs(5),
        }
    }
}

/// A bound's value and where it stands.
enum Place<'a> {
    Number(&'a mut usize),
    Time(&'a mut Duration),
}

impl Bounds {
    /// Every bound by its name.
    fn places(&mut self) -> [(Bound, Place<'_>); 21] {
        use Place::{Number, Time};
        [
            (Bound::MaxWorlds, Number(&mut self.max_worlds)),
            (Bound::MaxConnections, Number(&mut self.max_connections)),
            (Bound::MaxMemory, Number(&mut self.max_memory)),
            (Bound::Output, Number(&mut self.output)),
            (Bound::OutputHard, Number(&mut self.output_hard)),
            (Bound::Outputs, Number(&mut self.outputs)),
            (Bound::UnreadTime, Time(&mut self.unread_time)),
            (Bound::Body, Number(&mut self.body)),
            (Bound::Bodies, Number(&mut self.bodies)),
            (Bound::Replies, Number(&mut self.replies)),
            (Bound::JournalPage, Number(&mut self.journal_page)),
            (Bound::Streams, Number(&mut self.streams)),
            (Bound::Callbacks, Number(&mut self.callbacks)),
            (Bound::TurnFrames, Number(&mut self.turn_frames)),
            (Bound::TurnOutput, Number(&mut self.turn_output)),
            (Bound::LoginTime, Time(&mut self.login_time)),
            (Bound::HeadTime, Time(&mut self.head_time)),
            (Bound::BodyTime, Time(&mut self.body_time)),
            (Bound::BodyPause, Time(&mut self.body_pause)),
            (Bound::IdleTime, Time(&mut self.idle_time)),
            (Bound::StopTime, Time(&mut self.stop_time)),
        ]
    }

    /// Sets a bound as `--bound NAME=VALUE` writes it: a number (bytes may end with K, M or G), or seconds for times.
    ///
    /// # Errors
    /// A sentence: the name is unknown, or the value is none.
    pub fn set(&mut self, setting: &str) -> Result<(), String> {
        let (name, value) = setting.split_once('=').ok_or("expected NAME=VALUE")?;
        let mut places = self.places();
        let Some((_, place)) = places.iter_mut().find(|(bound, _)| bound.name() == name) else {
            let known: Vec<&str> = places.iter().map(|(bound, _)| bound.name()).collect();
            return Err(format!("there is no bound `{name}`; bounds are {}", known.join(", ")));
        };
        match place {
            Place::Number(number) => **number = size(value)?,
            Place::Time(time) => {
                let seconds = value.parse().ok().filter(|seconds| (1..=86_400).contains(seconds));
                let seconds = seconds.ok_or_else(|| format!("`{value}`: expected 1 to 86400 seconds"))?;
                **time = Duration::from_secs(seconds);
            }
        }
        Ok(())
    }

    /// Every bound's value by its name; times in seconds.
    pub(crate) fn json(&self) -> Value {
        let mut copy = self.clone();
        let values = copy.places().into_iter().map(|(bound, place)| {
            let value = match place {
                Place::Number(number) => json!(*number),
                Place::Time(time) => json!(time.as_secs_f64()),
            };
            (bound.name().to_owned(), value)
        });
        Value::Object(values.collect())
    }
}

/// Reads a number of bytes: `1048576`, `1024K`, `1M` or `2G`.
///
/// # Errors
/// A sentence, if it is none.
pub fn size(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last().map(u8::to_ascii_uppercase) {
        Some(b'K') => (&text[..text.len() - 1], 10),
        Some(b'M') => (&text[..text.len() - 1], 20),
        Some(b'G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| format!("`{text}`: expected a number, such as 1048576, 512M or 2G"))
}

/// As many as the system gives descriptors for, at most [`MOST_CONNECTIONS`].
fn most_connections() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let files = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    files
        .map_or(MOST_CONNECTIONS, |files| files.saturating_sub(SPARE_DESCRIPTORS).clamp(16, MOST_CONNECTIONS))
}

/// A bound's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bound {
    MaxWorlds,
    MaxConnections,
    MaxMemory,
    Output,
    OutputHard,
    Outputs,
    UnreadTime,
    Body,
    Bodies,
    Replies,
    JournalPage,
    Streams,
    Callbacks,
    TurnFrames,
    TurnOutput,
    LoginTime,
    HeadTime,
    BodyTime,
    BodyPause,
    IdleTime,
    StopTime,
}

impl Bound {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::MaxWorlds => "maxWorlds",
            Self::MaxConnections => "maxConnections",
            Self::MaxMemory => "maxMemory",
            Self::Output => "output",
            Self::OutputHard => "outputHard",
            Self::Outputs => "outputs",
            Self::UnreadTime => "unreadTime",
            Self::Body => "body",
            Self::Bodies => "bodies",
            Self::Replies => "replies",
            Self::JournalPage => "journalPage",
            Self::Streams => "streams",
            Self::Callbacks => "callbacks",
            Self::TurnFrames => "turnFrames",
            Self::TurnOutput => "turnOutput",
            Self::LoginTime => "loginTime",
            Self::HeadTime => "headTime",
            Self::BodyTime => "bodyTime",
            Self::BodyPause => "bodyPause",
            Self::IdleTime => "idleTime",
            Self::StopTime => "stopTime",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        assert_eq!(
            (size("17"), size("2K"), size("3m"), size("1G")),
            (Ok(17), Ok(2048), Ok(3 << 20), Ok(1 << 30))
        );
        for wrong in ["", "K", "-1", "1T", "99999999999999999999", "17179869184G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_bound_can_be_set_by_its_name_and_an_unknown_one_names_them_all() {
        let mut bounds = Bounds::default();
        let names: Vec<String> = bounds.json().as_object().unwrap().keys().cloned().collect();
        for name in &names {
            bounds.set(&format!("{name}=7")).unwrap();
        }
        assert!(bounds.json().as_object().unwrap().values().all(|value| value.as_f64() == Some(7.0)));
        let mistake = bounds.set("nonsense=1").unwrap_err();
        assert!(names.iter().all(|name| mistake.contains(name.as_str())), "{mistake}");
        assert!(bounds.set("output").is_err() && bounds.set("idleTime=0").is_err());
    }
}
