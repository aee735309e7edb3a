//! Several marketplaces at once: what takes long is waiting, and while one waits another can die.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use futures::{FutureExt as _, future::join_all};

use super::cell::{Cell, Report};
use crate::market::{Market, Patience};

/// Nothing expires here before everybody is back.
const PATIENT: Patience = Patience { hold: Duration::from_mins(15), gateway: Duration::from_secs(5) };
/// Orders expire here while somebody waits, but not while a service is started again.
const HASTY: Patience = Patience { hold: Duration::from_secs(5), gateway: Duration::from_secs(3) };

/// The names of the marketplaces, by how patient they are.
#[derive(Debug, Clone, Copy)]
pub struct Crews {
    /// Where holds are long.
    pub patient: &'static [&'static str],
    /// Where they are short.
    pub hasty: &'static [&'static str],
}

impl Crews {
    /// A marketplace where holds are long.
    pub async fn patient(name: &'static str) -> Market {
        Market::start(name, PATIENT).await
    }

    /// A marketplace where holds are short.
    pub async fn hasty(name: &'static str) -> Market {
        Market::start(name, HASTY).await
    }
}

/// Plays all cells, each on a marketplace that suits it, and tells of each when it is over.
pub async fn run(cells: &[Cell], crews: Crews, tell: impl Fn(&Report)) -> Vec<Report> {
    let (hasty, patient): (Vec<Cell>, Vec<Cell>) = cells.iter().partition(|cell| cell.flow.is_hasty());
    let (hasty, patient) = (Mutex::new(VecDeque::from(hasty)), Mutex::new(VecDeque::from(patient)));
    let (hasty, patient, tell) = (&hasty, &patient, &tell);
    let mut crew = Vec::new();
    for name in crews.hasty {
        crew.push(async move { play_all(&Crews::hasty(name).await, hasty, tell).await }.boxed_local());
    }
    for name in crews.patient {
        crew.push(async move { play_all(&Crews::patient(name).await, patient, tell).await }.boxed_local());
    }
    join_all(crew).await.concat()
}

async fn play_all(market: &Market, cells: &Mutex<VecDeque<Cell>>, tell: &impl Fn(&Report)) -> Vec<Report> {
    let mut reports = Vec::new();
    loop {
        let next = cells.lock().expect("nobody panics with the lock").pop_front();
        let Some(cell) = next else { return reports };
        let report = cell.play(market).await;
        tell(&report);
        reports.push(report);
    }
}
