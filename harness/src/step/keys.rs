//! Keys, and what each does.

use std::io::{BufRead, Seek};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    breaks::Break,
    job::Job,
    model::{Model, Panel, Pick},
    prompt::{Ask, Prompt},
};

/// What keys do, as the help shows it: the keys, and what they do.
pub(super) const HELP: &[(&str, &str)] = &[
    ("↓ ↑  j k", "the next entry, the one before"),
    ("PgDn PgUp", "a page of entries"),
    ("g G  Home End", "before the first entry, to the last"),
    (":", "to an entry, by its number"),
    ("space", "plays, or pauses (--time says how fast)"),
    ("b r", "sets a breakpoint; runs to the next one"),
    ("/ \\ n N", "searches forward, back; again, the other way"),
    ("m v u", "marks an entry; begins and ends a range; unmarks all"),
    ("w", "writes what is marked to a file"),
    ("Tab 1-5", "entry, bytes, callbacks, state, breakpoints"),
    ("J K  ^D ^U", "scrolls what is below, by a line, by half of it"),
    ("c", "callbacks of one client, of the next, of all"),
    ("[ ] s", "other state the entry is about; one by its name"),
    ("x", "removes the breakpoint that is chosen (5)"),
    ("Esc", "ends a search or a run, closes this"),
    ("q  ^C", "leaves"),
];

impl<R: BufRead + Seek> Model<R> {
    /// A key was pressed.
    pub fn press(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && key.code == KeyCode::Char('c') {
            self.over = true;
        } else if self.help {
            self.help = false;
        } else if self.prompt.is_some() {
            self.type_in(key.code, control);
        } else {
            self.message = None;
            let done = self.command(key.code, control);
            if let Err(why) = done {
                self.say(why);
            }
        }
    }

