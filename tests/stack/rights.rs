//! The rights that are granted equal the calls that are made: one side is read from the template, the other from the
//! source, and AWS's own models say which words of the source are calls.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tests::{boto3, root, venv};

use super::{resources, template};

/// Services by the crate that speaks to them, as IAM and boto3 name them.
const SERVICES: &[(&str, &str)] = &[
    ("aws_sdk_cloudwatch", "cloudwatch"),
    ("aws_sdk_cloudwatchlogs", "logs"),
    ("aws_sdk_dynamodb", "dynamodb"),
    ("aws_sdk_lightsail", "lightsail"),
    ("aws_sdk_sns", "sns"),
    ("aws_sdk_ssm", "ssm"),
];

/// What is called by its name in JSON, without a crate: how a file names it, and the service.
const TARGETS: &[(&str, &str)] = &[("AWSEvents.", "events")];

/// IAM knows no action of this name: a transaction needs the actions of what it holds, which are called alone as well.
const NO_ACTION: &str = "dynamodb:TransactWriteItems";

/// The calls in some files: `.get_metric_data(` where CloudWatch's client is in use and its model has GetMetricData.
fn called(files: &[&str], models: &Value) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (_, service) in SERVICES.iter().filter(|(krate, _)| code.contains(&format!("use {krate}::Client;"))) {
            let operations = models[service].as_object().expect("a model");
            let here = operations.iter().filter(|(method, _)| code.contains(&format!(".{method}(")));
            calls.extend(here.map(|(_, name)| format!("{service}:{}", name.as_str().expect("a name"))));
        }
        for (target, service) in TARGETS {
            let names = code.split(target).skip(1).filter_map(|rest| rest.split('"').next());
            calls.extend(names.map(|name| format!("{service}:{name}")));
        }
    }
    calls.remove(NO_ACTION);
    calls
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn statements(document: &Value) -> Vec<Value> {
    document["Statement"].as_array().cloned().unwrap_or_default()
}

fn granted(document: &Value) -> BTreeSet<String> {
    statements(document).iter().flat_map(|statement| strings(&statement["Action"])).collect()
}

/// Every file that speaks to a service, so that none is forgotten below.
fn speakers() -> BTreeSet<String> {
    let pattern = ["grep", "-lE", "use aws_sdk_[a-z]+::Client;|\"AWS[A-Z][a-z]+\\.", "--", "*.rs", ":!tests"];
    let output = Command::new("git").args(pattern).current_dir(root()).output().expect("git");
    String::from_utf8(output.stdout).expect("names").lines().map(str::to_owned).collect()
}

#[test]
fn what_is_granted_equals_what_is_called() {
    let of_lambda = ["clues", "events", "lightsail", "metrics", "parameters", "tell"]
        .map(|name| format!("lambda/src/aws/{name}.rs"));
    let table = "account/src/table.rs";
    let of_lambda: Vec<&str> = of_lambda.iter().map(String::as_str).chain([table]).collect();
    let of_agent = ["agent/src/aws/metrics.rs", "agent/src/aws/logs.rs"];
    let of_people = ["agent/src/aws/past.rs", "agent/src/aws/topics.rs", table];
    let all: BTreeSet<_> = of_lambda.iter().chain(&of_agent).chain(&of_people).map(|&file| file.to_owned()).collect();
    assert_eq!(speakers(), all, "a file that calls AWS has no policy, or a file is gone");

    let services: Vec<_> = SERVICES.iter().map(|(_, service)| service).collect();
    let models = boto3("operations", "http://127.0.0.1:9", &json!(services));
    let resources = resources();
    let document = |name: &str| &resources[name]["Properties"]["PolicyDocument"];
    let calls = &resources["FunctionRole"]["Properties"]["Policies"][0];
    assert_eq!(calls["PolicyName"], "calls");
    let cases = [
        (&calls["PolicyDocument"], called(&of_lambda, &models)),
        (document("AgentPolicy"), called(&of_agent, &models)),
        (document("PeoplePolicy"), called(&of_people, &models)),
    ];
    for (document, called) in cases {
        assert!(called.len() >= 5, "{called:?}");
        assert_eq!(granted(document), called);
    }
}

