//! The server as a process of its own, to be killed.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use wire::ClientFrame;

use crate::support::{self, APP, Native, connect, send_http};

/// The server as a process of its own.
pub(crate) struct Process {
    child: Child,
    address: String,
    /// App Keys and secrets, as the ready line names them.
    pub(crate) apps: serde_json::Value,
}

impl Process {
    /// Started by `program`, whose arguments come first.
    pub(crate) fn start(mut program: Command, args: &[&str]) -> Self {
        // Nobody is held up for sending much.
        program
            .args(["--preset", "everything"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it did not start: {said}")
        });
        let address = ready["tcp"].as_str().unwrap().to_owned();
        Self { child, address, apps: ready["apps"].clone() }
    }

    pub(crate) fn resume(folder: &Path) -> Self {
        let program = Command::new(env!("CARGO_BIN_EXE_mock-server"));
        Self::start(program, &["--resume", folder.to_str().unwrap()])
    }

    pub(crate) fn socket(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream
    }

    /// Whoever can be reached only by address is told so as well.
    pub(crate) fn login(&self, user: &str) -> Native {
        let mut native = Native::on(self.socket());
        native.send(&ClientFrame::Connect(connect(&format!("test:{user}"))));
        support::assert_accepted(&native.read(), user);
        native
    }

    /// What the control API answers.
    pub(crate) fn control(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = self.socket();
        send_http(&mut stream, method, &format!("/control/v1{path}"), &[], body);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// The UIDs that wait for a user, as the control API tells them.
    pub(crate) fn waiting(&self, user: &str) -> BTreeSet<String> {
        let told = self.control("GET", &format!("/apps/{APP}/state/mailboxes/{user}"), "");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let uids = told["messageUIds"].as_array().map_or(&[][..], Vec::as_slice);
        uids.iter().map(|uid| uid.as_str().unwrap().to_owned()).collect()
    }

    /// As by a power cut, as far as the process is concerned. What it said on stderr.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
