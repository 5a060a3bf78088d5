//! Who this host is: its instance, its Auto Scaling group, its tags; or, on no cloud at all, its name.
//!
//! Found once at the start, by a few small requests to the instance metadata service (version 2), each with a bound.
//! What was not found, and why, is said in `remarks`; never is the start held up for more than a few seconds.
//! Not here: credentials (the SDK's chain finds those); the EC2 API, whose client alone doubles the build.

mod config;
mod http;
mod imds;

use std::collections::BTreeMap;
use std::path::Path;

use alarm::series::Dimensions;
use serde::Deserialize;

pub use config::{Append, Raw, Settings};
use imds::{Imds, Refusal};

/// The role that every Lightsail instance hands out, of an account that AWS owns: whoever takes it gets `AccessDenied`
/// for ever (facts/burst-credits.md, Lightsail).
pub const LIGHTSAIL_ROLE: &str = "AmazonLightsailInstanceRole";

/// What to do about it.
pub const LIGHTSAIL_ADVICE: &str = "this is a Lightsail instance: the credentials of its metadata service belong to AWS \
    (AmazonLightsailInstanceRole) and may do nothing in your account. Make an IAM user with the policy that \
    `stormglass iam-policy` prints, and give its keys to the service in a file of mode 0600 (LoadCredential=), or use \
    IAM Roles Anywhere";

/// Said where the metadata service does not answer inside a container.
const HOP_LIMIT_ADVICE: &str = "in a container the metadata service answers only with a hop limit of 2 or more: \
    `aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2`";

/// The tag by which Auto Scaling marks its instances.
const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The name that the host has for itself.
    pub host: String,
    pub instance: Option<Instance>,
    /// Whether the metadata service hands out Lightsail's useless role.
    pub is_lightsail_trap: bool,
    /// What is missing, and what to do about it.
    pub remarks: Vec<String>,
}

/// An EC2 (or Lightsail) instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    pub kind: String,
    pub image: String,
    pub region: String,
    pub zone: String,
    pub account: String,
    pub group: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// Asks, and waits a few seconds at most. It blocks: call it before there is anything to hold up.
pub fn find(settings: &Settings) -> Identity {
    // sysinfo serves here: it asks the kernel, where /etc/hostname may lie.
    let own_name = || sysinfo::System::host_name().ok().filter(|name| !name.is_empty());
    let host = settings.host.clone().or_else(own_name).unwrap_or_else(|| "unknown".to_owned());
    let mut identity = Identity { host, ..Identity::default() };
    if !settings.metadata || (settings.endpoint.is_none() && !may_be_ec2(Path::new("/sys"))) {
        return identity;
    }
    match Imds::open(settings.endpoint.as_deref()) {
        Ok(imds) => ask(&imds, &mut identity),
        Err(refusal) => identity.remarks.push(unreached(&refusal, is_container(Path::new("/")))),
    }
    identity
}

/// What the firmware says of who made the machine; elsewhere nobody waits for an address that does not exist.
fn may_be_ec2(sys: &Path) -> bool {
    let says = |file: &str, begin: &str| {
        let text = std::fs::read_to_string(sys.join(file)).unwrap_or_default();
        text.get(..begin.len()).is_some_and(|head| head.eq_ignore_ascii_case(begin))
    };
    // Nitro; then Xen, whose instances have an id that begins so.
    says("class/dmi/id/sys_vendor", "Amazon EC2") || says("hypervisor/uuid", "ec2")
}

fn is_container(root: &Path) -> bool {
    root.join(".dockerenv").exists() || root.join("run/.containerenv").exists()
}

fn unreached(refusal: &Refusal, is_container: bool) -> String {
    let advice = if is_container { format!("; {HOP_LIMIT_ADVICE}") } else { String::new() };
    format!("the instance metadata service did not answer: {refusal}; going by the host's name{advice}")
}

/// The parts that we use of the instance identity document.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Document {
    instance_id: String,
    instance_type: String,
    image_id: String,
    region: String,
    availability_zone: String,
    account_id: String,
}

fn ask(imds: &Imds, identity: &mut Identity) {
    let document = imds.get("dynamic/instance-identity/document").map_err(|refusal| refusal.to_string());
    let document = document.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    let document: Document = match document {
        Ok(document) => document,
        Err(says) => {
            identity.remarks.push(format!("the instance identity document cannot be read: {says}"));
            return;
        }
    };
    let tags = match tags(imds) {
        Ok(tags) => tags,
        Err(Refusal::Status(404)) => {
            let says = "instance tags are not allowed in metadata, so the Auto Scaling group is not known; allow them \
                with `aws ec2 modify-instance-metadata-options --instance-id ID --instance-metadata-tags enabled`";
            identity.remarks.push(says.to_owned());
            BTreeMap::new()
        }
        Err(refusal) => {
            identity.remarks.push(format!("the instance's tags cannot be read: {refusal}"));
            BTreeMap::new()
        }
    };
    let role = imds.get("meta-data/iam/security-credentials/").unwrap_or_default();
    identity.is_lightsail_trap = role.lines().any(|line| line.trim() == LIGHTSAIL_ROLE);
    if identity.is_lightsail_trap {
        identity.remarks.push(LIGHTSAIL_ADVICE.to_owned());
    }
    identity.instance = Some(Instance {
        id: document.instance_id,
        kind: document.instance_type,
        image: document.image_id,
        region: document.region,
        zone: document.availability_zone,
        account: document.account_id,
        group: tags.get(GROUP_TAG).cloned(),
        tags,
    });
}

/// An instance has at most 50 tags.
const TAGS_MAX: usize = 50;

fn tags(imds: &Imds) -> Result<BTreeMap<String, String>, Refusal> {
    let names = imds.get("meta-data/tags/instance/")?;
    let mut tags = BTreeMap::new();
    for name in names.lines().filter(|name| !name.is_empty()).take(TAGS_MAX) {
        tags.insert(name.to_owned(), imds.get(&format!("meta-data/tags/instance/{name}"))?);
    }
    Ok(tags)
}

impl Identity {
    /// By which this host is known among others: its instance, or on no cloud its own name.
    pub fn name(&self) -> &str {
        self.instance.as_ref().map(|instance| instance.id.as_str()).filter(|id| !id.is_empty()).unwrap_or(&self.host)
    }

    /// The dimensions of every series of this host. `variable` reads the environment, which is not ours to read.
    pub fn dimensions(&self, settings: &Settings, variable: impl Fn(&str) -> Option<String>) -> Dimensions {
        let mut dimensions = Dimensions::default();
        let mut set = |name: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                dimensions.set(name, value);
            }
        };
        for wanted in &settings.append {
            set(wanted.name(), self.instance.as_ref().and_then(|instance| wanted.of(instance)));
        }
        if self.instance.is_none() {
            // As the official agent calls it.
            set("host", Some(&self.host));
        }
        for (name, tag) in &settings.tags {
            set(name, self.instance.as_ref().and_then(|instance| instance.tags.get(tag)).map(String::as_str));
        }
        for (name, from) in &settings.environment {
            set(name, variable(from).as_deref());
        }
        dimensions
    }
}

#[cfg(test)]
mod tests;
