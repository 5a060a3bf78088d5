//! One command to stand it up, one to prove it, one to take it away: the scripts that people type, against a stand-in that
//! enforces IAM; and what they refuse before anything is made.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tests::{Ministack, binary, boto3, boto3_try, root, skip, zipped};

use super::template;

const RULES: &str = "[[alarm]]\nname = \"memory\"\nmetric = \"mem_used_percent\"\neach = [\"host\"]\nabove = 90\n";

struct Trial {
    aws: Ministack,
    folder: tempfile::TempDir,
}

impl Trial {
    /// `None` where the AWS CLI is not installed.
    fn begin() -> Option<Self> {
        if Command::new("aws").arg("--version").output().is_err() {
            skip("aws-cli", "the AWS CLI is not installed");
            return None;
        }
        let trial =
            Self { aws: Ministack::start_with(&[("AUTH", "true")]), folder: tempfile::tempdir().expect("a folder") };
        let asked = json!({ "do": "fit", "template": template(), "to": trial.path("template.json"),
            "parameters": { "OnCallEmail": "", "Ladder": "yes" } });
        boto3_try("stack", &trial.aws.url(), &asked).unwrap_or_else(|says| panic!("{says}"));
        std::fs::write(trial.path("rules.toml"), RULES).expect("written");
        Some(trial)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The function as a zip, where a deployment needs it.
    fn zip(&self) {
        std::fs::write(self.path("zip.base64"), zipped()).expect("written");
        let zip = std::fs::File::create(self.path("bootstrap.zip")).expect("a file");
        let done = Command::new("base64").arg("-d").arg(self.path("zip.base64")).stdout(zip).status();
        assert!(done.expect("base64").success());
    }

    fn script(&self, name: &str, args: &[&str]) -> Command {
        let mut command = Command::new(root().join("infra").join(name));
        command.args(args).arg("storm").current_dir(self.folder.path());
        command.env("AWS_ENDPOINT_URL", self.aws.url()).env("STORMGLASS_PROGRAM", binary("stormglass"));
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_REGION", "us-east-1")]);
        command.envs([("AWS_EC2_METADATA_DISABLED", "true"), ("HOME", &self.folder.path().display().to_string())]);
        // Not a mock's or this machine's own settings.
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command
    }

    fn up(&self, args: &[&str]) -> Command {
        let (template, zip) = (self.path("template.json"), self.path("bootstrap.zip"));
        let given = ["--template", text(&template), "--zip", text(&zip)];
        self.script("up", &[&given[..], args].concat())
    }

    fn call(&self, service: &str, operation: &str, arguments: &Value) -> Value {
        let asked = json!({ "service": service, "operation": operation, "arguments": arguments });
        let answer = boto3("call", &self.aws.url(), &asked);
        assert!(answer["error"].is_null(), "{service} {operation}: {answer}");
        answer
    }

    /// What there is of a service that speaks of this stack.
    fn left(&self, service: &str, operation: &str, list: &str) -> Vec<String> {
        let there = self.call(service, operation, &json!({}))[list].as_array().cloned().unwrap_or_default();
        there.iter().map(Value::to_string).filter(|it| it.contains("storm")).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

fn succeeds(mut command: Command) -> String {
    let output = command.output().expect("runs");
    let said = said(&output);
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// What a command refuses with, having made nothing.
fn refusal(mut command: Command) -> String {
    let output = command.output().expect("runs");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
    assert!(said.contains("nothing was made, for:"), "{said}");
    said
}

#[test]
fn one_command_stands_it_up_one_proves_it_and_one_leaves_nothing() {
    let Some(trial) = Trial::begin() else { return };
    trial.zip();
    std::fs::write(trial.path("webhook"), "https://hooks.example/T0/secret-of-the-webhook").expect("written");
    let rules = trial.path("rules.toml");
    let webhook = trial.path("webhook");
    let args = ["--nobody-yet", "--rules", text(&rules), "--webhook-file", text(&webhook)];
    let mut told = succeeds(trial.up(&args));
    for part in ["put /storm/link-key", "put /storm/webhook", "put /storm/rules/10-rules", "it stands"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let secret = |name: &str| {
        let asked = json!({ "Name": format!("/storm/{name}"), "WithDecryption": true });
        let found = trial.call("ssm", "get_parameter", &asked)["Parameter"].clone();
        assert_eq!(found["Type"], "SecureString", "{name}");
        found["Value"].as_str().expect("a value").to_owned()
    };
    let key = secret("link-key");
    assert!(key.len() == 64 && key.chars().all(|it| it.is_ascii_hexdigit()), "32 random bytes");

    told.push_str(&succeeds(trial.script("prove", &["--patience", "240"])));
    for part in ["round     ok", "notice    ok", "schedule  ok", "watcher   ok", "it works"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(trial.left("sqs", "list_queues", "QueueUrls").iter().all(|it| !it.contains("prove")), "a queue is left");

    let again = succeeds(trial.up(&args));
    assert!(again.contains("the stack is as it should be") && !again.contains("put /storm"), "{again}");
    assert_eq!(secret("link-key"), key, "links that are out stay good");
    told.push_str(&again);
    assert!(!told.contains(&key) && !told.contains("secret-of-the-webhook"), "a secret was shown");

    let unsure = trial.script("down", &[]).output().expect("runs");
    assert_eq!(unsure.status.code(), Some(2), "it asks for --yes");
    succeeds(trial.script("down", &["--yes"]));
    let lists = [
        ("lambda", "list_functions", "Functions"),
        ("dynamodb", "list_tables", "TableNames"),
        ("sns", "list_topics", "Topics"),
        ("sqs", "list_queues", "QueueUrls"),
        ("ssm", "describe_parameters", "Parameters"),
        ("scheduler", "list_schedules", "Schedules"),
        ("s3", "list_buckets", "Buckets"),
        ("logs", "describe_log_groups", "logGroups"),
        ("cloudwatch", "describe_alarms", "MetricAlarms"),
    ];
    for (service, operation, list) in lists {
        assert_eq!(trial.left(service, operation, list), Vec::<String>::new(), "{service}");
    }
}

#[test]
fn what_speaks_against_it_is_said_before_anything_is_made() {
    let Some(trial) = Trial::begin() else { return };
    std::fs::write(trial.path("bootstrap.zip"), "not read by a look").expect("written");
    // Nobody hears, the rules are too large, and others are at fault.
    std::fs::write(trial.path("large.toml"), format!("{RULES}# {}\n", "가".repeat(2_750))).expect("written");
    let large = trial.path("large.toml");
    let told = refusal(trial.up(&["--check", "--rules", text(&large)]));
    for part in ["nobody would be told", "a parameter of SSM holds 8192: cut them between two [[alarm]]"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Words that would only be refused when half of it is there.
    std::fs::write(trial.path("webhook"), "hooks.example").expect("written");
    let webhook = trial.path("webhook");
    let words = ["--check", "--email", "kim", "--set", "Shard=2", "--set", "Shards", "--webhook-file", text(&webhook)];
    let told = refusal(trial.up(&words));
    for part in ["kim is no address", "Shard: the template has no", "Shards is not KEY=VALUE", "begins with https://"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let patience = trial.script("prove", &["--patience", "soon"]).output().expect("runs");
    assert!(patience.status.code() == Some(2) && said(&patience).contains("not soon"), "{}", said(&patience));

    std::fs::write(trial.path("faulty.toml"), RULES.replace("above", "abve")).expect("written");
    let faulty = trial.path("faulty.toml");
    let told = refusal(trial.up(&["--check", "--nobody-yet", "--rules", text(&faulty)]));
    assert!(told.contains("faulty.toml:5:1") && told.contains("did you mean"), "{told}");

    // A table of that name, a Region without a service, and a person with few rights.
    let schema = json!({ "TableName": "storm", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }] });
    trial.call("dynamodb", "create_table", &schema);
    trial.call("iam", "create_user", &json!({ "UserName": "kim" }));
    let few = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Resource": "*",
        "Action": ["dynamodb:*", "cloudformation:*", "iam:SimulatePrincipalPolicy", "iam:CreateRole"] }] });
    let policy = json!({ "UserName": "kim", "PolicyName": "few", "PolicyDocument": few.to_string() });
    trial.call("iam", "put_user_policy", &policy);
    let key = trial.call("iam", "create_access_key", &json!({ "UserName": "kim" }))["AccessKey"].clone();
    let mut kim = trial.up(&["--check", "--email", "kim@example.com"]);
    kim.env("AWS_ACCESS_KEY_ID", key["AccessKeyId"].as_str().expect("a key"));
    kim.env("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"].as_str().expect("a secret"));
    kim.env("AWS_ENDPOINT_URL_SCHEDULER", "http://127.0.0.1:9");
    let told = refusal(kim);
    for part in [
        "the table storm is there, and no stack storm",
        "scheduler does not answer in the Region us-east-1",
        "user/kim may not do what a deployment does",
        "lambda:CreateFunction",
        "may not ask what is there already (lambda:GetFunctionConfiguration",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("iam:CreateRole"), "what she may is not said to be missing: {told}");
    assert!(!told.contains("nobody would be told"), "{told}");

    // Nothing of all that made anything.
    assert_eq!(trial.left("s3", "list_buckets", "Buckets"), Vec::<String>::new());
    assert_eq!(trial.left("ssm", "describe_parameters", "Parameters"), Vec::<String>::new());
    assert_eq!(trial.left("cloudformation", "list_stacks", "StackSummaries"), Vec::<String>::new());
}
