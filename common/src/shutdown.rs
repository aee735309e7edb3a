//! How a process ends: asked to, in order; or by a task that should have gone on, and then at once and with
//! an error, so that whatever runs the process starts it again.

use std::{any::Any, io, panic::AssertUnwindSafe, process, sync::Arc, time::Duration};

use futures::FutureExt as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Cancelled at the first SIGTERM or SIGINT. A second one ends the process at once.
pub fn on_signal() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = CancellationToken::new();
    let asked = token.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("asked to stop");
        asked.cancel();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("asked to stop again, so the process ends with things under way");
        process::exit(1);
    });
    Ok(token)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// A task ended though the service was not stopping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the task {name} {how}")]
pub struct EndedEarly {
    /// Which task.
    pub name: String,
    /// How it ended.
    pub how: String,
}

/// Tasks that go on until the service stops did not end in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{running} tasks did not end within {secs} s")]
pub struct Unfinished {
    /// How many.
    pub running: usize,
    /// How long they had.
    pub secs: u64,
}

/// The tasks of a service, which go on for as long as it lives. Clones are the same set.
#[derive(Debug, Clone)]
pub struct Tasks {
    stopping: CancellationToken,
    tracker: TaskTracker,
    ended: Arc<watch::Sender<Option<EndedEarly>>>,
}

impl Tasks {
    /// No tasks yet; `stopping` tells them to end.
    pub fn new(stopping: CancellationToken) -> Self {
        Self { stopping, tracker: TaskTracker::new(), ended: Arc::new(watch::Sender::new(None)) }
    }

    /// Tells a task that it is to finish what it does and end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Starts a task, which must go on until the service stops.
    pub fn spawn(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        let (name, this) = (name.into(), self.clone());
        self.tracker.spawn(async move {
            let how = match AssertUnwindSafe(task).catch_unwind().await {
                Ok(()) => "ended".to_owned(),
                Err(panic) => format!("panicked: {}", message(&*panic)),
            };
            this.note(EndedEarly { name, how });
        });
    }

    fn note(&self, end: EndedEarly) {
        if self.stopping.is_cancelled() {
            return;
        }
        tracing::error!(task = %end.name, how = %end.how, "a task ended early, so the service ends");
        // The first end is the cause; what follows may be its consequence.
        self.ended.send_if_modified(|first| {
            let news = first.is_none();
            first.get_or_insert(end);
            news
        });
    }

    /// Waits for a task that ends early; for ever if none does.
    pub async fn ended_early(&self) -> EndedEarly {
        let mut ended = self.ended.subscribe();
        match ended.wait_for(Option::is_some).await.map(|first| first.clone()) {
            Ok(Some(first)) => first,
            _ => std::future::pending().await,
        }
    }

    /// Waits until the service is asked to stop; an error if a task ends before.
    pub async fn wait(&self) -> Result<(), EndedEarly> {
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => Ok(()),
            first = self.ended_early() => Err(first),
        }
    }

    /// Tells all tasks to end, and waits until they have.
    pub async fn finish(&self, within: Duration) -> Result<(), Unfinished> {
        self.stopping.cancel();
        self.tracker.close();
        let unfinished = |_| Unfinished { running: self.tracker.len(), secs: within.as_secs() };
        tokio::time::timeout(within, self.tracker.wait()).await.map_err(unfinished)
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks() -> Tasks {
        Tasks::new(CancellationToken::new())
    }

    #[tokio::test]
    async fn a_task_that_ends_early_ends_the_service() {
        let tasks = tasks();
        tasks.spawn("steady", tasks.stopping().cancelled_owned());
        tasks.spawn("fickle", async {});
        let end = tasks.wait().await.unwrap_err();
        assert_eq!(end.to_string(), "the task fickle ended");
    }

    #[tokio::test]
    async fn a_panic_is_an_early_end() {
        let tasks = tasks();
        tasks.spawn("clumsy", async { panic!("dropped it") });
        assert_eq!(tasks.ended_early().await.to_string(), "the task clumsy panicked: dropped it");
    }

    #[tokio::test]
    async fn when_asked_to_stop_tasks_may_end() {
        let tasks = tasks();
        tasks.spawn("steady", tasks.stopping().cancelled_owned());
        tasks.stopping().cancel();
        assert_eq!(tasks.wait().await, Ok(()));
        assert_eq!(tasks.finish(Duration::from_secs(5)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_is_bounded() {
        let tasks = tasks();
        tasks.spawn("stubborn", std::future::pending());
        let unfinished = tasks.finish(Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(unfinished, Unfinished { running: 1, secs: 5 });
    }
}
