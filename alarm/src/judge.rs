//! The table of judges: one file a judge, and one line here (then the compiler asks for its key in `rules::raw` and its
//! arm in `rules::watch`).
//!
//! A judge is a module that offers
//! - `Raw`: what the rule's own table may say (serde, schemars, `Default`), and `Raw::check(self, span, faults)`,
//!   which makes of it the
//! - `Settings`: what is meant, which cannot be wrong;
//! - `Memory`: what it must remember of one combination between two moments (serde, `Default`: the beginning). A field
//!   added later carries `#[serde(default)]`; a changed meaning is a new arm of `memory::Stored`;
//! - `roles(&Settings)`: the series that it reads; the first is the one which the rule's `metric` names;
//! - `reach_s(&Settings, period_s)`: how far back from now its points must reach at each step;
//! - `judge(&Settings, Memory, &Inputs, now) -> (Memory, Verdict)`: total and deterministic.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inputs::Inputs;
use crate::points::Time;
use crate::verdict::Verdict;

/// One series that a judge reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// The expression of a rule may name its own.
    pub name: Cow<'static, str>,
    /// A rule that names no series for it, where it has no usual one, is at fault.
    pub required: bool,
    /// Every series that agrees is read, not just one.
    pub many: bool,
    pub statistic: &'static str,
    /// Where it is usually found: namespace and metric.
    pub usual: Option<(&'static str, &'static str)>,
}

impl Role {
    pub const fn required(name: &'static str, statistic: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), required: true, many: false, statistic, usual: None }
    }

    pub const fn optional(name: &'static str, statistic: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), required: false, many: false, statistic, usual: None }
    }

    #[must_use]
    pub fn usually(self, namespace: &'static str, metric: &'static str) -> Self {
        Self { usual: Some((namespace, metric)), ..self }
    }

    #[must_use]
    pub fn many(self) -> Self {
        Self { many: true, ..self }
    }
}

macro_rules! judges {
    ($($word:literal $name:ident $module:ident;)*) => {
        /// Every word that `judge = "..."` takes.
        pub const WORDS: &[&str] = &[$($word),*];

        /// A judge by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
        pub enum Kind {
            $(#[serde(rename = $word)] $name),*
        }

        /// How a rule judges.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Judge {
            $($name(crate::$module::Settings)),*
        }

        /// What a judge remembers of one combination.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Memory {
            $($name(crate::$module::Memory)),*
        }

        impl Judge {
            pub fn word(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $word),*
                }
            }

            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$name(_) => Kind::$name),*
                }
            }

            /// It learns from every point, so that its memory is worth keeping while nothing happens.
            pub fn learns(&self) -> bool {
                matches!(self, Self::Unusual(_) | Self::Disk(_) | Self::Burst(_))
            }

            pub fn roles(&self) -> Vec<Role> {
                match self {
                    $(Self::$name(settings) => crate::$module::roles(settings)),*
                }
            }

            pub fn reach_s(&self, period_s: u32) -> u64 {
                match self {
                    $(Self::$name(settings) => crate::$module::reach_s(settings, period_s)),*
                }
            }

            /// A memory of another judge (the rule was changed) is forgotten.
            #[inline]
            pub fn judge(&self, memory: Option<Memory>, inputs: &Inputs<'_>, now: Time) -> (Memory, Verdict) {
                match self {
                    $(Self::$name(settings) => {
                        let memory = match memory {
                            Some(Memory::$name(memory)) => memory,
                            _ => crate::$module::Memory::default(),
                        };
                        let (memory, verdict) = crate::$module::judge(settings, memory, inputs, now);
                        (Memory::$name(memory), verdict)
                    })*
                }
            }
        }
    };
}

judges! {
    "threshold" Threshold threshold;
    "math" Math math;
    "composite" Composite composite;
    "burst" Burst burst;
    "budget" Budget budget;
    "silent" Silent silent;
    "log" Log log;
    "disk" Disk disk;
    "unusual" Unusual unusual;
}
