//! `cargo xtask doctor`: looks at all that a machine needs, and at everything that `up` runs now. Says
//! what is missing, what that means, and what to type.

pub mod machine;
pub mod running;

use anyhow::{Result, bail};

use crate::{log::colours_wanted, workspace::Workspace};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    pub what: String,
    pub found: String,
    /// What to do about it; empty if nothing.
    pub remedy: String,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Works, but something is worth knowing.
    Note,
    Bad,
}

impl Finding {
    /// All is well.
    pub fn good(what: &str, found: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, what: what.to_owned(), found: found.into(), remedy: String::new() }
    }

    /// Worth knowing.
    pub fn note(what: &str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Note, what: what.to_owned(), found: found.into(), remedy: remedy.into() }
    }

    /// Stands in the way.
    pub fn bad(what: &str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { verdict: Verdict::Bad, what: what.to_owned(), found: found.into(), remedy: remedy.into() }
    }
}

/// Looks at everything and prints it; fails if something stands in the way.
pub fn run(workspace: &Workspace) -> Result<()> {
    println!("This machine");
    let mut findings = machine::examine(workspace);
    print(&findings);
    let running = running::examine(workspace);
    if running.is_empty() {
        println!("\n`cargo xtask up` does not run, so there is nothing more to look at.");
    } else {
        println!("\nWhat `cargo xtask up` runs");
        print(&running);
        findings.extend(running);
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count() {
        0 => {
            println!("\nAll is well.");
            Ok(())
        }
        count => bail!("{count} of these need your attention"),
    }
}

fn print(findings: &[Finding]) {
    let coloured = colours_wanted();
    for Finding { verdict, what, found, remedy } in findings {
        let (mark, colour) = match verdict {
            Verdict::Good => ("ok  ", "\x1b[32m"),
            Verdict::Note => ("note", "\x1b[33m"),
            Verdict::Bad => ("BAD ", "\x1b[1;31m"),
        };
        if coloured {
            println!("  {colour}{mark}\x1b[0m  {what:<18} {found}");
        } else {
            println!("  {mark}  {what:<18} {found}");
        }
        if !remedy.is_empty() {
            println!("        {:<18} -> {remedy}", "");
        }
    }
}
