//! Simulated disks, judged step by step, and what of the verdicts was right.

use alarm::disk::{self, Memory, Settings};
use alarm::grade::Immediacy;
use alarm::inputs::{Input, Inputs};
use alarm::points::Points;
use alarm::series::Dimensions;
use alarm::verdict::State;

pub const START: i64 = 1_800_000_000 - 1_800_000_000 % 86_400;
pub const DAYS: usize = 30;
pub const DAY_MIN: usize = 1_440;

/// Thirty days of one disk.
#[derive(Clone, Debug)]
pub struct Disk {
    pub period_s: u32,
    /// Percent used, NaN where nothing was seen.
    pub levels: Vec<f64>,
    /// Minutes in which a runaway goes on, from its first to the one in which the disk is full (or it is mended).
    pub runaways: Vec<(usize, usize)>,
    /// Minutes from the beginning of a slow fill to its end.
    pub slow: Option<(usize, usize)>,
}

#[derive(Clone, Debug, Default)]
pub struct Score {
    pub disks: usize,
    pub healthy_pages: usize,
    pub healthy_tickets: usize,
    /// What limits of 80 % and 90 % would have paged on healthy disks.
    pub crossings: [usize; 2],
    pub slow_disks: usize,
    pub slow_pages: usize,
    pub slow_ticketed: usize,
    pub runaways: usize,
    pub caught: usize,
    /// Minutes from the page to full.
    pub leads: Vec<usize>,
    pub steps: usize,
    /// For looking into: which disk, which minute, what.
    pub notes: Vec<String>,
}

impl Score {
    pub fn median_lead(&self) -> usize {
        self.lead_at(0.5)
    }

