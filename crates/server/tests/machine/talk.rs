//! People who write to each other and remember what they were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rialto_domain::{ClientId, Timestamp};
use serde_json::Value;

use super::Rest;

/// Some people with an account each, and the groups that all of them are in.
pub(crate) struct Talk {
    people: Vec<Rest>,
    pub(crate) groups: Vec<String>,
    pub(crate) attempts: Vec<Attempt>,
}

/// A message that somebody sent, or tried to.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    person: usize,
    group: usize,
    client_id: String,
    text: String,
    pub(crate) fate: Fate,
}

/// What the sender was told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fate {
    /// It is stored, at this place, and that was known at this moment.
    Stored { seq: u64, at: u64 },
    /// No; nothing was changed.
    Refused(String),
    /// Nothing, or that it is not known.
    Unknown,
}

const GROUPS: usize = 2;

impl Talk {
    /// Makes accounts and groups.
    pub(crate) fn begin(url: &str, people: usize) -> Self {
        let mut people: Vec<_> = (0..people).map(|_| Rest::new(url)).collect();
        let users: Vec<Value> = people.iter_mut().map(|person| person.register()["user"].clone()).collect();
        let others: Vec<_> = users.iter().skip(1).collect();
        let groups = (0..GROUPS).map(|_| people[0].open_group(&others)).collect();
        Self { people, groups, attempts: Vec::new() }
    }

    /// The same people at a server that is elsewhere now.
    pub(crate) fn move_to(&mut self, url: &str) {
        for person in &mut self.people {
            *person = person.at(url);
        }
    }

    /// Their access tokens.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.people.iter().filter_map(|person| person.token.clone()).collect()
    }

    pub(crate) fn person(&mut self) -> &mut Rest {
        &mut self.people[0]
    }

    /// All write at the same time, each waiting for the fate of one message before the next, until `enough` says so of
    /// all attempts or the server is gone. `moment` tells what time it is when somebody hears that theirs is stored.
    pub(crate) fn write(&mut self, moment: impl Fn() -> u64 + Sync, enough: impl Fn(&[Attempt]) -> bool + Sync) {
        let attempts = Mutex::new(std::mem::take(&mut self.attempts));
        let is_over = AtomicBool::new(false);
        let groups = &self.groups;
        std::thread::scope(|scope| {
            for (number, person) in self.people.iter_mut().enumerate() {
                let (attempts, is_over, moment, enough) = (&attempts, &is_over, &moment, &enough);
                scope.spawn(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        let count = attempts.lock().unwrap().len();
                        let mut attempt = Attempt::new(number, count);
                        let sent = person.send(&groups[attempt.group], &attempt.client_id, &attempt.text);
                        let is_gone = sent.is_err();
                        attempt.fate = fate(sent, moment);
                        let mut attempts = attempts.lock().unwrap();
                        attempts.push(attempt);
                        is_over.fetch_or(is_gone || enough(&attempts), Ordering::Relaxed);
                    }
                });
            }
        });
        self.attempts = attempts.into_inner().unwrap();
    }

    /// Sends again whatever nobody knows the fate of. Everything that was ever sent is stored afterwards.
    pub(crate) fn repeat(&mut self) {
        for attempt in self.attempts.iter_mut().filter(|attempt| !matches!(attempt.fate, Fate::Stored { .. })) {
            let sent = self.people[attempt.person].send(&self.groups[attempt.group], &attempt.client_id, &attempt.text);
            attempt.fate = fate(sent, || 0);
            assert!(matches!(attempt.fate, Fate::Stored { .. }), "{attempt:?}");
        }
    }

    pub(crate) fn stored(&self) -> usize {
        self.attempts.iter().filter(|attempt| matches!(attempt.fate, Fate::Stored { .. })).count()
    }

    pub(crate) fn refusals(&self) -> BTreeSet<&str> {
        self.attempts.iter().filter_map(|attempt| if let Fate::Refused(code) = &attempt.fate { Some(code.as_str()) } else { None }).collect()
    }

    /// What was told until a moment is so: nothing is lost, moved, doubled or invented.
    pub(crate) fn check(&mut self, until: u64) {
        for group in 0..self.groups.len() {
            let history = self.people[0].history(&self.groups[group]);
            let mut by_name: BTreeMap<&str, &Value> = BTreeMap::new();
            let mut before = 0;
            for message in &history {
                let seq = message["seq"].as_u64().unwrap();
                assert!(seq > before, "{message} comes after place {before}");
                before = seq;
                let twice = by_name.insert(message["client_id"].as_str().unwrap(), message);
                assert!(twice.is_none(), "{message} is there twice");
            }
            for attempt in self.attempts.iter().filter(|attempt| attempt.group == group) {
                let found = by_name.remove(attempt.client_id.as_str());
                match (&attempt.fate, found) {
                    (Fate::Stored { at, .. }, None) => assert!(*at > until, "lost: {attempt:?}"),
                    (Fate::Stored { seq, at }, Some(message)) if *at <= until => assert_eq!(message["seq"].as_u64(), Some(*seq), "moved: {attempt:?}"),
                    (Fate::Refused(_), Some(message)) => panic!("refused, and there: {attempt:?} {message}"),
                    (_, None | Some(_)) => {}
                }
                if let Some(message) = found {
                    assert_eq!(message["body"]["text"].as_str(), Some(attempt.text.as_str()), "{attempt:?}");
                }
            }
            assert!(by_name.is_empty(), "invented: {by_name:?}");
        }
    }
}

impl Attempt {
    fn new(person: usize, count: usize) -> Self {
        let mut chance = [0; 10];
        getrandom::fill(&mut chance).unwrap();
        let client_id = ClientId::new(Timestamp(1_790_000_000_000 + count as u64), &chance).to_string();
        let text = format!("message {count} of person {person}: {}", "x".repeat(count * 37 % 900));
        Self { person, group: count % GROUPS, client_id, text, fate: Fate::Unknown }
    }
}

fn fate(sent: std::io::Result<super::rest::Answer>, moment: impl Fn() -> u64) -> Fate {
    match sent {
        Err(_) => Fate::Unknown,
        Ok(answer) if answer.is_ok() => Fate::Stored { seq: answer.body["seq"].as_u64().expect("a stored message has a place"), at: moment() },
        Ok(answer) if answer.code() == "server.outcome_unknown" => Fate::Unknown,
        Ok(answer) => Fate::Refused(answer.code().to_owned()),
    }
}
