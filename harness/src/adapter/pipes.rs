//! The three pipes of an adapter, each on a thread of its own, each with a bound: nobody waits for a pipe but them.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    process::ChildStdin,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::log::MOST_OF_A_LINE;

/// Longest line an adapter may write to stdout, bytes.
pub(super) const LINE_LIMIT: u64 = 1 << 20;
/// Bytes that it may be ahead of who reads; then its pipe is not read, and it waits.
const AHEAD: usize = 4 << 20;
/// What a line costs beside its text, bytes: many small ones are no less than a few large ones.
const LINE_COST: usize = 64;
/// Requests that may wait to be written.
const REQUESTS: usize = 1_024;
/// Bytes that an adapter may write to stderr in one case.
pub(super) const MOST_STDERR: u64 = 8 << 20;

/// Something came out of an adapter.
#[derive(Debug)]
pub(super) enum Arrival {
    /// A line of stdout.
    Line(String),
    /// It cannot be read on: why.
    Broken(String),
}

/// What a look into the queue gave.
#[derive(Debug)]
pub(super) enum Popped {
    Arrival(Arrival),
    /// Nothing within the time.
    Nothing,
    /// Stdout is closed, and everything was taken.
    End,
}

/// What stands between the threads that read and who waits.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    arrivals: VecDeque<Arrival>,
    bytes: usize,
    /// Nothing more comes.
    ended: bool,
    /// Nobody will take anything any more.
    abandoned: bool,
}

impl Queue {
    /// Adds a line once there is room; `false`: nobody wants it.
    pub(super) fn line(&self, line: String) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.bytes > AHEAD && !state.abandoned {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes += line.len() + LINE_COST;
        state.arrivals.push_back(Arrival::Line(line));
        self.changed.notify_all();
        !state.abandoned
    }

    /// Something went wrong: known once what waits has been taken.
    pub(super) fn broken(&self, why: String) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.arrivals.push_back(Arrival::Broken(why));
        self.changed.notify_all();
    }

    /// Nothing more comes.
    pub(super) fn end(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.changed.notify_all();
    }

    /// The next thing, waited for at most that long.
    pub(super) fn pop(&self, limit: Duration) -> Popped {
        let until = Instant::now() + limit;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(arrival) = state.arrivals.pop_front() {
                if let Arrival::Line(line) = &arrival {
                    state.bytes -= line.len() + LINE_COST;
                }
                self.changed.notify_all();
                return Popped::Arrival(arrival);
            }
            if state.ended {
                return Popped::End;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Popped::Nothing;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What waits is thrown away, and whatever comes.
    pub(super) fn abandon(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.abandoned = true;
        state.arrivals.clear();
        self.changed.notify_all();
    }
}

/// Reads stdout, line by line, until it ends or breaks.
pub(super) fn read_output(output: impl Read + Send + 'static, queue: Arc<Queue>) {
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        loop {
            let mut line = Vec::new();
            match reader.by_ref().take(LINE_LIMIT + 1).read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(length) if length as u64 > LINE_LIMIT => {
                    queue.broken(format!("it wrote a line of more than {LINE_LIMIT} bytes"));
                    break;
                }
                Ok(_) => {
                    // What is no UTF-8 is no JSON either: who parses it says so.
                    let line = String::from_utf8(line)
                        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                    if !queue.line(line) {
                        break;
                    }
                }
                Err(error) => {
                    queue.broken(format!("its output cannot be read: {error}"));
                    break;
                }
            }
        }
        queue.end();
    });
}

/// Reads stderr, whatever bytes it holds; `line` takes each line, shortened, with the bytes it had so far. The sender is
/// dropped when there is nothing more to read.
pub(super) fn read_errors(
    mut errors: impl Read + Send + 'static,
    queue: Arc<Queue>,
    count: Arc<AtomicU64>,
    ends: SyncSender<()>,
    line: impl Fn(String, u64) + Send + 'static,
) {
    thread::spawn(move || {
        let _ends = ends;
        let mut chunk = [0; 8 * 1024];
        let mut lines = Lines::default();
        while let Ok(length @ 1..) = errors.read(&mut chunk) {
            for (text, bytes) in lines.take(&chunk[..length]) {
                line(text, bytes);
            }
            if count.fetch_add(length as u64, Ordering::Relaxed) + length as u64 > MOST_STDERR {
                queue.broken(format!("it floods: more than {MOST_STDERR} bytes on stderr in one case"));
                break;
            }
        }
        if let Some((text, bytes)) = lines.rest() {
            line(text, bytes);
        }
    });
}

