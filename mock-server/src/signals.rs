//! Being told to stop. The first signal asks the server to end in good form; the second, or a server that does not end in
//! time, ends the process at once.
//!
//! Signals are heard on a thread of their own, so that they are heard whatever the server's thread is busy with.

use std::{io, process, sync::mpsc as std_mpsc, time::Duration};

use tokio::{runtime::Builder, sync::oneshot};

/// Exit codes of shells for a process that a signal ended: 128 and the signal's number.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// Listens for signals from now on; what it gives is ready at the first one. `limit` is how long the process may then take
/// to end.
///
/// # Errors
/// The system gives no thread, or does not let us listen.
pub(crate) fn listen(limit: Duration) -> io::Result<impl Future<Output = ()>> {
    let (stop, stopped) = oneshot::channel();
    let (ready, listening) = std_mpsc::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        runtime.block_on(async {
            let mut signals = match Signals::new() {
                Ok(signals) => signals,
                Err(error) => return drop(ready.send(Err(error))),
            };
            // The other thread waits for it.
            let _ = ready.send(Ok(()));
            let first = signals.next().await;
            // Nobody listens any more if the server has ended by itself.
            let _ = stop.send(());
            process::exit(last_code(first, limit, signals.next()).await);
        });
    })?;
    let started = listening.recv();
    started.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))??;
    Ok(async {
        // Without a way to hear of the end, serve until killed.
        if stopped.await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// The exit code of a process that was told to stop by the signal `first` and has not ended by itself: that of the second
/// signal, or that of the first once it has taken longer than `limit`.
async fn last_code(first: i32, limit: Duration, second: impl Future<Output = i32>) -> i32 {
    if let Ok(second) = tokio::time::timeout(limit, second).await {
        return second;
    }
    tracing::error!("the server did not end within {limit:?}: ended at once (bound `stopTime`)");
    first
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) = (SignalKind::interrupt(), SignalKind::terminate());
        Ok(Self { interrupt: signal(interrupt)?, terminate: signal(terminate)? })
    }

    /// The exit code that the next signal stands for.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        INTERRUPTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_signal_or_the_limit_ends_a_stop_that_does_not_end() {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let never = std::future::pending;
        let code = runtime.block_on(last_code(TERMINATED, Duration::ZERO, never()));
        assert_eq!(code, TERMINATED);
        let code = runtime.block_on(last_code(TERMINATED, Duration::MAX, std::future::ready(INTERRUPTED)));
        assert_eq!(code, INTERRUPTED);
    }
}
