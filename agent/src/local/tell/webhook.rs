//! A POST of JSON, as Slack's incoming webhooks take it.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Uri};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

pub(super) async fn post(url: &str, body: String) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "its address is none".to_owned())?;
    let host = uri.host().unwrap_or_default().to_owned();
    // Made for each notice: they are rare, and certificates held between them would cost more than they save.
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|error| format!("the system's certificates cannot be read: {error}"))?
        .https_or_http()
        .enable_http1()
        .build();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header("content-type", "application/json")
        .header("user-agent", concat!("stormglass/", env!("CARGO_PKG_VERSION")))
        .body(Full::new(Bytes::from(body)))
        .map_err(|_| "its address is none".to_owned())?;
    // The error of the client names the host at most; the path is the secret.
    let answer = client.request(request).await.map_err(|_| format!("{host} cannot be reached"))?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("{host} answers {}", answer.status())) }
}
