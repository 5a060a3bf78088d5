//! `[identity]`: which of what is known of the host becomes a dimension of every series.

use std::collections::BTreeMap;

use alarm::series::{DIMENSION_VALUE_MAX, DIMENSIONS_MAX};
use alarm::sheet::{At, Faults};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Instance;

/// What the metadata service knows, spelt as the official agent's `append_dimensions` spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Append {
    InstanceId,
    InstanceType,
    ImageId,
    AutoScalingGroupName,
    AvailabilityZone,
}

impl Append {
    /// What the official agent's wizard chooses, so that its dashboards find the series.
    const USUAL: [Self; 4] = [Self::InstanceId, Self::InstanceType, Self::ImageId, Self::AutoScalingGroupName];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InstanceId => "InstanceId",
            Self::InstanceType => "InstanceType",
            Self::ImageId => "ImageId",
            Self::AutoScalingGroupName => "AutoScalingGroupName",
            Self::AvailabilityZone => "AvailabilityZone",
        }
    }

    pub(super) fn of(self, instance: &Instance) -> Option<&str> {
        match self {
            Self::InstanceId => Some(&instance.id),
            Self::InstanceType => Some(&instance.kind),
            Self::ImageId => Some(&instance.image),
            Self::AutoScalingGroupName => instance.group.as_deref(),
            Self::AvailabilityZone => Some(&instance.zone),
        }
    }
}

/// `[identity]`, as typed.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    /// Dimensions from the instance; the official agent's usual four where nothing is said.
    pub append: Option<Vec<Append>>,
    /// Dimensions from the instance's tags: the name of the dimension, then the tag.
    pub tags: BTreeMap<String, String>,
    /// Dimensions from the environment: the name of the dimension, then the variable.
    pub environment: BTreeMap<String, String>,
    /// The host's name, where its own will not do.
    pub host: Option<At<String>>,
    /// Whether the instance metadata service is asked.
    pub metadata: Option<bool>,
    /// Where it is, when not at its usual address.
    pub endpoint: Option<At<String>>,
}

/// `[identity]`, as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub append: Vec<Append>,
    pub tags: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
    pub host: Option<String>,
    pub metadata: bool,
    pub endpoint: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Raw::default().check(&mut Faults::new("", ""))
    }
}

impl Raw {
    pub fn check(self, faults: &mut Faults) -> Settings {
        if let Some(host) = self.host.as_ref().filter(|host| host.is_empty() || host.len() > DIMENSION_VALUE_MAX) {
            let says = format!("`identity.host`: from 1 to {DIMENSION_VALUE_MAX} characters");
            faults.add(host.span.clone(), "SG-CFG-006", says);
        }
        if let Some(endpoint) = self.endpoint.as_ref().filter(|endpoint| super::http::Place::parse(endpoint).is_none())
        {
            let says = format!("`identity.endpoint`: \"{}\" is not of the form \"http://host:port\"", endpoint.value);
            faults.add(endpoint.span.clone(), "SG-CFG-006", says);
        }
        if self.tags.len() + self.environment.len() > DIMENSIONS_MAX {
            let says = format!("`identity`: a series has at most {DIMENSIONS_MAX} dimensions");
            faults.add(0..0, "SG-CFG-006", says);
        }
        Settings {
            append: self.append.unwrap_or_else(|| Append::USUAL.to_vec()),
            tags: self.tags,
            environment: self.environment,
            host: self.host.map(|host| host.value),
            metadata: self.metadata.unwrap_or(true),
            endpoint: self.endpoint.map(|endpoint| endpoint.value),
        }
    }
}
