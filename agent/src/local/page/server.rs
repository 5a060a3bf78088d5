//! Takes connections, few at a time, and lets none wait for ever.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::answer::{Answer, text};
use super::patient::Patient;
use super::route::{self, Asked};
use super::{Door, guard};
use crate::local::house::Shared;

/// Browsers open six connections each; a page that is looked at holds one for its news. Whoever comes when all are taken
/// takes the place of the oldest: a page that loses its news so asks for them again.
const CONNECTIONS_MAX: usize = 48;
/// Between two requests of one connection, and for the whole head of one.
const HEAD_PATIENCE: Duration = Duration::from_secs(20);
const BODY_PATIENCE: Duration = Duration::from_secs(10);
/// A form of ours has some hundred bytes.
const BODY_BYTES_MAX: usize = 16 << 10;
const HEAD_BYTES_MAX: usize = 16 << 10;
/// The kernel has no descriptors left: it will not have any a moment later.
const BREATH: Duration = Duration::from_millis(100);

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) house: Shared,
    pub(super) door: Rc<RefCell<Door>>,
    pub(super) clock: fn() -> Duration,
}

/// Serves until it is dropped.
pub(crate) async fn serve(listener: TcpListener, house: Shared, door: Door, clock: fn() -> Duration) {
    let room = Room { house, door: Rc::new(RefCell::new(door)), clock };
    let mut connections = JoinSet::new();
    let mut ages: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, from)) => {
                    ages.retain(|one| !one.is_finished());
                    if ages.len() >= CONNECTIONS_MAX && let Some(oldest) = ages.pop_front() {
                        oldest.abort();
                    }
                    ages.push_back(connections.spawn_local(connection(stream, from, room.clone())));
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection to the page could not be taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, from: SocketAddr, room: Room) {
    // News are small and should not wait for more of them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(request, from, room.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Patient::new(stream)), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the page broke off");
    }
}

async fn answer(request: Request<Incoming>, from: SocketAddr, room: Room) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let form = if head.method == Method::POST {
        let whole = tokio::time::timeout(BODY_PATIENCE, Limited::new(body, BODY_BYTES_MAX).collect()).await;
        match whole {
            Ok(Ok(whole)) => String::from_utf8_lossy(&whole.to_bytes()).into_owned(),
            _ => {
                return Ok(text(
                    StatusCode::BAD_REQUEST,
                    "text/plain; charset=utf-8",
                    "the form is too long or too slow\n",
                ));
            }
        }
    } else {
        String::new()
    };
    // One answer a turn: who asks for many at once waits for everybody else.
    tokio::task::yield_now().await;
    let asked = Asked::new(&head, &form, from);
    let (now, refused) = ((room.clock)().as_secs() as i64, room.door.borrow().host(&head.headers));
    if let Err(guard::Refused::Host) = refused {
        return Ok(text(
            StatusCode::MISDIRECTED_REQUEST,
            "text/plain; charset=utf-8",
            "this page is asked for by another name\n",
        ));
    }
    Ok(route::answer(&room, &asked, now))
}
