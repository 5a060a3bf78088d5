//! One POST to an address that no SDK knows: the webhooks, and the bus.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
pub(super) use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;

/// What has not answered by then is tried again by the next round.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nothing came of it. The address is never said: it may be a secret.
pub(super) type Why = &'static str;

pub(super) fn request(
    address: &str,
    headers: &[(&'static str, &'static str)],
    body: String,
) -> Result<HttpRequest, Why> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_uri(address).map_err(|_| "that is no address")?;
    request.set_method("POST").map_err(|_| "it takes no POST")?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, *value);
    }
    Ok(request)
}

pub(super) async fn post(request: HttpRequest) -> Result<HttpResponse, Why> {
    const LATE: Why = "no answer in time";
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
    let answer = tokio::time::timeout(PATIENCE, connector.call(request)).await.map_err(|_| LATE)?;
    answer.map_err(|error| if error.is_timeout() { LATE } else { "it cannot be reached" })
}
