//! The connections of one worker, and one exchange over one of them.
//!
//! Kept-alive connections are shared by the journeys, unless each journey is to open its own as a new user does. Of
//! HTTP/1.1 one request at a time has a connection; of HTTP/2 as many as the server and `STREAMS_MAX` allow, and another
//! is opened when all are full.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::http::{Answer, Ask, Broken, Connection, Dialer, Ended, Multiplexed, Phases, Version};
use crate::journey::Request;
use crate::scenario::{Scenario, Step};

/// Of one request that servers swear they have not touched (RFC 9113, 6.8): browsers ask again, and so do we.
const UNTOUCHED_MAX: usize = 3;

#[derive(Debug)]
pub(crate) struct Wires {
    scenario: Arc<Scenario>,
    dialer: Dialer,
    authority: String,
    /// Open and not in use; the one used last is taken first, so that what is not needed falls idle.
    idle: RefCell<Vec<Connection>>,
    /// Open, with room for one more request or not.
    many: RefCell<Vec<Rc<Multiplexed>>>,
    /// Held by who opens one of many: those who come meanwhile share it.
    opening: Mutex<()>,
}

/// A journey's own connection, where each journey has one.
#[derive(Debug, Default)]
pub(crate) struct Held {
    one: Option<Connection>,
    many: Option<Rc<Multiplexed>>,
}

impl Wires {
    pub(super) fn new(scenario: &Arc<Scenario>, dialer: Dialer) -> Self {
        Self {
            authority: scenario.target.authority(),
            scenario: scenario.clone(),
            dialer,
            idle: RefCell::default(),
            many: RefCell::default(),
            opening: Mutex::default(),
        }
    }

    pub(crate) async fn exchange(
        &self,
        request: &Request,
        step: &Step,
        held: &mut Held,
        phases: &mut Phases,
    ) -> Result<Answer, Broken> {
        match self.dialer.version {
            Version::One => self.exchange_one(request, step, &mut held.one, phases).await,
            Version::Two => self.exchange_two(request, step, &mut held.many, phases).await,
        }
    }

    async fn exchange_one(
        &self,
        request: &Request,
        step: &Step,
        held: &mut Option<Connection>,
        phases: &mut Phases,
    ) -> Result<Answer, Broken> {
        let mut text = String::with_capacity(256);
        request.encode(&self.authority, true, &mut text);
        let ask = Ask { request: text.as_bytes(), is_head: request.method == "HEAD", keep_body: step.reads_body() };
        let mut connection = match self.idle(held).await {
            Some(connection) => connection,
            None => Connection::open(&self.dialer, phases).await?,
        };
        let answer = connection.exchange(ask, phases).await?;
        if connection.is_reusable() {
            if self.scenario.fresh {
                *held = Some(connection);
            } else {
                self.idle.borrow_mut().push(connection);
            }
        }
        Ok(answer)
    }

    async fn idle(&self, held: &mut Option<Connection>) -> Option<Connection> {
        loop {
            let next = if self.scenario.fresh { held.take() } else { self.idle.borrow_mut().pop() };
            let connection = next?;
            if connection.is_fresh().await {
                return Some(connection);
            }
        }
    }

    async fn exchange_two(
        &self,
        request: &Request,
        step: &Step,
        held: &mut Option<Rc<Multiplexed>>,
        phases: &mut Phases,
    ) -> Result<Answer, Broken> {
        let question = request.question(self.dialer.tls.is_some(), &self.authority).ok_or(Broken::Garbled)?;
        for _ in 0..UNTOUCHED_MAX {
            let connection = if self.scenario.fresh {
                match held.take().filter(|held| held.has_room()) {
                    Some(connection) => connection,
                    None => Rc::new(Multiplexed::open(&self.dialer, phases).await?),
                }
            } else {
                self.with_room(phases).await?
            };
            if self.scenario.fresh {
                *held = Some(connection.clone());
            }
            match connection.exchange(&question, step.reads_body(), phases).await {
                Ok(answer) => return Ok(answer),
                Err(Ended::Broken(broken)) => return Err(broken),
                Err(Ended::Untouched) => {}
            }
        }
        Err(Broken::Closed)
    }

    async fn with_room(&self, phases: &mut Phases) -> Result<Rc<Multiplexed>, Broken> {
        if let Some(found) = self.find() {
            return Ok(found);
        }
        let _alone = self.opening.lock().await;
        if let Some(found) = self.find() {
            return Ok(found);
        }
        let opened = Rc::new(Multiplexed::open(&self.dialer, phases).await?);
        self.many.borrow_mut().push(opened.clone());
        Ok(opened)
    }

    fn find(&self) -> Option<Rc<Multiplexed>> {
        let mut many = self.many.borrow_mut();
        many.retain(|connection| !connection.is_over());
        many.iter().find(|connection| connection.has_room()).cloned()
    }
}
