//! When to ask the gateway again.

use std::time::Duration;

use common::{clock::Timestamp, ids::PaymentId};

/// The pause after the first answer that settles nothing.
const FIRST: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// When a payment that has asked `attempts` times in vain asks again: after a pause that doubles up to 30
/// seconds, shortened by up to a half. What shortens it are the last four bytes of the payment's id, which
/// are random (the others hold a time and a counter), so that those who failed together do not come back
/// together.
pub fn retry_at(id: PaymentId, attempts: u32, now: Timestamp) -> Timestamp {
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    let pause = doubled.min(LONGEST);
    let byte = usize::try_from(12 + attempts % 4).unwrap_or(12);
    let chance = u32::from(id.uuid().as_bytes()[byte]);
    now.plus(pause * (512 - chance) / 512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute_and_differ() {
        let now = Timestamp::from_millis(0).unwrap();
        let mut longest_first = Duration::ZERO;
        for _ in 0..100 {
            let id = PaymentId::generate();
            let first = retry_at(id, 1, now).since(now);
            assert!((FIRST / 2..=FIRST).contains(&first), "{first:?}");
            longest_first = longest_first.max(first);
            let third = retry_at(id, 3, now).since(now);
            assert!((FIRST * 2..=FIRST * 4).contains(&third), "{third:?}");
            let last = retry_at(id, u32::MAX, now).since(now);
            assert!((LONGEST / 2..=LONGEST).contains(&last), "{last:?}");
        }
        assert!(longest_first > FIRST * 3 / 4, "a hundred pauses and all of them short");
    }
}
