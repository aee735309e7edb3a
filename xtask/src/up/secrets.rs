//! Secrets of the local installation: generated on the first start, kept in files that only their owner
//! reads, and handed to a service as the path of a file.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use crate::{seed::Admin, workspace::make_dir};

/// Who may create shows.
pub const ADMIN_EMAIL: &str = "admin@stagedoor.localhost";

/// The file with that account's password.
pub const ADMIN_PASSWORD: &str = "admin_password";

const SECRETS: [Secret; 4] = [
    Secret { file: "pass_signing_key", variable: "PASS_SIGNING_KEY", of: "tickets" },
    Secret { file: "sandbox_webhook_secret", variable: "SANDBOX_WEBHOOK_SECRET", of: "payments" },
    Secret { file: "sandbox_webhook_secret", variable: "SANDBOX_WEBHOOK_SECRET", of: "sandbox-gateway" },
    Secret { file: ADMIN_PASSWORD, variable: "ADMIN_PASSWORD", of: "auth" },
];

/// One secret of one service.
struct Secret {
    file: &'static str,
    /// A service takes the value from a variable, or from the file that `<variable>_FILE` names; never both.
    variable: &'static str,
    of: &'static str,
}

/// The directory of secrets, complete.
#[derive(Debug)]
pub struct Secrets {
    dir: PathBuf,
}

impl Secrets {
    /// Generates those that do not exist yet.
    pub fn load_or_generate(dir: &Path) -> Result<Self> {
        make_dir(dir)?;
        for secret in &SECRETS {
            let file = dir.join(secret.file);
            if !file.exists() {
                generate(&file).with_context(|| format!("generate the secret {}", file.display()))?;
            }
        }
        Ok(Self { dir: dir.to_path_buf() })
    }

    /// What a service is told.
    pub fn environment_of(&self, service: &str) -> Vec<(String, String)> {
        SECRETS
            .iter()
            .filter(|secret| secret.of == service)
            .flat_map(|secret| {
                let file = self.dir.join(secret.file).display().to_string();
                [(secret.variable.to_owned(), String::new()), (format!("{}_FILE", secret.variable), file)]
            })
            .collect()
    }

    /// The account of the administrator.
    pub fn admin(dir: &Path) -> Result<Admin> {
        let file = dir.join(ADMIN_PASSWORD);
        let password = fs::read_to_string(&file).with_context(|| {
            format!("read {}, which `cargo xtask up` generates on its first start", file.display())
        })?;
        Ok(Admin { email: ADMIN_EMAIL.to_owned(), password: password.trim().to_owned() })
    }
}

/// 256 bits of the kernel's randomness, in hexadecimal.
fn generate(file: &Path) -> Result<()> {
    let mut bytes = [0; 32];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let text = bytes.iter().fold(String::new(), |mut text, byte| {
        text.extend(
            [char::from_digit(u32::from(byte >> 4), 16), char::from_digit(u32::from(byte & 15), 16)]
                .into_iter()
                .flatten(),
        );
        text
    });
    let mut target = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    target.write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_generated_once_and_only_their_owner_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = std::env::temp_dir().join(format!("stagedoor-secrets-{}", std::process::id()));
        let secrets = Secrets::load_or_generate(&dir).unwrap();
        let first = fs::read_to_string(dir.join(ADMIN_PASSWORD)).unwrap();
        assert_eq!(first.len(), 64);
        Secrets::load_or_generate(&dir).unwrap();
        assert_eq!(fs::read_to_string(dir.join(ADMIN_PASSWORD)).unwrap(), first);
        assert_eq!(fs::metadata(dir.join(ADMIN_PASSWORD)).unwrap().permissions().mode() & 0o777, 0o600);
        let file = dir.join(ADMIN_PASSWORD).display().to_string();
        assert!(secrets.environment_of("auth").contains(&("ADMIN_PASSWORD_FILE".to_owned(), file)));
        assert_eq!(Secrets::admin(&dir).unwrap().password, first);
        fs::remove_dir_all(dir).unwrap();
    }
}
