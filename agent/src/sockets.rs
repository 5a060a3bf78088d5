//! Doors of this host: UNIX sockets with their names in the file system, and loopback.

use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::stop::Stop;

/// Every program of the host may write, as it may to a port of loopback.
const MODE: u32 = 0o666;
/// Connections at once; the next waits in the kernel.
const CONNECTIONS_MAX: usize = 32;
/// After a fault of the socket, such as too many open files.
const AGAIN: Duration = Duration::from_millis(200);
/// What those that are being answered may take at the end.
const END: Duration = Duration::from_millis(500);

/// A socket whose name goes when it does.
#[derive(Debug)]
pub struct Named<S> {
    pub socket: S,
    path: PathBuf,
}

impl<S> Drop for Named<S> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Named<UnixDatagram> {
    pub fn datagrams(path: &Path) -> io::Result<Self> {
        let is_served = |path: &Path| UnixDatagram::unbound().and_then(|socket| socket.connect(path)).is_ok();
        Self::bind(path, is_served, |path| UnixDatagram::bind(path))
    }
}

impl Named<UnixListener> {
    pub fn listen(path: &Path) -> io::Result<Self> {
        Self::bind(path, |path| UnixStream::connect(path).is_ok(), |path| UnixListener::bind(path))
    }
}

impl<S> Named<S> {
    /// A name that somebody left behind is taken; one that is served, or that is no socket, is not.
    fn bind(path: &Path, is_served: impl Fn(&Path) -> bool, bind: impl Fn(&Path) -> io::Result<S>) -> io::Result<Self> {
        if let Ok(meta) = std::fs::symlink_metadata(path) {
            if !meta.file_type().is_socket() {
                return Err(io::Error::other("there is something at its path that is no socket"));
            }
            if is_served(path) {
                return Err(io::Error::other("another program serves it"));
            }
            std::fs::remove_file(path)?;
        }
        let socket = bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(MODE))?;
        Ok(Self { socket, path: path.to_owned() })
    }
}

/// A connection, of whichever kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Where a source is spoken to.
#[derive(Debug, Default)]
pub struct Doors {
    pub unix: Option<Named<UnixListener>>,
    pub tcp: Option<TcpListener>,
}

impl Doors {
    /// Lets everybody in, so many at once, until stopped.
    pub async fn open<F>(self, mut stop: Stop, handle: impl Fn(Box<dyn Stream>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (places, mut tasks) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), JoinSet::new());
        loop {
            let place = Arc::clone(&places).acquire_owned();
            let next = async { (place.await, self.accept().await) };
            let (place, stream) = tokio::select! {
                () = stop.asked() => break,
                _ = tasks.join_next(), if !tasks.is_empty() => continue,
                next = next => next,
            };
            match stream {
                Ok(stream) => {
                    let handled = handle(stream);
                    tasks.spawn(async move {
                        handled.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    sleep(AGAIN).await;
                }
            }
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        // Who is slower than that has no answer.
        let _ = timeout(END, all).await;
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        let unix = async {
            match &self.unix {
                Some(door) => door.socket.accept().await.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>),
                None => std::future::pending().await,
            }
        };
        let tcp = async {
            match &self.tcp {
                Some(door) => door.accept().await.map(|(stream, _)| Box::new(stream) as Box<dyn Stream>),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            stream = unix => stream,
            stream = tcp => stream,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_left_behind_is_taken_and_one_in_use_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.sock");
        drop(UnixDatagram::bind(&path).expect("bound"));
        let named = Named::datagrams(&path).expect("left behind");
        assert!(Named::datagrams(&path).is_err_and(|error| error.to_string().contains("serves")));
        drop(named);
        assert!(!path.exists());
        std::fs::write(&path, "").expect("written");
        assert!(Named::datagrams(&path).is_err_and(|error| error.to_string().contains("no socket")));
    }
}
