//! What this server is, where it listens, and where it keeps things.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::origin::PublicUrl;
use super::profile::Profile;
use super::setting::settings;
use super::version::MinimumClient;

settings! {
    "";
    /// What this server is, where it listens, and where it keeps things.
    struct Server {
        /// The address that clients connect to. The loopback default is reached from this machine only;
        /// "0.0.0.0:7878" or "[::]:7878" is reached from everywhere.
        listen: SocketAddr = "127.0.0.1:7878";
        /// The address of health checks and metrics (/healthz, /readyz, /metrics). It is kept apart from
        /// the clients' so that it need not be reachable from outside; "off" opens none.
        metrics_listen: Option<SocketAddr> = "127.0.0.1:7879";
        /// The directory of everything that is kept: messages, accounts, secrets. It is created when
        /// missing, and belongs to one server at a time. When empty: $XDG_DATA_HOME/rialto, otherwise
        /// ~/.local/share/rialto, otherwise ./rialto-data.
        data_dir: PathBuf = "";
        /// The address that people open, when it is not the one listened on: behind a proxy, or with a
        /// name. Links are made from it, and pages served from it may connect.
        public_url: Option<PublicUrl> = "";
        /// The oldest version of a client that is served, as clients tell it at hello; older ones are refused with
        /// client.too_old. Clients that tell no version are served.
        minimum_client: Option<MinimumClient> = "";
        /// What this server is for. "production" serves people; "conformance" echoes for public protocol
        /// suites, keeps nothing, and refuses every setting that is about people or their data.
        profile: Profile = "production";
    }
}
