//! How an adapter is started, and what its client is called.

use std::path::PathBuf;

use super::abilities::REFERENCE;
use crate::{dial, shell};

/// Programs that run a script: the script says more than they do.
const INTERPRETERS: &[&str] = &[
    "node",
    "deno",
    "bun",
    "python",
    "python3",
    "ruby",
    "perl",
    "sh",
    "bash",
    "dash",
    "zsh",
    "java",
    "npx",
    "env",
    "pwsh",
    "powershell",
    "cmd",
];
/// How names of the native client begin.
const NATIVE_FAMILY: &str = "native@";
/// Longest name of a client, in bytes: it becomes the name of a file.
const NAME_LIMIT: usize = 100;

/// How an adapter is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The client's name in reports, and of its baseline.
    pub name: String,
    /// Program.
    pub program: String,
    /// Arguments.
    pub args: Vec<String>,
}

impl Command {
    /// Versions of the web SDK that the adapter in this repository drives.
    pub const WEB_SDKS: [&str; 11] = [
        "4.2.3", "4.2.6", "4.5.1", "4.6.4", "5.2.0", "5.2.1", "5.3.4", "5.7.3", "5.28.0", "5.36.7", "5.38.0",
    ];

    /// Versions that can do without WebSocket and poll.
    pub const POLLING: [&str; 7] = ["4.2.3", "4.2.6", "4.5.1", "4.6.4", "5.2.0", "5.2.1", "5.3.4"];

    /// The vendor's native client for Linux, in virtual time.
    pub const NATIVE: &str = "native@5.46.1";
    /// The same in real time.
    pub const NATIVE_REAL: &str = "native@5.46.1+real";

    /// Our own client over sockets and in real time, inside this process: the cheapest client to try real time with.
    pub const REFERENCE_REAL: &str = "reference+real";

    /// A known client (`web-sdk@4.6.4`, polling: `web-sdk@4.6.4+comet`, in real time: `web-sdk@4.6.4+real`, native:
    /// [`NATIVE`](Self::NATIVE) and [`NATIVE_REAL`](Self::NATIVE_REAL), our own in real time:
    /// [`REFERENCE_REAL`](Self::REFERENCE_REAL), dialling in: `dial@phone`), or a command line that speaks the adapter protocol, in words as a shell parts them. A command gets a name made of its program's.
    ///
    /// # Errors
    /// A sentence: no such version, no such program, a quote that is not closed.
    pub fn named(name: &str) -> Result<Self, String> {
        if let Some(version) = name.strip_prefix("web-sdk@") {
            return Self::web_sdk(name, version);
        }
        if name.starts_with(NATIVE_FAMILY) {
            return Self::native(name);
        }
        if let Some(device) = name.strip_prefix(dial::FAMILY) {
            return Self::dialled(name, device);
        }
        if name == Self::REFERENCE_REAL {
            return Ok(Self { name: name.to_owned(), program: String::new(), args: Vec::new() });
        }
        let words = shell::split(name).map_err(|error| format!("the command `{name}`: {error}"))?;
        let is_command =
            words.len() > 1 || words.iter().any(|word| word.contains(['/', std::path::MAIN_SEPARATOR]));
        let mut words = words.into_iter();
        let program =
            words.next().filter(|program| !program.is_empty()).ok_or("the client's name is empty")?;
        if !is_command {
            return Err(format!("there is no client `{name}`, and a command line has a path or arguments"));
        }
        let args: Vec<String> = words.collect();
        Ok(Self { name: slug(&program, &args), program, args })
    }

    /// A client that dials in: nothing is started.
    fn dialled(name: &str, device: &str) -> Result<Self, String> {
        let begins = device.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || name.len() > NAME_LIMIT || !device.chars().all(is_fit) {
            return Err(format!(
                "`{name}` cannot be a client that dials in: behind `{}` come letters, digits and `._@+-`, a letter or digit first, at most {NAME_LIMIT} in all",
                dial::FAMILY
            ));
        }
        Ok(Self { name: name.to_owned(), program: String::new(), args: Vec::new() })
    }

    /// Whether its adapter is not started but comes by itself.
    #[must_use]
    pub fn dials_in(&self) -> bool {
        self.program.is_empty() && self.name.starts_with(dial::FAMILY)
    }

