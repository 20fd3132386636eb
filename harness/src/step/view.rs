//! A screen on a terminal.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Position, Rect},
    style::{Color, Modifier, Style},
    text::Line as Drawn,
    widgets::{Block, Clear, Paragraph},
};
use unicode_width::UnicodeWidthStr;

use super::{
    keys::HELP,
    look::{LEAST, Line, Pane, Screen, entries_seen},
    text::{Text, Tone},
};

/// Draws a screen, or why there is none.
pub fn draw(frame: &mut Frame<'_>, screen: Result<&Screen, &str>) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (columns, lines) = LEAST;
        let told = format!(
            "too small: {} x {}, and it takes {columns} x {lines}. q leaves",
            area.width, area.height
        );
        frame.render_widget(Paragraph::new(told).wrap(ratatui::widgets::Wrap { trim: true }), area);
        return;
    }
    let screen = match screen {
        Ok(screen) => screen,
        Err(why) => {
            let told = format!("the recording cannot be read any more: {why}\n\nq leaves");
            frame.render_widget(Paragraph::new(told).wrap(ratatui::widgets::Wrap { trim: true }), area);
            return;
        }
    };
    let rows = u16::try_from(entries_seen(area.height.into())).unwrap_or(u16::MAX);
    let parts = [
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(rows),
        Constraint::Min(1),
        Constraint::Length(1),
    ];
    let [title, heads, entries, below, bottom] = Layout::vertical(parts).areas(area);
    let bar = Style::new().add_modifier(Modifier::REVERSED);
    frame.render_widget(Paragraph::new(screen.title.as_str()).style(bar), title);
    frame.render_widget(
        Paragraph::new(screen.lanes.as_str()).style(Style::new().add_modifier(Modifier::BOLD)),
        heads,
    );
    frame.render_widget(Paragraph::new(screen.rows.iter().map(row).collect::<Vec<_>>()), entries);
    let panes = Layout::horizontal(screen.panels.iter().map(|_| Constraint::Fill(1))).spacing(1).split(below);
    for (pane, area) in screen.panels.iter().zip(panes.iter()) {
        draw_pane(frame, pane, *area);
    }
    frame.render_widget(Paragraph::new(screen.bottom.as_str()), bottom);
    if screen.is_typed {
        let behind = u16::try_from(screen.bottom.width()).unwrap_or(u16::MAX).min(bottom.width - 1);
        frame.set_cursor_position(Position::new(bottom.x + behind, bottom.y));
    }
    if screen.help {
        draw_help(frame, area);
    }
}

fn row(line: &Line) -> Drawn<'_> {
    let mut style = Style::new();
    if line.is_seen {
        style = style.fg(Color::Cyan);
    }
    if line.differs {
        style = style.fg(Color::Red).add_modifier(Modifier::BOLD);
    }
    if line.is_current {
        style = style.add_modifier(Modifier::REVERSED);
    }
    Drawn::styled(line.text.as_str(), style)
}

fn draw_pane(frame: &mut Frame<'_>, pane: &Pane, area: Rect) {
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let style = Style::new().add_modifier(Modifier::UNDERLINED);
    frame.render_widget(Paragraph::new(pane.title.as_str()).style(style), head);
    let line = |text: &'_ Text| {
        let style = match text.tone {
            Tone::Plain => Style::new(),
            Tone::Head => Style::new().add_modifier(Modifier::BOLD),
            Tone::Differs => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        };
        Drawn::styled(text.text.clone(), style)
    };
    frame.render_widget(Paragraph::new(pane.lines.iter().map(line).collect::<Vec<_>>()), body);
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let lines: Vec<String> = HELP.iter().map(|(keys, what)| format!(" {keys:<14} {what}")).collect();
    let width = lines.iter().map(|line| line.width()).max().unwrap_or(0) + 3;
    let size = |size: usize| u16::try_from(size).unwrap_or(u16::MAX);
    let (width, height) = (size(width).min(area.width), size(lines.len() + 2).min(area.height));
    let over =
        Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height);
    frame.render_widget(Clear, over);
    let lines: Vec<Drawn<'_>> = lines.into_iter().map(Drawn::from).collect();
    frame
        .render_widget(Paragraph::new(lines).block(Block::bordered().title(" keys; any closes this ")), over);
}
