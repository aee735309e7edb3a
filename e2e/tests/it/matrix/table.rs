//! The table: what each caller is answered, on each route, to a request that is right in everything else.

use super::callers::Who;

/// A route, and the status for each caller.
pub type Row = (&'static str, [u16; 8]);

/// The end of a session is told to all services by an event, and holds everywhere within moments; who disables an
/// account ends its sessions. To end a session twice is to end it once.
///
/// What is public does not look at access tokens at all, except where it can show one's own.
#[rustfmt::skip]
pub const TABLE: [Row; 44] = [
    //                                         nobody stranger seller buyer admin disabled signed out forger
    ("GET /api/listings",                      [200,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/listings/{id}",                 [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/orders",                        [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/orders/mine/events",            [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/orders/openapi.json",           [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/orders/{id}",                   [401,  404,     404,   200,  200,  401,     401,       401]),
    ("GET /api/passes",                        [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/passes/{id}",                   [401,  404,     404,   200,  200,  401,     401,       401]),
    ("GET /api/payments",                      [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/payments/openapi.json",         [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/payments/{id}",                 [401,  404,     404,   200,  200,  401,     401,       401]),
    ("GET /api/payouts",                       [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/shows",                         [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/facets",                  [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/openapi.json",            [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/suggestions",             [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/{id}",                    [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/{id}/calendar.ics",       [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/shows/{id}/events",             [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/users/jwks.json",               [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/users/me",                      [401,  200,     200,   200,  200,  401,     401,       401]),
    ("GET /api/users/openapi.json",            [200,  200,     200,   200,  200,  200,     200,       200]),
    ("GET /api/users/sessions",                [401,  200,     200,   200,  200,  401,     401,       401]),
    ("DELETE /api/users/sessions",             [401,  204,     204,   204,  204,  401,     401,       401]),
    ("DELETE /api/users/sessions/current",     [401,  204,     204,   204,  204,  204,     204,       401]),
    ("DELETE /api/users/sessions/{id}",        [401,  404,     404,   204,  404,  401,     401,       401]),
    ("PATCH /api/listings/{id}",               [401,  403,     200,   403,  200,  401,     401,       401]),
    ("PATCH /api/shows/{id}",                  [401,  403,     403,   403,  200,  401,     401,       401]),
    ("PATCH /api/users/me",                    [401,  200,     200,   200,  200,  401,     401,       401]),
    ("PATCH /api/users/{id}",                  [401,  403,     403,   403,  200,  401,     401,       401]),
    ("POST /api/listings",                     [401,  201,     201,   201,  201,  401,     401,       401]),
    ("POST /api/listings/preview",             [401,  200,     200,   200,  200,  401,     401,       401]),
    ("POST /api/listings/{id}/withdraw",       [401,  403,     200,   403,  200,  401,     401,       401]),
    ("POST /api/orders",                       [401,  201,     409,   201,  201,  401,     401,       401]),
    ("POST /api/orders/{id}/cancel",           [401,  404,     404,   200,  200,  401,     401,       401]),
    ("POST /api/orders/{id}/refund",           [401,  404,     404,   202,  202,  401,     401,       401]),
    ("POST /api/passes/check-ins",             [401,  403,     403,   403,  200,  401,     401,       401]),
    ("POST /api/payments",                     [401,  404,     404,   201,  404,  401,     401,       401]),
    ("POST /api/payments/webhooks/sandbox",    [400,  400,     400,   400,  400,  400,     400,       400]),
    ("POST /api/shows",                        [401,  403,     403,   403,  201,  401,     401,       401]),
    ("POST /api/users",                        [201,  201,     201,   201,  201,  201,     201,       201]),
    ("POST /api/users/sessions",               [201,  201,     201,   201,  201,  201,     201,       201]),
    ("POST /api/users/sessions/refresh",       [200,  200,     200,   200,  200,  200,     200,       200]),
    ("PUT /api/users/me/password",             [401,  204,     204,   204,  204,  401,     401,       401]),
];

/// What this caller is answered on this route.
pub fn expected(route: &str, who: Who) -> u16 {
    let (_, row) = TABLE.iter().find(|(known, _)| *known == route).expect("a row of the table");
    let [nobody, stranger, seller, buyer, admin, disabled, signed_out, forger] = *row;
    match who {
        Who::Nobody => nobody,
        Who::Stranger => stranger,
        Who::Seller => seller,
        Who::Buyer => buyer,
        Who::Admin => admin,
        Who::Disabled => disabled,
        Who::SignedOut => signed_out,
        Who::Forger => forger,
    }
}