    /// Whether nobody is behind it but this process: our own client.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.name == Self::REFERENCE_REAL
    }

    fn native(name: &str) -> Result<Self, String> {
        let clock = match name {
            Self::NATIVE => "virtual",
            Self::NATIVE_REAL => "real",
            _ => {
                return Err(format!(
                    "there is no `{name}`; the native client comes as {} and {}",
                    Self::NATIVE,
                    Self::NATIVE_REAL
                ));
            }
        };
        let script = adapters_folder().join("native/adapter.mjs").display().to_string();
        let args = vec![script, "--clock".to_owned(), clock.to_owned()];
        Ok(Self { name: name.to_owned(), program: "node".to_owned(), args })
    }

    fn web_sdk(name: &str, version: &str) -> Result<Self, String> {
        let (version, way) = version.split_once('+').unwrap_or((version, ""));
        let (transport, clock) = match way {
            "" => ("websocket", "virtual"),
            "comet" => ("comet", "virtual"),
            "real" => ("websocket", "real"),
            _ => {
                return Err(format!(
                    "there is no `{name}`; `web-sdk@VERSION+comet` polls instead of using WebSocket, `web-sdk@VERSION+real` runs in real time"
                ));
            }
        };
        if transport == "comet" && Self::WEB_SDKS.contains(&version) && !Self::POLLING.contains(&version) {
            return Err(format!("web-sdk@{version} cannot poll; {} can", Self::POLLING.join(", ")));
        }
        if !Self::WEB_SDKS.contains(&version) {
            return Err(format!(
                "there is no `{name}`; web-sdk comes as {}",
                Self::WEB_SDKS.map(|version| format!("web-sdk@{version}")).join(", ")
            ));
        }
        let script = adapters_folder().join("web-sdk/adapter.mjs");
        let words = ["--sdk", version, "--transport", transport, "--clock", clock];
        let args = [script.display().to_string()].into_iter().chain(words.map(str::to_owned)).collect();
        Ok(Self { name: name.to_owned(), program: "node".to_owned(), args })
    }

    /// The same command under a name that somebody chose.
    ///
    /// # Errors
    /// A sentence: the name is that of a known client, or could not be the name of a file.
    pub fn called(self, name: &str) -> Result<Self, String> {
        if is_known(&self.name) {
            return Err(format!("`{}` has its name; `--name` is for clients given as a command", self.name));
        }
        if name == REFERENCE || is_known(name) {
            return Err(format!("`{name}` is the name of a client that the harness knows"));
        }
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || name.len() > NAME_LIMIT || !name.chars().all(is_fit) {
            return Err(format!(
                "`{name}` cannot be a client's name: letters, digits and `._@+-`, a letter or digit first, at most {NAME_LIMIT}"
            ));
        }
        Ok(Self { name: name.to_owned(), ..self })
    }
}

/// Whether a name is that of a family that the harness knows.
fn is_known(name: &str) -> bool {
    name == Command::REFERENCE_REAL
        || ["web-sdk@", NATIVE_FAMILY, dial::FAMILY].iter().any(|family| name.starts_with(family))
}

fn is_fit(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._@+-".contains(c)
}

/// A name that is safe as a file's: the program's, and the script's if the program only runs one.
fn slug(program: &str, args: &[String]) -> String {
    let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let program = last(program);
    let program = program.strip_suffix(".exe").unwrap_or(&program);
    let script = args.iter().find(|arg| !arg.starts_with('-')).map(|script| last(script));
    let is_interpreter = INTERPRETERS
        .contains(&program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
        || INTERPRETERS.contains(&program);
    let text = match script {
        Some(script) if is_interpreter => format!("{program}-{script}"),
        _ => program.to_owned(),
    };
    let mut slug = String::new();
    for c in text.chars().take(NAME_LIMIT / 2) {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') => slug.push(c),
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    let slug = slug.trim_matches(['-', '.']);
    match slug {
        "" => "adapter".to_owned(),
        // Not to be taken for the client inside this process.
        REFERENCE => format!("{REFERENCE}-adapter"),
        slug => slug.to_owned(),
    }
}

/// Where the adapters of this repository are: beside the current folder's harness, or where it was built.
pub(crate) fn adapters_folder() -> PathBuf {
    let here = PathBuf::from("harness/adapters");
    if here.is_dir() { here } else { PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/adapters")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_clients_are_refused_with_what_is_known() {
        let error = Command::named("web-sdk@1.0").unwrap_err();
        assert!(error.contains("web-sdk@5.38.0"), "{error}");
        assert!(Command::named("native@1").unwrap_err().contains(Command::NATIVE));
        assert!(Command::named("web-sdk@4.6.4+real").is_ok());
        assert!([Command::NATIVE, Command::NATIVE_REAL].iter().all(|name| Command::named(name).is_ok()));
        assert!(Command::named("dial@phone").unwrap().dials_in());
        assert!(Command::named("dial@../x").unwrap_err().contains("letters, digits"));
        assert!(Command::named("nonsense").unwrap_err().contains("`nonsense`"));
        assert!(Command::named("'' x").unwrap_err().contains("empty"));
        assert!(
            Command::named("node 'a.mjs").unwrap_err().contains("the quote ' at character 6 is not closed")
        );
    }

    #[cfg(not(windows))]
    #[test]
    fn a_command_is_read_in_words_and_named_after_its_program() {
        for (text, program, args, name) in [
            ("./my-adapter --flag", "./my-adapter", &["--flag"][..], "my-adapter"),
            ("python3 '/a b/it'\\''s.py' ''", "python3", &["/a b/it's.py", ""], "python3-it-s.py"),
            (
                "node --no-warnings x/adapter.mjs",
                "node",
                &["--no-warnings", "x/adapter.mjs"],
                "node-adapter.mjs",
            ),
            ("'/opt/my adapters/run me' a", "/opt/my adapters/run me", &["a"], "run-me"),
            ("./reference", "./reference", &[], "reference-adapter"),
            ("./…", "./…", &[], "adapter"),
        ] {
            let command = Command::named(text).unwrap();
            assert_eq!((command.program.as_str(), command.name.as_str()), (program, name), "{text}");
            assert_eq!(command.args, args, "{text}");
            // What is made up must be a name that could have been given.
            assert!(command.clone().called(&command.name).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_name_is_that_of_a_file_and_of_no_known_client() {
        let command = || Command::named("./my-adapter").unwrap();
        assert_eq!(command().called("ours@2+beta").unwrap().name, "ours@2+beta");
        for wrong in [
            "",
            "../x",
            "a/b",
            "a b",
            "-x",
            ".x",
            "reference",
            "reference+real",
            "web-sdk@4.6.4",
            "native@2",
            &"x".repeat(101),
        ] {
            assert!(command().called(wrong).is_err(), "{wrong}");
        }
        assert!(
            Command::named("web-sdk@4.6.4").unwrap().called("mine").unwrap_err().contains("has its name")
        );
    }
}