/// `stormglass iam-policy` and the template say the same of a host that ships logs.
#[test]
fn the_policy_that_is_printed_is_the_one_that_is_deployed() {
    let args = ["iam-policy", "--config", "examples/spring-nginx.toml"];
    let output = tests::stormglass().args(args).current_dir(root()).output().expect("runs");
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(granted(&printed), granted(&resources()["AgentPolicy"]["Properties"]["PolicyDocument"]));
}

/// Statements of every policy of identities in a resource.
fn of_identity(resource: &Value) -> Vec<Value> {
    let inline = resource["Properties"]["Policies"].as_array().cloned().unwrap_or_default();
    let documents = inline.iter().map(|policy| &policy["PolicyDocument"]);
    documents.chain([&resource["Properties"]["PolicyDocument"]]).flat_map(statements).collect()
}

#[test]
fn no_action_has_a_star_and_no_star_of_resources_is_without_need() {
    // What AWS documents as knowing no resource, and nothing that could be fenced.
    let unfenced = [
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricData",
        "lightsail:GetInstanceMetricData",
        "lightsail:GetInstances",
    ];
    let resources = resources();
    let mut seen = 0;
    for (name, resource) in resources.as_object().expect("resources") {
        let kind = resource["Type"].as_str().unwrap_or_default();
        for statement in of_identity(resource).iter().filter(|_| kind.starts_with("AWS::IAM::")) {
            let actions = strings(&statement["Action"]);
            assert!(!actions.is_empty() && actions.iter().all(|action| !action.contains('*')), "{name}: {actions:?}");
            let fenced = statement["Resource"] != "*";
            assert!(fenced || actions.iter().all(|action| unfenced.contains(&action.as_str())), "{name}: {actions:?}");
            let publishes = actions.iter().any(|action| action == "cloudwatch:PutMetricData");
            let namespace = &statement["Condition"]["StringEquals"]["cloudwatch:namespace"];
            assert!(!publishes || !namespace.is_null(), "{name} may publish in any namespace");
            seen += 1;
        }
    }
    assert!(seen >= 12, "{seen} statements");
}

#[test]
fn the_template_is_sound() {
    let output = Command::new(venv().join("bin/cfn-lint")).arg(template()).output().expect("cfn-lint");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let resources = resources();
    let text = std::fs::read_to_string(template()).expect("the template");
    for of_code_deploy in ["FunctionDeploymentGroup", "ServerlessDeploymentApplication"] {
        assert!(!resources[of_code_deploy].is_null(), "a new version would go out whole");
    }
    let head = text.split("\nResources:").next().unwrap_or_default();
    let parameters = head.split("\nParameters:").nth(1).and_then(|rest| rest.split("\nConditions:").next());
    let parameters = parameters.expect("parameters");
    let count = |word: &str| parameters.lines().filter(|line| line.trim_start().starts_with(word)).count();
    assert!(count("Type:") <= 10, "few parameters");
    assert_eq!((count("Default:"), count("Description:")), (count("Type:"), count("Type:")));
}

/// Every action that a text of Terraform names.
fn named(text: &str) -> BTreeSet<String> {
    let is_action = |word: &&str| {
        let (service, name) = word.split_once(':').unwrap_or_default();
        !service.is_empty()
            && service.chars().all(|it| it.is_ascii_lowercase())
            && name.starts_with(|it: char| it.is_ascii_uppercase())
            && name.chars().all(|it| it.is_ascii_alphanumeric())
    };
    text.split('"').filter(is_action).filter(|word| *word != "aws:SourceAccount").map(str::to_owned).collect()
}

/// The module for Terraform grants what the template grants.
#[test]
fn terraform_grants_the_same() {
    let resources = resources();
    let ours = resources.as_object().expect("resources").iter().filter(|(name, _)| *name != "CodeDeployServiceRole");
    let mut granted: BTreeSet<String> = ours
        .filter(|(_, resource)| resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::")))
        .flat_map(|(_, resource)| of_identity(resource))
        .flat_map(|statement| strings(&statement["Action"]))
        .collect();
    granted.insert("sts:AssumeRole".to_owned());
    let text = std::fs::read_to_string(root().join("infra/terraform/rights.tf")).expect("the module");
    assert_eq!(named(&text), granted);
}
