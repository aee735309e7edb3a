//! The route table.

mod cancel_order;
mod follow_orders;
mod get_order;
mod list_orders;
mod place_order;
mod refund_order;
pub(crate) mod views;

use actix_web::web::Data;
use common::{
    bus::Loaded,
    control::{Control, is_broken},
    http::{ApiInfo, CurrentUser, Problem},
    ids::OrderId,
    live::Feed,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    app::Context,
    domain::order::{Actor, Order},
    live::OrdersLive,
};

/// What the OpenAPI document says about orders.
pub const API: ApiInfo = ApiInfo {
    area: "orders",
    title: "Stagedoor orders",
    description: "Claim seats of a listing, follow the order, give it up, ask for the money back.",
};

/// The route table with its context.
pub fn configure(
    context: Context,
    feed: Feed<OrdersLive>,
) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config.app_data(Data::new(context.clone())).app_data(Data::new(feed.clone()));
        table(config);
    }
}

/// The OpenAPI document of the route table, made without a server.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::http::openapi_of(API, table)
}

fn table(config: &mut ServiceConfig) {
    config
        .service(place_order::place_order)
        .service(list_orders::list_orders)
        .service(follow_orders::follow_orders)
        .service(get_order::get_order)
        .service(cancel_order::cancel_order)
        .service(refund_order::refund_order);
}

/// The order, if the caller may know of it: its buyer or an admin.
async fn visible_order(context: &Context, user: &CurrentUser, id: OrderId) -> Result<Loaded<Order>, Problem> {
    let found = context.orders.get(id).await?;
    let visible = found.filter(|order| {
        order.state.buyer_id == user.id || user.is_admin() || is_broken(Control::AnybodysOrder)
    });
    visible.ok_or_else(|| Problem::not_found("order"))
}

/// In which role somebody acts who may know of the order. An admin's own order is an order like any other.
fn actor(order: &Order, user: &CurrentUser) -> Actor {
    if order.buyer_id == user.id { Actor::Buyer } else { Actor::Admin }
}
