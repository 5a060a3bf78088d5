//! The page: what is wrong, since when, how soon it matters, who was told, and why.
//!
//! Rendered here, in English and Korean, readable without JavaScript; charts are drawings of ours that the browser
//! redraws with uPlot where it may. What never is: a request to anywhere else; a name that reaches the page unescaped
//! (maud escapes whatever it is not told to leave); an act by GET; a connection that waits for ever.

mod answer;
mod api;
mod assets;
mod bill;
mod chart;
mod data;
mod errors;
mod forms;
mod guard;
mod host;
mod incidents;
mod layout;
mod now;
mod patient;
mod prometheus;
mod route;
mod say;
mod server;
mod snapshot;

pub(crate) use guard::Door;
pub(crate) use server::serve;
