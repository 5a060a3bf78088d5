//! The order to end, as everything that runs beside the rest is given it.

use tokio::sync::watch;

/// Whoever holds it gives the order by dropping it.
#[derive(Debug)]
pub struct Order {
    _gone: watch::Sender<()>,
}

#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<()>);

pub fn stop() -> (Order, Stop) {
    let (sender, receiver) = watch::channel(());
    (Order { _gone: sender }, Stop(receiver))
}

impl Stop {
    /// Returns once the order is given, and at once from then on.
    pub async fn asked(&mut self) {
        // Nothing is ever sent: an answer means that the sender is gone.
        while self.0.changed().await.is_ok() {}
    }
}
