//! The account that `infra/sam` stands up: what is granted, and what arrives in a stand-in that holds to it.

mod applied;
mod deploy;
mod live;
mod packages;
mod rights;
mod rollback;
mod terraform;

use serde_json::{Value, json};
use tests::{boto3, root};

/// The template as a path.
fn template() -> String {
    root().join("infra/sam/template.yaml").display().to_string()
}

/// Every resource that the SAM transform makes of it, by its logical name.
fn resources() -> Value {
    boto3("stack", "http://127.0.0.1:9", &json!({ "do": "expand", "template": template() }))
}
