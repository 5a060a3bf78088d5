//! The least IAM policy that a configuration needs: an action stands here when a call of ours needs it, and no other.

use serde_json::{Value, json};

/// What the calls need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Where metrics are published.
    pub namespaces: Vec<String>,
    /// Where lines are shipped; `{...}` stands for what is only known on the host.
    pub log_groups: Vec<String>,
    /// Groups that do not exist are made, with their retention.
    pub makes_log_groups: bool,
    pub region: Option<String>,
    pub account: Option<String>,
}

/// The policy as JSON, ready for `aws iam put-role-policy`.
pub fn policy(needs: &Needs) -> Value {
    let mut namespaces = needs.namespaces.clone();
    namespaces.sort();
    namespaces.dedup();
    let mut statements = Vec::new();
    if !namespaces.is_empty() {
        // PutMetricData knows no resource; the namespace is the only fence that AWS offers.
        statements.push(json!({
            "Sid": "PublishMetrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": { "StringEquals": { "cloudwatch:namespace": namespaces } },
        }));
    }
    if !needs.log_groups.is_empty() {
        let groups = arns(needs, "");
        if needs.makes_log_groups {
            statements.push(json!({
                "Sid": "MakeLogGroups",
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
                "Resource": groups,
            }));
        }
        statements.push(json!({
            "Sid": "ShipLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": arns(needs, ":log-stream:*"),
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn arns(needs: &Needs, end: &str) -> Vec<String> {
    let region = needs.region.as_deref().unwrap_or("*");
    let account = needs.account.as_deref().unwrap_or("*");
    let partition = partition(region);
    let arn = |group: &String| format!("arn:{partition}:logs:{region}:{account}:log-group:{}{end}", pattern(group));
    let mut arns: Vec<_> = needs.log_groups.iter().map(arn).collect();
    arns.sort();
    arns.dedup();
    arns
}

fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// `/shop/{instance_id}/app` as `/shop/*/app`.
fn pattern(group: &str) -> String {
    let mut out = String::new();
    let mut rest = group;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push('*');
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_alone_are_fenced_by_their_namespaces() {
        let needs =
            Needs { namespaces: ["Stormglass", "CWAgent", "CWAgent"].map(str::to_owned).into(), ..Needs::default() };
        let said = policy(&needs);
        let statements = said["Statement"].as_array().expect("a list");
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0]["Action"], "cloudwatch:PutMetricData");
        assert_eq!(
            statements[0]["Condition"]["StringEquals"]["cloudwatch:namespace"],
            json!(["CWAgent", "Stormglass"])
        );
    }

    #[test]
    fn logs_name_their_groups_and_nothing_wider() {
        let needs = Needs {
            log_groups: ["/shop/{instance_id}/app", "/shop/nginx"].map(str::to_owned).into(),
            makes_log_groups: true,
            region: Some("us-gov-west-1".into()),
            account: Some("123456789012".into()),
            ..Needs::default()
        };
        let said = policy(&needs);
        let resources: Vec<_> =
            said["Statement"].as_array().expect("a list").iter().map(|it| &it["Resource"]).collect();
        let group =
            |name: &str, end: &str| format!("arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:{name}{end}");
        assert_eq!(*resources[0], json!([group("/shop/*/app", ""), group("/shop/nginx", "")]));
        let streams = ["/shop/*/app", "/shop/nginx"].map(|name| group(name, ":log-stream:*"));
        assert_eq!(*resources[1], json!(streams));
    }

    #[test]
    fn a_placeholder_that_does_not_end_is_no_placeholder() {
        assert_eq!(pattern("/a/{b"), "/a/{b");
        assert_eq!(pattern("{a}{b}/c"), "**/c");
    }
}
