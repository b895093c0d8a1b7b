//! Every resource of REST, and the command it stands for: the one table that the router, the description in OpenAPI and
//! the page for people are made of.

use axum::http::StatusCode;

/// One resource and method.
pub(super) struct Route {
    pub(super) verb: Verb,
    /// Below `/api/v1`. What stands in braces is a field of the command's data.
    pub(super) path: &'static str,
    /// The command, by its name on the wire.
    pub(super) command: &'static str,
    /// The status of success. [`StatusCode::NO_CONTENT`] when the result is empty.
    pub(super) status: StatusCode,
    /// Where the data comes from that the path does not tell.
    pub(super) carries: Carries,
    /// Fields that the resource itself decides.
    pub(super) fixed: &'static [(&'static str, bool)],
    /// What it does, where that is not all that its command can do.
    pub(super) about: Option<&'static str>,
}

/// The methods in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// Where the data of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// In the query.
    Query,
    /// In the body: a JSON object with the fields.
    Body,
    /// In the body: a JSON object that is the value of this one field.
    BodyOf(&'static str),
    /// Nowhere.
    Nothing,
}

/// Under which path the table stands.
pub(super) const BASE: &str = "/api/v1";

use Verb::{Delete, Get, Patch, Post, Put};

/// The table, in the order of the reference.
pub(super) const ROUTES: &[Route] = &[
    route(Get, "/start", "hello")
        .with_nothing()
        .about("Tells who one is, what is allowed, and the channels that one was in last: what other carriers tell after hello."),
    route(Post, "/accounts", "account.register").creates(),
    route(Post, "/sessions", "account.login").creates(),
    route(Post, "/sessions/refresh", "account.refresh"),
    route(Delete, "/sessions/current", "account.logout").empty(),
    route(Get, "/account", "account.get"),
    route(Post, "/account/claim", "account.claim"),
    route(Put, "/account/password", "account.password").empty(),
    route(Patch, "/account", "account.update"),
    route(Get, "/settings", "settings.get"),
    route(Put, "/settings", "settings.set").with_body_of("settings"),
    route(Get, "/sessions", "sessions.list"),
    route(Delete, "/sessions/{session}", "sessions.revoke").about("Ends one of one's log-ins."),
    route(Delete, "/sessions", "sessions.revoke").with_nothing().fixed(&[("others", true)]).about("Ends all other log-ins."),
    route(Patch, "/device", "device.update").empty(),
    route(Get, "/users", "user.find"),
    route(Post, "/users/profiles", "user.get"),
    route(Put, "/blocks/{user}", "block").empty().fixed(ON).about("Blocks a user."),
    route(Delete, "/blocks/{user}", "block").empty().fixed(OFF).about("Ends a block."),
    route(Get, "/blocks", "blocks.list"),
    route(Post, "/sync", "sync"),
    route(Post, "/channels", "channel.create").creates(),
    route(Get, "/channels", "channel.list"),
    route(Get, "/channels/{channel}", "channel.get"),
    route(Get, "/channels/{channel}/members", "channel.members"),
    route(Get, "/channels/{channel}/pins", "channel.pins"),
    route(Post, "/channels/{channel}/members", "channel.invite"),
    route(Post, "/channels/join", "channel.join"),
    route(Post, "/channels/{channel}/leave", "channel.leave"),
    route(Delete, "/channels/{channel}/members/{user}", "channel.kick"),
    route(Put, "/channels/{channel}/members/{user}/role", "channel.role"),
    route(Patch, "/channels/{channel}", "channel.update"),
    route(Put, "/channels/{channel}/mute", "channel.mute").fixed(ON).about("Mutes a channel for oneself."),
    route(Delete, "/channels/{channel}/mute", "channel.mute").with_nothing().fixed(OFF).about("Ends the muting of a channel."),
    route(Put, "/channels/{channel}/archive", "channel.archive").fixed(ON).about("Puts a channel out of the way for oneself."),
    route(Delete, "/channels/{channel}/archive", "channel.archive").fixed(OFF).about("Takes a channel back out of the archive."),
    route(Put, "/channels/{channel}/pin", "channel.pin").fixed(ON).about("Puts a channel at the top for oneself."),
    route(Delete, "/channels/{channel}/pin", "channel.pin").fixed(OFF).about("Takes a channel from the top."),
    route(Delete, "/channels/{channel}", "channel.delete"),
    // REST has no later event to tell where the message stands, so the answer waits for that.
    route(Post, "/channels/{channel}/messages", "message.send")
        .creates()
        .fixed(&[("wait", true)])
        .about("Sends a message. The answer tells where it stands in the log, and comes when it does."),
    route(Patch, "/channels/{channel}/messages/{target}", "message.edit"),
    route(Delete, "/channels/{channel}/messages/{target}", "message.delete"),
    route(Put, "/channels/{channel}/messages/{target}/reactions/{emoji}", "message.react").fixed(ON).about("Sets a reaction."),
    route(Delete, "/channels/{channel}/messages/{target}/reactions/{emoji}", "message.react").fixed(OFF).about("Takes a reaction back."),
    route(Put, "/channels/{channel}/messages/{target}/pin", "message.pin").fixed(ON).about("Pins a message in its channel."),
    route(Delete, "/channels/{channel}/messages/{target}/pin", "message.pin").fixed(OFF).about("Unpins a message."),
    route(Post, "/channels/{from}/messages/{target}/forward", "message.forward").accepts(),
    route(Get, "/channels/{channel}/messages", "history"),
    route(Post, "/marks", "mark").empty(),
    route(Get, "/channels/{channel}/messages/{seq}/receipts", "receipts"),
    route(Post, "/channels/{channel}/typing", "typing").empty(),
    route(Post, "/presence", "presence.watch").about("Tells who is online. Changes can be watched on the other carriers."),
];

