//! The terminal.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyEventKind},
};
use recording::Reader;

use super::{Export, Model, Pace, view::draw};
use crate::recorded::Aside;

/// How long is worked before it is looked whether there is a key.
const SLICE: Duration = Duration::from_millis(40);
/// Entries of a piece of that.
const PIECE: usize = 64;
/// How long it is waited for a key while nothing goes on: a signal is seen after that at the latest.
const IDLE: Duration = Duration::from_millis(200);
/// The same while a recording plays at a pace.
const FRAME: Duration = Duration::from_millis(30);

/// Goes through a recording on the terminal of this process, until its user leaves or `ends` is set.
///
/// # Errors
/// The file is no recording, or the terminal cannot be used: a sentence.
pub fn run(path: &Path, pace: Pace, export: Option<Export>, ends: &Arc<AtomicBool>) -> Result<(), String> {
    let said = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let (file, size) = Aside::open(path).map_err(|error| said(&error))?;
    let reader = Reader::open(file).map_err(|error| said(&error))?;
    let mut model = Model::new(reader, &path.display().to_string(), size, pace, export);
    // It is as it was before whatever happens: `try_init` restores it on a panic, too.
    let mut terminal = ratatui::try_init().map_err(|error| format!("the terminal: {error}"))?;
    let ended = turns(&mut terminal, &mut model, ends);
    ratatui::restore();
    ended.map_err(|error| format!("the terminal: {error}"))
}

fn turns<R: io::BufRead + io::Seek>(
    terminal: &mut DefaultTerminal,
    model: &mut Model<R>,
    ends: &AtomicBool,
) -> io::Result<()> {
    let begin = Instant::now();
    while !model.is_over() && !ends.load(Ordering::Relaxed) {
        let size = terminal.size()?;
        let screen = model.screen(size.width, size.height);
        terminal.draw(|frame| draw(frame, screen.as_ref().map_err(String::as_str)))?;
        // All keys that are there, before it is worked and drawn again.
        let mut wait = if model.is_busy() {
            Duration::ZERO
        } else if model.is_playing() {
            FRAME
        } else if model.learn() {
            // A little of the recording at a time.
            Duration::ZERO
        } else {
            IDLE
        };
        while event::poll(wait)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => model.press(key),
                _ => {}
            }
            wait = Duration::ZERO;
        }
        let until = Instant::now() + SLICE;
        while model.is_busy() && Instant::now() < until {
            model.work(PIECE, begin.elapsed());
        }
        if !model.is_busy() && model.is_playing() {
            model.work(1_000, begin.elapsed());
        } else if !model.is_busy() {
            while Instant::now() < until && !event::poll(Duration::ZERO)? && model.learn() {}
        }
    }
    Ok(())
}
