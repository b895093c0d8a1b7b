//! The commands that clients send: one table of names, data and results, for every carrier.

mod account;
mod channel;
mod dialogue;
mod message;
mod people;

pub use account::*;
pub use channel::*;
pub use dialogue::*;
pub use message::*;
pub use people::*;

use rialto_domain::Refusal;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::undefined::{self, UNDEFINED};

/// The data of a command as it came, not yet understood.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// JSON text.
    Json(&'a str),
    /// MessagePack.
    Msgpack(&'a [u8]),
    /// The command came without data; taken as an empty object.
    Absent,
}

/// Why data is not what its command takes. The text is for the author of the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct InvalidData {
    /// The public code.
    pub refusal: Refusal,
    /// What is wrong, and where.
    pub text: String,
}

impl Payload<'_> {
    /// Reads the data as `T`. Unknown fields are ignored, and nothing (null, undefined) counts as absent data; the depth of
    /// nesting must have been checked before.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, InvalidData> {
        let invalid = |text: String| InvalidData { refusal: Refusal::Invalid, text };
        match *self {
            Self::Absent | Self::Json("null") | Self::Msgpack([0xc0] | UNDEFINED) => serde_json::from_str("{}").map_err(|error| invalid(error.to_string())),
            Self::Json(text) => serde_json::from_str(text).map_err(|error| invalid(error.to_string())),
            Self::Msgpack(bytes) => {
                let bytes = undefined::as_in_json(bytes).map_err(|error| invalid(error.to_string()))?;
                let mut reader = rmp_serde::Deserializer::from_read_ref(&*bytes).with_human_readable();
                T::deserialize(&mut reader).map_err(|error| invalid(error.to_string()))
            }
        }
    }
}

