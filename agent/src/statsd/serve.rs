//! The sockets, and the thread that reads them.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::receive::{Batch, PACKET_MAX};
use super::table::Table;
use super::{SOURCE, Settings, kernel};
use crate::inlet::Inlet;
use crate::sockets::Named;
use crate::stop::Stop;
use crate::ticks::until_before_next;
use crate::vitals::Lost;

/// How often what was heard is told.
const FLUSH_S: u32 = 10;
/// While packets rush in we let them gather: a wake-up for each costs more than all that is in it.
const GATHER_MIN: Duration = Duration::from_micros(200);
const GATHER_MAX: Duration = Duration::from_millis(1);
/// So many at once are a rush, and so many are enough for one look: the default buffer of a socket holds five times as
/// many of 400 bytes.
const RUSH: usize = 4;
const ENOUGH: usize = 32;
/// Packets a second from which on we wait awake: the default buffer holds 170 packets, three milliseconds of so many, and
/// a virtual processor that sleeps may be given back later than that.
const FLOOD: u64 = 50_000;
/// A socket that cannot be opened is tried again.
const AGAIN: Duration = Duration::from_secs(5);
const STACK_BYTES: usize = 256 << 10;

/// The UDP socket outlives a reload: what arrives meanwhile waits in the kernel.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<Option<(SocketAddr, UdpSocket)>>>);

impl Kept {
    fn open(&self, at: SocketAddr) -> io::Result<UdpSocket> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_none_or(|(known, _)| *known != at) {
            *held = None;
            *held = Some((at, UdpSocket::bind(at)?));
        }
        held.as_ref().map_or_else(|| Err(io::ErrorKind::NotFound.into()), |(_, socket)| socket.try_clone())
    }

    /// `StatsD` is off now.
    pub fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[derive(Debug)]
struct Doors {
    udp: Option<UdpSocket>,
    unix: Option<Named<UnixDatagram>>,
    /// Readable once we are to end.
    end: UnixStream,
}

/// Runs until stopped. `period_s` is that of the points: sets are told at its end.
pub async fn run(settings: Settings, kept: Kept, inlet: Inlet, period_s: u32, clock: fn() -> Duration, mut stop: Stop) {
    let (doors, order) = loop {
        match open(&settings, &kept) {
            Ok(opened) => break opened,
            Err(says) => tracing::error!("StatsD cannot listen, and tries again: {says}"),
        }
        tokio::select! {
            () = stop.asked() => return,
            () = sleep(AGAIN) => {}
        }
    };
    let (done, ended) = oneshot::channel();
    let body = move || {
        let mut ear =
            Ear { doors, table: Table::new(settings), batch: Batch::new(), inlet, drops: None, clock, period_s };
        ear.listen();
        // Nobody waits any more where the program ends in a hurry.
        let _ = done.send(());
    };
    if let Err(error) = thread::Builder::new().name(SOURCE.into()).stack_size(STACK_BYTES).spawn(body) {
        tracing::error!(%error, "StatsD cannot have its thread");
        return;
    }
    stop.asked().await;
    drop(order);
    drop(ended.await);
}

fn open(settings: &Settings, kept: &Kept) -> Result<(Doors, UnixStream), String> {
    let udp = settings.listen.map(|at| kept.open(at).map_err(|error| format!("{at}: {error}"))).transpose()?;
    let named = |path: &PathBuf| Named::datagrams(path).map_err(|error| format!("{}: {error}", path.display()));
    let unix = settings.socket.as_ref().map(named).transpose()?;
    let (order, end) = UnixStream::pair().map_err(|error| error.to_string())?;
    Ok((Doors { udp, unix, end }, order))
}

struct Ear {
    doors: Doors,
    table: Table,
    batch: Batch,
    inlet: Inlet,
    /// What the kernel had dropped when we last looked.
    drops: Option<u64>,
    clock: fn() -> Duration,
    period_s: u32,
}

impl Ear {
    fn listen(&mut self) {
        self.count_drops();
        let mut flush_at = self.next_flush();
        let (mut gather, mut looked) = (GATHER_MIN, Instant::now());
        loop {
            let before = std::mem::replace(&mut looked, Instant::now());
            let count = self.receive();
            if Instant::now() >= flush_at {
                self.flush(false);
                flush_at = self.next_flush();
            }
            if Batch::is_full(count) {
                continue;
            }
            if count >= RUSH {
                if is_flood(count, looked - before) {
                    wait_awake(looked + gather);
                } else {
                    thread::sleep(gather);
                }
                gather = next_gather(gather, count);
                continue;
            }
            if self.wait(flush_at) {
                break;
            }
        }
        while self.receive() > 0 {}
        self.flush(true);
    }

