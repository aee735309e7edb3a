//! The route table.

mod create_payment;
mod get_payment;
mod list_payments;
mod list_payouts;
mod receive_webhook;
mod views;

use actix_web::web::Data;
use common::http::{ApiInfo, openapi_of};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;

pub use views::{NextAction, PaymentView, PayoutView};

use crate::app::Context;

/// What the document of the API says about it.
pub const API: ApiInfo = ApiInfo {
    area: "payments",
    title: "Stagedoor payments",
    description: "Pay an order with a token of the payment gateway; see payments and payouts.",
};

/// The route table with its context.
pub fn configure(context: Context) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config.app_data(Data::new(context.clone()));
        table(config);
    }
}

/// The OpenAPI document of the route table, made without a server.
pub fn openapi() -> OpenApi {
    openapi_of(API, table)
}

fn table(config: &mut ServiceConfig) {
    config
        .service(create_payment::create_payment)
        .service(list_payments::list_payments)
        .service(get_payment::get_payment)
        .service(list_payouts::list_payouts)
        .service(receive_webhook::receive_webhook);
}
