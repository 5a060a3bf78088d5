//! Terraform for real: the module on ministack, where a breach reaches a subscriber, and the example of a fleet on moto. A
//! second plan finds only what a stand-in gives back less whole than AWS does, and a destroy leaves nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tests::{Ministack, Moto, boto3, skip};

use super::live::Stack;
use super::terraform::{copied, initialized, said};

/// One call of terraform: an apply takes a minute, on a busy machine some.
const PATIENCE_S: &str = "420";

/// Of a call that only reads.
const TRIES: usize = 6;

const PROVIDER: &str = r#"
provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
}
"#;

/// What a function in ministack needs, and in AWS does not.
const OUR_BUS: &str = "STORMGLASS_EVENT_BUS = \"default\"\n";

struct Trial {
    copy: tempfile::TempDir,
    folder: PathBuf,
    endpoint: String,
    variables: PathBuf,
}

impl Trial {
    /// A folder of the copied module, against an endpoint. `None` where terraform or its provider cannot be had.
    fn begin(endpoint: &str, folder: &str, more: &str, variables: &Value) -> Option<Self> {
        let copy = copied();
        let folder = copy.path().join("infra/terraform").join(folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("trial.tf"), format!("{PROVIDER}{more}")).expect("written");
        let function = copy.path().join("infra/terraform/function.tf");
        let text = std::fs::read_to_string(&function).expect("the module");
        assert!(text.contains(OUR_BUS), "the environment of the function is written differently now");
        let ours = format!("{OUR_BUS}      AWS_ENDPOINT_URL = \"{endpoint}\"\n");
        std::fs::write(&function, text.replace(OUR_BUS, &ours)).expect("written");
        let file = copy.path().join("variables.json");
        std::fs::write(&file, variables.to_string()).expect("written");
        if let Err(why) = initialized(&folder) {
            skip("terraform", &why);
            return None;
        }
        Some(Self { copy, folder, endpoint: endpoint.to_owned(), variables: file })
    }

    fn terraform(&self, args: &[&str]) -> (String, Option<i32>) {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=20", PATIENCE_S, "terraform"]).args(args).current_dir(&self.folder);
        command.env("AWS_ENDPOINT_URL", &self.endpoint).env("CHECKPOINT_DISABLE", "1").env("HOME", self.copy.path());
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/dev/null")));
        let output = command.output().expect("timeout runs");
        (said(&output), output.status.code())
    }

    fn with_variables(&self, args: &[&str]) -> (String, Option<i32>) {
        let variables = format!("-var-file={}", self.variables.display());
        self.terraform(&[args, &["-no-color", "-input=false", &variables]].concat())
    }

    /// How many resources it made.
    fn apply(&self) -> usize {
        let (said, exit) = self.with_variables(&["apply", "-auto-approve"]);
        assert_eq!(exit, Some(0), "{said}");
        number(&said, "Resources: ", " added")
    }

    /// What a second plan would change.
    fn drift(&self) -> Vec<String> {
        let (said, exit) = self.with_variables(&["plan", "-detailed-exitcode", "-out=plan"]);
        assert!(matches!(exit, Some(0 | 2)), "{said}");
        let plan = self.json(&["show", "-json", "plan"]);
        let changes = plan["resource_changes"].as_array().expect("changes").iter();
        let changed = changes.filter(|one| one["change"]["actions"] != json!(["no-op"]));
        changed.map(|one| one["address"].as_str().expect("an address").to_owned()).collect()
    }

    fn json(&self, args: &[&str]) -> Value {
        let (said, exit) = self.terraform(args);
        let json =
            said.find('{').and_then(|at| serde_json::Deserializer::from_str(&said[at..]).into_iter().next()?.ok());
        json.unwrap_or_else(|| panic!("{args:?} {exit:?}: {said}"))
    }

    /// How many resources it took away.
    fn destroy(&self) -> usize {
        let (said, exit) = self.with_variables(&["destroy", "-auto-approve"]);
        assert_eq!(exit, Some(0), "{said}");
        number(&said, "Resources: ", " destroyed")
    }
}

