//! mongod as a replica set of one member. There is no `mongosh` to make it one, so xtask says the few
//! words itself, in MongoDB's own wire protocol (OP_MSG).

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

use super::bson::{self, Scalar, Value};
use crate::{children::Spec, log::grammar::Grammar, workspace::make_dir};

const REPLICA_SET: &str = "stagedoor";
const OP_MSG: i32 = 2013;
const TIMEOUT: Duration = Duration::from_secs(5);

/// No answer to our few questions is nearly as long.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// How to start it, with its data under `dir`.
pub fn spec(mongod: &Path, dir: &Path, port: u16) -> Result<Spec> {
    let data = dir.join("mongodb");
    make_dir(&data)?;
    let args = [
        &format!("--dbpath={}", data.display()),
        &format!("--port={port}"),
        "--bind_ip=127.0.0.1",
        "--nounixsocket",
        &format!("--replSet={REPLICA_SET}"),
        // Enough to catch up from for hours; the default is a twentieth of the disk.
        "--oplogSize=512",
        "--wiredTigerCacheSizeGB=1",
        // A replica of one has nobody to hand over to: the default is to linger for 15 seconds.
        "--setParameter=shutdownTimeoutMillisForSignaledShutdown=0",
        "--setParameter=diagnosticDataCollectionEnabled=false",
        // What is slow is logged with all that was written, signing keys and hashes of passwords included.
        // The profiler (`db.setProfilingLevel`) tells the same to who may read those anyway.
        "--slowOpSampleRate=0",
    ];
    Ok(Spec {
        name: "mongod".to_owned(),
        program: mongod.to_path_buf(),
        args: args.iter().map(ToString::to_string).collect(),
        env: Vec::new(),
        grammar: Grammar::Mongod,
        dir: dir.to_path_buf(),
    })
}

/// What the services are told.
pub fn uri(port: u16) -> String {
    format!("mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}")
}

/// Succeeds once the server accepts writes; makes it a replica set on the way, if it is none yet.
pub fn become_primary(port: u16) -> Result<()> {
    let mut connection = Connection::open(port)?;
    let hello = connection.run(&[("hello", Value::Int(1)), ("$db", Value::Text("admin"))])?;
    if hello.is_true("isWritablePrimary") {
        return Ok(());
    }
    if hello.is_true("isreplicaset") {
        let initiated =
            connection.run(&[("replSetInitiate", configuration(port)), ("$db", Value::Text("admin"))])?;
        if initiated.text("codeName") == "AlreadyInitialized" {
            // Its data remember another port, where they were first used.
            let reconfigured = connection.run(&[
                ("replSetReconfig", configuration(port)),
                ("force", Value::Int(1)),
                ("$db", Value::Text("admin")),
            ])?;
            ensure!(reconfigured.succeeded(), "replSetReconfig: {}", reconfigured.text("errmsg"));
        } else {
            ensure!(initiated.succeeded(), "replSetInitiate: {}", initiated.text("errmsg"));
        }
    }
    bail!("it has not become the primary yet ({})", hello.text("info"))
}

fn configuration(port: u16) -> Value {
    let member =
        Value::Document(vec![("_id", Value::Int(0)), ("host", Value::Owned(format!("127.0.0.1:{port}")))]);
    Value::Document(vec![
        ("_id", Value::Text(REPLICA_SET)),
        ("version", Value::Int(1)),
        ("members", Value::Array(vec![member])),
    ])
}

struct Connection {
    stream: TcpStream,
}

struct Answer {
    fields: Vec<(String, Scalar)>,
}

impl Connection {
    fn open(port: u16) -> Result<Self> {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let stream = TcpStream::connect_timeout(&address, TIMEOUT).context("connect")?;
        stream.set_read_timeout(Some(TIMEOUT)).context("set a timeout")?;
        stream.set_write_timeout(Some(TIMEOUT)).context("set a timeout")?;
        Ok(Self { stream })
    }

    fn run(&mut self, command: &[(&'static str, Value)]) -> Result<Answer> {
        self.stream.write_all(&message(&bson::write(command))).context("send a command")?;
        let mut header = [0; 16];
        self.stream.read_exact(&mut header).context("read an answer's header")?;
        let [a, b, c, d, ..] = header;
        let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).context("read an answer's length")?;
        ensure!((16..=MAX_ANSWER_BYTES).contains(&length), "an answer of {length} bytes makes no sense");
        let mut body = vec![0; length - 16];
        self.stream.read_exact(&mut body).context("read an answer")?;
        // Four bytes of flags and one for the kind of the section stand before the document.
        let fields = bson::read(body.get(5..).context("read an empty answer")?)?;
        Ok(Answer { fields })
    }
}

/// Header (length, request id, answer to, opcode), flags, and one section of kind 0.
fn message(document: &[u8]) -> Vec<u8> {
    let length = i32::try_from(16 + 4 + 1 + document.len()).unwrap_or(i32::MAX);
    let mut bytes: Vec<u8> = [length, 1, 0, OP_MSG, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.push(0);
    bytes.extend_from_slice(document);
    bytes
}

impl Answer {
    fn get(&self, name: &str) -> Option<&Scalar> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(&Scalar::Boolean(true))
    }

    fn succeeded(&self) -> bool {
        self.get("ok") == Some(&Scalar::Number(1.0))
    }

    fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Scalar::Text(text)) => text,
            _ => "no reason given",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_states_its_own_length() {
        let document = bson::write(&[("hello", Value::Int(1))]);
        let bytes = message(&document);
        assert_eq!(bytes.len(), 21 + document.len());
        assert_eq!(&bytes[..4], u32::try_from(bytes.len()).unwrap().to_le_bytes());
    }
}
