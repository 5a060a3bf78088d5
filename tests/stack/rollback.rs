//! A new version takes a tenth of the rounds first, and goes back when its alarms go off. No stand-in shares requests between
//! versions, so what is held here is all that AWS is told: each part by name, and that none of them points at nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::resources;

/// The logical name that a reference names.
fn referred(value: &Value) -> &str {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str()).unwrap_or_default()
}

fn names(list: &Value, name: impl Fn(&Value) -> &str) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|it| name(it).to_owned()).collect()
}

#[test]
fn a_new_version_takes_a_share_first_and_its_alarms_take_it_back() {
    let resources = resources();
    let group = &resources["FunctionDeploymentGroup"]["Properties"];
    let config = group["DeploymentConfigName"].to_string();
    assert!(config.contains("Lambda") && config.contains("Canary10Percent5Minutes"), "{config}");
    assert_eq!(group["DeploymentStyle"]["DeploymentOption"], "WITH_TRAFFIC_CONTROL");
    assert_eq!(group["DeploymentStyle"]["DeploymentType"], "BLUE_GREEN");

    let back = &group["AutoRollbackConfiguration"];
    assert_eq!(back["Enabled"], true);
    let events = names(&back["Events"], |event| event.as_str().unwrap_or_default());
    assert!(
        ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"].iter().all(|event| events.contains(*event)),
        "{events:?}"
    );

    // The alarms are of this stack, and look at what a bad version does.
    assert_eq!(group["AlarmConfiguration"]["Enabled"], true);
    let alarms = names(&group["AlarmConfiguration"]["Alarms"], |alarm| referred(&alarm["Name"]));
    assert_eq!(alarms, ["FunctionErrors", "NoticesFailed", "RoundsMissing"].map(str::to_owned).into());
    for alarm in &alarms {
        assert_eq!(resources[alarm]["Type"], "AWS::CloudWatch::Alarm", "{alarm} is no alarm of the template");
        let minutes = resources[alarm]["Properties"]["EvaluationPeriods"].as_u64();
        let seconds = resources[alarm]["Properties"]["Period"].as_u64();
        let whole = minutes.zip(seconds).map(|(periods, seconds)| periods * seconds);
        assert!(whole <= Some(300), "{alarm} needs {whole:?} s, longer than the share is on trial");
    }

    // CodeDeploy moves the alias, and everything that wakes the function wakes the alias: else no round would try the share.
    let mut all = resources.as_object().expect("resources").iter();
    let (alias, it) = all.find(|(_, it)| it["Type"] == "AWS::Lambda::Alias").expect("an alias");
    let update = &it["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"];
    assert_eq!(referred(&update["DeploymentGroupName"]), "FunctionDeploymentGroup");
    assert_eq!(referred(&update["ApplicationName"]), "ServerlessDeploymentApplication");
    assert_eq!(resources[referred(&group["ServiceRoleArn"])]["Type"], "AWS::IAM::Role");
    let all = resources.as_object().expect("resources").values();
    let schedules: Vec<_> = all.filter(|it| it["Type"] == "AWS::Scheduler::Schedule").collect();
    assert!(!schedules.is_empty(), "nothing wakes it");
    for schedule in schedules {
        let arn = schedule["Properties"]["Target"]["Arn"].to_string();
        assert!(arn.contains(alias.as_str()), "{arn} is not the alias {alias}");
    }
}