    pub fn lead_at(&self, share: f64) -> usize {
        let mut leads = self.leads.clone();
        leads.sort_unstable();
        leads.get(((leads.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0)
    }

    pub fn false_pages(&self) -> f64 {
        self.healthy_pages as f64 / (self.disks - self.slow_disks) as f64
    }

    pub fn false_tickets(&self) -> f64 {
        self.healthy_tickets as f64 / (self.disks - self.slow_disks) as f64
    }

    pub fn slow_fill_pages(&self) -> f64 {
        self.slow_pages as f64 / self.slow_disks as f64
    }

    pub fn ticketed(&self) -> f64 {
        self.slow_ticketed as f64 / self.slow_disks as f64
    }

    pub const HEAD: [&str; 6] = [
        "false pages a disk-month",
        "false tickets",
        "pages a month on a slow fill",
        "slow fills ticketed",
        "runaways caught",
        "median lead (p10)",
    ];

    /// One row of a table, under `HEAD`.
    pub fn cells(&self) -> [String; 6] {
        [
            format!("{:.3}", self.false_pages()),
            format!("{:.3}", self.false_tickets()),
            format!("{:.2}", self.slow_fill_pages()),
            format!("{:.1} %", 100.0 * self.ticketed()),
            format!("{} of {}", self.caught, self.runaways),
            format!("{} min ({})", self.median_lead(), self.lead_at(0.1)),
        ]
    }

    /// Another fleet's trial is counted in.
    pub fn add(&mut self, other: Self) {
        self.disks += other.disks;
        self.healthy_pages += other.healthy_pages;
        self.healthy_tickets += other.healthy_tickets;
        for (here, there) in self.crossings.iter_mut().zip(other.crossings) {
            *here += there;
        }
        self.slow_disks += other.slow_disks;
        self.slow_pages += other.slow_pages;
        self.slow_ticketed += other.slow_ticketed;
        self.runaways += other.runaways;
        self.caught += other.caught;
        self.leads.extend(other.leads);
        self.steps += other.steps;
    }

    pub fn line(&self) -> String {
        format!(
            "{} disks: false pages {:.3} a disk-month, false tickets {:.3}, slow fills {} with {:.2} pages a month and \
             {:.1} % ticketed, runaways {}/{} caught, lead median {} min, p10 {} min; healthy disks passed \
             80 % {} times, 90 % {} times",
            self.disks,
            self.false_pages(),
            self.false_tickets(),
            self.slow_disks,
            self.slow_fill_pages(),
            100.0 * self.ticketed(),
            self.caught,
            self.runaways,
            self.median_lead(),
            self.lead_at(0.1),
            self.crossings[0],
            self.crossings[1],
        )
    }
}

/// Judges one disk at each of its points, as the agent would.
pub fn judge(number: usize, disk: &Disk, score: &mut Score) {
    if disk.slow.is_none() && disk.runaways.is_empty() {
        for (limit, crossings) in [80.0, 90.0].into_iter().zip(&mut score.crossings) {
            *crossings += disk.levels.windows(2).filter(|pair| pair[0] < limit && pair[1] >= limit).count();
        }
    }
    let points = Points::new(START, disk.period_s, disk.levels.iter().copied());
    let (settings, none) = (Settings::default(), Dimensions::default());
    let mut memory = Memory::default();
    let (mut paging, mut ticketing, mut ticketed) = (false, false, false);
    let mut caught = vec![None; disk.runaways.len()];
    let reach = disk::reach_s(&settings, disk.period_s) as i64;
    for slot in 0..disk.levels.len() {
        let now = START + (slot as i64 + 1) * i64::from(disk.period_s);
        let view = points.view().since(now - reach);
        let input = [Input { role: disk::roles::USED, dimensions: &none, points: view }];
        let verdict;
        (memory, verdict) = disk::judge(&settings, memory, &Inputs::new(now, &input), now);
        score.steps += 1;
        if verdict.state == State::Unknown {
            continue;
        }
        let page = verdict.immediacy == Some(Immediacy::Now);
        let ticket = verdict.state == State::Firing;
        let minute = (slot + 1) * disk.period_s as usize / 60;
        let runaway = disk.runaways.iter().position(|(first, last)| (*first..=*last + 360).contains(&minute));
        if let Some(of) = runaway.filter(|of| page && minute <= disk.runaways[*of].1) {
            caught[of].get_or_insert(minute);
        }
        if page && !paging && runaway.is_none() {
            let kind = if disk.slow.is_some() { "slow" } else { "healthy" };
            score.notes.push(format!("disk {number} {kind} page day {:.2} {:?}", minute as f64 / 1_440.0, verdict));
            if disk.slow.is_some() {
                score.slow_pages += 1;
            } else {
                score.healthy_pages += 1;
            }
        }
        if ticket && !ticketing && !page && runaway.is_none() && disk.slow.is_none() {
            score.healthy_tickets += 1;
            score.notes.push(format!("disk {number} ticket day {:.2} {:?}", minute as f64 / 1_440.0, verdict));
        }
        ticketed |= ticket && !page && disk.slow.is_some_and(|(first, last)| (first..=last).contains(&minute));
        (paging, ticketing) = (page, ticket);
    }
    score.disks += 1;
    score.slow_disks += usize::from(disk.slow.is_some());
    score.slow_ticketed += usize::from(ticketed);
    if disk.slow.is_some() && !ticketed {
        score.notes.push(format!("disk {number} slow fill missed {:?}", disk.slow));
    }
    for (of, (first, last)) in disk.runaways.iter().enumerate() {
        score.runaways += 1;
        if let Some(minute) = caught[of] {
            score.caught += 1;
            score.leads.push(last - minute);
        } else {
            score.notes.push(format!(
                "disk {number} runaway missed {first}..{last} from {:?}",
                disk.levels.get(first * 60 / disk.period_s as usize)
            ));
        }
    }
}

pub fn trial(fleet: fn(u64, usize) -> Disk, seed: u64, disks: usize) -> Score {
    let mut score = Score::default();
    for number in 0..disks {
        judge(number, &fleet(seed, number), &mut score);
    }
    score
}
