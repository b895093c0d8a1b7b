//! Who people are, as far as this client has heard.

use rialto_domain::UserId;
use rialto_domain::presence::Presence;
use rialto_domain::user::Profile;
use std::collections::{BTreeMap, BTreeSet};

/// The most profiles asked for in one command.
const MAX_ASKED: usize = 200;

/// Profiles and presence by user.
#[derive(Debug, Default)]
pub(crate) struct People {
    profiles: BTreeMap<UserId, Profile>,
    presence: BTreeMap<UserId, Presence>,
    wanted: BTreeSet<UserId>,
    /// Asked for already; those that stay unknown are not asked for again and again.
    asked: BTreeSet<UserId>,
}

impl People {
    /// Learns who somebody is.
    pub(crate) fn learn(&mut self, profile: Profile) {
        self.wanted.remove(&profile.id);
        self.profiles.insert(profile.id, profile);
    }

    /// Notes that somebody's profile is needed.
    pub(crate) fn want(&mut self, user: UserId) {
        if !self.profiles.contains_key(&user) && !self.asked.contains(&user) {
            self.wanted.insert(user);
        }
    }

    /// Those to ask for now.
    pub(crate) fn take_wanted(&mut self) -> Vec<UserId> {
        let users: Vec<_> = self.wanted.iter().copied().take(MAX_ASKED).collect();
        for user in &users {
            self.wanted.remove(user);
            self.asked.insert(*user);
        }
        users
    }

    /// A new connection: what was not answered is asked for again.
    pub(crate) fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// Learns whether somebody is there.
    pub(crate) fn note_presence(&mut self, user: UserId, presence: Presence) {
        self.presence.insert(user, presence);
    }

    /// Whether somebody is there; `None` when that is not known.
    pub(crate) fn presence(&self, user: UserId) -> Option<Presence> {
        self.presence.get(&user).copied()
    }

    /// Somebody's profile.
    pub(crate) fn find(&self, user: UserId) -> Option<&Profile> {
        self.profiles.get(&user)
    }

    /// Who has this user name.
    pub(crate) fn find_by_username(&self, username: &str) -> Option<&Profile> {
        self.profiles.values().find(|profile| profile.username.as_ref().is_some_and(|name| name.as_str() == username))
    }

    /// The name to show. It comes from others: clean it before it reaches a terminal.
    pub(crate) fn name(&self, user: UserId) -> String {
        match self.profiles.get(&user) {
            Some(profile) => profile.display_name.clone(),
            None => format!("user …{}", &user.to_string()[32..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_is_asked_for_once() {
        let mut people = People::default();
        let user = UserId::from_bytes([1; 16]);
        people.want(user);
        assert_eq!(people.take_wanted(), [user]);
        people.want(user);
        assert_eq!(people.take_wanted(), []);
        assert!(people.name(user).starts_with("user …"));
        people.learn(Profile { id: user, username: None, display_name: "Ana".into() });
        assert_eq!(people.name(user), "Ana");
    }
}
