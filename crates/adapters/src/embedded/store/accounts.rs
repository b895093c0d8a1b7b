//! Accounts, log-ins and blocks behind their port.

use async_trait::async_trait;
use rialto_domain::auth::{Account, LogIn};
use rialto_domain::ports::{AccountStore, NewAccount, PortResult, Rotated, Which};
use rialto_domain::user::{Profile, Settings, Username};
use rialto_domain::{SessionId, Timestamp, UserId};
use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::Store;
use super::column::{Col, get, get_optional};
use super::fault::Fault;
use super::job::Guard;
use super::payload::{pack, unpack};

/// What a small write weighs.
const SMALL: usize = 1024;

#[async_trait]
impl AccountStore for Store {
    async fn create(&self, account: NewAccount) -> PortResult<()> {
        self.write(Guard::Undo, SMALL, move |group| {
            let NewAccount { account: Account { profile, password_hash, settings, created_at }, recovery_digest } = account;
            let insert = "INSERT INTO account (id, username, display_name, password_hash, recovery, settings, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let username = profile.username.as_ref().map(Username::as_str);
            let values = params![Col(profile.id), username, profile.display_name, password_hash, recovery_digest, pack(&settings)?, Col(created_at)];
            group.sql.prepare_cached(insert)?.execute(values)?;
            Ok(())
        })
        .await
    }

    async fn find_by_username(&self, name: &Username) -> PortResult<Option<Account>> {
        let name = name.as_str().to_owned();
        self.read(move |view| {
            let mut select = view.sql.prepare_cached(concat!("SELECT ", account_columns!(), " FROM account WHERE username = ?1"))?;
            select.query_row([&name], read_account).optional()?.transpose()
        })
        .await
    }

