//! What every implementation of a port is asked.
//!
//! A suite is a module of questions and a macro that makes a test of each of them, so that a failure names the question:
//!
//! ```text
//! async fn fresh() -> Backend { /* an empty store */ }
//! mod log { rialto_testkit::ask_log!(super::fresh); }
//! mod channels { rialto_testkit::ask_channels!(super::fresh); }
//! ```

pub mod accounts;
pub mod bus;
pub mod channels;
pub mod intake;
pub mod log;
pub mod presence;

/// Makes a test of each question of a suite. Called by the macros of the suites.
#[doc(hidden)]
#[macro_export]
macro_rules! ask {
    ($suite:ident, $fresh:expr, $($question:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $question() {
                $crate::conformance::$suite::$question($fresh).await;
            }
        )+
    };
}
