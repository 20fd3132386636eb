//! Ctrl-C and SIGTERM: the first asks for the end, the second ends at once.

use std::{
    io::Write as _,
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::exit;
use crate::{adapter, runner::Interrupt};

/// Watches for signals on a thread of its own. The first one sets what is returned: results so far are reported. The
/// second one ends the adapters and this process.
///
/// Where signals cannot be watched, the platform's own way of ending stays: adapters then end with their input.
pub(super) fn watch() -> Interrupt {
    watch_saying("stopping: finished cases are reported. Once more ends at once")
}

/// The same for commands that end otherwise.
pub(super) fn watch_saying(text: &'static str) -> Interrupt {
    let interrupt = Interrupt::default();
    let ask = interrupt.clone();
    on_signals(move |n| match n {
        0 => {
            ask.set();
            say(text);
        }
        _ => end(),
    });
    interrupt
}

/// As [`watch`] for commands that have nothing to report: the first signal ends them and the adapters.
pub(super) fn end_at_once() {
    on_signals(|_| end());
}

/// As [`watch`] for commands that look after their own end: what is returned is set by any signal that asks for it.
pub(super) fn asked() -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    let ask = Arc::clone(&asked);
    on_signals(move |_| ask.store(true, Ordering::Relaxed));
    asked
}

/// Calls with the number of each signal, from 0, on a thread of its own.
fn on_signals(mut hear: impl FnMut(usize) + Send + 'static) {
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            for n in 0.. {
                signals.next().await;
                hear(n);
            }
        });
    });
}

fn end() {
    adapter::end_all();
    process::exit(exit::INTERRUPTED.into());
}

fn say(text: &str) {
    // Nobody to tell is no reason to stop.
    let _ = writeln!(std::io::stderr(), "harness: {text}");
}

/// The signals that ask a program to end.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // A signal that cannot be waited for never comes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
