//! A UNIX socket that programs write their lines to.
//!
//! A stream socket pushes back: where there is no room its writers wait. A datagram socket cannot: what finds no room is
//! dropped and counted.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{UnixDatagram, UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::logs::feed::inbox::{Inbox, Writer};
use crate::logs::feed::{Socket, SocketKind};

/// Read at a time, and the longest message of a datagram socket; a longer one is cut, and counted.
const CHUNK: usize = 64 << 10;
const MESSAGE_MAX: usize = 256 << 10;
/// How soon a writer that had to wait may go on.
const FULL: Duration = Duration::from_millis(100);
/// After a fault of the disk or of the socket.
const AGAIN: Duration = Duration::from_secs(5);

/// Serves until it is dropped. A socket that cannot be opened is tried again.
pub(super) async fn serve(socket: Socket, inbox: Arc<Inbox>) {
    let mut said = String::new();
    loop {
        let ended = match socket.kind {
            SocketKind::Stream => listen(&socket, &inbox).await,
            SocketKind::Datagram => receive(&socket, &inbox).await,
        };
        let says = ended.err().map(|error| error.to_string()).unwrap_or_default();
        if says != said {
            tracing::error!(path = %socket.path.display(), "the socket for logs is not open, and is tried again: {says}");
            said = says;
        }
        sleep(AGAIN).await;
    }
}

/// A name in the file system that goes when we do.
#[derive(Debug)]
struct Name(PathBuf);

impl Drop for Name {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Bound under a name aside, given its rights, and then renamed: nobody meets it with other rights than those asked for.
fn bind<S>(socket: &Socket, bind: impl Fn(&Path) -> io::Result<S>) -> io::Result<(S, Name)> {
    let path = &socket.path;
    if let Ok(meta) = fs::symlink_metadata(path) {
        if !meta.file_type().is_socket() {
            return Err(io::Error::other("there is something at its path that is no socket"));
        }
        if is_served(path, socket.kind) {
            return Err(io::Error::other("another program serves it"));
        }
    }
    let mut aside = path.clone().into_os_string();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    if fs::symlink_metadata(&aside).is_ok_and(|meta| meta.file_type().is_socket()) {
        fs::remove_file(&aside)?;
    }
    let bound = bind(&aside)?;
    fs::set_permissions(&aside, fs::Permissions::from_mode(socket.mode))?;
    fs::rename(&aside, path)?;
    Ok((bound, Name(path.clone())))
}

fn is_served(path: &Path, kind: SocketKind) -> bool {
    match kind {
        SocketKind::Stream => net::UnixStream::connect(path).is_ok(),
        SocketKind::Datagram => net::UnixDatagram::unbound().and_then(|socket| socket.connect(path)).is_ok(),
    }
}

async fn listen(socket: &Socket, inbox: &Arc<Inbox>) -> io::Result<()> {
    let (listener, _name) = bind(socket, |path| UnixListener::bind(path))?;
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                match inbox.writer()? {
                    Some(writer) => drop(connections.spawn(connection(stream, writer))),
                    None => inbox.turn_away(),
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One writer, until it hangs up. What it wrote without an end of line ends there.
async fn connection(mut stream: UnixStream, mut writer: Writer) {
    let mut buffer = vec![0; CHUNK];
    loop {
        if !writer.has_room() {
            sleep(FULL).await;
            continue;
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(got) => keep(&mut writer, &buffer[..got]).await,
        }
    }
}

/// Written to the disk, however long it takes: the writer at the other end waits.
async fn keep(writer: &mut Writer, bytes: &[u8]) {
    let mut said = false;
    while let Err(error) = writer.append(bytes) {
        if !std::mem::replace(&mut said, true) {
            tracing::error!(%error, "what a socket receives cannot be written to the disk; its writers wait");
        }
        sleep(AGAIN).await;
    }
}

async fn receive(socket: &Socket, inbox: &Arc<Inbox>) -> io::Result<()> {
    let (datagrams, _name) = bind(socket, |path| UnixDatagram::bind(path))?;
    let mut writer = inbox.writer()?.ok_or_else(|| io::Error::other("its place on the disk is in use"))?;
    // One byte more than may be tells a message that was longer.
    let mut buffer = vec![0; MESSAGE_MAX + 1];
    loop {
        let got = datagrams.recv(&mut buffer).await?;
        let kept = got.min(MESSAGE_MAX);
        if got > kept {
            inbox.cut_message();
        }
        let is_kept = writer.has_room() && writer.append(&buffer[..kept]).is_ok() && writer.end_line().is_ok();
        if !is_kept {
            inbox.drop_message();
        }
    }
}
