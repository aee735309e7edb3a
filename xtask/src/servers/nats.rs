//! nats-server with JetStream, its streams in files.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{children::Spec, log::grammar::Grammar, workspace::make_dir};

/// A bound of the books rather than of the disk: JetStream refuses to make a stream whose own limit it
/// could not keep, and each test makes streams of a gibibyte that stay nearly empty.
const MAX_FILE_STORE: &str = "100TB";

/// How to start it, with its data under `dir`.
pub fn spec(nats_server: &Path, dir: &Path, port: u16) -> Result<Spec> {
    let data = dir.join("nats");
    make_dir(&data)?;
    let file = dir.join("nats.conf");
    fs::write(&file, configuration(&data, port)).context("write the configuration of nats-server")?;
    Ok(Spec {
        name: "nats-server".to_owned(),
        program: nats_server.to_path_buf(),
        args: vec!["--config".to_owned(), file.to_string_lossy().into_owned()],
        env: Vec::new(),
        grammar: Grammar::Nats,
        dir: dir.to_path_buf(),
    })
}

/// What the services are told.
pub fn url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

/// Succeeds once it accepts clients, which it does when its streams are recovered.
pub fn check(port: u16) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).context("connect")?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).context("set a timeout")?;
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting).context("read its greeting")?;
    ensure!(greeting.contains("\"jetstream\":true"), "it runs without JetStream");
    Ok(())
}

fn configuration(data: &Path, port: u16) -> String {
    format!(
        r#"# Written by xtask at each start.
listen: "127.0.0.1:{port}"
server_name: "stagedoor-local"
jetstream {{
  store_dir: "{}"
  max_memory_store: 64MB
  max_file_store: {MAX_FILE_STORE}
}}
"#,
        data.display()
    )
}
