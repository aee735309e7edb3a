//! A log file with a bound: when it is full, or begun anew, it becomes `<name>.old` and its predecessor
//! goes.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

const MAX_BYTES: u64 = 32 << 20;

/// A file of lines.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Begins a file, keeping the one that was there as `<name>.old`.
    pub fn begin(path: &Path) -> Result<Self> {
        let file = start_over(path).with_context(|| format!("begin the log file {}", path.display()))?;
        Ok(Self { path: path.to_path_buf(), file, bytes: 0 })
    }

    /// Adds a line.
    pub fn write(&mut self, line: &str) -> io::Result<()> {
        if self.bytes > MAX_BYTES {
            self.file = start_over(&self.path)?;
            self.bytes = 0;
        }
        self.bytes += u64::try_from(line.len()).unwrap_or(u64::MAX) + 1;
        self.file.write_all(format!("{line}\n").as_bytes())
    }
}

fn start_over(path: &Path) -> io::Result<File> {
    if path.exists() {
        fs::rename(path, path.with_extension("log.old"))?;
    }
    File::create(path)
}

/// The last lines of a log file, for a word about why a process ended.
pub fn tail(path: &Path, count: usize) -> Vec<String> {
    let Ok(bytes) = fs::read(path) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_start_keeps_the_previous_file() {
        let dir = std::env::temp_dir().join(format!("stagedoor-log-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("auth.log");
        LogFile::begin(&path).unwrap().write("first").unwrap();
        let mut second = LogFile::begin(&path).unwrap();
        second.write("one").unwrap();
        second.write("two").unwrap();
        assert_eq!(tail(&path, 1), ["two"]);
        assert_eq!(tail(&dir.join("auth.log.old"), 9), ["first"]);
        fs::remove_dir_all(&dir).unwrap();
    }
}
