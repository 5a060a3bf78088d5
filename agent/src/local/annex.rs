//! Local mode beside CloudWatch: `stormglass run` with `[local]`.
//!
//! One program collects, for both: what the sources give `run` is copied to here. Whatever is wrong here (a port in
//! use, a store that another agent has, a disk that is full) is said and stops no publishing.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use alarm::points::Time;
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::book::Book;
use super::run::{Source, Wiring, run};
use super::tell::Say;
use crate::config::Config;
use crate::inlet::Inlet;
use crate::logs::engine::Rejected;
use crate::logs::run::Outlet;
use crate::publish::Refusal;
use crate::reading::Readings;

/// What `run` gives to it, and what it shows of it.
pub(crate) struct Annex {
    pub(crate) host: String,
    pub(crate) book: Book,
    pub(crate) say: Rc<Say>,
    pub(crate) clock: fn() -> Duration,
}

/// Others look; what they see comes by the inlet.
struct Elsewhere;

impl Source for Elsewhere {
    fn look(&mut self, _: Time) -> Readings {
        Readings::default()
    }
}

impl Annex {
    /// Where a copy of every reading goes, and the life of it; `None` where the configuration wants none.
    pub(crate) fn begin(
        self,
        config: &Config,
        inlet: &Inlet,
        stop: oneshot::Receiver<()>,
    ) -> Option<(Inlet, impl Future<Output = ()> + 'static)> {
        config.local.as_ref()?;
        let config = config.clone();
        let (copies, given) = inlet.beside();
        let Self { host, book, say, clock } = self;
        let (sender, orders) = mpsc::channel(1);
        // A reload ends this life and begins another: it never asks here.
        let load = Box::new({
            let config = config.clone();
            move || Ok(config.clone())
        });
        let wiring = Wiring { orders, clock, speed: 1, say, host, load, given: Some((given, inlet.clients().clone())) };
        let life = async move {
            let stopped = async {
                // Its sender never says anything: that it is gone is the order.
                drop(stop.await);
                drop(sender);
            };
            let lived = async {
                if let Err(failure) = run(&config, book, Elsewhere, wiring).await {
                    tracing::error!("[local] does not run, publishing does: {failure}");
                }
            };
            tokio::join!(stopped, lived);
        };
        Some((copies, life))
    }
}

/// The way of the logs to CloudWatch, with a look over its shoulder: the book of errors has what was taken.
#[derive(Debug)]
pub(crate) struct Overlooked<O> {
    pub(crate) outlet: Arc<O>,
    pub(crate) book: Option<Book>,
}

impl<O: Outlet + Send + Sync> Outlet for Overlooked<O> {
    async fn put(&self, group: &str, stream: &str, body: Bytes, events: usize) -> Result<Rejected, Refusal> {
        let taken = self.outlet.put(group, stream, body.clone(), events).await?;
        if let Some(book) = &self.book {
            book.read(&body);
        }
        Ok(taken)
    }

    async fn create(&self, group: &str, stream: &str, retention_days: u32) -> Result<(), Refusal> {
        self.outlet.create(group, stream, retention_days).await
    }
}