/// What is written about a command: its name, what it is for, and the shapes of its data and result.
pub struct Described {
    /// The name on the wire.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// It may be sent before hello.
    pub open: bool,
    /// The shape of its data.
    pub data: fn(&mut SchemaGenerator) -> Schema,
    /// The shape of its result.
    pub result: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! commands {
    ($($(#[doc = $about:literal])* $name:literal $variant:ident($data:ty) -> $result:ident($shape:ty) $($open:ident)?;)*) => {
        /// A command, understood. What it asks for is decided by the service.
        #[derive(Clone, Debug)]
        pub enum Command {
            $($(#[doc = $about])* $variant($data),)*
        }

        impl Command {
            /// Every command, in the order of the reference.
            pub const TABLE: &'static [Described] = &[
                $(Described {
                    name: $name,
                    about: concat!($($about,)*),
                    open: false $(|| stringify!($open).len() > 0)?,
                    data: |schemas| schemas.subschema_for::<$data>(),
                    result: |schemas| schemas.subschema_for::<$shape>(),
                },)*
            ];

            /// Understands a command by its name and data.
            pub fn decode(name: &str, payload: Payload<'_>) -> Result<Self, InvalidData> {
                match name {
                    $($name => payload.read().map(Self::$variant),)*
                    _ => Err(InvalidData { refusal: Refusal::CommandUnknown, text: Refusal::CommandUnknown.to_string() }),
                }
            }

            /// Its name on the wire.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                }
            }

            /// May it be sent before hello?
            pub const fn is_open(&self) -> bool {
                match self {
                    $(Self::$variant(_) => false $(|| stringify!($open).len() > 0)?,)*
                }
            }
        }
    };
}

commands! {
    /// Makes an account and logs in. Without a user name: an instant anonymous account, whose recovery key is told this once.
    "account.register" Register(Register) -> Tokens(Tokens) open;
    /// Logs in with name and password, or with a recovery key.
    "account.login" Login(Login) -> Tokens(Tokens) open;
    /// Trades a refresh token for new tokens. A token used twice ends its whole log-in.
    "account.refresh" Refresh(Refresh) -> Tokens(Tokens) open;
    /// Ends this log-in and closes its connections.
    "account.logout" Logout(Nothing) -> Done(Done);
    /// Tells one's own account.
    "account.get" AccountGet(Nothing) -> Account(AccountView);
    /// Gives an anonymous account a user name and a password.
    "account.claim" Claim(Claim) -> Account(AccountView);
    /// Changes the password and ends all other log-ins.
    "account.password" PasswordChange(PasswordChange) -> Done(Done);
    /// Changes the display name.
    "account.update" AccountUpdate(AccountUpdate) -> Account(AccountView);
    /// Tells one's settings.
    "settings.get" SettingsGet(Nothing) -> Settings(rialto_domain::user::Settings);
    /// Replaces one's settings.
    "settings.set" SettingsSet(SettingsSet) -> Settings(rialto_domain::user::Settings);
    /// Lists one's log-ins.
    "sessions.list" SessionsList(Nothing) -> Sessions(Sessions);
    /// Ends one of one's log-ins, or all others.
    "sessions.revoke" SessionsRevoke(SessionsRevoke) -> Revoked(Revoked);
    /// Names the device of this log-in.
    "device.update" DeviceUpdate(DeviceUpdate) -> Done(Done);
    /// Finds a user by the exact user name.
    "user.find" UserFind(UserFind) -> Profile(rialto_domain::user::Profile);
    /// Tells the profiles of users.
    "user.get" UserGet(Users) -> Profiles(Profiles);
    /// Blocks a user, or ends that.
    "block" Block(Block) -> Done(Done);
    /// Lists whom one blocks.
    "blocks.list" BlocksList(Nothing) -> Blocks(Users);
    /// Catches up: the entries after the positions that one has.
    "sync" Sync(Sync) -> Synced(Synced);
    /// Opens a channel. A second direct channel for a pair is the first one.
    "channel.create" ChannelCreate(ChannelCreate) -> Channel(ChannelView);
    /// Lists one's channels, the most recently active first.
    "channel.list" ChannelList(ChannelList) -> Channels(Channels);
    /// Tells one channel of one's list.
    "channel.get" ChannelGet(ChannelRef) -> Channel(ChannelView);
    /// Lists the members of a channel.
    "channel.members" ChannelMembers(ChannelMembers) -> Members(Members);
    /// Lists the pinned messages of a channel.
    "channel.pins" ChannelPins(ChannelRef) -> Messages(Messages);
    /// Adds users to a channel, or makes an invite that others can join by.
    "channel.invite" ChannelInvite(ChannelInvite) -> Invited(Invited);
    /// Joins by an invite.
    "channel.join" ChannelJoin(ChannelJoin) -> Channel(ChannelView);
    /// Leaves.
    "channel.leave" ChannelLeave(ChannelRef) -> Stored(Stored);
    /// Removes a member.
    "channel.kick" ChannelKick(ChannelKick) -> Stored(Stored);
    /// Gives a member a role.
    "channel.role" ChannelRole(ChannelRole) -> Stored(Stored);
    /// Changes title or description.
    "channel.update" ChannelUpdate(ChannelUpdate) -> Stored(Stored);
    /// Mutes a channel for oneself, or ends that.
    "channel.mute" ChannelMute(ChannelMute) -> Flags(rialto_domain::ports::Flags);
    /// Puts a channel out of the way for oneself, or back.
    "channel.archive" ChannelArchive(ChannelSwitch) -> Flags(rialto_domain::ports::Flags);
    /// Puts a channel at the top for oneself, or back.
    "channel.pin" ChannelPin(ChannelSwitch) -> Flags(rialto_domain::ports::Flags);
    /// Deletes a channel and everything in it.
    "channel.delete" ChannelDelete(ChannelRef) -> Stored(Stored);
    /// Sends a message. The acknowledgement means *received*; *stored* is the sender's own `entry`.
    "message.send" MessageSend(MessageSend) -> Received(Received);
    /// Replaces what one's message says.
    "message.edit" MessageEdit(MessageEdit) -> Stored(Stored);
    /// Deletes a message, for everyone or for oneself.
    "message.delete" MessageDelete(MessageDelete) -> Stored(Stored);
    /// Sets a reaction, or takes it back.
    "message.react" MessageReact(MessageReact) -> Stored(Stored);
    /// Pins a message in its channel, or unpins it.
    "message.pin" MessagePin(MessagePin) -> Stored(Stored);
    /// Sends a message that stands elsewhere on to a channel.
    "message.forward" MessageForward(MessageForward) -> Received(Received);
    /// Reads messages, with edits, deletions and reactions folded in.
    "history" History(History) -> Messages(Messages);
    /// Moves one's own delivered and read positions forward.
    "mark" Mark(Mark) -> Done(Done);
    /// Tells who received and read a message.
    "receipts" Receipts(ReceiptsOf) -> Receipts(Receipts);
    /// Tells the other members that one is typing.
    "typing" Typing(ChannelRef) -> Done(Done);
    /// Tells who is online, and watches for changes. Replaces what was watched before.
    "presence.watch" PresenceWatch(Users) -> Presences(Presences);
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "each variant is named after the shape it carries")]
pub enum Reply {
    Ready(Box<Ready>),
    Tokens(Tokens),
    Done(Done),
    Account(AccountView),
    Settings(rialto_domain::user::Settings),
    Sessions(Sessions),
    Revoked(Revoked),
    Profile(rialto_domain::user::Profile),
    Profiles(Profiles),
    Blocks(Users),
    Synced(Synced),
    Channel(Box<ChannelView>),
    Channels(Channels),
    Members(Members),
    Messages(Messages),
    Invited(Invited),
    Stored(Stored),
    Flags(rialto_domain::ports::Flags),
    Received(Received),
    Receipts(Receipts),
    Presences(Presences),
}

/// No data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

/// It is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Done {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_have_a_sentence() {
        let names: std::collections::BTreeSet<_> = Command::TABLE.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), Command::TABLE.len());
        assert!(Command::TABLE.iter().all(|command| command.about.ends_with('.')));
    }

    #[test]
    fn only_accounts_can_be_reached_before_hello() {
        let open: Vec<_> = Command::TABLE.iter().filter(|command| command.open).map(|command| command.name).collect();
        assert_eq!(open, ["account.register", "account.login", "account.refresh"]);
    }

    #[test]
    fn unknown_fields_are_ignored_and_unknown_commands_named() {
        assert!(matches!(Command::decode("account.logout", Payload::Json(r#"{"later":[1]}"#)), Ok(Command::Logout(_))));
        let refusal = Command::decode("nonsense", Payload::Absent).map(|_| ()).map_err(|error| error.refusal);
        assert_eq!(refusal, Err(Refusal::CommandUnknown));
    }

    #[test]
    fn json_and_messagepack_are_understood_alike() {
        let json = r#"{"channel":"01890000-0000-7000-8000-000000000001","client_id":"01890000-0000-7000-8000-000000000002","body":{"text":"hi"}}"#;
        let value: serde_json::Value = serde_json::from_str(json).expect("is JSON");
        let msgpack = rmp_serde::to_vec(&value).expect("is encodable");
        let one = Command::decode("message.send", Payload::Json(json)).expect("is valid");
        let other = Command::decode("message.send", Payload::Msgpack(&msgpack)).expect("is valid");
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
    }

    #[test]
    fn nothing_is_absent_data_and_what_is_undefined_is_absent_too() {
        for nothing in [Payload::Absent, Payload::Json("null"), Payload::Msgpack(&[0xc0]), Payload::Msgpack(UNDEFINED)] {
            assert!(matches!(Command::decode("account.logout", nothing), Ok(Command::Logout(_))), "{nothing:?}");
            assert!(Command::decode("typing", nothing).is_err(), "{nothing:?}");
        }
        let hello = Payload::Msgpack(&[0x81, 0xa4, b'h', b'a', b'v', b'e', 0xd4, 0x00, 0x00]).read::<Hello>();
        assert_eq!(hello, Ok(Hello::default()));
    }

    #[test]
    fn hostile_numbers_and_repeated_fields_are_refused_and_never_panic() {
        for data in
            ["{\"channel\":1e400}", "{\"channel\":\"x\",\"channel\":\"y\"}", "[]", "null", "9", "{\"__proto__\":{}}", "{\"seq\":99999999999999999999999999}"]
        {
            assert!(Command::decode("receipts", Payload::Json(data)).is_err(), "{data}");
        }
    }
}
