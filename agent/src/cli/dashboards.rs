//! `stormglass dashboards`: what CloudWatch shows of what this configuration publishes.

use std::path::{Path, PathBuf};

use alarm::rules::Rules;
use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::iam_policy::needs;
use super::{Common, Out};
use crate::config::Config;
use crate::dashboards::{Site, render};
use crate::failure::{Exit, Failure};
use crate::identity::Append;

/// Make CloudWatch dashboards from the configuration and the rules
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  stormglass dashboards render --region ap-northeast-2 --rules alarms.toml --to dashboards
  stormglass dashboards render --region ap-northeast-2 --cloudformation > dashboards.json
  aws cloudformation deploy --template-file dashboards.json --stack-name stormglass-dashboards")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Overview, host, burst, disks, API, Redis, errors, and Stormglass itself
    ///
    /// CloudWatch asks $3 a month for each dashboard beyond the third.
    Render(Render),
}

#[derive(Debug, clap::Args)]
struct Render {
    /// The rules: each gets a chart with its level
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// The Region in which the metrics are
    #[arg(long, env = "AWS_REGION", value_name = "REGION")]
    region: Option<String>,
    /// The dimension that tells hosts apart, where the one of the configuration will not do
    #[arg(long, value_name = "DIMENSION")]
    by: Option<String>,
    /// What the names of the dashboards begin with
    #[arg(long, value_name = "NAME", default_value = "stormglass")]
    name: String,
    /// The stack of the function
    #[arg(long, value_name = "NAME", default_value = "stormglass")]
    stack: String,
    /// Write each to a file of its name in this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "cloudformation")]
    to: Option<PathBuf>,
    /// Print them as one template to deploy
    #[arg(long)]
    cloudformation: bool,
}

pub(super) fn run(args: &Args, common: &Common, out: &mut Out) -> Result<Exit, Failure> {
    let What::Render(args) = &args.what;
    let config = common.load()?;
    let rules = args.rules.as_deref().map(super::alarms::rules).transpose()?.unwrap_or_default();
    let boards = boards(args, &config, &rules)?;
    if let Some(folder) = &args.to {
        for (name, body) in &boards {
            write(folder, name, body)?;
        }
        let names: Vec<_> = boards.iter().map(|(name, _)| name).collect();
        out.say(&json!({ "folder": folder, "dashboards": names }), || {
            format!("{} dashboards in {}", names.len(), folder.display())
        })?;
        return Ok(Exit::Ok);
    }
    let bodies: Map<String, Value> = boards.into_iter().collect();
    let said = if args.cloudformation { template(&bodies) } else { Value::Object(bodies) };
    out.say(&said, || format!("{said:#}"))?;
    Ok(Exit::Ok)
}

fn boards(args: &Render, config: &Config, rules: &Rules) -> Result<Vec<(String, Value)>, Failure> {
    let said = args.region.as_deref().or(config.cloudwatch.region.as_deref());
    let region = said.ok_or_else(|| Failure::usage("SG-CLI-020", "no Region: a dashboard names it; give --region"))?;
    let usual = if config.identity.append.contains(&Append::InstanceId) { "InstanceId" } else { "host" };
    let groups = needs(config).log_groups;
    let site = Site {
        name: &args.name,
        region,
        host_namespace: &config.cloudwatch.shape.host_namespace,
        own_namespace: &config.cloudwatch.shape.own_namespace,
        host: args.by.as_deref().unwrap_or(usual),
        stack: &args.stack,
        log_groups: &groups,
        rules,
    };
    render(&site).map_err(|error| Failure::usage("SG-DSH-001", "the dashboards are too large").because(error))
}

fn write(folder: &Path, name: &str, body: &Value) -> Result<(), Failure> {
    let file = folder.join(format!("{name}.json"));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, format!("{body:#}\n")));
    written.map_err(|error| Failure::failed("SG-CLI-021", format!("cannot write {}", file.display())).because(error))
}

/// A resource each; logical names are letters and digits alone.
fn template(bodies: &Map<String, Value>) -> Value {
    let resource = |(name, body): (&String, &Value)| {
        let logical: String = name.split('-').map(capital).collect();
        let properties = json!({ "DashboardName": name, "DashboardBody": body.to_string() });
        (logical, json!({ "Type": "AWS::CloudWatch::Dashboard", "Properties": properties }))
    };
    let resources: Map<String, Value> = bodies.iter().map(resource).collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Dashboards of Stormglass, made by stormglass dashboards render",
        "Resources": resources,
    })
}

fn capital(word: &str) -> String {
    let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}
