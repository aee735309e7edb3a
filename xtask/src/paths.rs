//! Where each path leads: one table that the local nginx and the Ingress of the cluster are both held against.

/// A path that somebody may ask for, and whom it leads to.
pub type Route = (&'static str, &'static str);

/// Stands for nobody: the answer is a problem document, whoever gives it.
pub const NOBODY: &str = "nobody";

/// Every kind of path that there is, and what looks like one.
pub const PATHS: &[Route] = &[
    ("/api/users", "auth"),
    ("/api/users/", "auth"),
    ("/api/users/sessions", "auth"),
    ("/api/users/sessions/current", "auth"),
    ("/api/users/me", "auth"),
    ("/api/shows", "tickets"),
    ("/api/shows/7", "tickets"),
    ("/api/listings/7", "tickets"),
    ("/api/listings/7/seats", "tickets"),
    ("/api/passes/7", "tickets"),
    ("/api/passes/check-ins", "tickets"),
    ("/api/orders", "orders"),
    ("/api/orders/7/refund", "orders"),
    ("/api/payments", "payments"),
    ("/api/payments/webhooks/sandbox", "payments"),
    ("/api/payouts", "payments"),
    ("/sandbox/v1/tokens", "sandbox"),
    ("/sandbox/v1/card-form", "sandbox"),
    ("/sandbox/v1/card-form.js", "sandbox"),
    ("/sandbox/v1/challenge.js", "sandbox"),
    ("/sandbox/v1/pages.js", "sandbox"),
    ("/sandbox/v1/pages.css", "sandbox"),
    ("/sandbox/v1/challenges/01939c5e-7d3b-7c1a-9f6e-2b8d4c6a1e35", "sandbox"),
    ("/", "client"),
    ("/shows/7", "client"),
    ("/orders", "client"),
    ("/_next/static/x.js", "client"),
    ("/metricsx", "client"),
    ("/api/showsx", NOBODY),
    ("/api/expiration", NOBODY),
    ("/api/", NOBODY),
    ("/sandbox/v1/ledger", NOBODY),
    ("/sandbox/v1/faults", NOBODY),
    ("/sandbox/v1/authorizations", NOBODY),
    ("/sandbox/v1/tokens/x", NOBODY),
    ("/sandbox/v1/card-formxjs", NOBODY),
    ("/metrics", NOBODY),
    ("/readyz", NOBODY),
    ("/livez", NOBODY),
    ("/internal/cancel", NOBODY),
];

/// Paths of event streams, which are handed on as they come.
pub const STREAMS: &[Route] = &[
    ("/api/shows/7/events", "tickets"),
    ("/api/listings/7/events", "tickets"),
    ("/api/orders/mine/events", "orders"),
];
