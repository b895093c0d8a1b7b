//! The chat in front of a person.

use anyhow::Context as _;
use crossterm::event::Event;
use rialto_domain::{ClientId, Timestamp};
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::editor::Editor;
use super::keyring::Keyring;
use super::keys::{Done, press};
use super::link::Link;
use super::message::Look;
use super::model::{Chat, Effect, Happening, Wish};
use super::screen::{Drawn, Panel, View, draw};
use super::shelf::Shelf;
use super::terminal::Terminal;

/// Runs until the person leaves, or the log-in has ended.
pub(crate) async fn run(keyring: Keyring, look: Look) -> anyhow::Result<()> {
    let user = keyring.load()?.context("a log-in was just kept")?.user;
    let (shelf, unsent) = Shelf::take(&keyring, user)?;
    let terminal = Terminal::open().context("this is no terminal that can be drawn on; use --line")?;
    let view = View { editor: Editor::default(), anchor: None, panel: None, look, size: terminal.size() };
    let (link, mut happenings) = Link::start(keyring);
    let mut front = Front { chat: Chat::new(unsent, true), view, terminal, link, shelf, drawn: None, has_focus: true, looks: None };

    let mut events = front.terminal.events();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut ended, mut hung_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    loop {
        front.paint()?;
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => if !front.notice(&event)? { break },
                // The terminal is gone.
                None => break,
            },
            Some(happening) = happenings.recv() => {
                front.happens(happening)?;
                // What has come already is shown together.
                while let Ok(happening) = happenings.try_recv() {
                    front.happens(happening)?;
                }
            }
            _ = ticks.tick() => front.happens(Happening::Tick)?,
            _ = ended.recv() => break,
            _ = hung_up.recv() => break,
        }
    }
    drop(front.terminal);
    front.link.close().await;
    if front.chat.outbox().is_busy() {
        eprintln!("What could not be sent is kept, and sent the next time.");
    }
    Ok(())
}

struct Front {
    chat: Chat,
    view: View,
    terminal: Terminal,
    link: Link,
    shelf: Shelf,
    drawn: Option<Drawn>,
    has_focus: bool,
    /// Whether the chat was told that the person sees the newest messages.
    looks: Option<bool>,
}

impl Front {
    fn paint(&mut self) -> anyhow::Result<()> {
        let looks = self.has_focus && self.view.anchor.is_none() && self.view.panel.is_none();
        if self.looks.replace(looks) != Some(looks) {
            self.happens(Happening::Looks(looks))?;
        }
        let drawn = draw(&self.chat, &self.view, now());
        self.terminal.paint(drawn.grid.clone())?;
        self.drawn = Some(drawn);
        Ok(())
    }

    /// Takes in what the person does; `false` when they leave.
    fn notice(&mut self, event: &Event) -> anyhow::Result<bool> {
        match event {
            Event::Resize(columns, rows) => {
                self.view.size = (*columns, *rows);
                self.terminal.repaint();
            }
            Event::FocusGained => self.has_focus = true,
            Event::FocusLost => self.has_focus = false,
            event => match press(&mut self.view, &self.chat, self.drawn.as_ref(), event) {
                Done::Nothing => {}
                Done::Wish(wish) => self.wish(wish)?,
                Done::Say(text) => self.chat.say(text, false),
                Done::Quit => return Ok(false),
            },
        }
        Ok(true)
    }

    fn wish(&mut self, wish: Wish) -> anyhow::Result<()> {
        if !matches!(wish, Wish::Typing(_)) {
            self.chat.hush();
        }
        self.happens(Happening::Wished { wish, tag: None, client_id: fresh_name() })
    }

    fn happens(&mut self, happening: Happening) -> anyhow::Result<()> {
        for effect in self.chat.handle(happening, now()) {
            match self.link.carry_out(effect) {
                Some(Effect::KeepOutbox) => {
                    if let Err(error) = self.shelf.keep(self.chat.outbox()) {
                        self.chat.say(format!("what is not sent yet would be lost by a crash: {error:#}"), true);
                    }
                }
                Some(Effect::Show { title, lines }) => self.view.panel = Some(Panel { title, lines }),
                Some(Effect::Ring) => self.terminal.ring()?,
                Some(Effect::Tell(_) | Effect::Hello { .. } | Effect::Ask { .. }) | None => {}
            }
        }
        Ok(())
    }
}

/// Now.
pub(crate) fn now() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64))
}

/// A name for a new message.
pub(crate) fn fresh_name() -> ClientId {
    let mut random = [0; 10];
    getrandom::fill(&mut random).expect("the system has random numbers");
    ClientId::new(now(), &random)
}
