//! Which seats a buyer gets.
//!
//! The rules, in this order:
//!
//! 1. Whoever takes all that is left gets it, also when it is scattered, and also an odd number of pairs.
//! 2. `AllTogether` sells the whole listing or nothing; `Pairs` sells even numbers.
//! 3. Numbered seats are chosen next to each other, so that no free seat is left without a free
//!    neighbour that had one before. Only when no such block exists, the seats are taken from several
//!    runs of free seats, as few as possible, under the same condition (and for `Pairs` in pairs).
//! 4. In general admission nobody sits next to anybody, but a last single ticket is as hard to sell: a
//!    purchase must leave none or at least two.
//!
//! Of several blocks that are as good as each other, `spread` says which: 0 is the first in the order of
//! the listing. Buyers who lost a race come back with different numbers, so that they do not all collide
//! on the next block again. Blocks stand at multiples of their length from the beginning of their run, so
//! that buyers of equal numbers can fill a run without a gap, whichever of them comes first.

use std::collections::BTreeSet;

use common::events::listing::{Admission, ListingSnapshot, Seat, SplitRule};

/// Why no seats can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatsRefusal {
    /// There are fewer free seats than wanted.
    #[error("there are not enough free seats")]
    SoldOut,
    /// Every choice would leave a single seat that nobody wants.
    #[error("the purchase would leave a single seat")]
    LeavesSingleSeat,
    /// The listing is not sold in this number.
    #[error("the listing is not sold in this number of seats")]
    SplitRule,
}

/// Chooses `quantity` free seats of a listing.
pub fn choose(
    listing: &ListingSnapshot,
    taken: &BTreeSet<Seat>,
    quantity: usize,
    spread: u64,
) -> Result<Vec<Seat>, SeatsRefusal> {
    let free: Vec<usize> = (0..listing.seats.len()).filter(|i| !taken.contains(&listing.seats[*i])).collect();
    permits(listing, free.len(), quantity)?;
    let chosen = if free.len() == quantity {
        free
    } else {
        match listing.admission {
            Admission::Numbered => choose_numbered(&runs(&free), listing.split_rule, quantity, spread),
            Admission::General => choose_general(&free, quantity, spread),
        }
        .ok_or(SeatsRefusal::LeavesSingleSeat)?
    };
    Ok(chosen.into_iter().map(|i| listing.seats[i].clone()).collect())
}

/// Whether the split rule permits to sell this number of so many free seats.
fn permits(listing: &ListingSnapshot, free: usize, quantity: usize) -> Result<(), SeatsRefusal> {
    let divides = match listing.split_rule {
        SplitRule::Any => true,
        SplitRule::Pairs => quantity.is_multiple_of(2) || quantity == free,
        SplitRule::AllTogether => quantity == listing.seats.len(),
    };
    if free == 0 {
        Err(SeatsRefusal::SoldOut)
    } else if !divides {
        Err(SeatsRefusal::SplitRule)
    } else if free < quantity {
        Err(SeatsRefusal::SoldOut)
    } else {
        Ok(())
    }
}

/// Neighbouring free seats: where they begin, and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    start: usize,
    length: usize,
}

fn runs(free: &[usize]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for &seat in free {
        match runs.last_mut() {
            Some(run) if run.start + run.length == seat => run.length += 1,
            _ => runs.push(Run { start: seat, length: 1 }),
        }
    }
    runs
}

fn choose_numbered(runs: &[Run], rule: SplitRule, quantity: usize, spread: u64) -> Option<Vec<usize>> {
    let blocks: Vec<usize> = runs.iter().flat_map(|run| blocks(*run, quantity)).collect();
    match pick(&blocks, spread) {
        Some(start) => Some((*start..*start + quantity).collect()),
        None => scatter(runs, rule, quantity, spread),
    }
}

/// Where in a run a block of `quantity` seats may begin. If any place in the run will do, its very
/// beginning does, so that to look only at multiples of the length misses no run.
fn blocks(run: Run, quantity: usize) -> impl Iterator<Item = usize> {
    let last = run.length.checked_sub(quantity);
    let offsets = last.into_iter().flat_map(move |last| (0..=last).step_by(quantity));
    let fits = move |offset: &usize| *offset != 1 && run.length - quantity - offset != 1;
    offsets.filter(fits).map(move |offset| run.start + offset)
}

/// Takes the seats from the beginnings of several runs, as few runs as possible: for each number of seats
/// up to `quantity`, the shortest list of (run, seats) that gives it.
fn scatter(runs: &[Run], rule: SplitRule, quantity: usize, spread: u64) -> Option<Vec<usize>> {
    let step = match rule {
        SplitRule::Pairs => 2,
        SplitRule::Any | SplitRule::AllTogether => 1,
    };
    let mut shortest: Vec<Option<Vec<Run>>> = vec![None; quantity + 1];
    shortest[0] = Some(Vec::new());
    for run in rotated(runs, spread) {
        let before = shortest.clone();
        for length in (step..=quantity.min(run.length)).step_by(step) {
            if run.length - length == 1 {
                continue;
            }
            for (given, parts) in before.iter().enumerate().take(quantity + 1 - length) {
                let Some(parts) = parts else { continue };
                let best = &mut shortest[given + length];
                if best.as_ref().is_none_or(|best| parts.len() + 1 < best.len()) {
                    let part = Run { start: run.start, length };
                    *best = Some(parts.iter().copied().chain([part]).collect());
                }
            }
        }
    }
    let mut seats: Vec<usize> =
        shortest.pop()??.into_iter().flat_map(|part| part.start..part.start + part.length).collect();
    seats.sort_unstable();
    Some(seats)
}

/// The same runs, beginning with another one.
fn rotated(runs: &[Run], spread: u64) -> impl Iterator<Item = Run> {
    let first = position(runs.len(), spread);
    runs[first..].iter().chain(&runs[..first]).copied()
}

fn choose_general(free: &[usize], quantity: usize, spread: u64) -> Option<Vec<usize>> {
    if free.len() - quantity == 1 {
        return None;
    }
    let blocks: Vec<&[usize]> = free.chunks_exact(quantity).collect();
    pick(&blocks, spread).map(|block| block.to_vec())
}

fn pick<T>(choices: &[T], spread: u64) -> Option<&T> {
    choices.get(position(choices.len(), spread))
}

/// A position below `count`; 0 if there is none.
fn position(count: usize, spread: u64) -> usize {
    let count = u64::try_from(count).unwrap_or(u64::MAX).max(1);
    usize::try_from(spread % count).unwrap_or_default()
}

#[cfg(test)]
mod tests;