    async fn find_by_recovery(&self, digest: [u8; 32]) -> PortResult<Option<UserId>> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached("SELECT id FROM account WHERE recovery = ?1")?;
            Ok(select.query_row([digest], |row| get(row, 0)).optional()?)
        })
        .await
    }

    async fn load(&self, user: UserId) -> PortResult<Account> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached(concat!("SELECT ", account_columns!(), " FROM account WHERE id = ?1"))?;
            select.query_row([Col(user)], read_account).optional()?.unwrap_or(Err(Fault::NotFound))
        })
        .await
    }

    async fn profiles(&self, users: &[UserId]) -> PortResult<Vec<Profile>> {
        let users = users.to_vec();
        self.read(move |view| {
            let mut select = view.sql.prepare_cached("SELECT id, username, display_name FROM account WHERE id = ?1")?;
            let mut profiles = Vec::with_capacity(users.len());
            for user in &users {
                profiles.extend(select.query_row([Col(*user)], read_profile).optional()?.transpose()?);
            }
            Ok(profiles)
        })
        .await
    }

    async fn set_username(&self, user: UserId, name: Username, password_hash: String) -> PortResult<()> {
        self.write(Guard::Undo, SMALL, move |group| {
            let named = group.sql.prepare_cached("SELECT username IS NOT NULL FROM account WHERE id = ?1")?.query_row([Col(user)], |row| row.get(0));
            if named.optional()?.ok_or(Fault::NotFound)? {
                return Err(Fault::Conflict);
            }
            let set = "UPDATE account SET username = ?2, password_hash = ?3 WHERE id = ?1";
            group.sql.prepare_cached(set)?.execute(params![Col(user), name.as_str(), password_hash])?;
            Ok(())
        })
        .await
    }

    async fn set_password(&self, user: UserId, password_hash: String) -> PortResult<()> {
        self.set("UPDATE account SET password_hash = ?2 WHERE id = ?1", user, password_hash).await
    }

    async fn set_display_name(&self, user: UserId, name: String) -> PortResult<()> {
        self.set("UPDATE account SET display_name = ?2 WHERE id = ?1", user, name).await
    }

    async fn set_settings(&self, user: UserId, settings: Settings) -> PortResult<()> {
        self.set("UPDATE account SET settings = ?2 WHERE id = ?1", user, pack(&settings)?).await
    }

    async fn open_log_in(&self, log_in: LogIn) -> PortResult<()> {
        self.write(Guard::Undo, SMALL, move |group| {
            let LogIn { id, user, device, client, generation, created_at, used_at, expires_at, revoked_at } = log_in;
            group.sql.prepare_cached("INSERT OR REPLACE INTO log_in VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(params![
                Col(id),
                Col(user),
                Col(device),
                client,
                Col(generation),
                Col(created_at),
                Col(used_at),
                Col(expires_at),
                revoked_at.map(Col),
            ])?;
            Ok(())
        })
        .await
    }

    async fn forget_log_ins(&self, user: UserId, ended_before: Timestamp) -> PortResult<()> {
        self.write(Guard::Undo, SMALL, move |group| {
            let forget = "DELETE FROM log_in WHERE user = ?1 AND (expires_at < ?2 OR revoked_at < ?2)";
            group.sql.prepare_cached(forget)?.execute((Col(user), Col(ended_before)))?;
            Ok(())
        })
        .await
    }

    async fn find_log_in(&self, session: SessionId) -> PortResult<Option<LogIn>> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached(concat!("SELECT ", log_in_columns!(), " FROM log_in WHERE id = ?1"))?;
            Ok(select.query_row([Col(session)], read_log_in).optional()?)
        })
        .await
    }

    async fn log_ins(&self, user: UserId, now: Timestamp) -> PortResult<Vec<LogIn>> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached(concat!(
                "SELECT ",
                log_in_columns!(),
                " FROM log_in WHERE user = ?1 AND revoked_at IS NULL ORDER BY created_at DESC, id DESC"
            ))?;
            let log_ins = select.query_map([Col(user)], read_log_in)?;
            let good = |log_in: &rusqlite::Result<LogIn>| log_in.as_ref().map_or(true, |log_in| now < log_in.expires_at);
            Ok(log_ins.filter(good).collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn name_log_in(&self, session: SessionId, client: String) -> PortResult<()> {
        self.set("UPDATE log_in SET client = ?2 WHERE id = ?1", session, client).await
    }

    async fn rotate(&self, session: SessionId, from: u64, now: Timestamp, expires_at: Timestamp) -> PortResult<Rotated> {
        self.write(Guard::Undo, SMALL, move |group| {
            let rotate = "UPDATE log_in SET generation = generation + 1, used_at = ?3, expires_at = ?4
                          WHERE id = ?1 AND generation = ?2 AND revoked_at IS NULL";
            if group.sql.prepare_cached(rotate)?.execute((Col(session), Col(from), Col(now), Col(expires_at)))? == 1 {
                return Ok(Rotated::Done);
            }
            let known = group.sql.prepare_cached("SELECT 1 FROM log_in WHERE id = ?1")?.exists([Col(session)])?;
            if known { Ok(Rotated::Raced) } else { Err(Fault::NotFound) }
        })
        .await
    }

    async fn revoke(&self, user: UserId, which: Which, now: Timestamp) -> PortResult<Vec<SessionId>> {
        let (these, session) = match which {
            Which::One(session) => ("id = ?3", Some(session)),
            Which::AllBut(session) => ("id <> ?3", Some(session)),
            Which::All => ("?3 IS NULL", None),
        };
        self.write(Guard::Undo, SMALL, move |group| {
            let end = format!("UPDATE log_in SET revoked_at = ?2 WHERE user = ?1 AND revoked_at IS NULL AND {these} RETURNING id");
            let mut end = group.sql.prepare_cached(&end)?;
            Ok(end.query_map((Col(user), Col(now), session.map(Col)), |row| get(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn revoked_since(&self, since: Timestamp) -> PortResult<Vec<SessionId>> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached("SELECT id FROM log_in WHERE revoked_at > ?1")?;
            Ok(select.query_map([Col(since.0)], |row| get(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn set_block(&self, user: UserId, other: UserId, on: bool) -> PortResult<()> {
        self.write(Guard::Undo, SMALL, move |group| {
            let set = if on { "INSERT OR IGNORE INTO block (user, other) VALUES (?1, ?2)" } else { "DELETE FROM block WHERE user = ?1 AND other = ?2" };
            group.sql.prepare_cached(set)?.execute((Col(user), Col(other)))?;
            Ok(())
        })
        .await
    }

    async fn blocks(&self, user: UserId) -> PortResult<Vec<UserId>> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached("SELECT other FROM block WHERE user = ?1 ORDER BY other")?;
            Ok(select.query_map([Col(user)], |row| get(row, 0))?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn blocked_between(&self, one: UserId, other: UserId) -> PortResult<bool> {
        self.read(move |view| {
            let mut select = view.sql.prepare_cached("SELECT 1 FROM block WHERE (user = ?1 AND other = ?2) OR (user = ?2 AND other = ?1)")?;
            Ok(select.exists((Col(one), Col(other)))?)
        })
        .await
    }
}

impl Store {
    /// Sets one column of one row. `NotFound` when there is no such row.
    async fn set<K>(&self, command: &'static str, row: K, value: impl ToSql + Send + 'static) -> PortResult<()>
    where
        K: Send + 'static,
        Col<K>: ToSql,
    {
        self.write(Guard::Undo, SMALL, move |group| match group.sql.prepare_cached(command)?.execute(params![Col(row), value])? {
            0 => Err(Fault::NotFound),
            _ => Ok(()),
        })
        .await
    }
}

macro_rules! account_columns {
    () => {
        "id, username, display_name, password_hash, settings, created_at"
    };
}
use account_columns;

fn read_profile(row: &Row<'_>) -> rusqlite::Result<Result<Profile, Fault>> {
    let (id, username, display_name): (_, Option<String>, _) = (get(row, 0)?, row.get(1)?, row.get(2)?);
    let username = username.map(|name| Username::parse(&name)).transpose();
    let unreadable = |_| Fault::Unreadable(format!("account {id} has a user name that is none"));
    Ok(username.map_err(unreadable).map(|username| Profile { id, username, display_name }))
}

fn read_account(row: &Row<'_>) -> rusqlite::Result<Result<Account, Fault>> {
    let (profile, password_hash, created_at) = (read_profile(row)?, row.get(3)?, get(row, 5)?);
    let settings = unpack(row.get_ref(4)?.as_blob()?);
    Ok(profile.and_then(|profile| Ok(Account { profile, password_hash, settings: settings?, created_at })))
}

macro_rules! log_in_columns {
    () => {
        "id, user, device, client, generation, created_at, used_at, expires_at, revoked_at"
    };
}
use log_in_columns;

fn read_log_in(row: &Row<'_>) -> rusqlite::Result<LogIn> {
    Ok(LogIn {
        id: get(row, 0)?,
        user: get(row, 1)?,
        device: get(row, 2)?,
        client: row.get(3)?,
        generation: get(row, 4)?,
        created_at: get(row, 5)?,
        used_at: get(row, 6)?,
        expires_at: get(row, 7)?,
        revoked_at: get_optional(row, 8)?,
    })
}
