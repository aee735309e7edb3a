//! The index of deadlines in Redis: which timers are due, and who is at it.
//!
//! Two sorted sets and a key. `deadlines` holds the ids of pending timers by deadline. A worker claims what
//! is due: a script moves it to `claimed` for the time of a lease, so that the replicas share the work, and
//! a claim whose worker died is taken again. `epoch` says that the index is complete; Redis loses it with
//! everything else, which is how a loss is noticed, and the index is then rebuilt from MongoDB.
//!
//! An entry is a hint and never a decision. Whether a timer fires is decided by its document: an entry too
//! many costs a look into MongoDB, and one too few is found by the keeper. So nothing here is needed
//! for a hold to end, only for it to end in time. For the same reason no call waits long for Redis: see
//! the module `link`.
//!
//! Deadlines and leases go by the service's clock, which every call is given. Nothing asks Redis for the
//! time, and nothing relies on key-space notifications, which are sent once and to nobody when nobody is
//! connected.

mod link;
mod scripts;

use std::time::Duration;

use common::{
    clock::Timestamp,
    failpoint::{self, Point},
    ids::OrderId,
};
use redis::AsyncCommands as _;
use tokio::sync::Notify;
use uuid::Uuid;

use link::Link;
pub use link::Unavailable;
use scripts::Scripts;

use crate::domain::Timer;

/// How many timers are claimed at a time. A script of a thousand keeps Redis busy for 3 ms.
pub const BATCH: usize = 1_000;
/// How long a claim is good for. Firing a batch takes a fraction of it.
pub const LEASE: Duration = Duration::from_secs(10);
/// How long a rebuild may go without a sign of life before another worker begins it again.
const REBUILD_LEASE: Duration = Duration::from_secs(10);
/// The value of `epoch` that says that the index is complete.
const COMPLETE: &str = "complete";

/// What a worker got to fire, and what it needs to know to sleep well.
#[derive(Debug)]
pub struct Claim {
    /// Timers that are due; the caller's for [`LEASE`].
    pub ids: Vec<OrderId>,
    /// When the next timer in the index is due.
    pub next_deadline: Option<Timestamp>,
    /// How many timers are in the index, claimed ones included.
    pub indexed: usize,
}

/// The index of deadlines.
pub struct Schedule {
    link: Link,
    scripts: Scripts,
    /// Tells this process from the others that may want to rebuild.
    token: String,
    deadlines: String,
    claimed: String,
    epoch: String,
    lost: Notify,
}

impl Schedule {
    /// An index whose keys begin with `prefix`. Connects when first used, so a Redis that is away keeps
    /// nobody from starting; only an address that is none is an error.
    pub fn open(url: &str, prefix: &str) -> Result<Self, redis::RedisError> {
        // The braces keep the three keys in one slot, so that the scripts would run on a Redis Cluster.
        let key = |name: &str| format!("{{{prefix}}}:{name}");
        Ok(Self {
            link: Link::open(url)?,
            scripts: Scripts::default(),
            token: Uuid::now_v7().to_string(),
            deadlines: key("deadlines"),
            claimed: key("claimed"),
            epoch: key("epoch"),
            lost: Notify::new(),
        })
    }

    /// Indexes a deadline; a later call with another deadline moves it.
    pub async fn add(&self, id: OrderId, deadline: Timestamp) -> Result<(), Unavailable> {
        let mut redis = self.link.redis();
        let (key, member, score) = (&self.deadlines, id.to_string(), deadline.millis());
        let points = (Point::RedisAddBefore, Point::RedisAddAfter);
        self.between(points, async move { redis.zadd(key, member, score).await }).await
    }

    /// Takes a deadline out of the index.
    pub async fn remove(&self, id: OrderId) -> Result<(), Unavailable> {
        let mut redis = self.link.redis();
        let (key, member) = (&self.deadlines, id.to_string());
        let points = (Point::RedisRemoveBefore, Point::RedisRemoveAfter);
        self.between(points, async move { redis.zrem(key, member).await }).await
    }

    /// Claims at most [`BATCH`] timers that are due at `now`, those first whose worker died.
    pub async fn claim(&self, now: Timestamp) -> Result<Claim, Unavailable> {
        let mut call = self.scripts.claim.key(&self.deadlines);
        call.key(&self.claimed).key(&self.epoch);
        call.arg(now.millis()).arg(now.plus(LEASE).millis()).arg(BATCH);
        let mut redis = self.link.redis();
        let points = (Point::RedisClaimBefore, Point::RedisClaimAfter);
        let answer = self.between(points, async move { call.invoke_async(&mut redis).await }).await?;
        let (epoch, next_deadline, indexed, members): (String, i64, usize, Vec<String>) = answer;
        if epoch.is_empty() || self.link.has_gap() {
            self.lost.notify_one();
        }
        let next_deadline = Timestamp::from_millis(next_deadline).filter(|_| next_deadline >= 0);
        Ok(Claim { ids: self.ids_of(members).await?, next_deadline, indexed })
    }

