//! Services die at named instructions; see [`e2e::crash_points`]. `cargo xtask crash-points` is the whole of it.

use std::time::Duration;

use common::clock::Clock;
use e2e::{
    crash_points::{
        Crews, Flow, Outcome, REPAIR_POINTS, Survey, die_while_repairing, each_pair_once, last_messages, run,
        survey,
    },
    market::beside_others,
};
use futures::future::join_all;
use tokio::runtime::Runtime;

/// What a day is, to begin elsewhere each day.
const DAY: Duration = Duration::from_hours(24);

#[test]
fn services_pass_the_points_that_the_table_says_and_no_others() {
    let (hasty, patient): (Vec<Flow>, Vec<Flow>) = Flow::ALL.into_iter().partition(|flow| flow.is_hasty());
    let _company = beside_others();
    Runtime::new().unwrap().block_on(async {
        let on_patient = async { survey(&Crews::patient("counted").await, &patient).await };
        let on_hasty = async { survey(&Crews::hasty("counted-hasty").await, &hasty).await };
        let (on_patient, on_hasty) = tokio::join!(on_patient, on_hasty);
        let surveys = on_patient.iter().chain(&on_hasty);
        let contradictions: Vec<String> = surveys.flat_map(Survey::contradictions).collect();
        assert_eq!(contradictions, Vec::<String>::new());
    });
}

/// Every pair of a service and a point, in a flow that changes from day to day, and those who hear of an end.
#[test]
fn wherever_a_service_dies_everything_ends_well() {
    let crews = Crews { patient: &["dying", "dying-2"], hasty: &["dying-hasty"] };
    let day = Clock::system().now().millis() / i64::try_from(DAY.as_millis()).unwrap();
    let mut cells = each_pair_once(usize::try_from(day).unwrap());
    cells.extend(last_messages());
    let _company = beside_others();
    Runtime::new().unwrap().block_on(async {
        let reports = run(&cells, crews, |_| {}).await;
        assert_eq!(reports.len(), cells.len());
        let good = |outcome: &Outcome| matches!(outcome, Outcome::Survived { .. });
        let bad: Vec<String> =
            reports.iter().filter(|report| !good(&report.outcome)).map(ToString::to_string).collect();
        assert!(bad.is_empty(), "with the seed {day}:\n{}", bad.join("\n"));
    });
}

/// The points of the repair, which no flow passes, in all services at once.
#[test]
fn a_repair_that_dies_is_taken_up_again() {
    let _company = beside_others();
    Runtime::new().unwrap().block_on(async {
        let markets = ["repair-unbegun", "repair-paged", "repair-unrecorded"];
        let dying = markets.into_iter().zip(REPAIR_POINTS).map(async |(name, point)| {
            die_while_repairing(&Crews::patient(name).await, point).await;
        });
        join_all(dying).await;
    });
}
