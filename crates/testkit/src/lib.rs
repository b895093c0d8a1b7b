//! What tests of Rialto share: reference implementations of the ports, and the questions every implementation is asked.
//!
//! * [`truth`] works out what a store must answer, the plainest way, from a channel's whole log;
//! * [`memory`] implements every port in memory, simply enough to be believed;
//! * [`conformance`] asks an implementation everything its port promises, one test a question;
//! * [`scribe`] writes channels' logs the way the sequencer does, and remembers what it wrote;
//! * [`story`] makes long, repeatable histories out of a seed;
//! * [`town`] is a whole messenger in memory, with a [`witness`] who hears everything and [`faults`] on demand;
//! * [`sim`] is a world in virtual time where everything goes wrong, and a judge;
//! * [`builders`] and [`dice`] make the small things: ids, commands, accounts, chance.

pub mod backend;
pub mod builders;
pub mod conformance;
pub mod dice;
pub mod faults;
pub mod memory;
pub mod scribe;
pub mod sim;
pub mod story;
pub mod town;
pub mod truth;
pub mod witness;

pub use backend::Backend;
pub use dice::Dice;
pub use scribe::Scribe;
pub use town::Town;
pub use witness::Witness;