    fn next_flush(&self) -> Instant {
        Instant::now() + until_before_next(FLUSH_S, (self.clock)())
    }

    /// Takes what is there, of each socket one batch.
    fn receive(&mut self) -> usize {
        let Self { doors, table, batch, .. } = self;
        let udp = doors.udp.as_ref().map(AsFd::as_fd);
        let unix = doors.unix.as_ref().map(|named| named.socket.as_fd());
        let mut most = 0;
        for socket in [udp, unix].into_iter().flatten() {
            let count = batch.receive(socket, |packet, is_cut| {
                if is_cut {
                    table.refusals.add(Lost::TooLarge, || format!("a packet of more than {PACKET_MAX} bytes"));
                }
                // Of a packet that was cut the last line may be, too.
                let end = if is_cut { memchr::memrchr(b'\n', packet).unwrap_or(0) } else { packet.len() };
                table.take(&packet[..end]);
            });
            match count {
                Ok(count) => most = most.max(count),
                Err(error) => {
                    tracing::error!(%error, "a socket of StatsD cannot be read");
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
        most
    }

    /// Until something arrives or the time is up. `true`: we are to end.
    fn wait(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let mut watched = vec![PollFd::new(&self.doors.end, PollFlags::IN)];
        watched.extend(self.doors.udp.as_ref().map(|socket| PollFd::new(socket, PollFlags::IN)));
        watched.extend(self.doors.unix.as_ref().map(|named| PollFd::new(&named.socket, PollFlags::IN)));
        match poll(&mut watched, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => !watched[0].revents().is_empty(),
            Err(_) => true,
        }
    }

    fn flush(&mut self, ends: bool) {
        self.count_drops();
        let now_s = (self.clock)().as_secs() + 1;
        let period_ends = ends || now_s % u64::from(self.period_s) < u64::from(FLUSH_S);
        let readings = self.table.flush(period_ends);
        self.table.refusals.tell(SOURCE, self.inlet.vitals());
        if !readings.0.is_empty() {
            self.inlet.give(SOURCE, readings);
        }
    }

    fn count_drops(&mut self) {
        let Some(now) = self.doors.udp.as_ref().and_then(kernel_drops) else { return };
        let grown = now.saturating_sub(self.drops.replace(now).unwrap_or(now));
        if grown > 0 {
            self.table.refusals.add_many(Lost::KernelDropped, grown, || "packets that came faster than we read".into());
        }
    }
}

/// Whether so many packets in that time come faster than a sleep is safe.
fn is_flood(count: usize, time: Duration) -> bool {
    count as u64 * 1_000_000_000 > FLOOD * time.as_nanos() as u64
}

/// Lets others have the processor who want it, but not the machine.
fn wait_awake(until: Instant) {
    while Instant::now() < until {
        thread::yield_now();
    }
}

/// How long to let packets gather after a look that found so many: as long as it takes for enough to come.
fn next_gather(last: Duration, count: usize) -> Duration {
    (last * ENOUGH as u32 / count.max(1) as u32).clamp(GATHER_MIN, GATHER_MAX)
}

fn kernel_drops(socket: &UdpSocket) -> Option<u64> {
    // A descriptor is a file of /proc, and its inode is the socket's.
    let inode = rustix::fs::fstat(socket).ok()?.st_ino;
    ["/proc/net/udp", "/proc/net/udp6"]
        .into_iter()
        .find_map(|table| kernel::drops(&std::fs::read_to_string(table).ok()?, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of one pace, so many a second: how many a look finds once the pause has settled.
    fn settled(pace: u64) -> usize {
        let (mut gather, mut count) = (GATHER_MIN, 0);
        for _ in 0..20 {
            count = (gather.as_nanos() as u64 * pace / 1_000_000_000) as usize;
            gather = next_gather(gather, count);
        }
        count
    }

    #[test]
    fn a_look_finds_enough_and_never_more_than_waits_safely() {
        assert_eq!(settled(20_000), 20, "a millisecond of them");
        assert_eq!(settled(80_000), ENOUGH);
        // Faster than that a look finds its batch full, and looks again at once.
        assert_eq!(settled(300_000), 60);
    }

    #[test]
    fn a_flood_is_told_from_a_rush() {
        let millisecond = Duration::from_millis(1);
        assert_eq!([20, 49, 51, 80].map(|count| is_flood(count, millisecond)), [false, false, true, true]);
        assert!(is_flood(1, Duration::ZERO));
    }
}
