//! The test cards of the sandbox gateway.

/// Works.
pub const VISA: &str = "4242 4242 4242 4242";
/// Works.
pub const MASTERCARD: &str = "5555 5555 5555 4444";
/// Is declined without a reason.
pub const DECLINED: &str = "4000 0000 0000 0002";
/// Is authorised, but the answer comes too late for whoever waits.
pub const HANGS_AFTER_EFFECT: &str = "4000 0000 0000 1018";
