//! From where somebody signs in.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};

use crate::domain::device::UserAgent;

/// The device that a request comes from, as far as it says so.
#[derive(Debug, Clone)]
pub struct Device(pub Option<UserAgent>);

impl FromRequest for Device {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let said = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        ready(Ok(Self(said.and_then(UserAgent::seen))))
    }
}
