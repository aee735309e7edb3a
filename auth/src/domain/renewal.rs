//! How a session is renewed: which refresh token is taken, and which one tells that somebody has a copy.
//!
//! A token is used once: its answer brings the next one. But answers get lost, and two tabs of a browser show
//! the same token at once. So a token that was used is taken again until its successor was used, which
//! proves that an answer arrived; each time it is answered with one more successor. Of several successors the
//! first that is used decides; the others are taken for [`GRACE`] longer, as the browser may be keeping one
//! of them, and no longer, as a thief may. Any token before these was superseded for certain: who shows it
//! has a copy, or somebody else has, and nobody can tell who is who. So the session ends.

use std::time::Duration;

use common::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::refresh_token::{RefreshToken, TokenHash};

/// How long the siblings of a token that was used are still taken: two answers that race to one browser.
pub const GRACE: Duration = Duration::from_secs(30);
/// How many answers to one token may be on their way; of more, the oldest are forgotten.
pub const MAX_SUCCESSORS: usize = 32;

/// What a session knows of its refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    /// Of what all tokens of the session share.
    word: TokenHash,
    /// The tokens that were given and not used yet, oldest first.
    unused: Vec<TokenHash>,
    /// The token that the unused ones were given for; at the beginning there is none.
    used: Option<TokenHash>,
    /// Those that were given together with the used one and not used first.
    passed_over: Vec<TokenHash>,
    /// When a token was last used for the first time; at the beginning, when the session began.
    pub renewed_at: Timestamp,
    /// From when on no token is taken.
    pub expires_at: Timestamp,
}

/// Why a session is not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RenewalRefusal {
    /// The session has lived long enough.
    #[error("the session has expired")]
    Expired,
    /// The token was never one of this session.
    #[error("the refresh token is unknown")]
    Unknown,
    /// The token was superseded: there is a copy of it.
    #[error("the refresh token was superseded")]
    Superseded,
}

/// What a token is to a session.
enum Standing {
    /// It was not used before.
    Unused,
    /// It was used, and nobody has shown what it was answered with; or it was given beside such a one.
    Unconfirmed,
    /// It was a token of this session, long ago.
    Superseded,
    /// It never was.
    Unknown,
}

impl Renewal {
    /// What the session knows when its first token is given.
    pub fn begin(first: &RefreshToken, now: Timestamp, ttl: Duration) -> Self {
        Self {
            word: first.word_hash(),
            unused: vec![first.hash()],
            used: None,
            passed_over: Vec::new(),
            renewed_at: now,
            expires_at: now.plus(ttl),
        }
    }

    /// What the session knows when `shown` was answered with `next`.
    pub fn renewed(
        &self,
        shown: &RefreshToken,
        next: &RefreshToken,
        now: Timestamp,
    ) -> Result<Self, RenewalRefusal> {
        if self.expires_at <= now {
            return Err(RenewalRefusal::Expired);
        }
        match self.standing(shown, now) {
            Standing::Unused => Ok(self.used_first(&shown.hash(), next, now)),
            Standing::Unconfirmed => Ok(self.answered_again(next)),
            Standing::Superseded => Err(RenewalRefusal::Superseded),
            Standing::Unknown => Err(RenewalRefusal::Unknown),
        }
    }

    fn standing(&self, shown: &RefreshToken, now: Timestamp) -> Standing {
        let hash = shown.hash();
        if self.word != shown.word_hash() {
            Standing::Unknown
        } else if self.unused.contains(&hash) {
            Standing::Unused
        } else if self.used.as_ref() == Some(&hash)
            || (self.in_grace(now) && self.passed_over.contains(&hash))
        {
            Standing::Unconfirmed
        } else {
            Standing::Superseded
        }
    }

    fn in_grace(&self, now: Timestamp) -> bool {
        now < self.renewed_at.plus(GRACE)
    }

    fn used_first(&self, used: &TokenHash, next: &RefreshToken, now: Timestamp) -> Self {
        let passed_over = self.unused.iter().filter(|unused| *unused != used).cloned().collect();
        let (unused, used) = (vec![next.hash()], Some(used.clone()));
        Self { unused, used, passed_over, renewed_at: now, ..self.clone() }
    }

    fn answered_again(&self, next: &RefreshToken) -> Self {
        let forgotten = (self.unused.len() + 1).saturating_sub(MAX_SUCCESSORS);
        let unused = self.unused.iter().skip(forgotten).cloned().chain([next.hash()]).collect();
        Self { unused, ..self.clone() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use common::ids::SessionId;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::refresh_token::{SECRET_BYTES, WORD_BYTES};

    const TTL: Duration = Duration::from_hours(24);

    pub fn token(secret: u8) -> RefreshToken {
        let session = SessionId::from_uuid(uuid::Uuid::from_u128(7));
        RefreshToken::first(session, [1; WORD_BYTES], [secret; SECRET_BYTES])
    }

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000).unwrap().plus(Duration::from_secs(secs))
    }

