//! Has the spool, on a thread for blocking work: a volume whose burst credits are spent can hold an `fdatasync` for many
//! seconds, and the collectors must go on meanwhile.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alarm::points::Time;

use super::Job;
use crate::batch::Request;
use crate::rarely::Rarely;
use crate::spool::{Folder, Loss, Spool, Waiting};
use crate::vitals::{Lost, Vitals};

#[derive(Debug)]
pub(super) struct Keeper {
    spool: Arc<Mutex<Spool<Folder>>>,
    vitals: Arc<Vitals>,
    pub(super) rarely: Rarely<&'static str>,
    pub(super) oldest: Option<Waiting>,
    pub(super) newest: Option<Waiting>,
}

impl Keeper {
    pub(super) fn new(spool: Spool<Folder>, vitals: Arc<Vitals>) -> Self {
        let (oldest, newest) = (spool.oldest(), spool.newest());
        Self { spool: Arc::new(Mutex::new(spool)), vitals, rarely: Rarely::default(), oldest, newest }
    }

    /// Appends and syncs: what this returns from outlives a kill and a loss of power.
    pub(super) async fn keep(&mut self, requests: Vec<Request>, now: Duration) {
        let points: usize = requests.iter().map(|request| request.datums.len()).sum();
        let vitals = Arc::clone(&self.vitals);
        let kept = self.call(move |spool| keep(spool, &requests, &vitals)).await;
        self.vitals.spooled(points as u64);
        match kept {
            Err(error) => {
                if let Some(again) = self.rarely.admits("disk", now) {
                    tracing::error!(%error, again, "the spool cannot be written; points wait in memory, up to 1 MiB");
                }
            }
            Ok(()) if self.rarely.over(&"disk") => tracing::info!("the spool can be written again"),
            Ok(()) => {}
        }
    }

    /// The request of a record; `None` when it is gone, or was counted as lost.
    pub(super) async fn load(&mut self, seq: u64, now: Duration) -> Option<Request> {
        let body = match self.call(move |spool| spool.read(seq)).await {
            Ok(body) => body?,
            Err(error) => {
                if self.rarely.admits("read", now).is_some() {
                    tracing::error!(%error, "the spool cannot be read");
                }
                return None;
            }
        };
        match Request::decode(&body) {
            Ok(request) => Some(request),
            Err(broken) => {
                self.vitals.lost(Lost::Corrupt, 1, || format!("record {seq}: {broken}"));
                self.settle(Job { seq, part: 0..usize::from(u16::MAX) }, now).await;
                None
            }
        }
    }

    pub(super) async fn settle(&mut self, job: Job, now: Duration) {
        if let Err(error) = self.call(move |spool| spool.settle(job.seq, job.part)).await
            && let Some(again) = self.rarely.admits("ack", now)
        {
            tracing::warn!(%error, again, "the spool cannot note what was sent: a kill now would send it again");
        }
    }

    /// Forgets what the service would refuse for its age, by the service's time.
    pub(super) async fn expire(&mut self, time: Time) {
        self.call(move |spool| spool.expire(time)).await;
    }

    async fn call<R: Send + 'static>(&mut self, work: impl FnOnce(&mut Spool<Folder>) -> R + Send + 'static) -> R {
        let spool = Arc::clone(&self.spool);
        let worked = tokio::task::spawn_blocking(move || {
            let mut spool = spool.lock().unwrap_or_else(PoisonError::into_inner);
            let result = work(&mut spool);
            (result, spool.oldest(), spool.newest(), spool.backlog(), spool.take_losses())
        });
        let (result, oldest, newest, backlog, losses) = match worked.await {
            Ok(worked) => worked,
            // Blocking work is never cancelled: it can only have panicked.
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        (self.oldest, self.newest) = (oldest, newest);
        self.vitals.backlog(backlog);
        count(losses, &self.vitals);
        result
    }
}

fn keep(spool: &mut Spool<Folder>, requests: &[Request], vitals: &Vitals) -> io::Result<()> {
    let mut kept = Ok(());
    // Each is tried, whatever became of the one before.
    for request in requests {
        kept = spool.append(&request.encode(), request.datums.len(), request.at()).and(kept);
        // What was evicted for it leaves the disk with the next: the bound holds within one flush.
        count(spool.take_losses(), vitals);
    }
    spool.sync().and(kept)
}

fn count(losses: Vec<Loss>, vitals: &Vitals) {
    for loss in losses {
        tracing::warn!(reason = loss.reason.word(), points = loss.points, what = loss.what, "the spool lost points");
        vitals.lost(loss.reason, loss.points, || loss.what);
    }
}
