//! Lets somebody in, once.

use actix_web::{HttpResponse, post, web};
use common::{
    bus::{CommitError, StoreError, Tx},
    events::pass::PassSnapshot,
    http::{Body, CurrentUser, IdempotencyKey, Problem, ProblemBody},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Context;
use crate::{
    domain::{
        check_in::{CheckIn, CheckInRefusal, Entry},
        pass_code::Claim,
    },
    store::CHECK_INS,
};

/// What is read at the door.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CheckInPass {
    /// The code of the pass, as its QR code says it.
    #[garde(length(bytes, min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128)]
    code: String,
}

/// Check a pass in
///
/// By an admin, at the door. Each pass admits once: of two doors at the same moment one lets in. The same key
/// with the same code has the first answer again, so that a door whose answer was lost may ask again.
#[utoipa::path(
    post,
    path = "/api/passes/check-ins",
    tag = "passes",
    params(("Idempotency-Key" = String, Header, description = "A new key for each scan at a door")),
    request_body = CheckInPass,
    responses(
        (status = 200, body = PassSnapshot, description = "Let them in; this was the first time"),
        (status = 403, body = ProblemBody, description = "`admin_only`"),
        (status = 404, body = ProblemBody, description = "`not_found`: there is no such pass here"),
        (status = 409, body = ProblemBody, description = "`already_checked_in`, with the time; `pass_voided`"),
        (
            status = 422,
            body = ProblemBody,
            description = "`code_forged`, `invalid`; `idempotency_key_reused`: with another code"
        ),
    ),
    security(("bearer" = [])),
)]
#[post("/api/passes/check-ins")]
pub async fn check_in_pass(
    context: web::Data<Context>,
    user: CurrentUser,
    key: IdempotencyKey,
    body: Body<CheckInPass>,
) -> Result<HttpResponse, Problem> {
    user.require_admin()?;
    let claim = context.signer.verify(&body.0.code).map_err(|_| forged())?;
    let check_in = CheckIn { pass_id: claim.pass_id, by: user.id, key: key.as_str().to_owned() };
    let enter = async |tx: &mut Tx| enter(&context, tx, &claim, &check_in).await;
    let pass = context.bus.transact(enter).await?;
    Ok(HttpResponse::Ok().json(pass))
}

async fn enter(
    context: &Context,
    tx: &mut Tx,
    claim: &Claim,
    check_in: &CheckIn,
) -> Result<PassSnapshot, NotEntered> {
    let found = context.admissions.with_pass(claim.pass_id).await?;
    let admission = found.ok_or_else(|| Problem::not_found("pass"))?;
    match admission.state.check_in(check_in, tx.now())? {
        Entry::First(next, entered) => {
            let pass = entered.0.clone();
            tx.save(&admission, *next);
            tx.publish(entered);
            Ok(pass)
        }
        Entry::Again(pass) => Ok(pass),
    }
}

fn forged() -> Problem {
    let detail = "The code was not made here: do not let them in.";
    Problem::new(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY, "code_forged", detail)
        .with_field("/code", "was not made here")
}

/// Why nobody was let in.
enum NotEntered {
    Refused(Problem),
    Commit(CommitError),
}

impl From<Problem> for NotEntered {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<StoreError> for NotEntered {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<CheckInRefusal> for NotEntered {
    fn from(refusal: CheckInRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<CommitError> for NotEntered {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<NotEntered> for Problem {
    fn from(error: NotEntered) -> Self {
        match error {
            NotEntered::Refused(problem) => problem,
            // The key came with the pass of another order before.
            NotEntered::Commit(CommitError::Duplicate { index }) if index == CHECK_INS => {
                Self::idempotency_key_reused()
            }
            NotEntered::Commit(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_code_or_names_a_field() {
        check_body(&json!({ "code": "a.b.1.c" }), Ok::<CheckInPass, Problem>);
    }
}