    fn command(&mut self, code: KeyCode, control: bool) -> Result<(), String> {
        // Keys that come faster than they are followed add up.
        let at = match self.job {
            Some(Job::Go { to, .. }) if to != u64::MAX => to,
            _ => self.at(),
        };
        let page = self.look.rows().max(1);
        match code {
            KeyCode::Char('d') if control => self.scroll_by(self.look.half()),
            KeyCode::Char('u') if control => self.scroll_by(-self.look.half()),
            _ if control => {}
            KeyCode::Down | KeyCode::Right | KeyCode::Char('j' | 'l') => self.go(at.saturating_add(1)),
            KeyCode::Up | KeyCode::Left | KeyCode::Char('k' | 'h') => self.go(at.saturating_sub(1)),
            KeyCode::PageDown => self.go(at.saturating_add(page)),
            KeyCode::PageUp => self.go(at.saturating_sub(page)),
            KeyCode::Home | KeyCode::Char('g') => self.go(0),
            KeyCode::End | KeyCode::Char('G') => self.go(u64::MAX),
            KeyCode::Char(':') => self.ask(Ask::Entry),
            KeyCode::Char('/') => self.ask(Ask::Find { forward: true }),
            KeyCode::Char('\\') => self.ask(Ask::Find { forward: false }),
            KeyCode::Char('n') => self.find(true),
            KeyCode::Char('N') => self.find(false),
            KeyCode::Char(' ') => self.play()?,
            KeyCode::Char('b') => self.ask(Ask::Break),
            KeyCode::Char('r') => self.run(),
            KeyCode::Char('m') => self.mark(),
            KeyCode::Char('v') => self.mark_range(),
            KeyCode::Char('u') => {
                self.marks.clear();
                self.range = None;
                self.say("nothing is marked any more");
            }
            KeyCode::Char('w') => self.ask(Ask::Write),
            KeyCode::Tab | KeyCode::BackTab => {
                let here = Panel::ALL.iter().position(|panel| *panel == self.panel).unwrap_or(0);
                let step = if code == KeyCode::Tab { 1 } else { Panel::ALL.len() - 1 };
                self.show(Panel::ALL[(here + step) % Panel::ALL.len()]);
            }
            KeyCode::Char(digit @ '1'..='5') => {
                let which = digit.to_digit(10).unwrap_or(1) as usize - 1;
                self.show(Panel::ALL[which]);
            }
            KeyCode::Char('J') => self.scroll_by(1),
            KeyCode::Char('K') => self.scroll_by(-1),
            KeyCode::Char('c') => self.next_client(),
            KeyCode::Char('s') => self.ask(Ask::State),
            KeyCode::Char(']') => self.pick_by(1),
            KeyCode::Char('[') => self.pick_by(-1),
            KeyCode::Char('x') => self.remove_break(),
            KeyCode::Char('?') => self.help = true,
            KeyCode::Char('q') => self.over = true,
            KeyCode::Esc if self.job.is_some() || self.playing.is_some() => {
                (self.job, self.playing) = (None, None);
                self.say("ended here");
            }
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, ask: Ask) {
        (self.job, self.playing) = (None, None);
        self.prompt = Some(Prompt::new(ask));
    }

    fn type_in(&mut self, code: KeyCode, control: bool) {
        let Some(prompt) = &mut self.prompt else { return };
        match code {
            KeyCode::Esc => self.prompt = None,
            KeyCode::Enter => {
                let Prompt { ask, text } = prompt.clone();
                self.prompt = None;
                self.message = None;
                if let Err(why) = self.answered(ask, text.trim()) {
                    self.say(why);
                }
            }
            KeyCode::Backspace => drop(prompt.text.pop()),
            KeyCode::Char('u') if control => prompt.text.clear(),
            KeyCode::Char(c) if !control => prompt.put(c),
            _ => {}
        }
    }

    fn answered(&mut self, ask: Ask, text: &str) -> Result<(), String> {
        match ask {
            Ask::State if text.is_empty() => self.pick = Pick::Concerned(0),
            // The same text again.
            Ask::Find { forward } if text.is_empty() => self.find(forward),
            _ if text.is_empty() => {}
            Ask::Entry => {
                let to = text.parse().map_err(|_| format!("`{text}` is no number of an entry"))?;
                self.go(to);
            }
            Ask::Find { forward } => {
                self.sought = Some(text.to_owned());
                self.find(forward);
            }
            Ask::Break => {
                let set = Break::parse(text)?;
                let told = format!("runs (r) stop at {set}");
                if !self.breaks.contains(&set) {
                    self.breaks.push(set);
                }
                self.say(told);
            }
            Ask::State => {
                let (kind, id) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
                let id = id.trim();
                self.name_state(kind, (!id.is_empty()).then(|| id.to_owned()))?;
            }
            Ask::Write => {
                let told = self.write(text)?;
                self.say(told);
            }
        }
        Ok(())
    }

    fn find(&mut self, forward: bool) {
        let at = self.at();
        if self.sought.is_none() {
            return self.ask(Ask::Find { forward });
        }
        self.playing = None;
        let next = if forward { at + 1 } else { at.saturating_sub(1) };
        self.job = Some(Job::Find { next, forward });
    }

    fn run(&mut self) {
        if self.breaks.is_empty() {
            return self.say("there is no breakpoint: b sets one");
        }
        self.playing = None;
        self.job = Some(Job::Run { from: self.at() });
    }

    fn mark(&mut self) {
        let at = self.at();
        if at > 0 {
            self.marks.toggle(at);
            let count = self.marks.count();
            self.say(format!("{count} marked; w writes them to a file"));
        }
    }

    fn mark_range(&mut self) {
        let at = self.at().max(1);
        match self.range.take() {
            None => {
                self.range = Some(at);
                self.say(format!("a range of marks begins at entry {at}: v ends it"));
            }
            Some(from) => {
                self.marks.add(from, at);
                let count = self.marks.count();
                self.say(format!("{count} marked; w writes them to a file"));
            }
        }
    }

    fn show(&mut self, panel: Panel) {
        (self.panel, self.scroll) = (panel, 0);
    }

    fn scroll_by(&mut self, lines: isize) {
        if self.panel == Panel::Stops && !self.breaks.is_empty() {
            self.chosen = self.chosen.saturating_add_signed(lines).min(self.breaks.len() - 1);
            return;
        }
        // What is behind the last line is taken back by whoever shows it.
        self.scroll = self.scroll.saturating_add_signed(lines);
    }

    fn remove_break(&mut self) {
        if self.panel != Panel::Stops {
            return self.say("5 shows the breakpoints: J and K choose one, x removes it");
        }
        if self.chosen < self.breaks.len() {
            let removed = self.breaks.remove(self.chosen);
            self.chosen = self.chosen.min(self.breaks.len().saturating_sub(1));
            self.say(format!("runs do not stop at {removed} any more"));
        }
    }

    fn next_client(&mut self) {
        let clients: Vec<String> = self.source.lanes().iter().filter_map(|lane| lane.client()).collect();
        let next = match &self.client {
            None => 0,
            Some(client) => clients.iter().position(|known| known == client).map_or(0, |at| at + 1),
        };
        self.client = clients.get(next).cloned();
        self.show(Panel::Callbacks);
        let of = self.client.as_deref().unwrap_or("all clients");
        let told = format!("callbacks of {of}");
        self.say(told);
    }
}
