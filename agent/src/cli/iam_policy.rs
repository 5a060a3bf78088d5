//! `stormglass iam-policy`: the least that this configuration needs.

use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::policy::{self, Needs};

/// Print the least IAM policy that this configuration needs
///
/// PutMetricData knows no resource, so it is fenced by its namespaces. A configuration that publishes elsewhere needs
/// its policy printed anew.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  stormglass iam-policy > policy.json
  aws iam put-role-policy --role-name web --policy-name stormglass --policy-document file://policy.json")]
pub(super) struct Args {}

pub(super) fn run(Args {}: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let config = common.load()?;
    let needs = Needs { namespaces: namespaces(&config), region: config.cloudwatch.region.clone(), ..Needs::default() };
    let policy = policy::policy(&needs);
    // A policy is JSON, asked for or not.
    out.say(&policy, || format!("{policy:#}"))?;
    Ok(Exit::Ok)
}

/// Every namespace that the configuration publishes into, each once.
pub(super) fn namespaces(config: &Config) -> Vec<String> {
    let shape = &config.cloudwatch.shape;
    let routed = shape.route.iter().map(|(_, namespace)| namespace.clone());
    let all: std::collections::BTreeSet<_> =
        [shape.host_namespace.clone(), shape.own_namespace.clone()].into_iter().chain(routed).collect();
    all.into_iter().collect()
}
