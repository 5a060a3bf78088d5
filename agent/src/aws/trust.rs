//! The HTTP client of all services, which speaks TLS only where this host trusts somebody.
//!
//! Without any certificate authority the SDK's own client fails an assertion, or refuses AWS as a stranger; both say
//! nothing of what is missing. Here such a call ends before it begins, with the way out; calls without TLS go on. It is
//! looked at anew for each call until there is one: nobody need restart an agent for having installed the package.

use std::sync::OnceLock;

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::IDLE;
use crate::tls::{NoAuthority, authorities};

/// Made once and shared by all clients.
pub(super) fn client() -> SharedHttpClient {
    SharedHttpClient::new(Cautious::default())
}

#[derive(Debug, Default)]
struct Cautious {
    trusting: OnceLock<SharedHttpClient>,
    /// For who speaks no TLS, while nobody is trusted.
    plain: OnceLock<SharedHttpClient>,
}

impl HttpClient for Cautious {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        if self.trusting.get().is_none()
            && let Err(missing) = authorities()
        {
            let plain = self.plain.get_or_init(|| trusting(TrustStore::empty()));
            return SharedHttpConnector::new(Plain(plain.http_connector(settings, components), missing));
        }
        self.trusting.get_or_init(|| trusting(TrustStore::default())).http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.trusting.get().or_else(|| self.plain.get())?.connector_metadata()
    }
}

fn trusting(store: TrustStore) -> SharedHttpClient {
    let context = TlsContext::builder().with_trust_store(store).build();
    let builder = Builder::new().pool_max_idle_per_host(1).pool_idle_timeout(IDLE);
    let builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    // Only a store of one's own making can be refused.
    match context {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}

#[derive(Debug)]
struct Plain(SharedHttpConnector, NoAuthority);

impl HttpConnector for Plain {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if request.uri().starts_with("http://") {
            return self.0.call(request);
        }
        HttpConnectorFuture::ready(Err(ConnectorError::user(self.1.clone().into())))
    }
}