fn number(said: &str, before: &str, after: &str) -> usize {
    let words = said.rsplit(before).next().and_then(|rest| rest.split(after).next());
    let count = words.and_then(|words| words.rsplit(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("no number of resources in: {said}"))
}

/// The function as a file, for `zip`.
fn bootstrap(folder: &Path) -> PathBuf {
    let (coded, zip) = (folder.join("zip.base64"), folder.join("bootstrap.zip"));
    std::fs::write(&coded, tests::zipped()).expect("written");
    let file = std::fs::File::create(&zip).expect("a file");
    let done = Command::new("base64").arg("-d").arg(coded).stdout(file).status();
    assert!(done.expect("base64").success());
    zip
}

#[test]
fn the_module_stands_up_a_breach_reaches_a_subscriber_and_nothing_is_left() {
    let stack = Stack { aws: Ministack::start() };
    let zip = bootstrap(&stack.aws.folder());
    // CodeDeploy is none of its services.
    let module = "variable \"zip\" {}\nmodule \"storm\" {\n  source = \"../\"\n  name = \"storm\"\n  zip = var.zip\n  \
        canary = false\n  shards = 2\n  agent_user = true\n  on_call_email = \"kim@example.com\"\n}\n\
        output \"topics\" { value = module.storm.topics }\noutput \"links\" { value = module.storm.links }\n";
    let Some(trial) = Trial::begin(&stack.aws.url(), "trial", module, &json!({ "zip": zip })) else { return };
    let made = trial.apply();
    assert!(made >= 44, "{made} resources");

    let outputs = trial.json(&["output", "-json", "-no-color"]);
    let outputs = json!({ "OnCall": outputs["topics"]["value"]["on-call"], "Links": outputs["links"]["value"] });
    stack.breach_is_heard(&outputs);
    stack.nothing_was_refused();

    // ministack gives alarms back without statistic, period and actions.
    let drift = trial.drift();
    let alarm = |address: &String| address.starts_with("module.storm.aws_cloudwatch_metric_alarm.watcher[");
    assert!(drift.len() == 6 && drift.iter().all(alarm), "{drift:?}");

    assert_eq!(trial.destroy(), made);
    stack.nothing_is_left();
}

/// At the first call for a service moto reads all that it knows of it, which takes a busy machine longer than boto3 waits.
fn asked(aws: &Moto, service: &str, operation: &str, arguments: &Value) -> Value {
    let asked = json!({ "service": service, "operation": operation, "arguments": arguments });
    let mut answers = (0..TRIES).map(|_| boto3("call", &aws.url(), &asked));
    let answer = answers.find(|answer| answer["error"]["code"] != "ReadTimeoutError").expect("moto answers");
    assert!(answer["error"].is_null(), "{service} {operation}: {answer}");
    answer
}

/// 80 up, 75 down: each alarm moves the policy that its name says.
fn assert_scales(aws: &Moto, trial: &Trial) {
    let policies = asked(aws, "autoscaling", "describe_policies", &json!({}));
    let state = trial.json(&["show", "-json"]);
    let resources = state["values"]["root_module"]["resources"].as_array().expect("resources");
    for (name, at, by) in [("out", 80.0, 1), ("in", 75.0, -1)] {
        let mut policies = policies["ScalingPolicies"].as_array().expect("policies").iter();
        let policy = policies.find(|it| it["PolicyName"] == format!("shop-{name}")).expect("a policy");
        assert_eq!(policy["StepAdjustments"][0]["ScalingAdjustment"], by, "{policy}");
        let address = format!("aws_cloudwatch_metric_alarm.shop[\"{name}\"]");
        let alarm = resources.iter().find(|it| it["address"] == address).expect("an alarm");
        assert_eq!(alarm["values"]["threshold"].as_f64(), Some(at), "{alarm}");
        assert_eq!(alarm["values"]["alarm_actions"][0], policy["PolicyARN"], "{alarm}");
    }
}

/// A new version goes out by shares, and back by itself.
fn assert_rolls_back(aws: &Moto) {
    let group = json!({ "applicationName": "stormglass", "deploymentGroupName": "stormglass" });
    let told = asked(aws, "codedeploy", "get_deployment_group", &group)["deploymentGroupInfo"].clone();
    assert_eq!(told["deploymentConfigName"], "CodeDeployDefault.LambdaCanary10Percent5Minutes", "{told}");
    let back = &told["autoRollbackConfiguration"];
    assert!(back["enabled"] == true && back["events"].to_string().contains("DEPLOYMENT_STOP_ON_ALARM"), "{told}");
}

#[test]
fn a_fleet_that_scales_by_its_alarms_stands_up_on_moto() {
    let aws = Moto::start_with(&[("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")]);
    let subnets = asked(&aws, "ec2", "describe_subnets", &json!({}));
    let subnets = subnets["Subnets"].as_array().expect("subnets").iter().take(2);
    let subnets: Vec<_> = subnets.map(|it| &it["SubnetId"]).collect();
    let zip = bootstrap(&aws.folder());
    // An image that moto brings.
    let variables = json!({ "zip": zip, "subnets": subnets, "image": "ami-12c6146b" });
    let Some(trial) = Trial::begin(&aws.url(), "examples/fleet", "", &variables) else { return };
    let made = trial.apply();
    assert!(made >= 51, "{made} resources");
    assert_scales(&aws, &trial);
    assert_rolls_back(&aws);

    // What the table of docs/account.md says that moto gives back less whole.
    let mut drift = trial.drift();
    drift.sort();
    let known = [
        "aws_autoscaling_policy.shop[\"in\"]",
        "aws_autoscaling_policy.shop[\"out\"]",
        "module.stormglass.aws_codedeploy_deployment_group.function[0]",
        "module.stormglass.aws_lambda_function.function",
    ];
    assert_eq!(drift, known);

    // moto deletes nothing of CodeDeploy.
    let kept = ["deployment_group", "app"].map(|kind| format!("module.stormglass.aws_codedeploy_{kind}.function[0]"));
    let (said, exit) = trial.terraform(&["state", "rm", "-no-color", &kept[0], &kept[1]]);
    assert_eq!(exit, Some(0), "{said}");
    assert_eq!(trial.destroy(), made - kept.len());
    for (service, operation, list) in [
        ("lambda", "list_functions", "Functions"),
        ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups"),
        ("dynamodb", "list_tables", "TableNames"),
        ("sns", "list_topics", "Topics"),
        ("scheduler", "list_schedules", "Schedules"),
    ] {
        assert_eq!(asked(&aws, service, operation, &json!({}))[list], json!([]), "{service}");
    }
}
