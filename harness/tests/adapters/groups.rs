//! Process groups of adapters, as the system lists them.

use std::{
    process::Command,
    time::{Duration, Instant},
};

/// Waits, within a limit, until none of these groups has a living process.
pub(crate) fn all_gone(groups: &[u32]) {
    assert!(!groups.is_empty(), "nothing would be checked");
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let living: Vec<String> =
            living().into_iter().filter(|(group, _)| groups.contains(group)).map(|(_, line)| line).collect();
        if living.is_empty() {
            return;
        }
        assert!(Instant::now() < until, "left behind: {living:?}");
        std::thread::yield_now();
    }
}

/// Living processes with their groups; one that has ended and is not yet waited for lives no more.
fn living() -> Vec<(u32, String)> {
    let listed = Command::new("ps").args(["-A", "-o", "pgid=,stat=,args="]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter(|line| !line.split_whitespace().nth(1).is_none_or(|state| state.starts_with('Z')))
        .filter_map(|line| Some((line.split_whitespace().next()?.parse().ok()?, line.to_owned())))
        .collect()
}

/// The most memory that this process has had, where the system tells.
#[allow(dead_code, reason = "not every test that waits for groups looks at memory")]
pub(crate) fn print_peak_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { return };
    println!("peak memory {}", line.trim());
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 200 * 1024, "{kib} KiB");
}
