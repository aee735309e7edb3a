//! Another password: whoever is signed in elsewhere with the old one is not any more.

use actix_web::{HttpResponse, put, web};
use common::{
    bus::{Loaded, Tx},
    http::{Body, CurrentUser, Problem, ProblemBody},
};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ClientAddress, Context,
    attempts::{self, Attempt},
    caller::{self, Caller},
    ending,
};
use crate::{
    domain::{
        email::Email,
        password::{self, Password, PasswordHash},
        sign_in::PasswordCheck,
        user::User,
    },
    problems::{invalid_fields, wrong_password},
    store::{Sessions, Users},
};

/// The password that is, and the one that shall be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct ChangePassword {
    /// The password of the account until now.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 128)]
    #[serde(deserialize_with = "password::typed")]
    current_password: SecretString,
    /// 8 to 128 characters of any kind; what everybody tries first is refused.
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    #[serde(deserialize_with = "password::typed")]
    new_password: SecretString,
}

impl ChangePassword {
    fn parse(&self, email: &Email) -> Result<(Password, Password), Problem> {
        let current = Password::tried(&self.current_password);
        let new = Password::chosen(&self.new_password, Some(email));
        match (current, new) {
            (Ok(current), Ok(new)) => Ok((current, new)),
            (current, new) => Err(invalid_fields([
                ("/currentPassword", current.err().map(|refusal| refusal.to_string())),
                ("/newPassword", new.err().map(|refusal| refusal.to_string())),
            ])),
        }
    }
}

/// Change the password
///
/// Ends all other sessions of the user; the one whose token is shown lives on.
#[utoipa::path(
    put,
    path = "/api/users/me/password",
    tag = "users",
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The password is changed, and the other sessions have ended"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
        (
            status = 422,
            body = ProblemBody,
            description = "`wrong_password`: the current one is another; `invalid`: a field is not acceptable",
        ),
        (
            status = 429,
            body = ProblemBody,
            description = "`too_many_attempts`, `too_many_requests`: wait for `Retry-After`",
        ),
        (status = 503, body = ProblemBody, description = "`busy`: try again after a moment"),
    ),
    security(("bearer" = [])),
)]
#[put("/api/users/me/password")]
pub async fn change_password(
    context: web::Data<Context>,
    bearer: CurrentUser,
    address: ClientAddress,
    body: Body<ChangePassword>,
) -> Result<HttpResponse, Problem> {
    let caller = caller::known(&context, &bearer).await?;
    let (current, new) = body.0.parse(&caller.user.state.email)?;
    let attempt = Attempt::on(&caller.user.state.email, address.0);
    attempts::admit(&context, &attempt).await?;
    let checked = context.passwords.check(current, Some(&caller.user.state.password_hash)).await?;
    if checked.check == PasswordCheck::Wrong {
        attempts::failed(&context, &attempt).await?;
        return Err(wrong_password());
    }
    attempts::succeeded(&context, &attempt).await?;
    let hash = context.passwords.hash(new).await?;
    // The session first: in between, nobody is signed out.
    keep_session(&context, &caller).await?;
    change(&context, &caller.user, &hash).await?;
    tracing::info!(user.id = %bearer.id, "changed the password");
    ending::end_others(&context, bearer.id, bearer.session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn keep_session(context: &Context, caller: &Caller) -> Result<(), Problem> {
    let keep = async |tx: &mut Tx| {
        let loaded = context.sessions.get(caller.session.state.id).await?;
        let loaded = loaded.ok_or_else(Problem::unauthorized)?;
        let kept = loaded.state.kept_beyond(&caller.user.state);
        Sessions::update_quietly(tx, &loaded, kept);
        Ok(())
    };
    context.bus.transact(keep).await
}

/// Replaces the hash that was checked; by now it may be another one.
async fn change(context: &Context, checked: &Loaded<User>, hash: &PasswordHash) -> Result<(), Problem> {
    let replace = async |tx: &mut Tx| {
        let loaded = context.users.get(checked.state.id).await?.ok_or_else(Problem::unauthorized)?;
        if loaded.state.password_hash != checked.state.password_hash {
            return Err(wrong_password());
        }
        Users::update_quietly(tx, &loaded, loaded.state.with_password(hash.clone()));
        Ok(())
    };
    context.bus.transact(replace).await
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_two_passwords_or_names_a_field() {
        let email = "ada@example.com".parse().unwrap();
        let good = json!({ "currentPassword": "a stage door", "newPassword": "a stage door in the rain" });
        check_body(&good, |body: ChangePassword| body.parse(&email));
    }
}
