//! `harness clients`: what can be tested, what it needs, and whether it is there.

use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;

use super::{
    Format, Stop, exit,
    settings::{self, Settings},
};
use crate::{adapter::Command, shell};

/// Arguments of `harness clients`.
#[derive(Debug, Args)]
pub(super) struct ClientsArgs {
    /// How they are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The team's settings; if not given, `harness.toml` in the current folder or the nearest one above, if there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Where the web SDK adapter stands in a checkout.
const WEB_SDK: &str = "harness/adapters/web-sdk";
/// The same of the native client's.
const NATIVE: &str = "harness/adapters/native";

/// The native client by name, and what it is.
const NATIVES: [(&str, &str); 2] = [
    (Command::NATIVE, "the vendor's native client for Linux (x64, arm64), unmodified, in virtual time"),
    (Command::NATIVE_REAL, "the vendor's native client for Linux (x64, arm64), unmodified, in real time"),
];

/// Where a client is that nobody starts.
const INSIDE: &str = "inside this process";

/// A client the harness knows by name.
struct Known {
    name: String,
    about: &'static str,
    /// What is missing; empty: it is ready.
    missing: Vec<String>,
    /// The command that brings it.
    install: Option<String>,
}

pub(super) fn run(args: &ClientsArgs, out: &mut dyn Write) -> Result<u8, Stop> {
    ours(&Settings::of(args.config.as_deref())?, args.format, out)?;
    for Known { name, about, missing, install } in known(Path::new(WEB_SDK), Path::new(NATIVE)) {
        match args.format {
            Format::Json => {
                let ready = missing.is_empty();
                let line = json!({"name": name, "about": about, "ready": ready, "missing": missing, "install": install});
                writeln!(out, "{line}")?;
            }
            Format::Text if missing.is_empty() => writeln!(out, "{name:18} ready    {about}")?,
            Format::Text => {
                writeln!(out, "{name:18} missing  {about}")?;
                writeln!(out, "{:18}          needs {}", "", missing.join(", "))?;
                if let Some(command) = install {
                    writeln!(out, "{:18}          {command}", "")?;
                }
            }
        }
    }
    if args.format == Format::Text {
        writeln!(
            out,
            "A web SDK in real time: web-sdk@VERSION+real; polling, up to 5.3.4: web-sdk@VERSION+comet"
        )?;
        writeln!(out, "Any other command that speaks the adapter protocol: --client 'COMMAND ARGS'")?;
        writeln!(out, "A page, a phone, a simulator that dials in: --dial 0.0.0.0:7700 --client dial@NAME")?;
    }
    Ok(exit::CONFORMS)
}

/// The clients of `harness.toml`, each with its command.
fn ours(settings: &Settings, format: Format, out: &mut dyn Write) -> Result<(), Stop> {
    let file = settings.file.as_ref().map_or(settings::FILE.into(), |file| file.display().to_string());
    for (name, client) in &settings.named {
        let (called, words) = match &client.command {
            None => ("reference", INSIDE.to_owned()),
            Some(command) if command.is_inside() => (command.name.as_str(), INSIDE.to_owned()),
            Some(command) => {
                let words = std::iter::once(&command.program).chain(&command.args);
                (command.name.as_str(), words.map(|word| shell::quote(word)).collect::<Vec<_>>().join(" "))
            }
        };
        let default = settings.clients.contains(name);
        match format {
            Format::Json => {
                let line = json!({"name": name, "reports": called, "command": words, "default": default, "file": file});
                writeln!(out, "{line}")?;
            }
            Format::Text => {
                let when = if default { "default" } else { "named" };
                let called = if called == name { String::new() } else { format!(", in reports {called}") };
                writeln!(out, "{name:18} {when:8} {words} ({file}{called})")?;
            }
        }
    }
    Ok(())
}

fn known(web_sdk: &Path, native: &Path) -> Vec<Known> {
    let ours = [
        ("reference", "our own client, in virtual time, inside this process"),
        (Command::REFERENCE_REAL, "our own client in real time, over sockets, inside this process"),
    ];
    let mut clients: Vec<Known> = ours
        .into_iter()
        .map(|(name, about)| Known { name: name.to_owned(), about, missing: Vec::new(), install: None })
        .collect();
    let node = on_path("node");
    for version in versions(web_sdk) {
        let mut missing = Vec::new();
        if !node {
            missing.push("Node 20 or newer (`node` on the PATH)".to_owned());
        }
        if !web_sdk.join("sdks").join(&version).join("node_modules/.installed").exists() {
            missing.push("its packages from npm".to_owned());
        }
        clients.push(Known {
            name: format!("web-sdk@{version}"),
            about: "the vendor's web SDK, unmodified, in virtual time",
            install: (!missing.is_empty()).then(|| format!("node {WEB_SDK}/install.mjs {version}")),
            missing,
        });
    }
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    for (name, about) in NATIVES {
        let mut missing = Vec::new();
        if !node {
            missing.push("Node 20 or newer (`node` on the PATH)".to_owned());
        }
        let packages = native.join("node_modules/.installed").exists();
        if !packages {
            missing.push("its package from npm, 40 MB".to_owned());
        }
        if name == Command::NATIVE && !has_shim(native) && !on_path(&compiler) {
            missing.push(format!("a C compiler (`{compiler}`, or what CC names) for the clock shim"));
        }
        let install = (!packages).then(|| format!("node {NATIVE}/install.mjs"));
        clients.push(Known { name: name.to_owned(), about, missing, install });
    }
    clients
}

/// Whether what gives the native client its time has been built.
fn has_shim(native: &Path) -> bool {
    native.with_file_name("clock-shim").join("build/clock-shim.so").exists()
}

/// The versions with a lock file, oldest first.
fn versions(web_sdk: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(web_sdk.join("sdks")).into_iter().flatten().flatten();
    let mut versions: Vec<String> = folders
        .filter(|folder| folder.path().join("package-lock.json").exists())
        .filter_map(|folder| folder.file_name().into_string().ok())
        .collect();
    versions.sort_by_key(|version| {
        version.split('.').map(|part| part.parse::<u32>().unwrap_or_default()).collect::<Vec<_>>()
    });
    versions
}

fn on_path(program: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder: PathBuf| {
        folder.join(program).is_file() || folder.join(format!("{program}.exe")).is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sdk_without_packages_is_missing_and_says_how_to_get_it() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["5.38.0", "4.6.4"] {
            let sdk = folder.path().join("sdks").join(version);
            std::fs::create_dir_all(&sdk).unwrap();
            std::fs::write(sdk.join("package-lock.json"), "{}").unwrap();
        }
        let clients = known(folder.path(), folder.path());
        let names: Vec<&str> = clients.iter().map(|client| client.name.as_str()).collect();
        let natives = [Command::NATIVE, Command::NATIVE_REAL];
        let others = ["reference", Command::REFERENCE_REAL, "web-sdk@4.6.4", "web-sdk@5.38.0"];
        assert_eq!(names, [&others[..], &natives].concat());
        assert!(clients[..2].iter().all(|ours| ours.missing.is_empty()));
        assert!(clients[2].missing.iter().any(|what| what == "its packages from npm"));
        assert_eq!(clients[2].install.as_deref(), Some("node harness/adapters/web-sdk/install.mjs 4.6.4"));
    }
}
