//! Whom a person means.

use rialto_domain::ChannelId;

use super::model::Chat;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A channel.
    Channel(ChannelId),
    /// A user with whom there is no channel yet, as far as is known.
    User(String),
}

/// Finds what is meant by a number of the list, an id, `@user`, or a title or the beginning of just one.
pub(crate) fn find(chat: &Chat, name: &str) -> Result<Target, String> {
    let list = chat.list();
    if let Some(username) = name.strip_prefix('@') {
        let known = chat.people().find_by_username(&username.to_lowercase()).and_then(|profile| chat.direct_with(profile.id));
        return Ok(known.map_or_else(|| Target::User(username.to_owned()), |channel| Target::Channel(channel.id())));
    }
    if let Some(channel) = name.parse().ok().and_then(|id| chat.channel(id)) {
        return Ok(Target::Channel(channel.id()));
    }
    if let Ok(number) = name.trim_start_matches('#').parse::<usize>() {
        let channel = number.checked_sub(1).and_then(|at| list.get(at));
        return channel.map(|channel| Target::Channel(channel.id())).ok_or_else(|| format!("there is no channel {number} in the list"));
    }
    let wanted = name.to_lowercase();
    let titles: Vec<_> = list.iter().map(|channel| (chat.title(channel).to_lowercase(), channel.id())).collect();
    let exact: Vec<_> = titles.iter().filter(|(title, _)| *title == wanted).collect();
    let beginning: Vec<_> = titles.iter().filter(|(title, _)| title.starts_with(&wanted)).collect();
    match (&exact[..], &beginning[..]) {
        ([(_, id)], _) | ([], [(_, id)]) => Ok(Target::Channel(*id)),
        ([], []) => Err(format!("there is no channel called {name:?}")),
        _ => Err(format!("several channels are called {name:?}; use the number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::chat::model::Happening;
    use crate::command::chat::model::channel::tests::{ANA, view};
    use crate::command::chat::model::tests::ready;
    use rialto_domain::Timestamp;
    use rialto_domain::user::{Profile, Username};
    use rialto_wire::command::ChannelView;

    fn id(number: u8) -> ChannelId {
        ChannelId::from_bytes([number; 16])
    }

    fn chat() -> Chat {
        let channel =
            |number: u8, title: &str| ChannelView { id: id(number), title: Some(title.into()), active_at: Timestamp(100 - u64::from(number)), ..view(0) };
        let ana = Profile { id: ANA, username: Username::parse("ana").ok(), display_name: "Ana".into() };
        let direct = ChannelView { title: None, peer: Some(ana), ..channel(4, "") };
        let mut chat = Chat::new(Vec::new(), false);
        chat.handle(Happening::Ready(Box::new(ready(vec![channel(1, "Team"), channel(2, "Team Red"), channel(3, "Tea"), direct]))), Timestamp(0));
        chat
    }

    #[test]
    fn a_channel_is_found_by_number_id_title_or_its_beginning() {
        let chat = chat();
        assert_eq!(find(&chat, "2"), Ok(Target::Channel(id(2))));
        assert_eq!(find(&chat, "#1"), Ok(Target::Channel(id(1))));
        assert_eq!(find(&chat, &id(3).to_string()), Ok(Target::Channel(id(3))));
        assert_eq!(find(&chat, "team"), Ok(Target::Channel(id(1))));
        assert_eq!(find(&chat, "team r"), Ok(Target::Channel(id(2))));
        assert_eq!(find(&chat, "Ana"), Ok(Target::Channel(id(4))));
    }

    #[test]
    fn a_user_is_the_direct_channel_where_there_is_one() {
        assert_eq!(find(&chat(), "@Ana"), Ok(Target::Channel(id(4))));
        assert_eq!(find(&chat(), "@bob"), Ok(Target::User("bob".into())));
    }

    #[test]
    fn what_is_not_clear_is_asked_back() {
        assert!(find(&chat(), "te").unwrap_err().contains("several"));
        assert!(find(&chat(), "nobody").unwrap_err().contains("no channel"));
        assert!(find(&chat(), "9").unwrap_err().contains("9"));
    }
}
