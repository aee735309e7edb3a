//! List passes.

use actix_web::{HttpResponse, get, web};
use common::{
    events::pass::PassSnapshot,
    http::{CurrentUser, Page, PageQuery, Problem, ProblemBody, Query},
    ids::OrderId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Context;

/// Which passes to list.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListPasses {
    /// Only of this order.
    #[garde(skip)]
    order_id: Option<OrderId>,
}

/// List passes
///
/// The caller's own, those of the newest order first; admins may ask for the passes of any order. Their
/// codes are told one at a time.
#[utoipa::path(
    get,
    path = "/api/passes",
    tag = "passes",
    params(ListPasses, PageQuery),
    responses(
        (status = 200, body = Page<PassSnapshot>, description = "The passes; none of what is not the caller's"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/passes")]
pub async fn list_passes(
    context: web::Data<Context>,
    user: CurrentUser,
    query: Query<ListPasses>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let after = page.0.after()?;
    let mut passes = match query.0.order_id {
        Some(order) => context.admissions.passes_of_order(order, after).await?,
        None => context.admissions.passes_of_holder(user.id, after, page.0.fetch()).await?,
    };
    passes.retain(|(_, pass)| pass.holder_id == user.id || user.is_admin());
    let page = Page::of(passes, &page.0, |(place, _)| *place);
    Ok(HttpResponse::Ok().json(page.map(|(_, pass)| pass)))
}
