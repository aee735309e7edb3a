//! The test cards of the sandbox gateway.

use serde_json::{Value, json};

/// Works.
pub const VISA: &str = "4242 4242 4242 4242";
/// Works.
pub const MASTERCARD: &str = "5555 5555 5555 4444";
/// Is declined without a reason.
pub const DECLINED: &str = "4000 0000 0000 0002";
/// Is authorised, but the answer comes too late for whoever waits.
pub const HANGS_AFTER_EFFECT: &str = "4000 0000 0000 1018";

/// What the gateway is sent for a token that stands for a card.
pub fn body(number: &str) -> Value {
    json!({ "number": number, "expMonth": 12, "expYear": 2099, "cvc": "123" })
}
