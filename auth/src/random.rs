//! Randomness that nobody can guess, from the operating system.

use rand::{TryRngCore as _, rngs::OsRng};

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("draw random bytes")]
pub struct RandomError(#[from] rand::rand_core::OsError);

/// So many random bytes.
pub fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(bytes)
}
