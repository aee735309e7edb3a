//! What is built in to be caught is caught.

use common::testing::controls;

#[test]
fn every_control_is_caught() {
    controls::check(env!("CARGO_PKG_NAME"));
}
