//! The index by itself: its scripts on a real Redis.

use std::time::Duration;

use common::{clock::Timestamp, ids::OrderId};
use expiration::{
    domain::{Timer, TimerStatus},
    schedule::{BATCH, LEASE, Schedule, Unavailable},
};

use crate::app::TestRedis;

fn noon() -> Timestamp {
    "2027-06-30T12:00:00Z".parse().unwrap()
}

fn index(server: &TestRedis) -> Schedule {
    Schedule::open(&server.url(), "test").unwrap()
}

fn pending(expires_at: Timestamp) -> Timer {
    let (id, status) = (OrderId::generate(), TimerStatus::Pending);
    Timer { id, status, order_version: 1, expires_at, told: None }
}

async fn claimed(index: &Schedule, now: Timestamp) -> Vec<OrderId> {
    index.claim(now).await.unwrap().ids
}

#[tokio::test]
async fn a_timer_is_claimed_at_its_deadline_and_not_before() {
    let server = TestRedis::start().await;
    let index = index(&server);
    let id = OrderId::generate();
    index.add(id, noon()).await.unwrap();

    let early = index.claim(noon().minus(Duration::from_millis(1))).await.unwrap();
    assert_eq!((early.ids, early.next_deadline, early.indexed), (vec![], Some(noon()), 1));
    let due = index.claim(noon()).await.unwrap();
    assert_eq!((due.ids, due.next_deadline, due.indexed), (vec![id], None, 1));
    index.finish(&[id]).await.unwrap();
    let after = index.claim(noon().plus(LEASE * 2)).await.unwrap();
    assert_eq!((after.ids, after.indexed), (vec![], 0));
}

#[tokio::test]
async fn a_claim_is_nobody_elses_until_its_lease_is_over() {
    let server = TestRedis::start().await;
    let (dying, living) = (index(&server), index(&server));
    let id = OrderId::generate();
    dying.add(id, noon()).await.unwrap();
    assert_eq!(claimed(&dying, noon()).await, [id]);

    let lease_ends = noon().plus(LEASE);
    assert_eq!(claimed(&living, lease_ends.minus(Duration::from_millis(1))).await, []);
    assert_eq!(claimed(&living, lease_ends).await, [id]);
}

#[tokio::test]
async fn claims_come_in_batches_that_do_not_overlap() {
    let server = TestRedis::start().await;
    let (one, other) = (index(&server), index(&server));
    let timers: Vec<Timer> = (0..BATCH + 500).map(|_| pending(noon())).collect();
    for page in timers.chunks(1_000) {
        assert_eq!(one.restore(page).await.unwrap(), page.len());
    }

    let mut ids = claimed(&one, noon()).await;
    assert_eq!(ids.len(), BATCH);
    ids.extend(claimed(&other, noon()).await);
    ids.sort_unstable();
    let mut expected: Vec<OrderId> = timers.iter().map(|timer| timer.id).collect();
    expected.sort_unstable();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_postponed_claim_comes_back_at_its_time() {
    let server = TestRedis::start().await;
    let index = index(&server);
    let id = OrderId::generate();
    index.add(id, noon()).await.unwrap();
    assert_eq!(claimed(&index, noon()).await, [id]);

    let later = noon().plus(Duration::from_secs(1));
    index.postpone(&[(id, later)]).await.unwrap();
    assert_eq!(claimed(&index, noon()).await, []);
    assert_eq!(claimed(&index, later).await, [id]);
}

#[tokio::test]
async fn a_removed_timer_is_never_claimed() {
    let server = TestRedis::start().await;
    let index = index(&server);
    let id = OrderId::generate();
    index.add(id, noon()).await.unwrap();
    index.remove(id).await.unwrap();
    assert_eq!(claimed(&index, noon()).await, []);
}

#[tokio::test]
async fn restoring_leaves_alone_what_is_indexed_or_claimed() {
    let server = TestRedis::start().await;
    let index = index(&server);
    let (in_hand, indexed, missing) = (pending(noon()), pending(noon()), pending(noon()));
    index.add(in_hand.id, noon()).await.unwrap();
    assert_eq!(claimed(&index, noon()).await, [in_hand.id]);
    index.add(indexed.id, noon()).await.unwrap();

    let restored = index.restore(&[in_hand, indexed.clone(), missing.clone()]).await.unwrap();
    assert_eq!(restored, 1);
    let mut ids = claimed(&index, noon()).await;
    ids.sort_unstable();
    assert_eq!(ids, [indexed.id, missing.id]);
}

#[tokio::test]
async fn one_worker_rebuilds_and_the_others_leave_it_to_him() {
    let server = TestRedis::start().await;
    let (one, other) = (index(&server), index(&server));
    assert!(one.begin_rebuild().await.unwrap());
    assert!(!other.begin_rebuild().await.unwrap());
    assert!(one.begin_rebuild().await.unwrap(), "who failed in the middle may begin again");
    assert!(one.renew_rebuild().await.unwrap());
    assert!(one.seal_rebuild().await.unwrap());
    assert!(!one.begin_rebuild().await.unwrap(), "the index is complete");

    other.distrust().await.unwrap();
    assert!(other.begin_rebuild().await.unwrap());
}

#[tokio::test]
async fn a_loss_in_the_middle_of_a_rebuild_is_noticed() {
    let server = TestRedis::start().await;
    let index = index(&server);
    assert!(index.begin_rebuild().await.unwrap());
    server.flush().await;
    assert!(!index.renew_rebuild().await.unwrap());
    assert!(!index.seal_rebuild().await.unwrap());
}

#[tokio::test]
async fn a_claim_on_a_lost_index_calls_the_keeper() {
    let server = TestRedis::start().await;
    let index = index(&server);
    assert!(index.begin_rebuild().await.unwrap() && index.seal_rebuild().await.unwrap());
    index.claim(noon()).await.unwrap();
    server.flush().await;
    index.claim(noon()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), index.lost()).await.unwrap();
}

#[tokio::test]
async fn what_is_no_order_id_is_thrown_out() {
    let server = TestRedis::start().await;
    let index = index(&server);
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let () = redis::cmd("ZADD")
        .arg("{test}:deadlines")
        .arg(0)
        .arg("junk")
        .query_async(&mut connection)
        .await
        .unwrap();
    let claim = index.claim(noon()).await.unwrap();
    assert_eq!((claim.ids, claim.indexed), (vec![], 1));
    assert_eq!(index.claim(noon()).await.unwrap().indexed, 0);
}

#[tokio::test]
async fn without_redis_commands_fail_fast_and_the_gap_is_remembered() {
    let mut server = TestRedis::start().await;
    let index = index(&server);
    index.claim(noon()).await.unwrap();
    assert!(!index.take_gap());
    server.kill();

    let began = std::time::Instant::now();
    for _ in 0..100 {
        assert_eq!(index.add(OrderId::generate(), noon()).await, Err(Unavailable));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "took {:?}", began.elapsed());

    server.restart().await;
    let began = std::time::Instant::now();
    while index.claim(noon()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(5), "the link stays down");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::timeout(Duration::from_secs(1), index.lost()).await.unwrap();
    assert!(index.take_gap());
    assert!(!index.take_gap());
}
