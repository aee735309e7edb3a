//! Ports for processes that are killed and come back on the same one.

use std::sync::atomic::{AtomicU16, Ordering};

use xtask::ports::is_free;

/// Below the ports that the kernel gives to outgoing connections (32768 and up), so that none of the
/// thousands that a test makes takes the port of a service while that is away.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A port that nobody has, and that this process gives to nobody else.
pub fn next() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Runs that go on at the same time begin at different places.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("less than 20,000");
    for _ in 0..COUNT {
        let place = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_mul(31).wrapping_add(place)) % COUNT;
        if is_free(port) {
            return port;
        }
    }
    panic!("no port from {FIRST} on is free");
}
