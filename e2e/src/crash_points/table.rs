//! Which points a service passes in which flow.

use common::failpoint::Point;

use super::{cell::Cell, flow::Flow};
use crate::market::Service;

/// Whether a service passes a point in a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passes {
    /// Each time.
    Always,
    /// As chance has it.
    Sometimes,
    /// Never.
    Never,
}

/// Points that no service passes in any flow, and why: the repair of lost streams has a test of its own.
pub const UNREACHED: &[(Point, &str)] = &[
    (Point::RepairUnbegun, "only after the streams were lost"),
    (Point::RepairPaged, "only after the streams were lost"),
    (Point::RepairUnrecorded, "only after the streams were lost"),
];

/// What a point belongs to: the points of one step are passed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Commit,
    Publish,
    Outbox,
    Listen,
    DeadLetter,
    Lookup,
    Authorize,
    Capture,
    Void,
    Refund,
    Index,
    Unindex,
    Fire,
    Restore,
    Rebuild,
    Renew,
    Distrust,
    Postpone,
    /// Passed again and again while nothing happens.
    Idle,
    /// See [`UNREACHED`].
    Unreached,
}

const fn step(point: Point) -> Step {
    match point {
        Point::CommitUnsent | Point::CommitUnanswered => Step::Commit,
        Point::PublishUnsent | Point::PublishUnacked | Point::PublishAcked => Step::Publish,
        Point::OutboxUnremoved | Point::OutboxRemoved => Step::Outbox,
        Point::ListenUnhandled | Point::ListenUnacked | Point::ListenAcked => Step::Listen,
        Point::DeadLetterUnkept
        | Point::DeadLetterKept
        | Point::DeadLetterTold
        | Point::DeadLetterTerminated => Step::DeadLetter,
        Point::LookupUnsent | Point::LookupUnwritten => Step::Lookup,
        Point::AuthorizeUnsent | Point::AuthorizeUnwritten => Step::Authorize,
        Point::CaptureUnsent | Point::CaptureUnwritten => Step::Capture,
        Point::VoidUnsent | Point::VoidUnwritten => Step::Void,
        Point::RefundUnsent | Point::RefundUnwritten => Step::Refund,
        Point::RedisAddBefore | Point::RedisAddAfter => Step::Index,
        Point::RedisRemoveBefore | Point::RedisRemoveAfter => Step::Unindex,
        Point::TimerUnfired | Point::RedisFinishBefore | Point::RedisFinishAfter => Step::Fire,
        Point::RedisRestoreBefore | Point::RedisRestoreAfter => Step::Restore,
        Point::RedisSealBefore | Point::RedisSealAfter => Step::Rebuild,
        Point::RedisRenewBefore | Point::RedisRenewAfter => Step::Renew,
        Point::RedisDistrustBefore | Point::RedisDistrustAfter => Step::Distrust,
        Point::RedisPostponeBefore | Point::RedisPostponeAfter => Step::Postpone,
        Point::RedisClaimBefore
        | Point::RedisClaimAfter
        | Point::RedisBeginBefore
        | Point::RedisBeginAfter => Step::Idle,
        Point::RepairUnbegun | Point::RepairPaged | Point::RepairUnrecorded => Step::Unreached,
    }
}

/// Whether a service passes a point in a flow.
pub fn passes(flow: Flow, service: Service, point: Point) -> Passes {
    use Flow as F;
    let always = |yes: bool| if yes { Passes::Always } else { Passes::Never };
    let by = |only: Service| service == only;
    let forgets = matches!(flow, F::Forget | F::ForgetMany);
    let expires = flow.is_hasty();
    let pays = matches!(flow, F::Buy | F::Decline);
    match step(point) {
        Step::Commit => always(commits(flow, service)),
        Step::Publish => always(commits_facts(flow, service) || gives_up(flow, service)),
        Step::Outbox => always(commits_facts(flow, service)),
        Step::Listen => always(listens(flow, service)),
        Step::DeadLetter => always(gives_up(flow, service)),
        Step::Lookup if by(Service::Payments) && pays => {
            // A webhook of the gateway may overtake its answer, and is verified by a lookup.
            Passes::Sometimes
        }
        Step::Authorize => always(by(Service::Payments) && (pays || flow == F::LatePay)),
        Step::Capture => always(by(Service::Payments) && pays),
        Step::Lookup | Step::Void => always(by(Service::Payments) && flow == F::LatePay),
        Step::Refund => always(by(Service::Payments) && flow == F::Refund),
        Step::Index => always(by(Service::Expiration) && (flow == F::Buy || expires)),
        Step::Unindex => {
            let ends_hold = matches!(flow, F::Buy | F::Cancel | F::Decline) || expires;
            always(by(Service::Expiration) && ends_hold)
        }
        Step::Fire => always(by(Service::Expiration) && expires),
        Step::Restore if by(Service::Expiration) && expires && !forgets => {
            // A timer that is a second late on a busy machine is taken for a forgotten one, and the outage may be
            // over before the timer is set.
            Passes::Sometimes
        }
        Step::Restore => always(by(Service::Expiration) && forgets),
        Step::Rebuild => always(by(Service::Expiration) && (forgets || flow == F::Outage)),
        Step::Renew => always(by(Service::Expiration) && flow == F::ForgetMany),
        Step::Distrust => always(by(Service::Expiration) && flow == F::Outage),
        Step::Postpone => always(by(Service::Expiration) && flow == F::Hurry),
        Step::Idle => always(by(Service::Expiration)),
        Step::Unreached => Passes::Never,
    }
}

