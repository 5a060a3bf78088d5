//! Takes space on a file system, in a file that has no name: nobody sees it but `df`, and the kernel gives the space back
//! when the process dies.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, OFlags, StatVfs, fallocate, fstatvfs};
use rustix::io::Errno;

use super::super::super::quantity::bytes;
use super::super::super::{Common, Out};
use super::super::press;
use super::{Lasting, failed, hold};
use crate::failure::{Exit, Failure};

/// Fill the file system of a folder, within a quota
///
/// The file has no name, so that nothing is left to be tidied up. It never takes more than `--quota`, and always leaves a
/// fiftieth of the file system.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass load fault disk --folder /srv/uploads --until 92 --quota 2GiB --for 10m")]
pub(super) struct Args {
    #[command(flatten)]
    lasting: Lasting,
    /// Where
    #[arg(long, value_name = "FOLDER")]
    folder: PathBuf,
    /// The most that it takes
    #[arg(long, value_name = "SIZE", value_parser = alarm::sheet::Bytes::parse)]
    quota: alarm::sheet::Bytes,
    /// How full the file system is to be, in percent; as full as the quota makes it unless told
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u64).range(1..=98))]
    until: Option<u64>,
}

/// Of the file system, what is always left: others live there.
const LEFT: f64 = 0.02;
/// What is taken at once: between two of them it is looked whether there is still room.
const STEP: u64 = 64 << 20;

pub(super) fn run(args: &Args, _: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let says = |what: &str| failed(format!("{}: {what}", args.folder.display()));
    let stop = press::stop()?;
    let mut file = nameless(&args.folder).map_err(|error| says("no file can be made there").because(error))?;
    let mut taken = 0;
    while !stop.is_set() {
        let stats = fstatvfs(&file).map_err(|error| says("its file system says nothing of itself").because(error))?;
        let next = still(&stats, args.quota.0 - taken, args.until).min(STEP);
        if next == 0 {
            break;
        }
        match take(&mut file, taken, next) {
            Ok(()) => taken += next,
            // A quota of the file system itself: it is full, which was wanted.
            Err(Errno::NOSPC | Errno::DQUOT) => break,
            Err(error) => return Err(says("it cannot be written to").because(error)),
        }
    }
    out.remark(&format!("holding {} in {}", bytes(taken as f64), args.folder.display()));
    hold(args.lasting, &stop, |_| Ok(()))?;
    Ok(Exit::Ok)
}

/// How many bytes more may be taken. Pure.
fn still(stats: &StatVfs, quota_left: u64, until: Option<u64>) -> u64 {
    let unit = stats.f_frsize as f64;
    let (all, free) = (stats.f_blocks as f64 * unit, stats.f_bavail as f64 * unit);
    let used = (stats.f_blocks - stats.f_bfree) as f64 * unit;
    // As `df` and the agent count: of what ordinary users can have.
    let wanted = until.map_or(f64::INFINITY, |percent| (used + free) * percent as f64 / 100.0 - used);
    let room = free - all * LEFT;
    (quota_left as f64).min(wanted).min(room).max(0.0) as u64
}

/// A file without a name; where the file system has none, one whose name is taken away at once.
fn nameless(folder: &Path) -> std::io::Result<File> {
    let flags = OFlags::TMPFILE.bits().cast_signed();
    let made = OpenOptions::new().write(true).mode(0o600).custom_flags(flags).open(folder);
    made.or_else(|_| {
        let path = folder.join(format!(".stormglass-fault-{}", std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        std::fs::remove_file(&path)?;
        Ok(file)
    })
}

/// Reserves; where the file system cannot, writes.
fn take(file: &mut File, from: u64, length: u64) -> Result<(), Errno> {
    match fallocate(file.as_fd(), FallocateFlags::empty(), from, length) {
        Err(Errno::OPNOTSUPP) => {
            let zeros = vec![0; 1 << 20];
            let mut left = length;
            while left > 0 {
                let part = left.min(zeros.len() as u64) as usize;
                file.write_all(&zeros[..part]).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
                left -= part as u64;
            }
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(all: u64, free: u64) -> StatVfs {
        let mut stats = fstatvfs(File::open("/").expect("a root")).expect("it says");
        (stats.f_frsize, stats.f_blocks, stats.f_bfree, stats.f_bavail) = (1, all, free, free);
        stats
    }

    #[test]
    fn quota_share_and_what_is_left_bound_it() {
        assert_eq!(still(&stats(1_000, 900), 300, None), 300, "the quota");
        assert_eq!(still(&stats(1_000, 900), 5_000, None), 880, "a fiftieth is left");
        assert_eq!(still(&stats(1_000, 900), 5_000, Some(50)), 400, "half full");
        assert_eq!(still(&stats(1_000, 100), 5_000, Some(50)), 0, "fuller already");
        assert_eq!(still(&stats(1_000, 10), 5_000, None), 0);
    }
}
