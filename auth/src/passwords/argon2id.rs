//! Argon2id over PHC strings, with memory that goes back to the system when a hash is done.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        phc::{Output, ParamsString, PasswordHash as Phc, Salt},
        try_generate_salt,
    },
};

use super::{Checked, HASH_BYTES, HashingError};
use crate::domain::{
    password::{Password, PasswordHash},
    sign_in::PasswordCheck,
};

/// glibc keeps freed memory for later, but maps what is larger than 32 MiB on its own and returns it at
/// once. Only what Argon2 touches of it ever becomes real, so a service that has hashed is small again.
const MAPPED_BYTES: usize = 33 * 1024 * 1024;

/// The hash of a password, with a salt of its own.
pub fn hash(argon2: &Argon2<'_>, password: &Password) -> Result<PasswordHash, HashingError> {
    let salt = try_generate_salt().map_err(HashingError::broken)?;
    let output = derive(argon2, password, &salt, HASH_BYTES)?;
    phc(argon2, &salt, output)
}

/// Whether the hash is the password's, by the parameters of the hash.
pub fn check(argon2: &Argon2<'_>, password: &Password, hash: &PasswordHash) -> Result<Checked, HashingError> {
    let phc = Phc::new(hash.as_phc()).map_err(HashingError::broken)?;
    let (Some(salt), Some(expected)) = (&phc.salt, &phc.hash) else {
        return Err(HashingError::broken("it has no salt or no output"));
    };
    let output = derive(&as_hashed(&phc)?, password, salt, expected.len())?;
    // `Output` compares in constant time.
    if output != *expected {
        return Ok(Checked { check: PasswordCheck::Wrong, rehashed: None });
    }
    let rehashed = if is_current(argon2, &phc) { None } else { Some(self::hash(argon2, password)?) };
    Ok(Checked { check: PasswordCheck::Right, rehashed })
}

/// A well-formed hash under today's parameters of no password: its output is not Argon2's.
pub fn hash_of_nobody(argon2: &Argon2<'_>) -> Result<PasswordHash, HashingError> {
    phc(argon2, &[0x5D; 16], Output::new(&[0xA0; HASH_BYTES]).map_err(HashingError::broken)?)
}

fn derive(
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    length: usize,
) -> Result<Output, HashingError> {
    let blocks = argon2.params().block_count();
    let mut memory = Vec::with_capacity(blocks.max(MAPPED_BYTES / Block::SIZE));
    memory.resize(blocks, Block::default());
    let mut output = vec![0; length];
    let password = password.expose().as_bytes();
    let derived = argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory);
    derived.map_err(HashingError::broken)?;
    Output::new(&output).map_err(HashingError::broken)
}

/// Argon2 as it was when the hash was made.
fn as_hashed(phc: &Phc) -> Result<Argon2<'static>, HashingError> {
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(HashingError::broken)?;
    let version = phc.version.map_or(Ok(Version::default()), Version::try_from);
    let params = Params::try_from(phc).map_err(HashingError::broken)?;
    Ok(Argon2::new(algorithm, version.map_err(HashingError::broken)?, params))
}

/// Whether a hash was made with the parameters of today.
fn is_current(argon2: &Argon2<'_>, phc: &Phc) -> bool {
    let today = ParamsString::try_from(argon2.params());
    phc.algorithm == Algorithm::Argon2id.ident()
        && phc.version == Some(Version::V0x13.into())
        && today.is_ok_and(|today| phc.params == today)
}

fn phc(argon2: &Argon2<'_>, salt: &[u8], output: Output) -> Result<PasswordHash, HashingError> {
    let phc = Phc {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(HashingError::broken)?,
        salt: Some(Salt::new(salt).map_err(HashingError::broken)?),
        hash: Some(output),
    };
    Ok(PasswordHash::from_phc(phc.to_string()))
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier as _;

    use super::*;

    #[test]
    fn another_implementation_finds_the_password_right() {
        let argon2 = Argon2::default();
        let password = Password::tried(&"correct horse".into()).unwrap();
        let hash = hash(&argon2, &password).unwrap();
        assert!(argon2.verify_password(b"correct horse", hash.as_phc()).is_ok());
        assert!(argon2.verify_password(b"correct zebra", hash.as_phc()).is_err());
    }

    #[test]
    fn a_hash_of_a_published_example_is_recognised() {
        // Made by the reference implementation, `argon2 somesalt -id -t 2 -m 16 -p 1`.
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let password = Password::tried(&"password".into()).unwrap();
        let checked = check(&Argon2::default(), &password, &PasswordHash::from_phc(hash.to_owned())).unwrap();
        assert_eq!(checked.check, PasswordCheck::Right);
        assert!(checked.rehashed.is_some(), "its parameters are not today's");
    }
}
