//! The sandbox gateway: a payment gateway that behaves like a real one, including on its bad days, and
//! moves no money.
//!
//! It is a server of its own with an append-only ledger, and knows nothing of Stagedoor: it is what the
//! tests ask when they want to know what *really* happened to somebody's money. Every effect is one line
//! of the ledger, written once, on the disk before the answer, and replayed at start.
//!
//! | card number | what it does |
//! |---|---|
//! | 4242 4242 4242 4242, 4000 0566 5566 5556 | succeeds (Visa) |
//! | 5555 5555 5555 4444, 2223 0031 2200 3222 | succeeds (Mastercard) |
//! | 3782 822463 10005 | succeeds (American Express) |
//! | 6011 1111 1111 1117 | succeeds (Discover) |
//! | 3056 930009 0200 04 | succeeds (Diners Club) |
//! | 3566 0020 2036 0505 | succeeds (JCB) |
//! | 6200 0000 0000 0005 | succeeds (UnionPay) |
//! | 4000 0000 0000 0002 | declined: `card_declined` |
//! | 4000 0000 0000 9995 | declined: `insufficient_funds` |
//! | 4000 0000 0000 0069, or any card past its date | declined: `expired_card` |
//! | 4000 0000 0000 0127 | declined: `incorrect_cvc` |
//! | 4000 0025 0000 3155 | needs 3-D Secure: `requires_action` until the buyer answers the challenge |
//! | 4000 0084 0000 1629 | declined: `authentication_failed` |
//! | 4000 0000 0000 1000 | the first authorise hangs before its effect |
//! | 4000 0000 0000 1018 | the first authorise hangs after its effect |
//! | 4000 0000 0000 1026 | the first authorise answers 500 after its effect |
//! | 4000 0000 0000 1109 | authorises; capturing fails for good |
//! | 4000 0000 0000 1117 | authorises; the first capture answers 500 after its effect |
//! | 4000 0000 0000 1208 | every webhook is sent three times |
//! | 4000 0000 0000 1216 | webhooks are late |
//! | 4000 0000 0000 1224 | the webhook arrives before the answer |
//!
//! Any other number that passes the Luhn check succeeds. A number is never stored and never logged.
//!
//! Capture is possible only from `authorized`, refund only from `captured`, and void from `authorized` and
//! `requires_action`. Void under a reference that was never seen closes it: what is still on its way to
//! authorise then reserves nothing. Every request is idempotent by reference.

pub mod book;
pub mod cards;
pub mod config;
pub mod engine;
pub mod entries;
pub mod faults;
pub mod ledger;
mod pages;
mod routes;
mod webhooks;

use std::io;

use actix_web::{App, HttpServer, dev::ServerHandle, web::Data};

pub use config::SandboxConfig;
use engine::Engine;
use ledger::{Ledger, LedgerError};
use webhooks::Webhooks;

/// The sandbox cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The ledger cannot be used.
    #[error("open the ledger")]
    Ledger(#[from] LedgerError),
    /// The address is taken or not ours.
    #[error("listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server ended with an error.
    #[error("serve HTTP")]
    Serve(#[source] io::Error),
}

/// A sandbox that runs.
#[derive(Debug)]
pub struct Running {
    port: u16,
    handle: ServerHandle,
    ended: tokio::task::JoinHandle<io::Result<()>>,
    ledger: Ledger,
    webhooks: Webhooks,
}

/// Replays the ledger and starts to serve.
pub async fn start(config: SandboxConfig) -> Result<Running, SandboxError> {
    let SandboxConfig { bind_address, port, ledger_path, clock, .. } = config;
    let path = ledger_path.clone();
    let opened = tokio::task::spawn_blocking(move || Ledger::open(&path)).await;
    let (ledger, book) = opened.map_err(|panic| SandboxError::Serve(io::Error::other(panic)))??;
    let webhooks = Webhooks::start(config.webhook_url, config.webhook_secret, clock.clone());
    let parts = (ledger.clone(), book);
    let engine = Engine::new(parts, webhooks.clone(), clock.clone(), config.hang, config.late);
    let (engine, clock) = (Data::new(engine), Data::new(clock));
    let address = format!("{bind_address}:{port}");
    let listen = |source| SandboxError::Listen { address: address.clone(), source };
    let server = HttpServer::new(move || {
        App::new().app_data(engine.clone()).app_data(clock.clone()).configure(routes::configure)
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .bind(&address)
    .map_err(listen)?;
    let port = server.addrs().first().map_or(port, std::net::SocketAddr::port);
    let server = server.run();
    let handle = server.handle();
    let ended = tokio::spawn(server);
    tracing::info!(port, ledger = %ledger_path.display(), "the sandbox gateway is ready");
    Ok(Running { port, handle, ended, ledger, webhooks })
}

impl Running {
    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends webhooks to this address from now on.
    pub fn send_webhooks_to(&self, url: String) {
        self.webhooks.send_to(url);
    }

    /// Stops at once; requests that hang are cut off.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        let _ = self.ended.await;
    }

    /// Serves until SIGTERM or Ctrl-C; an error if the ledger or the server ended by itself.
    pub async fn wait(self) -> Result<(), SandboxError> {
        tokio::select! {
            () = stop_signal() => {
                self.handle.stop(true).await;
                Ok(())
            }
            () = self.ledger.closed() => Err(LedgerError::Closed.into()),
            ended = self.ended => {
                let ended = ended.unwrap_or_else(|panic| Err(io::Error::other(panic)));
                Err(SandboxError::Serve(ended.err().unwrap_or_else(|| io::Error::other("it just ended"))))
            }
        }
    }
}

/// Returns when the process is asked to end.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        // Without a handler the signal ends the process by itself; the ledger is safe either way.
        Err(_) => std::future::pending().await,
    }
}
