//! The edge under test: a shard that is moved by hand.

use std::net::IpAddr;
use std::sync::Arc;

use rialto_domain::Timestamp;
use rialto_domain::ports::Subscriber;
use rialto_edge::dispatch::Dispatch;
use rialto_edge::realtime::stepped::{Pipe, Stepped};
use rialto_edge::realtime::{self, Gateway};
use rialto_edge::settings::Settings;
use rialto_testkit::sim::{Edge, Line, Parts, Plan, Run};

struct Shard {
    shard: Stepped,
    /// How far it may be ahead of a client that does not read.
    window: usize,
}

struct Wire(Pipe);

/// Starts the edge of a server.
pub(crate) fn build(parts: Parts) -> Box<dyn Edge> {
    let Parts { service, bus, runtime, wake, window } = parts;
    let gateway: Arc<dyn Gateway> = Arc::new(Dispatch::new(service, None));
    let settings = Settings { shards: 1, outbox_bytes: window.max(4096), ..Settings::default() };
    let shard = Stepped::new(settings, realtime::Parts { gateway, bus, runtime }, move || wake()).unwrap();
    Box::new(Shard { shard, window })
}

/// Lets a world run. When something is found, it runs again and tells how it came to that.
pub(crate) fn run(plan: &Plan) -> Run {
    let run = rialto_testkit::sim::run(plan, build);
    if run.violations.is_empty() {
        return run;
    }
    rialto_testkit::sim::run(&Plan { is_told: true, ..plan.clone() }, build)
}

/// What is to be printed of a run that failed: the last 60 lines of its story, or as many as `RIALTO_STORY` says.
pub(crate) fn told(plan: &Plan, run: &Run) -> String {
    let lines = std::env::var("RIALTO_STORY").ok().and_then(|lines| lines.parse().ok()).unwrap_or(60);
    let mut text = format!("{plan:#?}\n");
    for line in run.story.iter().skip(run.story.len().saturating_sub(lines)) {
        text.extend(line.chars().take(260));
        text.push('\n');
    }
    for violation in run.violations.iter().take(20) {
        text.push_str(&format!("seed {}: {violation}\n", plan.seed));
    }
    text
}

impl Edge for Shard {
    fn connect(&mut self, from: IpAddr) -> Option<Box<dyn Line>> {
        let pipe = Pipe::new(self.window);
        self.shard.connect(pipe.clone(), from).then(|| Box::new(Wire(pipe)) as Box<dyn Line>)
    }

    fn turn(&mut self, now: Timestamp) {
        self.shard.turn(now);
    }

    fn due(&self) -> Option<Timestamp> {
        self.shard.due()
    }

    fn subscriber(&self) -> Arc<dyn Subscriber> {
        self.shard.relay()
    }
}

impl Line for Wire {
    fn say(&self, bytes: &[u8]) {
        self.0.say(bytes);
    }

    fn hear(&self) -> Vec<u8> {
        self.0.hear()
    }

    fn end(&self) {
        self.0.end();
    }

    fn is_ended(&self) -> bool {
        self.0.is_ended()
    }
}