const ON: &[(&str, bool)] = &[("on", true)];
const OFF: &[(&str, bool)] = &[("on", false)];

const fn route(verb: Verb, path: &'static str, command: &'static str) -> Route {
    let carries = match verb {
        Get | Delete => Carries::Query,
        Post | Put | Patch => Carries::Body,
    };
    Route { verb, path, command, status: StatusCode::OK, carries, fixed: &[], about: None }
}

impl Route {
    const fn creates(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    const fn accepts(self) -> Self {
        Self { status: StatusCode::ACCEPTED, ..self }
    }

    const fn empty(self) -> Self {
        Self { status: StatusCode::NO_CONTENT, ..self }
    }

    const fn with_nothing(self) -> Self {
        Self { carries: Carries::Nothing, ..self }
    }

    const fn with_body_of(self, field: &'static str) -> Self {
        Self { carries: Carries::BodyOf(field), ..self }
    }

    const fn fixed(self, fixed: &'static [(&'static str, bool)]) -> Self {
        Self { fixed, ..self }
    }

    const fn about(self, about: &'static str) -> Self {
        Self { about: Some(about), ..self }
    }

    /// The fields that the path tells, in their order.
    pub(super) fn path_fields(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Is the field decided by the path or by the resource, and not by query or body?
    pub(super) fn decides(&self, field: &str) -> bool {
        self.path_fields().chain(self.fixed.iter().map(|(name, _)| *name)).any(|name| name == field)
    }

    /// The path as the router takes it. Routes may call the same segment by different names, which the router does not
    /// allow: there it is known by its place.
    pub(super) fn pattern(&self) -> String {
        let segments = self.path.split('/').enumerate();
        let named = segments.map(|(place, segment)| if segment.starts_with('{') { format!("{{segment{place}}}") } else { segment.to_owned() });
        format!("{BASE}{}", named.collect::<Vec<_>>().join("/"))
    }
}

impl Verb {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Get => "GET",
            Post => "POST",
            Put => "PUT",
            Patch => "PATCH",
            Delete => "DELETE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rialto_wire::command::Command;
    use std::collections::BTreeSet;

    #[test]
    fn every_command_has_a_resource() {
        let served: BTreeSet<_> = ROUTES.iter().map(|route| route.command).collect();
        let commands: BTreeSet<_> = Command::TABLE.iter().map(|command| command.name).chain(["hello"]).collect();
        assert_eq!(served, commands);
    }

    #[test]
    fn no_resource_stands_for_two_commands() {
        let places: BTreeSet<_> = ROUTES.iter().map(|route| (route.verb, route.pattern())).collect();
        assert_eq!(places.len(), ROUTES.len());
    }

    #[test]
    fn what_is_only_read_is_read_by_get_and_nothing_else_is() {
        let reads = |command: &str| {
            ["get", "list", "members", "pins", "find", "history", "receipts", "hello"].contains(&command.rsplit('.').next().unwrap_or_default())
        };
        for route in ROUTES.iter().filter(|route| route.verb == Get) {
            assert!(reads(route.command), "{} changes something by GET", route.command);
        }
    }

    #[test]
    fn the_fields_of_the_path_and_of_the_resource_are_fields_of_the_command() {
        let contract = rialto_wire::schema::contract();
        for route in ROUTES {
            let shape = contract["commands"][route.command]["data"]["$ref"].as_str().unwrap();
            let properties = &contract.pointer(shape.trim_start_matches('#')).unwrap()["properties"];
            let body_of = match route.carries {
                Carries::BodyOf(field) => Some(field),
                _ => None,
            };
            for field in route.path_fields().chain(route.fixed.iter().map(|(name, _)| *name)).chain(body_of) {
                assert!(properties.get(field).is_some(), "{} has no field {field}", route.command);
            }
        }
    }
}
