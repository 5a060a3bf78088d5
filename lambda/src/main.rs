//! I am the program `bootstrap`: I read CloudWatch and Lightsail, let `alarm` judge, remember, and tell people.
//!
//! One thread: a Lambda of this size has a fraction of a processor, and one invocation at a time.

mod attributes;
mod aws;
mod check;
mod delays;
mod event;
mod function;
mod gathered;
mod guilt;
mod hear;
mod id;
mod messengers;
mod outside;
mod round;
mod seen;
mod settings;

use std::convert::Infallible;
use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use crate::function::Function;
use crate::settings::Settings;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_ansi(false).with_target(false).without_time().init();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(code = "SG-LAM-001", %error, "the runtime cannot start");
            return ExitCode::FAILURE;
        }
    };
    let settings = Settings::read(|name| std::env::var(name).ok());
    let function = Function::new(settings);
    let function = &function;
    let handler = service_fn(move |event: LambdaEvent<Value>| async move {
        // Nothing that arrives makes the invocation fail: the scheduler would only send it again.
        Ok::<_, Infallible>(function.answer(event.payload, &event.context).await)
    });
    match runtime.block_on(lambda_runtime::run(handler)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(code = "SG-LAM-002", %error, "the runtime of the Lambda service is out of reach");
            ExitCode::FAILURE
        }
    }
}