fn commits(flow: Flow, service: Service) -> bool {
    match (flow, service) {
        // Nonsense is no event, and the timer of a completed order is at rest.
        (Flow::Poison, _) | (Flow::Refund, Service::Expiration) => false,
        (_, Service::Auth) => flow == Flow::Visit,
        (_, Service::Tickets | Service::Orders | Service::Expiration | Service::Payments) => true,
    }
}

/// Whether a service tells the others something.
fn commits_facts(flow: Flow, service: Service) -> bool {
    use Flow as F;
    match service {
        Service::Auth => flow == F::Visit,
        Service::Orders => !matches!(flow, F::Poison | F::Visit),
        Service::Tickets => matches!(flow, F::Buy | F::Decline | F::Refund),
        Service::Payments => matches!(flow, F::Buy | F::Decline | F::Refund | F::LatePay),
        Service::Expiration => flow.is_hasty(),
    }
}

/// Whether a listener of a service is called. Nonsense never gets as far.
fn listens(flow: Flow, service: Service) -> bool {
    match (flow, service) {
        (Flow::Poison, _) | (_, Service::Auth) | (Flow::Cancel, Service::Orders) => false,
        (_, Service::Tickets | Service::Orders | Service::Expiration | Service::Payments) => true,
    }
}

fn gives_up(flow: Flow, service: Service) -> bool {
    flow == Flow::Poison && service != Service::Auth
}

/// Whether a point is also passed while nothing happens, so that counting says nothing of a flow.
pub(super) fn is_idle(point: Point) -> bool {
    step(point) == Step::Idle
}

/// How many passes of such a point come before those that count: at ten claims a second, enough for the
/// service to have begun something.
pub(super) fn idle_passes(point: Point) -> u64 {
    match point {
        Point::RedisClaimBefore | Point::RedisClaimAfter => 15,
        _ => 0,
    }
}

/// The flows in which a service is sure to pass a point.
pub fn flows_through(service: Service, point: Point) -> Vec<Flow> {
    Flow::ALL.into_iter().filter(|flow| passes(*flow, service, point) == Passes::Always).collect()
}

/// Every service dies once at every point that it passes; in which flow, goes by the seed.
pub fn each_pair_once(seed: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (service, point) in pairs() {
        let flows = flows_through(service, point);
        if let Some(flow) = flows.get((seed + cells.len()) % flows.len().max(1)) {
            cells.push(Cell { flow: *flow, service, point, nth: 1 });
        }
    }
    cells
}

/// Those who follow orders die with the last message of a flow in hand, after which nothing comes that would
/// make up for its loss. An acknowledgement before the commit never survives this.
pub fn last_messages() -> Vec<Cell> {
    let dies = |flow, service, nth| Cell { flow, service, point: Point::CommitUnsent, nth };
    vec![
        dies(Flow::Cancel, Service::Tickets, 1),
        dies(Flow::Cancel, Service::Expiration, 1),
        dies(Flow::Cancel, Service::Payments, 1),
        // The first is the order itself, the second its end.
        dies(Flow::Expire, Service::Orders, 2),
    ]
}

/// Every service dies at every point in every flow in which it passes it, at the first `depth` passes.
pub fn all_cells(depth: u64) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (service, point) in pairs() {
        for flow in flows_through(service, point) {
            let depth = if is_idle(point) { 1 } else { depth };
            cells.extend((1..=depth).map(|nth| Cell { flow, service, point, nth }));
        }
    }
    cells
}

fn pairs() -> impl Iterator<Item = (Service, Point)> {
    Service::ALL.into_iter().flat_map(|service| Point::ALL.iter().map(move |point| (service, *point)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_passed_in_some_flow_or_it_is_said_why_not() {
        for point in Point::ALL {
            let reached = Service::ALL.into_iter().any(|service| !flows_through(service, *point).is_empty());
            let excused = UNREACHED.iter().any(|(known, _)| known == point);
            assert_ne!(reached, excused, "{point}");
        }
    }

    #[test]
    fn whatever_the_seed_every_pair_has_its_turn() {
        let count = pairs().filter(|(service, point)| !flows_through(*service, *point).is_empty()).count();
        for seed in 0..20 {
            assert_eq!(each_pair_once(seed).len(), count);
        }
        assert!(all_cells(1).len() > 2 * count);
    }
}
