//! The terminal: taken over while the chat runs, and given back whatever happens.

use crossterm::cursor::MoveTo;
use crossterm::event::{DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange, Event, read};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
    size,
};
use crossterm::{execute, queue};
use std::io::{self, Stdout, Write as _, stdout};
use std::sync::Once;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::grid::{Grid, Row, Style};

/// The terminal in the chat's hands. It is as it was once this is dropped, also by a panic.
pub(crate) struct Terminal {
    out: Stdout,
    painted: Grid,
    has_colour: bool,
}

impl Terminal {
    /// Takes the terminal over.
    pub(crate) fn open() -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        let mut out = stdout();
        let has_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        // From here on a failure gives the terminal back.
        let terminal = Self { out: stdout(), painted: Grid::default(), has_colour };
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, SetTitle("rialto"), Clear(ClearType::All))?;
        Ok(terminal)
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (u16, u16) {
        size().unwrap_or((80, 24))
    }

    /// What the person does with keyboard, mouse and window, as it happens.
    pub(crate) fn events(&self) -> UnboundedReceiver<Event> {
        let (events, told) = unbounded_channel();
        // It waits in `read` for as long as the program runs; nothing else can wait for keys and be stopped.
        std::thread::spawn(move || {
            while let Ok(event) = read() {
                if events.send(event).is_err() {
                    break;
                }
            }
        });
        told
    }

    /// Shows a screenful. Only rows that changed are written.
    pub(crate) fn paint(&mut self, grid: Grid) -> io::Result<()> {
        if grid == self.painted {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        if grid.rows.len() != self.painted.rows.len() {
            queue!(self.out, Clear(ClearType::All))?;
            self.painted.rows.clear();
        }
        for (at, row) in grid.rows.iter().enumerate() {
            if self.painted.rows.get(at) != Some(row) {
                queue!(self.out, MoveTo(0, at as u16))?;
                self.print(row)?;
            }
        }
        queue!(self.out, MoveTo(grid.cursor.0, grid.cursor.1), EndSynchronizedUpdate)?;
        self.painted = grid;
        self.out.flush()
    }

    /// The window has another size: everything is written anew.
    pub(crate) fn repaint(&mut self) {
        self.painted = Grid::default();
    }

    /// Calls the person's attention.
    pub(crate) fn ring(&mut self) -> io::Result<()> {
        execute!(self.out, Print('\u{7}'))
    }

    fn print(&mut self, row: &Row) -> io::Result<()> {
        for (text, style) in &row.spans {
            let Style { bold, dim, underlined, reversed, colour } = *style;
            let attributes = [(bold, Attribute::Bold), (dim, Attribute::Dim), (underlined, Attribute::Underlined), (reversed, Attribute::Reverse)];
            for (_, attribute) in attributes.into_iter().filter(|(applies, _)| *applies) {
                queue!(self.out, SetAttribute(attribute))?;
            }
            if let Some(colour) = colour.filter(|_| self.has_colour) {
                queue!(self.out, SetForegroundColor(Color::AnsiValue(colour)))?;
            }
            queue!(self.out, Print(text))?;
            if *style != Style::PLAIN {
                queue!(self.out, SetAttribute(Attribute::Reset), ResetColor)?;
            }
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back. Harmless when it was given back already; nothing can be done about a failure.
fn restore() {
    let _ = execute!(stdout(), EndSynchronizedUpdate, DisableFocusChange, DisableBracketedPaste, LeaveAlternateScreen, SetAttribute(Attribute::Reset));
    let _ = disable_raw_mode();
}

/// Lets a panic's message be read: on the terminal as it was, not on a screen that goes away.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}
