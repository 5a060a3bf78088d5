//! The instance metadata, version 2 alone: a token first, and 401 without one.
//!
//! The hop-limit trap needs nothing of its own: from inside a container the token's answer never arrives, which is the
//! fault `imds:PutToken hang-before`.

use std::collections::BTreeMap;

use serde_json::json;

use super::clock;
use super::http::{Answer, Request};
use super::identity::{INSTANCE, Role};

const TOKEN: &str = "AQAEAStormglassTokenOfTheStandIn==";

#[derive(Clone, Debug)]
pub struct Imds {
    pub region: String,
    pub zone: String,
    pub instance_type: String,
    pub image: String,
    pub role: Role,
    /// `None`: instance tags in metadata are not allowed, as is the default of EC2.
    pub tags: Option<BTreeMap<String, String>>,
    /// How long the credentials live from when they are asked for.
    pub credentials_ms: i64,
}

impl Default for Imds {
    fn default() -> Self {
        Self {
            region: "us-east-1".into(),
            zone: "us-east-1a".into(),
            instance_type: "t3.micro".into(),
            image: "ami-0abcdef1234567890".into(),
            role: Role::Own,
            tags: None,
            credentials_ms: 6 * 3_600_000,
        }
    }
}

impl Imds {
    /// `imds:PutToken` or `imds:Get`, if the path is one of ours.
    pub(crate) fn operation(request: &Request) -> Option<&'static str> {
        if !request.path.starts_with("/latest/") {
            return None;
        }
        Some(if request.path == "/latest/api/token" { "imds:PutToken" } else { "imds:Get" })
    }

    pub(crate) fn answer(&self, request: &Request, now_ms: i64) -> Answer {
        if request.path == "/latest/api/token" {
            return Self::token(request);
        }
        if request.header("x-aws-ec2-metadata-token") != Some(TOKEN) {
            return Answer::text(401, "");
        }
        let path = request.path.trim_start_matches("/latest/").trim_end_matches('/');
        self.item(path, now_ms).map_or_else(|| Answer::text(404, "Not Found"), |text| Answer::text(200, text))
    }

    fn token(request: &Request) -> Answer {
        let ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds");
        match ttl.and_then(|ttl| ttl.parse::<u32>().ok()).filter(|ttl| (1..=21_600).contains(ttl)) {
            Some(ttl) if request.method == "PUT" => {
                Answer::text(200, TOKEN).header("x-aws-ec2-metadata-token-ttl-seconds", ttl.to_string())
            }
            _ => Answer::text(400, "Bad Request"),
        }
    }

    fn item(&self, path: &str, now_ms: i64) -> Option<String> {
        let tags = || self.tags.as_ref();
        Some(match path {
            "meta-data/instance-id" => INSTANCE.to_owned(),
            "meta-data/instance-type" => self.instance_type.clone(),
            "meta-data/ami-id" => self.image.clone(),
            "meta-data/local-ipv4" => "10.0.0.12".to_owned(),
            "meta-data/hostname" | "meta-data/local-hostname" => "ip-10-0-0-12.ec2.internal".to_owned(),
            "meta-data/placement/region" => self.region.clone(),
            "meta-data/placement/availability-zone" => self.zone.clone(),
            "meta-data/iam/security-credentials" => self.role.name()?.to_owned(),
            "meta-data/iam/info" => self.info(now_ms)?,
            "meta-data/tags/instance" => tags()?.keys().cloned().collect::<Vec<_>>().join("\n"),
            "dynamic/instance-identity/document" => self.document().to_string(),
            path => match path.strip_prefix("meta-data/tags/instance/") {
                Some(tag) => tags()?.get(tag)?.clone(),
                None => self.credentials(path.strip_prefix("meta-data/iam/security-credentials/")?, now_ms)?,
            },
        })
    }

    fn credentials(&self, role: &str, now_ms: i64) -> Option<String> {
        (self.role.name()? == role).then(|| {
            json!({
                "Code": "Success",
                "LastUpdated": clock::iso_date(now_ms),
                "Type": "AWS-HMAC",
                "AccessKeyId": self.role.key(),
                "SecretAccessKey": "secret-of-the-stand-in",
                "Token": "session-token-of-the-stand-in",
                "Expiration": clock::iso_date(now_ms + self.credentials_ms),
            })
            .to_string()
        })
    }

    fn info(&self, now_ms: i64) -> Option<String> {
        let account = if self.role == Role::Lightsail { "999999999999" } else { "123456789012" };
        let arn = format!("arn:aws:iam::{account}:instance-profile/{}", self.role.name()?);
        Some(
            json!({ "Code": "Success", "LastUpdated": clock::iso_date(now_ms), "InstanceProfileArn": arn }).to_string(),
        )
    }

    fn document(&self) -> serde_json::Value {
        json!({
            "instanceId": INSTANCE,
            "instanceType": self.instance_type,
            "imageId": self.image,
            "region": self.region,
            "availabilityZone": self.zone,
            "accountId": if self.role == Role::Lightsail { "999999999999" } else { "123456789012" },
            "architecture": "x86_64",
            "privateIp": "10.0.0.12",
            "version": "2017-09-30",
        })
    }
}
