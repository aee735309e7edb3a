//! Failpoints: places at which a process can be told to die.
//!
//! Whatever was acknowledged must survive a process that is gone from one instruction to the next. The
//! interesting instructions are those around an effect that others can see: a commit, a PubAck, an
//! acknowledgement, a request to the gateway, a command to Redis. Each of them [`pass`]es the points of one table,
//! [`Point`]. `cargo xtask crash-points` kills services at all of them.
//!
//! Without the feature `failpoints`, [`pass`] is nothing at all. With it, it does nothing until
//! `STAGEDOOR_ABORT_AT=<point>[:n]` names a point: at the n-th pass (the first, if not said) the process
//! aborts as if it were killed with -9, with nothing flushed and nothing told. Every pass is counted then, in
//! `failpoint_passes_total`.
//!
//! It never decides, delays or reports anything; a released build is made without it.

#[cfg(feature = "failpoints")]
mod armed;

#[cfg(feature = "failpoints")]
pub use armed::{arm, pass};

use std::fmt;

/// The variable that arms a point: `<point>[:n]`.
pub const VARIABLE: &str = "STAGEDOOR_ABORT_AT";

/// One line per point, so that the enum, the list and the names cannot disagree.
macro_rules! points {
    ($($(#[$doc:meta])+ $point:ident = $name:literal,)+) => {
        /// A place at which a process can be told to die.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Point {
            $($(#[$doc])+ $point,)+
        }

        impl Point {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$point,)+];

            /// As it is written in the variable and in tables.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$point => $name,)+
                }
            }
        }
    };
}

points! {
    /// A group of units of work is about to be sent to MongoDB.
    CommitUnsent = "commit/before_send",
    /// MongoDB has answered; nobody who waits for the answer has it.
    CommitUnanswered = "commit/before_answer",

    /// A message is about to be published.
    PublishUnsent = "publish/before_send",
    /// It is sent, and not acknowledged.
    PublishUnacked = "publish/before_ack",
    /// It is acknowledged by JetStream; what it was published from does not know.
    PublishAcked = "publish/after_ack",
    /// Acknowledged entries are about to be removed from their outboxes.
    OutboxUnremoved = "outbox/before_removal",
    /// They are removed.
    OutboxRemoved = "outbox/after_removal",

    /// A message has been received; its listener has not seen it.
    ListenUnhandled = "listen/before_handling",
    /// Its listener has handled it and that is committed; JetStream does not know.
    ListenUnacked = "listen/before_ack",
    /// It is acknowledged.
    ListenAcked = "listen/after_ack",

    /// A message is about to be given up.
    DeadLetterUnkept = "dead_letter/before_keeping",
    /// The dead letter is in the own database.
    DeadLetterKept = "dead_letter/after_keeping",
    /// It is told on the stream of dead letters.
    DeadLetterTold = "dead_letter/after_telling",
    /// The message is terminated.
    DeadLetterTerminated = "dead_letter/after_termination",

    /// A lost stream is noticed and recorded; nothing is published again.
    RepairUnbegun = "repair/before_publishing",
    /// A page of current states is published again.
    RepairPaged = "repair/after_page",
    /// All are; that is not recorded.
    RepairUnrecorded = "repair/before_recording",

    /// The gateway is about to be asked what it knows of a payment.
    LookupUnsent = "gateway/before_lookup",
    /// It has answered; that is written nowhere.
    LookupUnwritten = "gateway/after_lookup",
    /// The gateway is about to be asked to reserve money.
    AuthorizeUnsent = "gateway/before_authorize",
    /// It has answered; that is written nowhere.
    AuthorizeUnwritten = "gateway/after_authorize",
    /// The gateway is about to be asked to charge.
    CaptureUnsent = "gateway/before_capture",
    /// It has answered; that is written nowhere.
    CaptureUnwritten = "gateway/after_capture",
    /// The gateway is about to be asked to release money.
    VoidUnsent = "gateway/before_void",
    /// It has answered; that is written nowhere.
    VoidUnwritten = "gateway/after_void",
    /// The gateway is about to be asked to give money back.
    RefundUnsent = "gateway/before_refund",
    /// It has answered; that is written nowhere.
    RefundUnwritten = "gateway/after_refund",

    /// A deadline is about to be indexed in Redis.
    RedisAddBefore = "redis/before_add",
    /// It is indexed.
    RedisAddAfter = "redis/after_add",
    /// A deadline is about to be taken out of the index.
    RedisRemoveBefore = "redis/before_remove",
    /// It is taken out.
    RedisRemoveAfter = "redis/after_remove",
    /// Timers that are due are about to be claimed, if there are any.
    RedisClaimBefore = "redis/before_claim",
    /// They are claimed, if there were any.
    RedisClaimAfter = "redis/after_claim",
    /// A claimed timer is about to be fired.
    TimerUnfired = "timer/before_fire",
    /// Claims of timers that have fired are about to be given up.
    RedisFinishBefore = "redis/before_finish",
    /// They are given up.
    RedisFinishAfter = "redis/after_finish",
    /// Claims are about to be given back, each to be claimed again at its time.
    RedisPostponeBefore = "redis/before_postpone",
    /// They are given back.
    RedisPostponeAfter = "redis/after_postpone",
    /// Timers that MongoDB knows are about to be put back into the index.
    RedisRestoreBefore = "redis/before_restore",
    /// They are in the index.
    RedisRestoreAfter = "redis/after_restore",
    /// The index is about to be declared incomplete.
    RedisDistrustBefore = "redis/before_distrust",
    /// It is declared incomplete.
    RedisDistrustAfter = "redis/after_distrust",
    /// The index is about to be rebuilt, unless it is complete.
    RedisBeginBefore = "redis/before_begin",
    /// The rebuild has begun, unless it was complete.
    RedisBeginAfter = "redis/after_begin",
    /// A long rebuild is about to give a sign of life.
    RedisRenewBefore = "redis/before_renew",
    /// It has given it.
    RedisRenewAfter = "redis/after_renew",
    /// A rebuild is about to declare the index complete.
    RedisSealBefore = "redis/before_seal",
    /// It has declared it complete.
    RedisSealAfter = "redis/after_seal",
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The execution passes a point.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub const fn pass(_: Point) {}
