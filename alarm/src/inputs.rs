//! What a judge may see of one combination at one moment. Nothing in it is later than that moment.

use crate::points::{TIME_MAX, Time, View};
use crate::series::Dimensions;
use crate::verdict::State;

/// One series in its role: `("value", {InstanceId=i-1}, ...)`.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The name by which the judge or the expression knows it.
    pub role: &'a str,
    pub dimensions: &'a Dimensions,
    pub points: View<'a>,
}

/// What another alarm says: of these rules, or a native CloudWatch alarm by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child<'a> {
    pub name: &'a str,
    pub state: State,
}

/// Whether the host of the combination is meant to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// Nobody asked, or nobody knows.
    #[default]
    Unknown,
    Running,
    /// Stopped, terminated or scaled in on purpose: its silence is no trouble.
    Stopped,
}

#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    now: Time,
    series: &'a [Input<'a>],
    children: &'a [Child<'a>],
    host: Host,
}

impl<'a> Inputs<'a> {
    /// A clock beyond the end of the world has come to it: what is remembered are times that can be reckoned with.
    #[inline]
    pub fn new(now: Time, series: &'a [Input<'a>]) -> Self {
        let now = now.clamp(-TIME_MAX, TIME_MAX);
        Self { now, series, children: &[], host: Host::Unknown }
    }

    #[must_use]
    pub fn children(self, children: &'a [Child<'a>]) -> Self {
        Self { children, ..self }
    }

    #[must_use]
    pub fn host(self, host: Host) -> Self {
        Self { host, ..self }
    }

    pub fn now(&self) -> Time {
        self.now
    }

    pub fn host_state(&self) -> Host {
        self.host
    }

    /// The only series of a role, or the first of several.
    #[inline]
    pub fn one(&self, role: &str) -> Option<View<'a>> {
        self.all(role).next().map(|(_, points)| points)
    }

    /// Every series of a role, each with what tells it from the others.
    #[inline]
    pub fn all<'b>(&'b self, role: &'b str) -> impl Iterator<Item = (&'a Dimensions, View<'a>)> + 'b {
        let of_role = self.series.iter().filter(move |input| input.role == role);
        of_role.map(|input| (input.dimensions, input.points.until(self.now)))
    }

    pub fn child(&self, name: &str) -> Option<State> {
        self.children.iter().find(|child| child.name == name).map(|child| child.state)
    }
}
