//! `cargo xtask catalog`: writes the generated documents, or with `--check` says which are old.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

use std::{env, fs, path::Path};

use anyhow::{Context as _, bail};

fn main() -> anyhow::Result<()> {
    let check = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: catalog [--check]"),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("find the repository's root")?;
    let mut old = Vec::new();
    for (path, current) in e2e::catalogue::documents()? {
        let file = root.join(path);
        if fs::read_to_string(&file).is_ok_and(|written| written == current) {
            println!("{} is current", path.display());
        } else if check {
            old.push(path.display().to_string());
        } else {
            fs::write(&file, current).with_context(|| format!("write {}", path.display()))?;
            println!("{} is written", path.display());
        }
    }
    if !old.is_empty() {
        bail!("{} is not current: run `cargo xtask catalog` and commit what it writes", old.join(", "));
    }
    Ok(())
}
