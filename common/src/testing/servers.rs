//! Real servers for tests: those that `cargo xtask test` runs, or else some of our own on free ports.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use bson::doc;
use mongodb::Client;
use tempfile::TempDir;
use tokio::{net::TcpStream, sync::OnceCell, time::sleep};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How long between two looks at something that is awaited.
const POLL: Duration = Duration::from_millis(20);

/// The addresses of the servers that tests use.
#[derive(Debug, Clone)]
pub struct Servers {
    /// A MongoDB replica set.
    pub mongodb_uri: String,
    /// A NATS server with JetStream.
    pub nats_url: String,
    /// A Redis server.
    pub redis_url: String,
}

impl Servers {
    /// The servers of this test run: `MONGODB_URI`, `NATS_URL` and `REDIS_URL` where they are set, else
    /// servers that are started once for this process and end with it.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Servers> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async {
                let (mongodb, nats, redis) = tokio::join!(mongodb_uri(), nats_url(), redis_url());
                Self { mongodb_uri: mongodb, nats_url: nats, redis_url: redis }
            })
            .await
    }
}

async fn mongodb_uri() -> String {
    match env::var("MONGODB_URI") {
        Ok(uri) => uri,
        Err(_) => forever(start_mongod(free_port()).await),
    }
}

async fn nats_url() -> String {
    match env::var("NATS_URL") {
        Ok(url) => url,
        Err(_) => forever(start_nats(free_port()).await),
    }
}

async fn redis_url() -> String {
    match env::var("REDIS_URL") {
        Ok(url) => url,
        Err(_) => forever(start_redis(free_port()).await),
    }
}

/// Keeps a server until this process ends; the pipe to its keeper closes then.
fn forever(child: Child) -> String {
    let url = child.url.clone();
    std::mem::forget(child);
    url
}

/// A server that a test started; it is killed when this is dropped or when the test process ends.
#[derive(Debug)]
pub struct Child {
    /// Where it listens.
    pub url: String,
    keeper: std::process::Child,
    data: Option<TempDir>,
}

impl Child {
    /// Kills the server at once, as a power cut would, and gives back its data directory.
    pub fn kill(mut self) -> Option<TempDir> {
        self.end();
        self.data.take()
    }

    fn end(&mut self) {
        drop(self.keeper.stdin.take());
        // The keeper ends when the server has; nothing can be done if it is already gone.
        let _ = self.keeper.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("bind a free port");
    listener.local_addr().expect("the address of a bound socket").port()
}

/// A one-node replica set.
pub async fn start_mongod(port: u16) -> Child {
    let data = TempDir::new().expect("make a data directory");
    let mut command = server("mongod");
    command.args(["--replSet", "rs0", "--bind_ip", "127.0.0.1", "--quiet", "--port"]).arg(port.to_string());
    command.args(["--wiredTigerCacheSizeGB", "0.5", "--dbpath"]).arg(data.path());
    let uri = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let child = start(command, port, uri.clone(), data).await;
    let admin = Client::with_uri_str(&uri).await.expect("a valid address").database("admin");
    let member = doc! { "_id": 0, "host": format!("127.0.0.1:{port}") };
    let initiate = doc! { "replSetInitiate": { "_id": "rs0", "members": [member] } };
    // A data directory that was used before is initiated already.
    let _ = admin.run_command(initiate).await;
    eventually("mongod to become primary", async || {
        let hello = admin.run_command(doc! { "hello": 1 }).await.ok()?;
        hello.get_bool("isWritablePrimary").ok()?.then_some(())
    })
    .await;
    child
}

/// A NATS server with JetStream on files.
pub async fn start_nats(port: u16) -> Child {
    start_nats_in(port, TempDir::new().expect("make a data directory")).await
}

/// A NATS server on a data directory that may have been used before.
pub async fn start_nats_in(port: u16, data: TempDir) -> Child {
    let mut command = nats_server();
    command.args(["--addr", "127.0.0.1", "--jetstream", "--port"]).arg(port.to_string());
    command.arg("--store_dir").arg(data.path());
    start(command, port, format!("nats://127.0.0.1:{port}"), data).await
}

/// A Redis server with an append-only file, which never evicts.
pub async fn start_redis(port: u16) -> Child {
    let data = TempDir::new().expect("make a data directory");
    let mut command = server("redis-server");
    command.args(["--bind", "127.0.0.1", "--port"]).arg(port.to_string());
    command.args(["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--dir"]).arg(data.path());
    start(command, port, format!("redis://127.0.0.1:{port}"), data).await
}

/// The nats-server that `NATS_SERVER` names, so that tests can be run on each version that we support.
fn nats_server() -> Command {
    env::var_os("NATS_SERVER").map_or_else(|| server("nats-server"), Command::new)
}

/// The program, from PATH or from where xtask unpacked it.
fn server(name: &str) -> Command {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let unpacked = workspace.join(".stagedoor/bin").join(name);
    let on_path =
        env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let program = on_path
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
        .or_else(|| unpacked.is_file().then_some(unpacked));
    let program: PathBuf = program.unwrap_or_else(|| {
        panic!("{name} is neither on PATH nor in .stagedoor/bin: run `cargo xtask doctor --install` or `cargo xtask test`")
    });
    Command::new(program)
}

/// Starts a server under a keeper: a shell that kills it when the pipe to this process closes, however
/// this process ends.
async fn start(command: Command, port: u16, url: String, data: TempDir) -> Child {
    let script = r#""$@" >/dev/null 2>&1 & server=$!; read -r _; kill -9 $server; wait $server"#;
    let mut keeper = Command::new("sh");
    keeper.args(["-c", script, "keeper"]).arg(command.get_program()).args(command.get_args());
    let keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let keeper = keeper.spawn().expect("start a server");
    eventually("a server to listen", async || TcpStream::connect(("127.0.0.1", port)).await.ok().map(drop))
        .await;
    Child { url, keeper, data: Some(data) }
}

/// Waits until the closure gives something; panics with the name of what was awaited after a while.
pub(crate) async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            sleep(POLL).await;
        }
    };
    let found = tokio::time::timeout(START_TIMEOUT, waiting).await;
    found.unwrap_or_else(|_| panic!("waited {START_TIMEOUT:?} for {what}, in vain"))
}