    /// Gives up claims of timers that need nothing more.
    pub async fn finish(&self, ids: &[OrderId]) -> Result<(), Unavailable> {
        self.unclaim(ids.iter().map(OrderId::to_string).collect()).await
    }

    /// Gives claims back, each to be claimed again at its time.
    pub async fn postpone(&self, ids: &[(OrderId, Timestamp)]) -> Result<(), Unavailable> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        pipe.atomic();
        for (id, time) in ids {
            let member = id.to_string();
            pipe.zadd(&self.deadlines, &member, time.millis()).ignore();
            pipe.zrem(&self.claimed, &member).ignore();
        }
        let mut redis = self.link.redis();
        let points = (Point::RedisPostponeBefore, Point::RedisPostponeAfter);
        self.between(points, async move { pipe.query_async(&mut redis).await }).await
    }

    /// Puts pending timers back into the index, unless they are in it; answers how many were not.
    pub async fn restore(&self, timers: &[Timer]) -> Result<usize, Unavailable> {
        if timers.is_empty() {
            return Ok(0);
        }
        let mut call = self.scripts.restore.key(&self.deadlines);
        call.key(&self.claimed);
        for timer in timers {
            call.arg(timer.expires_at.millis()).arg(timer.id.to_string());
        }
        let mut redis = self.link.redis();
        let points = (Point::RedisRestoreBefore, Point::RedisRestoreAfter);
        self.between(points, async move { call.invoke_async(&mut redis).await }).await
    }

    /// Comes back when a claim has found that the index is lost, or that entries may be missing.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }

    /// Whether Redis was unreachable since this was last asked, so that entries may be missing though the
    /// epoch is there: what was indexed meanwhile, or what a restart or a failover cost.
    pub fn take_gap(&self) -> bool {
        self.link.take_gap()
    }

    /// Says that the index cannot be relied on, so that it is rebuilt.
    pub async fn distrust(&self) -> Result<(), Unavailable> {
        let mut redis = self.link.redis();
        let key = &self.epoch;
        let points = (Point::RedisDistrustBefore, Point::RedisDistrustAfter);
        let deleted = self.between(points, async move { redis.del(key).await }).await;
        deleted.inspect_err(|_| self.link.mark_gap())
    }

    /// Begins a rebuild; false if the index is complete or somebody else rebuilds it.
    pub async fn begin_rebuild(&self) -> Result<bool, Unavailable> {
        let points = (Point::RedisBeginBefore, Point::RedisBeginAfter);
        self.as_rebuilder(points, &self.scripts.begin, &REBUILD_LEASE.as_millis().to_string()).await
    }

    /// A sign of life of the rebuild; false if Redis has lost its data again.
    pub async fn renew_rebuild(&self) -> Result<bool, Unavailable> {
        let points = (Point::RedisRenewBefore, Point::RedisRenewAfter);
        self.as_rebuilder(points, &self.scripts.renew, &REBUILD_LEASE.as_millis().to_string()).await
    }

    /// Ends a rebuild: the index is complete. False if Redis has lost its data again.
    pub async fn seal_rebuild(&self) -> Result<bool, Unavailable> {
        let points = (Point::RedisSealBefore, Point::RedisSealAfter);
        self.as_rebuilder(points, &self.scripts.seal, COMPLETE).await
    }

    async fn as_rebuilder(
        &self,
        points: (Point, Point),
        script: &redis::Script,
        value: &str,
    ) -> Result<bool, Unavailable> {
        let mut call = script.key(&self.epoch);
        call.arg(&self.token).arg(value);
        let mut redis = self.link.redis();
        self.between(points, async move { call.invoke_async(&mut redis).await }).await
    }

    /// Runs a command between two failpoints.
    async fn between<T>(
        &self,
        (before, after): (Point, Point),
        command: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, Unavailable> {
        failpoint::pass(before);
        let answer = self.link.guard(command).await;
        failpoint::pass(after);
        answer
    }

    /// The ids among claimed members. What is no id was put there by a stranger and is taken out.
    async fn ids_of(&self, members: Vec<String>) -> Result<Vec<OrderId>, Unavailable> {
        let mut ids = Vec::with_capacity(members.len());
        let mut strangers = Vec::new();
        for member in members {
            match member.parse() {
                Ok(id) => ids.push(id),
                Err(_) => strangers.push(member),
            }
        }
        if !strangers.is_empty() {
            tracing::warn!(
                count = strangers.len(),
                "removed entries from the timer index that are no order ids"
            );
        }
        self.unclaim(strangers).await?;
        Ok(ids)
    }

    async fn unclaim(&self, members: Vec<String>) -> Result<(), Unavailable> {
        if members.is_empty() {
            return Ok(());
        }
        let mut redis = self.link.redis();
        let key = &self.claimed;
        let points = (Point::RedisFinishBefore, Point::RedisFinishAfter);
        self.between(points, async move { redis.zrem(key, members).await }).await
    }
}
