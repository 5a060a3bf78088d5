//! One target's pages: each sample finds its way, and what they say together becomes readings.

use super::coach::Coach;
use super::config::Preset;

use super::generic::{self, Generic, Part};
use super::spring::{self, Spring, What};
use super::{SOURCE, Settings};
use crate::formats::exposition::{self, Line, Type};
use crate::reading::Readings;
use crate::refusals::Refusals;
use crate::vitals::{Lost, Vitals};

/// So long Micrometer remembers the maximum that it shows, at the least.
const MAX_HELD_S: u32 = 60;

#[derive(Debug)]
pub struct Target {
    settings: Settings,
    /// `None` until a page showed whether this is Spring.
    is_spring: Option<bool>,
    spring: Spring,
    generic: Generic,
    coach: Coach,
    refusals: Refusals,
}

/// The way of all samples of one name.
#[derive(Clone, Copy, Debug)]
enum Way<'a> {
    Nowhere,
    Spring(What),
    Generic(&'a str, Part),
}

impl Target {
    pub fn new(settings: &Settings) -> Self {
        let is_spring = match settings.preset {
            Preset::Auto => None,
            Preset::Spring => Some(true),
            Preset::None => Some(false),
        };
        Self {
            is_spring,
            spring: Spring::new(&settings.name, settings.max_routes, settings.interval_s <= MAX_HELD_S),
            settings: settings.clone(),
            generic: Generic::default(),
            coach: Coach::default(),
            refusals: Refusals::default(),
        }
    }

    /// As if an empty page had been seen: all that the next one counts has come since.
    pub(super) fn after_nothing(settings: &Settings) -> Self {
        let mut target = Self::new(settings);
        target.spring.begin();
        target.generic.begin();
        target
    }

    /// What a page says. Of the first one there are no counters: it only says where to count from.
    pub fn read(&mut self, page: &[u8]) -> Readings {
        let is_spring = *self.is_spring.get_or_insert_with(|| spring::is_spring(page));
        self.spring.begin();
        self.generic.begin();
        let (mut family, mut name, mut way) = (("", Type::Unknown), "", Way::Nowhere);
        for line in exposition::lines(page) {
            match line {
                Line::Nothing => {}
                Line::Type { family: next, is } => (family, name) = ((next, is), ""),
                Line::Unreadable => {
                    self.refusals.add(Lost::Unreadable, || format!("{}: a line that is no sample", self.settings.name));
                }
                Line::Sample(sample) => {
                    // Samples of one name stand together: their way is looked up once.
                    if sample.name != name {
                        name = sample.name;
                        way = self.way(name, family, is_spring);
                    }
                    match way {
                        Way::Nowhere => {}
                        Way::Spring(what) => self.spring.see(what, &sample),
                        Way::Generic(base, part) => {
                            self.generic.see(base, part, &sample, &self.settings, &mut self.refusals);
                        }
                    }
                }
            }
        }
        let mut readings = Readings::default();
        if is_spring {
            self.spring.end(&self.settings.space, &mut readings);
            self.coach.look(&self.settings.name, page);
        }
        self.generic.end(&self.settings, &mut readings);
        self.bound(&mut readings);
        readings
    }

    fn way<'a>(&self, name: &'a str, (family, is): (&str, Type), is_spring: bool) -> Way<'a> {
        let what = is_spring.then(|| spring::what(name)).flatten();
        if let Some(what) = what {
            return Way::Spring(what);
        }
        match generic::part(name, family, is) {
            Some((base, part)) if self.settings.keeps(base, is_spring) => Way::Generic(base, part),
            _ => Way::Nowhere,
        }
    }

    /// A preset has few series of its own accord; with what was kept beside it they stay within the target's bound.
    fn bound(&mut self, readings: &mut Readings) {
        let beyond = readings.0.len().saturating_sub(self.settings.max_series);
        if beyond > 0 {
            let name = &self.settings.name;
            self.refusals.add_many(Lost::SeriesBound, beyond as u64, || name.clone());
            readings.0.truncate(self.settings.max_series);
        }
    }

    pub(super) fn tell(&mut self, vitals: &Vitals) {
        self.refusals.tell(SOURCE, vitals);
    }
}
