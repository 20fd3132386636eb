//! The adapters of this repository that dial in, as users run them: a page in Chromium, and the React Native module with a
//! stand-in for the vendor's engine.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How long anything may take: a busy machine is no reason to fail.
const LIMIT: Duration = Duration::from_secs(600);
const REACT_NATIVE: &str = "adapters/react-native";
const CHROMIUM: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A process that ends with the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Waits for its end, not for ever.
    fn code(&mut self) -> Option<i32> {
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            thread::park_timeout(Duration::from_millis(50));
        }
        panic!("it is still there after {LIMIT:?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program of Node's to its end.
fn node(args: &[&str]) {
    let ran = Command::new("node").args(args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "node {}: {out}{err}", args.join(" "));
}

/// The React Native module, type-checked and compiled once for all tests.
fn compiled() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        node(&[&format!("{REACT_NATIVE}/generate.mjs"), "--check"]);
        node(&[&format!("{REACT_NATIVE}/install.mjs")]);
    });
}

/// A phone: the stand-in, dialled in.
fn phone(url: &str, delivery: &str) -> Running {
    let script = format!("{REACT_NATIVE}/build/stand-in/phone.js");
    Running::start(Command::new("node").args([&script, url, delivery]))
}

/// `harness run --dial` of the demonstration, with what it says on stderr.
struct Run {
    harness: Running,
    lines: Receiver<String>,
    seen: Vec<String>,
    _reports: tempfile::TempDir,
}

impl Run {
    fn start(cases: &[&str]) -> Self {
        let reports = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_harness"));
        command.current_dir("..").args(["run", "--dial", "127.0.0.1:0", "--client", "dial@page"]);
        command.args(["--dial-wait", "120s", "--slow", "6", "--case-limit", "300s", "--reports"]);
        command.arg(reports.path()).args(cases);
        let mut harness = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let errors = BufReader::new(harness.0.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || errors.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { harness, lines, seen: Vec::new(), _reports: reports }
    }

    /// The first word with that beginning in a line that comes, or came, behind one that names the client.
    fn address(&mut self, client: &str, beginning: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("{:?}", self.seen));
            self.seen.push(line);
            let about = self.seen.iter().skip_while(|line| !line.contains(client));
            let found = about.flat_map(|line| line.split(' ')).find(|word| word.starts_with(beginning));
            if let Some(found) = found {
                return found.to_owned();
            }
        }
    }

    /// All is well, in so many cases.
    fn passes(mut self, cases: usize) {
        let mut out = String::new();
        self.harness.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let errors: Vec<String> = self.lines.iter().collect();
        assert_eq!(self.harness.code(), Some(0), "{out}{errors:?}");
        assert!(out.contains(&format!("{cases} planned: {cases} passed")), "{out}");
    }
}

const DEMONSTRATION: &str = "scenarios/real-clients/dialled/page-phone-and-desk.yaml";

#[test]
fn react_native_binds_every_method_and_listener_in_both_ways_of_delivery() {
    compiled();
    node(&[&format!("{REACT_NATIVE}/build/stand-in/every.js")]);
}

/// The page's part is played by a phone that hears results by its listeners, the phone's by one that hears them by callbacks.
#[test]
fn two_stand_ins_and_the_reference_client_talk() {
    compiled();
    let mut run = Run::start(&["--case", &format!("{DEMONSTRATION}[desk=reference]")]);
    let first = run.address("dial@page", "ws://");
    let second = run.address("dial@phone", "ws://");
    let mut phones = [phone(&first, "listeners"), phone(&second, "callbacks")];
    run.passes(1);
    for phone in &mut phones {
        assert_eq!(phone.code(), Some(0), "it hears that the run is over");
    }
}

/// A page in Chromium, the stand-in, and first the reference client, then the vendor's native one.
#[test]
fn a_page_in_chromium_a_stand_in_and_the_native_client_talk() {
    let there =
        |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success());
    let Some(chromium) = CHROMIUM.iter().find(there) else {
        eprintln!("no Chromium is here: the page of adapters/browser was not tested");
        return;
    };
    compiled();
    let mut run = Run::start(&[DEMONSTRATION]);
    let page = run.address("dial@page", "http://");
    let mut phone = phone(&run.address("dial@phone", "ws://"), "listeners");
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(chromium);
    // What it leaves lies with its profile, and goes with it.
    browser.env("TMPDIR", profile.path());
    browser.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display())).arg(&page);
    let _browser = Running::start(browser.stdout(Stdio::null()).stderr(Stdio::null()));
    run.passes(2);
    assert_eq!(phone.code(), Some(0), "it hears that the run is over");
}
