//! The reference store of accounts, log-ins and blocks.

use std::cmp::Reverse;

use async_trait::async_trait;
use rialto_domain::auth::{Account, LogIn};
use rialto_domain::ports::{AccountStore, NewAccount, PortError, PortResult, Rotated, Which};
use rialto_domain::user::{Profile, Settings, Username};
use rialto_domain::{SessionId, Timestamp, UserId};

use super::MemoryStore;
use super::store::Kept;

#[async_trait]
impl AccountStore for MemoryStore {
    async fn create(&self, new: NewAccount) -> PortResult<()> {
        let mut kept = self.kept();
        let id = new.account.profile.id;
        let taken = new.account.profile.username.as_ref().is_some_and(|name| kept.named(name).is_some());
        if taken || kept.accounts.contains_key(&id) {
            return Err(PortError::Conflict);
        }
        kept.accounts.insert(id, new.account);
        kept.recovery.extend(new.recovery_digest.map(|digest| (digest, id)));
        Ok(())
    }

    async fn find_by_username(&self, name: &Username) -> PortResult<Option<Account>> {
        Ok(self.kept().named(name).cloned())
    }

    async fn find_by_recovery(&self, digest: [u8; 32]) -> PortResult<Option<UserId>> {
        Ok(self.kept().recovery.get(&digest).copied())
    }

    async fn load(&self, user: UserId) -> PortResult<Account> {
        self.kept().accounts.get(&user).cloned().ok_or(PortError::NotFound)
    }

    async fn profiles(&self, users: &[UserId]) -> PortResult<Vec<Profile>> {
        let kept = self.kept();
        Ok(users.iter().filter_map(|user| kept.accounts.get(user)).map(|account| account.profile.clone()).collect())
    }

    async fn set_username(&self, user: UserId, name: Username, password_hash: String) -> PortResult<()> {
        let mut kept = self.kept();
        let taken = kept.named(&name).is_some();
        let account = kept.account(user)?;
        if taken || account.profile.username.is_some() {
            return Err(PortError::Conflict);
        }
        account.profile.username = Some(name);
        account.password_hash = Some(password_hash);
        Ok(())
    }

    async fn set_password(&self, user: UserId, password_hash: String) -> PortResult<()> {
        self.kept().account(user)?.password_hash = Some(password_hash);
        Ok(())
    }

    async fn set_display_name(&self, user: UserId, name: String) -> PortResult<()> {
        self.kept().account(user)?.profile.display_name = name;
        Ok(())
    }

    async fn set_settings(&self, user: UserId, settings: Settings) -> PortResult<()> {
        self.kept().account(user)?.settings = settings;
        Ok(())
    }

    async fn open_log_in(&self, log_in: LogIn) -> PortResult<()> {
        self.kept().log_ins.insert(log_in.id, log_in);
        Ok(())
    }

    async fn forget_log_ins(&self, user: UserId, ended_before: Timestamp) -> PortResult<()> {
        self.kept().log_ins.retain(|_, log_in| log_in.user != user || log_in.ended_at() >= ended_before);
        Ok(())
    }

    async fn find_log_in(&self, session: SessionId) -> PortResult<Option<LogIn>> {
        Ok(self.kept().log_ins.get(&session).cloned())
    }

    async fn log_ins(&self, user: UserId, now: Timestamp) -> PortResult<Vec<LogIn>> {
        let kept = self.kept();
        let open = |log_in: &&LogIn| log_in.user == user && log_in.revoked_at.is_none() && now < log_in.expires_at;
        let mut open: Vec<LogIn> = kept.log_ins.values().filter(open).cloned().collect();
        open.sort_by_key(|log_in| Reverse((log_in.created_at, log_in.id)));
        Ok(open)
    }

    async fn name_log_in(&self, session: SessionId, client: String) -> PortResult<()> {
        self.kept().log_ins.get_mut(&session).ok_or(PortError::NotFound)?.client = client;
        Ok(())
    }

    async fn rotate(&self, session: SessionId, from: u64, now: Timestamp, expires_at: Timestamp) -> PortResult<Rotated> {
        let mut kept = self.kept();
        let log_in = kept.log_ins.get_mut(&session).ok_or(PortError::NotFound)?;
        if log_in.generation != from || log_in.revoked_at.is_some() {
            return Ok(Rotated::Raced);
        }
        log_in.generation += 1;
        log_in.used_at = now;
        log_in.expires_at = expires_at;
        Ok(Rotated::Done)
    }

    async fn revoke(&self, user: UserId, which: Which, now: Timestamp) -> PortResult<Vec<SessionId>> {
        let mut kept = self.kept();
        let meant = |log_in: &LogIn| match which {
            Which::One(session) => log_in.id == session,
            Which::AllBut(session) => log_in.id != session,
            Which::All => true,
        };
        let open = |log_in: &&mut LogIn| log_in.user == user && log_in.revoked_at.is_none() && meant(log_in);
        let end = |log_in: &mut LogIn| {
            log_in.revoked_at = Some(now);
            log_in.id
        };
        Ok(kept.log_ins.values_mut().filter(open).map(end).collect())
    }

    async fn revoked_since(&self, since: Timestamp) -> PortResult<Vec<SessionId>> {
        let kept = self.kept();
        let ended = |log_in: &&LogIn| log_in.revoked_at.is_some_and(|at| at > since);
        Ok(kept.log_ins.values().filter(ended).map(|log_in| log_in.id).collect())
    }

    async fn set_block(&self, user: UserId, other: UserId, on: bool) -> PortResult<()> {
        let mut kept = self.kept();
        if on {
            kept.blocks.insert((user, other));
        } else {
            kept.blocks.remove(&(user, other));
        }
        Ok(())
    }

    async fn blocks(&self, user: UserId) -> PortResult<Vec<UserId>> {
        Ok(self.kept().blocks.iter().filter(|(by, _)| *by == user).map(|(_, other)| *other).collect())
    }

    async fn blocked_between(&self, one: UserId, other: UserId) -> PortResult<bool> {
        let kept = self.kept();
        Ok(kept.blocks.contains(&(one, other)) || kept.blocks.contains(&(other, one)))
    }
}

impl Kept {
    fn named(&self, name: &Username) -> Option<&Account> {
        self.accounts.values().find(|account| account.profile.username.as_ref() == Some(name))
    }

    fn account(&mut self, user: UserId) -> PortResult<&mut Account> {
        self.accounts.get_mut(&user).ok_or(PortError::NotFound)
    }
}
