//! I press a service the way its users would, and say honestly whether the service or I was the limit.
//!
//! The way of the data: `scenario` is what was written, checked; `schedule` turns its profile into intended starts;
//! `run` holds the workers that start each journey when it is due; `journey` walks it, request after request, over
//! `http`; `tally` keeps what it took, counted from the *intended* start; `honest` looks at ourselves and decides
//! whether the numbers may be believed; `report` says it.
//!
//! Pure: `scenario` (but for reading data), `schedule`, `tally`, `honest::verdict`, `report`. Time, sockets and
//! `/proc` are touched in `http`, `run` and `honest` alone.
//!
//! Around it: `knee` climbs to the rate at which an objective breaks, `drift` tells what creeps over hours, `expect`
//! holds the alarms to what they promise, `import` says the plan of another tool as a scenario.

pub mod drift;
pub mod expect;
pub mod honest;
pub mod http;
pub mod import;
pub mod journey;
pub mod knee;
pub mod report;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod tally;
pub mod witness;
