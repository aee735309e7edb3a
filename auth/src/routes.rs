//! The route table.

mod address;
mod attempts;
mod caller;
mod change_password;
mod create_session;
mod create_user;
mod delete_current_session;
mod delete_other_sessions;
mod delete_session;
mod device;
mod edit_current_user;
mod edit_user;
mod ending;
mod get_current_user;
mod get_key_set;
mod list_sessions;
mod refresh_session;
mod views;

use actix_web::web::Data;
use common::{
    bus::Bus,
    http::{ApiInfo, openapi_of},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    cookies::SessionCookies,
    domain::{lifetimes::Lifetimes, throttle::Tolerance},
    keys::Keys,
    passwords::Passwords,
    store::{Sessions, SignInFailures, Users},
};

pub use address::ClientAddress;
pub use device::Device;
pub use views::{SessionView, SignedIn, UserView};

/// What auth's API is about.
pub const INFO: ApiInfo = ApiInfo {
    area: "users",
    title: "Stagedoor: users",
    description: "Accounts, sign-in, sessions, and the keys that verify access tokens.",
};

/// What the routes work with.
#[derive(Clone)]
pub struct Context {
    /// Commits units of work.
    pub bus: Bus,
    /// The accounts.
    pub users: Users,
    /// The sessions.
    pub sessions: Sessions,
    /// The wrong passwords of late.
    pub failures: SignInFailures,
    /// Signs tokens.
    pub keys: Keys,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// How a browser keeps its session.
    pub cookies: SessionCookies,
    /// How long keys, tokens and sessions live.
    pub lifetimes: Lifetimes,
    /// How many wrong passwords are tolerated.
    pub tolerance: Tolerance,
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
    openapi_of(INFO, table)
}

fn table(config: &mut ServiceConfig) {
    config
        .service(create_user::create_user)
        .service(create_session::create_session)
        .service(refresh_session::refresh_session)
        .service(list_sessions::list_sessions)
        .service(delete_other_sessions::delete_other_sessions)
        // Before the one of any id, as `current` is none.
        .service(delete_current_session::delete_current_session)
        .service(delete_session::delete_session)
        .service(get_current_user::get_current_user)
        .service(edit_current_user::edit_current_user)
        .service(change_password::change_password)
        .service(edit_user::edit_user)
        .service(get_key_set::get_key_set);
}