/// Cuts bytes into lines. Of a line that is too long the beginning is told as soon as that is known.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    /// The line under way has been told.
    told: bool,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) -> Vec<(String, u64)> {
        let mut lines = Vec::new();
        for (n, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if n > 0 {
                lines.extend(self.line_end());
            }
            let room = (MOST_OF_A_LINE + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if self.line.len() > MOST_OF_A_LINE && !self.told {
                self.told = true;
                let text = String::from_utf8_lossy(&self.line[..MOST_OF_A_LINE]).into_owned();
                lines.push((format!("{text}…"), self.line.len() as u64));
            }
        }
        lines
    }

    fn line_end(&mut self) -> Option<(String, u64)> {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        let told = std::mem::take(&mut self.told);
        (!told).then(|| (String::from_utf8_lossy(text).into_owned(), line.len() as u64))
    }

    fn rest(&mut self) -> Option<(String, u64)> {
        if self.line.is_empty() { None } else { self.line_end() }
    }
}

/// Writes requests. Who asks never waits for the pipe: an adapter that stops reading is noticed by its silence.
#[derive(Debug)]
pub(super) struct Input {
    lines: SyncSender<Vec<u8>>,
    unread: Arc<AtomicUsize>,
}

impl Input {
    pub(super) fn new(mut pipe: ChildStdin) -> Self {
        let (lines, waiting) = sync_channel::<Vec<u8>>(REQUESTS);
        let unread = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&unread);
        thread::spawn(move || {
            for line in waiting {
                if pipe.write_all(&line).and_then(|()| pipe.flush()).is_err() {
                    return;
                }
                left.fetch_sub(line.len(), Ordering::Relaxed);
            }
        });
        Self { lines, unread }
    }

    /// Writes a line behind those that wait; `false`: it is closed, or too many wait.
    pub(super) fn write(&self, line: &str) -> bool {
        let line = format!("{line}\n").into_bytes();
        self.unread.fetch_add(line.len(), Ordering::Relaxed);
        self.lines.try_send(line).is_ok()
    }

    /// Bytes that the adapter has not made room for.
    pub(super) fn unread(&self) -> usize {
        self.unread.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stderr_is_cut_into_lines_whatever_its_bytes_and_wherever_chunks_end() {
        let mut lines = Lines::default();
        let mut all = Vec::new();
        for chunk in [&b"caf"[..], b"\xe9 au lait\r\nsec", b"ond\n\n", b"rest"] {
            all.extend(lines.take(chunk));
        }
        all.extend(lines.rest());
        let texts: Vec<&str> = all.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["caf\u{fffd} au lait", "second", "", "rest"]);
    }

    #[test]
    fn an_endless_line_is_told_once_and_not_kept() {
        let mut lines = Lines::default();
        let mut told = Vec::new();
        for _ in 0..1_000 {
            told.extend(lines.take(&[b'x'; 8 * 1024]));
        }
        assert_eq!((told.len(), told[0].0.len()), (1, MOST_OF_A_LINE + "…".len()));
        assert!(lines.line.capacity() <= 4 * MOST_OF_A_LINE);
        let next = lines.take(b"\nnext\n");
        assert_eq!(next, [("next".to_owned(), 4)]);
    }

    #[test]
    fn who_floods_waits_until_it_is_read() {
        let queue = Arc::new(Queue::default());
        let flood = std::iter::repeat_n(b"x\n".as_slice(), 1_000_000).flatten().copied().collect::<Vec<u8>>();
        read_output(std::io::Cursor::new(flood), Arc::clone(&queue));
        let mut most = 0;
        let mut count = 0;
        while let Popped::Arrival(Arrival::Line(_)) = queue.pop(Duration::from_secs(10)) {
            count += 1;
            most = most.max(queue.state.lock().unwrap().bytes);
        }
        assert_eq!(count, 1_000_000);
        assert!(most <= AHEAD + 2 * LINE_COST, "{most}");
    }
}
