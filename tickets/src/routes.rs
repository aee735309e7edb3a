//! The route table.

mod check_in_pass;
mod create_listing;
mod create_show;
mod edit_listing;
mod edit_show;
mod follow_listings;
mod get_calendar;
mod get_facets;
mod get_listing;
mod get_pass;
mod get_show;
mod list_listings;
mod list_passes;
mod list_shows;
mod preview_listing;
mod refusals;
mod revalidation;
mod suggest_shows;
pub(crate) mod views;
mod withdraw_listing;

use actix_web::web::Data;
use common::{bus::Bus, clock::Clock, http::ApiInfo, live::Feed};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    domain::pass_code::PassSigner,
    live::ListingsLive,
    recounts::Recounts,
    store::{Admissions, Listings, Shows},
};

pub use views::{ListingView, PassView, ShowView};

/// What the routes work with.
#[derive(Clone)]
pub struct Context {
    /// Commits units of work.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// The shows.
    pub shows: Shows,
    /// The listings.
    pub listings: Listings,
    /// The admissions.
    pub admissions: Admissions,
    /// Counts what is on sale.
    pub recounts: Recounts,
    /// What is on sale, as it changes.
    pub feed: Feed<ListingsLive>,
    /// Signs the codes of passes.
    pub signer: PassSigner,
}

/// What the API is about.
pub fn openapi_info() -> ApiInfo {
    ApiInfo {
        area: "shows",
        title: "Stagedoor tickets",
        description: "Shows, sellers' listings of seats for them, and the passes of those who bought seats.",
    }
}

/// The route table with its context.
pub fn configure(context: Context) -> impl Fn(&mut ServiceConfig) + Clone + Send + 'static {
    move |config| {
        config.app_data(Data::new(context.clone()));
        table(config);
    }
}

/// The OpenAPI document of the route table, made without a server.
pub fn openapi() -> utoipa::openapi::OpenApi {
    common::http::openapi_of(openapi_info(), table)
}

fn table(config: &mut ServiceConfig) {
    config
        .service(create_show::create_show)
        .service(list_shows::list_shows)
        .service(suggest_shows::suggest_shows)
        .service(get_facets::get_facets)
        .service(get_show::get_show)
        .service(edit_show::edit_show)
        .service(follow_listings::follow_listings)
        .service(get_calendar::get_calendar)
        .service(create_listing::create_listing)
        .service(preview_listing::preview_listing)
        .service(list_listings::list_listings)
        .service(get_listing::get_listing)
        .service(edit_listing::edit_listing)
        .service(withdraw_listing::withdraw_listing)
        .service(list_passes::list_passes)
        .service(get_pass::get_pass)
        .service(check_in_pass::check_in_pass);
}