    fn begun() -> Renewal {
        Renewal::begin(&token(0), at(0), TTL)
    }

    /// Each pair is a token that is shown and the one that it is answered with.
    fn after(steps: &[(u8, u8)], now: Timestamp) -> Renewal {
        let step = |renewal: Renewal, (shown, next): &(u8, u8)| {
            renewal.renewed(&token(*shown), &token(*next), now).unwrap()
        };
        steps.iter().fold(begun(), step)
    }

    #[test]
    fn a_token_is_answered_with_the_next_one_for_as_long_as_the_session_lives() {
        let renewal = after(&[(0, 1), (1, 2), (2, 3)], at(60));
        assert_eq!(renewal.renewed_at, at(60));
        assert_eq!(renewal.expires_at, at(TTL.as_secs()), "using a session makes it no longer");
        assert!(renewal.renewed(&token(3), &token(4), at(TTL.as_secs() - 1)).is_ok());
        let late = renewal.renewed(&token(3), &token(4), at(TTL.as_secs()));
        assert_eq!(late, Err(RenewalRefusal::Expired));
    }

    #[test]
    fn a_lost_answer_signs_nobody_out_however_late_it_is_noticed() {
        let renewal = after(&[(0, 1), (1, 2)], at(60));
        let again = renewal.renewed(&token(1), &token(3), at(7_200)).unwrap();
        assert!(again.renewed(&token(3), &token(4), at(7_201)).is_ok());
        assert!(again.renewed(&token(2), &token(4), at(7_201)).is_ok(), "the first answer came after all");
    }

    #[test]
    fn a_token_is_superseded_when_its_successor_was_used() {
        let renewal = after(&[(0, 1), (1, 2)], at(60));
        for now in [at(60), at(7_200)] {
            let refused = renewal.renewed(&token(0), &token(3), now);
            assert_eq!(refused, Err(RenewalRefusal::Superseded));
        }
    }

    #[test]
    fn two_tabs_that_show_one_token_stay_signed_in_with_either_answer() {
        let both = after(&[(0, 1), (0, 2)], at(60));
        for (first, second) in [(1, 2), (2, 1)] {
            let one = both.renewed(&token(first), &token(3), at(60)).unwrap();
            let other = one.renewed(&token(second), &token(4), at(61)).unwrap();
            assert!(other.renewed(&token(3), &token(5), at(700)).is_ok());
            assert!(other.renewed(&token(4), &token(5), at(700)).is_ok());
        }
    }

    #[test]
    fn who_took_a_copy_along_cannot_go_on_beside_the_owner() {
        let both = after(&[(0, 1), (0, 2)], at(60));
        let one = both.renewed(&token(1), &token(3), at(600)).unwrap();
        assert!(one.renewed(&token(2), &token(4), at(629)).is_ok());
        let refused = one.renewed(&token(2), &token(4), at(630));
        assert_eq!(refused, Err(RenewalRefusal::Superseded));
    }

    #[test]
    fn a_token_that_was_made_up_is_unknown_and_tells_nothing() {
        let session = token(0).session();
        let made_up = RefreshToken::first(session, [2; WORD_BYTES], [0; SECRET_BYTES]);
        assert_eq!(begun().renewed(&made_up, &token(1), at(1)), Err(RenewalRefusal::Unknown));
    }

    #[test]
    fn what_a_session_knows_is_bounded() {
        let steps: Vec<(u8, u8)> = (1..=100).map(|next| (0, next)).collect();
        let renewal = after(&steps, at(1));
        assert_eq!(renewal.unused.len(), MAX_SUCCESSORS);
        assert!(renewal.renewed(&token(100), &token(101), at(1)).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_shown_the_last_answer_is_good(shown in proptest::collection::vec(0_u8..40, 0..40)) {
            let (mut renewal, mut last) = (begun(), 0);
            for (next, shown) in (1_u8..).zip(shown) {
                if let Ok(renewed) = renewal.renewed(&token(shown), &token(next), at(u64::from(next))) {
                    (renewal, last) = (renewed, next);
                }
                prop_assert!(renewal.unused.contains(&token(last).hash()));
                prop_assert!(renewal.unused.len() <= MAX_SUCCESSORS);
            }
        }
    }
}
