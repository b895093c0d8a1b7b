//! `rialto load --journal`: clients that talk, break off, come back, and write down everything, for `rialto check` to judge.
//!
//! Unlike the measuring load it survives a server that dies and comes back, however often.

mod client;
mod outbox;
mod place;
mod scribe;
mod wish;

use anyhow::{Context as _, ensure};
use rialto_domain::{ChannelId, UserId};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::cast::Cast;
use super::naming::Naming;
use super::plan::Plan;
use crate::client::Address;
use client::{Client, Part, Phase};
use scribe::Scribe;

/// How long what is on its way may take at the end, and the last read.
const ENDING: Duration = Duration::from_secs(180);

/// What a trial is made of.
pub(super) struct Trial<'a> {
    pub(super) address: &'a Address,
    pub(super) plan: Plan,
    /// Devices of each user, each with a connection of its own.
    pub(super) devices: u32,
    /// Things done a second, by all together.
    pub(super) rate: f64,
    pub(super) duration: Duration,
    pub(super) payload_bytes: usize,
}

impl Trial<'_> {
    /// Lets everybody talk, then settle, then read everything; the journal has it all.
    pub(super) async fn run(&self, cast: &Cast, journal: &Path) -> anyhow::Result<ExitCode> {
        ensure!(self.rate > 0.0, "a trial needs a --rate");
        let scribe = Arc::new(Scribe::create(journal)?);
        let (phases, phase) = watch::channel(Phase::Talk);
        let (done, mut dones) = mpsc::unbounded_channel();
        let mut clients = JoinSet::new();
        let parts = self.parts(cast, &scribe)?;
        let count = parts.len();
        for part in parts {
            clients.spawn(Client::new(part).live(phase.clone(), done.clone()));
        }
        drop(done);
        self.go_through(&phases, &mut dones, &mut clients, count).await?;
        phases.send_replace(Phase::Over);
        while let Some(ended) = clients.join_next().await {
            ended??;
        }
        Arc::into_inner(scribe).context("the clients are gone")?.finish()?;
        println!("{count} clients wrote {}: now run rialto check {0}", journal.display());
        Ok(ExitCode::SUCCESS)
    }

    async fn go_through(
        &self,
        phases: &watch::Sender<Phase>,
        dones: &mut mpsc::UnboundedReceiver<Phase>,
        clients: &mut JoinSet<anyhow::Result<()>>,
        count: usize,
    ) -> anyhow::Result<()> {
        tokio::select! {
            () = sleep(self.duration) => {}
            Some(ended) = clients.join_next() => return ended?.and_then(|()| Err(anyhow::anyhow!("a client left too early"))),
        }
        for phase in [Phase::Settle, Phase::Read] {
            phases.send_replace(phase);
            let mut ready = 0;
            let all = async {
                while ready < count {
                    tokio::select! {
                        Some(done) = dones.recv() => ready += usize::from(done == phase),
                        Some(ended) = clients.join_next() => return ended?.and_then(|()| Err(anyhow::anyhow!("a client left too early"))),
                    }
                }
                anyhow::Ok(())
            };
            timeout(ENDING, all).await.with_context(|| format!("{ready} of {count} clients came to the end of {phase:?} in time"))??;
        }
        Ok(())
    }

    fn parts(&self, cast: &Cast, scribe: &Arc<Scribe>) -> anyhow::Result<Vec<Part>> {
        let mut tag = [0; 2];
        getrandom::fill(&mut tag).context("the system has no random numbers")?;
        let count = self.plan.connections() * self.devices;
        let pause = Duration::from_secs_f64(f64::from(count) / self.rate);
        let parts = (0..count).map(|number| {
            let member = number / self.devices;
            let account = &cast.accounts[member as usize];
            Part {
                number,
                user: account.user,
                token: account.access_token.clone(),
                address: self.address.clone(),
                channels: self.plan.channels_of(member).map(|channel| self.channel_of(cast, channel, number)).collect(),
                is_first_device: number % self.devices == 0,
                pause,
                payload_bytes: self.payload_bytes,
                naming: Naming::new(tag),
                scribe: scribe.clone(),
            }
        });
        Ok(parts.collect())
    }

    /// A channel of a client, and whom it may put out: the first device of whoever opened it, anybody else.
    fn channel_of(&self, cast: &Cast, channel: u32, client: u32) -> (ChannelId, Vec<UserId>) {
        let mut members = self.plan.members(channel).map(|member| (member * self.devices, cast.accounts[member as usize].user));
        let is_owner = members.next().is_some_and(|(first, _)| first == client);
        (cast.channels[channel as usize], if is_owner { members.map(|(_, user)| user).collect() } else { Vec::new() })
    }
}
