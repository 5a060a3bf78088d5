//! A configuration as it is meant on this very host: with who the host is.

use std::cell::RefCell;

use super::Common;
use crate::aws::{Access, Way};
use crate::config::Config;
use crate::failure::Failure;
use crate::identity::{self, Identity};

/// Who the host is, found once: a reload asks nobody again.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) identity: Identity,
    /// The last way to the account: a reload that leaves it as it was keeps its connections and credentials.
    access: RefCell<Option<Access>>,
}

impl Here {
    pub(super) fn find(config: &Config) -> Self {
        Self { identity: identity::find(&config.identity), access: RefCell::new(None) }
    }

    /// What the configuration says of the host's identity wins over what was found.
    pub(super) fn identified(&self, mut config: Config) -> Config {
        let found = self.identity.dimensions(&config.identity, |name| std::env::var(name).ok());
        let said = &mut config.cloudwatch.shape.identity;
        for (name, value) in &found {
            if said.get(name).is_none() {
                said.set(name, value);
            }
        }
        config
    }

    pub(super) fn access(&self, config: &Config) -> Access {
        let cloudwatch = &config.cloudwatch;
        let way = Way {
            region: cloudwatch.region.clone(),
            endpoint: cloudwatch.endpoint.clone(),
            logs_endpoint: cloudwatch.logs_endpoint.clone(),
            is_lightsail_trap: self.identity.is_lightsail_trap,
        };
        let mut held = self.access.borrow_mut();
        match &*held {
            Some(access) if *access.way() == way => access.clone(),
            _ => held.insert(Access::new(way)).clone(),
        }
    }
}

/// Waits for one piece of work that speaks to the account. A look-up of a name that hangs does not hold the end.
pub(super) fn wait<R>(work: impl Future<Output = R>) -> Result<R, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(2).build();
    let runtime = runtime.map_err(|error| Failure::failed("SG-RUN-010", "cannot start").because(error))?;
    let done = runtime.block_on(Box::pin(work));
    runtime.shutdown_background();
    Ok(done)
}

impl Common {
    /// The configuration with the dimensions of this host: what `run` would publish.
    pub(super) fn load_here(&self) -> Result<Config, Failure> {
        let config = self.load()?;
        let here = Here::find(&config);
        Ok(here.identified(config))
    }
}
