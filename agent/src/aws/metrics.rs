//! PutMetricData.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::config::Builder;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use tokio::sync::OnceCell;

use super::Access;
use super::answers::Answers;
use super::clock::Offset;
use super::refusal::refusal;
use crate::batch::{Datum, Request};
use crate::publish::{Outlet, Refusal};

/// CloudWatch, as a place for requests.
#[derive(Debug)]
pub struct Metrics {
    access: Access,
    client: OnceCell<Client>,
    offset: Offset,
}

impl Metrics {
    pub fn new(access: Access) -> Self {
        Self { access, client: OnceCell::new(), offset: Offset::default() }
    }

    async fn connect(&self) -> Result<Client, Refusal> {
        let mut builder =
            Builder::from(self.access.config().await?).interceptor(self.offset.clone()).interceptor(Answers);
        if let Some(endpoint) = &self.access.way().endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Client::from_conf(builder.build()))
    }
}

impl Outlet for Metrics {
    async fn put(&self, request: Request) -> Result<(), Refusal> {
        let client = self.client.get_or_try_init(|| self.connect()).await?;
        let data = request.datums.iter().map(datum).collect();
        let sent = client.put_metric_data().namespace(request.namespace).set_metric_data(Some(data)).send().await;
        sent.map(drop).map_err(|error| refusal(&error))
    }

    fn clock_offset_ms(&self) -> Option<i64> {
        self.offset.millis()
    }
}

fn datum(datum: &Datum) -> MetricDatum {
    let dimension = |(name, value)| Dimension::builder().name(name).value(value).build();
    MetricDatum::builder()
        .metric_name(&datum.series.name)
        .set_dimensions(Some(datum.series.dimensions.iter().map(dimension).collect()))
        .timestamp(DateTime::from_secs(datum.at))
        .set_values(Some(datum.values.iter().map(|(value, _)| *value).collect()))
        .set_counts(Some(datum.values.iter().map(|(_, count)| *count).collect()))
        .unit(StandardUnit::from(datum.unit.name()))
        .storage_resolution(if datum.fine { 1 } else { 60 })
        .build()
}
