//! The laws that every listener obeys.

use std::time::Duration;

use common::{
    events::order::{OrderChanged, OrderSnapshot, OrderStatus},
    service::Service,
    testing::{TestWorld, laws},
};
use expiration::{app::Context, domain::Timer, listeners::FollowOrderOnOrderChanged, schedule::Schedule};

use crate::app::{TestRedis, cancelled, order};

const HOLD: Duration = Duration::from_mins(15);

#[tokio::test]
async fn following_an_order_obeys_the_laws() {
    let world = TestWorld::new("expiration").await;
    let redis = TestRedis::start().await;
    let config = world.service_config();
    let service = Service::connect("expiration", &config, world.clock.clone()).await.unwrap();
    service.register::<Timer>().await.unwrap();
    let schedule = Schedule::open(&redis.url(), "laws").unwrap();
    let context = Context::new(service.bus(), service.clock(), schedule);

    let given_up = order(world.now(), HOLD);
    let bought = order(world.now(), HOLD);
    let too_late = order(world.now().minus(HOLD), Duration::from_secs(1));
    let next = |version, status| OrderSnapshot { version, status, ..bought.clone() };
    let history = [
        given_up.clone(),
        bought.clone(),
        too_late.clone(),
        cancelled(&given_up),
        next(2, OrderStatus::Confirmed),
        next(3, OrderStatus::Completed),
        OrderSnapshot { version: 2, status: OrderStatus::Expired, ..too_late },
    ];
    laws::check::<FollowOrderOnOrderChanged>(&service.bus(), &context, &history.map(OrderChanged)).await;
}
