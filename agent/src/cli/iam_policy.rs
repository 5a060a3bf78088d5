//! `stormglass iam-policy`: the least that this configuration needs.

use std::collections::BTreeSet;

use super::{Common, Out};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::policy::{self, Needs};
use crate::suspects::SERVICE;

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
    let policy = policy::policy(&needs(&config));
    // A policy is JSON, asked for or not.
    out.say(&policy, || format!("{policy:#}"))?;
    Ok(Exit::Ok)
}

/// What the calls of this configuration need, each once.
pub(super) fn needs(config: &Config) -> Needs {
    let of_logs = config.logs.targets().map(|target| (target.group.as_str(), target.settings.service.as_str()));
    let suspects = &config.suspects;
    let of_suspects = suspects.enabled.then_some((suspects.group.as_str(), SERVICE));
    let log_groups: BTreeSet<_> =
        of_logs.chain(of_suspects).map(|(group, service)| group.replace("{service}", service)).collect();
    Needs {
        namespaces: config.namespaces(),
        makes_log_groups: !log_groups.is_empty(),
        log_groups: log_groups.into_iter().collect(),
        region: config.cloudwatch.region.clone(),
        account: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without it, what a source publishes elsewhere would be denied.
    #[test]
    fn every_namespace_that_a_source_publishes_to_is_allowed() {
        let text = "[statsd]\nnamespace = 'Shop'\n[put]\nnamespace = 'Cron'\n[otlp]\nnamespace = 'Till'\n\
             [[exec]]\nname = 'q'\ncommand = ['/bin/true']\nnamespace = 'Queue'\n\
             [cloudwatch]\nroute = [{ series = 'disk_*', namespace = 'Disks' }]\n";
        let needs = needs(&Config::parse("x", text).expect("is sound"));
        assert_eq!(needs.namespaces, ["CWAgent", "Cron", "Disks", "Queue", "Shop", "Stormglass", "Till"]);
    }

    #[test]
    fn logs_and_suspects_need_their_groups() {
        let text = "[suspects]\ngroup = '/house/{service}'\n[[logs.file]]\nservice = 'shop'\npaths = ['/var/log/shop.log']\n\
             [[logs.journal]]\nservice = 'sshd'\n";
        let needs = needs(&Config::parse("x", text).expect("is sound"));
        assert_eq!(needs.log_groups, ["/house/suspects", "/stormglass/shop", "/stormglass/sshd"]);
        assert!(needs.makes_log_groups);
        assert_eq!(
            self::needs(&Config::parse("x", "[suspects]\nenabled = false\n").expect("is sound")).log_groups.len(),
            0
        );
    }
}
