//! redis-server with an append-only file, which never evicts a timer.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{children::Spec, log::grammar::Grammar, workspace::make_dir};

/// How to start it, with its data under `dir`.
pub fn spec(redis_server: &Path, dir: &Path, port: u16) -> Result<Spec> {
    let data = dir.join("redis");
    make_dir(&data)?;
    let settings = [
        ("--port", port.to_string()),
        ("--bind", "127.0.0.1".to_owned()),
        ("--dir", data.to_string_lossy().into_owned()),
        ("--appendonly", "yes".to_owned()),
        ("--appendfsync", "everysec".to_owned()),
        ("--save", String::new()),
        ("--maxmemory", "512mb".to_owned()),
        ("--maxmemory-policy", "noeviction".to_owned()),
    ];
    Ok(Spec {
        name: "redis-server".to_owned(),
        program: redis_server.to_path_buf(),
        args: settings.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect(),
        env: Vec::new(),
        grammar: Grammar::Redis,
        dir: dir.to_path_buf(),
    })
}

/// What the services are told.
pub fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

/// Succeeds once it has read its file and answers.
pub fn check(port: u16) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).context("connect")?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).context("set a timeout")?;
    stream.write_all(b"PING\r\n").context("ask")?;
    let mut answer = [0; 64];
    let count = stream.read(&mut answer).context("read its answer")?;
    let answer = String::from_utf8_lossy(answer.get(..count).unwrap_or_default()).trim().to_owned();
    ensure!(answer == "+PONG", "it answers {answer}");
    Ok(())
}
