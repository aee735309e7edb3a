use common::{
    clock::Timestamp,
    events::listing::ListingStatus,
    ids::{ListingId, ShowId, UserId},
    money::{Currency, Money},
};
use proptest::prelude::*;

use super::*;

fn listing(seats: u32, admission: Admission, split_rule: SplitRule) -> ListingSnapshot {
    let time: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
    ListingSnapshot {
        id: ListingId::generate(),
        version: 1,
        show_id: ShowId::generate(),
        show_starts_at: time,
        seller_id: UserId::generate(),
        section: "A".into(),
        row: Some("1".into()),
        admission,
        seats: (1..=seats).map(Seat::ordinal).collect(),
        split_rule,
        price: Money::new(1, Currency::Eur),
        fees: None,
        status: ListingStatus::Active,
        created_at: time,
    }
}

/// Draws what is left: `.` is free, `x` is taken, `o` is chosen.
fn drawn(picture: &str, listing: &ListingSnapshot, quantity: usize, spread: u64) -> String {
    let taken = picture.bytes().zip(&listing.seats).filter(|(seat, _)| *seat == b'x');
    let taken = taken.map(|(_, seat)| seat.clone()).collect();
    match choose(listing, &taken, quantity, spread) {
        Ok(chosen) => {
            let seats = picture.chars().zip(&listing.seats);
            seats.map(|(drawn, seat)| if chosen.contains(seat) { 'o' } else { drawn }).collect()
        }
        Err(refusal) => format!("{refusal:?}"),
    }
}

fn numbered(picture: &str, split_rule: SplitRule, quantity: usize) -> String {
    let seats = u32::try_from(picture.len()).unwrap();
    drawn(picture, &listing(seats, Admission::Numbered, split_rule), quantity, 0)
}

#[test]
fn the_first_block_that_strands_nobody_is_chosen() {
    for (before, quantity, after) in [
        ("........", 2, "oo......"),
        ("........", 1, "o......."),
        ("...", 1, "o.."),
        ("...", 2, "LeavesSingleSeat"),
        ("...", 3, "ooo"),
        ("..", 1, "LeavesSingleSeat"),
        (".", 1, "o"),
        ("x.x", 1, "xox"),
        ("xx", 1, "SoldOut"),
        ("x.x.", 3, "SoldOut"),
        ("...x..", 2, "...xoo"),
        (".x..", 2, ".xoo"),
        (".x..", 1, "ox.."),
    ] {
        assert_eq!(numbered(before, SplitRule::Any, quantity), after, "{quantity} of {before}");
    }
}

#[test]
fn seats_apart_are_better_than_none_but_not_better_than_neighbours() {
    for (before, quantity, after) in [
        ("...x...", 2, "o..xo.."),
        ("..x..x..", 4, "ooxoox.."),
        ("..x....", 3, "ooxo..."),
        (".x.x.", 2, "oxox."),
        (".x.x.", 3, "oxoxo"),
        ("..x..", 3, "LeavesSingleSeat"),
        ("..x..", 4, "ooxoo"),
    ] {
        assert_eq!(numbered(before, SplitRule::Any, quantity), after, "{quantity} of {before}");
    }
}

#[test]
fn pairs_are_sold_in_even_numbers_or_to_the_end() {
    for (before, quantity, after) in [
        ("......", 1, "SplitRule"),
        ("......", 2, "oo...."),
        ("......", 3, "SplitRule"),
        ("......", 4, "oooo.."),
        (".....", 2, "oo..."),
        ("xx...", 2, "LeavesSingleSeat"),
        ("xx...", 3, "xxooo"),
        ("..x..x..", 4, "ooxoox.."),
        ("...x...", 2, "LeavesSingleSeat"),
        ("x", 1, "SoldOut"),
    ] {
        assert_eq!(numbered(before, SplitRule::Pairs, quantity), after, "{quantity} of {before}");
    }
}

#[test]
fn all_together_is_all_or_nothing() {
    for (before, quantity, after) in [
        ("....", 4, "oooo"),
        ("....", 2, "SplitRule"),
        ("....", 5, "SplitRule"),
        ("xxxx", 4, "SoldOut"),
        ("xxxx", 2, "SoldOut"),
        ("xx..", 4, "SoldOut"),
        ("xx..", 2, "SplitRule"),
    ] {
        assert_eq!(numbered(before, SplitRule::AllTogether, quantity), after, "{quantity} of {before}");
    }
}

#[test]
fn general_admission_has_no_neighbours_but_leaves_no_last_ticket() {
    let listing = listing(6, Admission::General, SplitRule::Any);
    for (before, quantity, after) in [
        ("......", 2, "oo...."),
        ("......", 5, "LeavesSingleSeat"),
        ("......", 6, "oooooo"),
        ("x.x.x.", 2, "LeavesSingleSeat"),
        ("x.x.x.", 1, "xox.x."),
        ("x.x.x.", 3, "xoxoxo"),
        ("xxxxx.", 1, "xxxxxo"),
        ("xxxxxx", 1, "SoldOut"),
    ] {
        assert_eq!(drawn(before, &listing, quantity, 0), after, "{quantity} of {before}");
    }
}

#[test]
fn another_spread_is_another_block() {
    let listing = listing(8, Admission::Numbered, SplitRule::Any);
    let choices: Vec<String> = (0..5).map(|spread| drawn("........", &listing, 2, spread)).collect();
    assert_eq!(choices, ["oo......", "..oo....", "....oo..", "......oo", "oo......"]);
}

fn rules() -> impl Strategy<Value = SplitRule> {
    prop_oneof![Just(SplitRule::Any), Just(SplitRule::Pairs), Just(SplitRule::AllTogether)]
}

fn admissions() -> impl Strategy<Value = Admission> {
    prop_oneof![Just(Admission::Numbered), Just(Admission::General)]
}

/// How many free seats have no free neighbour.
fn lonely(listing: &ListingSnapshot, taken: &BTreeSet<Seat>) -> BTreeSet<Seat> {
    let free = |i: usize| listing.seats.get(i).is_some_and(|seat| !taken.contains(seat));
    let lonely = |i: &usize| free(*i) && !free(i + 1) && !(*i > 0 && free(i - 1));
    (0..listing.seats.len()).filter(lonely).map(|i| listing.seats[i].clone()).collect()
}

proptest! {
    #[test]
    fn chosen_seats_are_free_and_as_many_as_wanted_and_strand_nobody(
        taken in proptest::collection::vec(any::<bool>(), 1..40),
        quantity in 1_usize..=8,
        spread: u64,
        rule in rules(),
        admission in admissions(),
    ) {
        let listing = listing(u32::try_from(taken.len()).unwrap(), admission, rule);
        let taken = taken.iter().zip(&listing.seats).filter(|(taken, _)| **taken);
        let mut taken: BTreeSet<Seat> = taken.map(|(_, seat)| seat.clone()).collect();
        let free = listing.seats.len() - taken.len();
        let before = lonely(&listing, &taken);
        let Ok(chosen) = choose(&listing, &taken, quantity, spread) else { return Ok(()) };
        let distinct: BTreeSet<Seat> = chosen.iter().cloned().collect();
        prop_assert_eq!(distinct.len(), quantity);
        prop_assert!(chosen.iter().all(|seat| listing.seats.contains(seat) && !taken.contains(seat)));
        taken.extend(distinct);
        if free > quantity {
            match admission {
                Admission::Numbered => prop_assert!(lonely(&listing, &taken).is_subset(&before)),
                Admission::General => prop_assert_ne!(free - quantity, 1),
            }
        }
    }

    /// Whatever blocks they happen to choose, pairs fill a row of pairs to the last one.
    #[test]
    fn buyers_of_pairs_fill_a_row(pairs in 1_u32..20, spreads in proptest::collection::vec(any::<u64>(), 20)) {
        let listing = listing(pairs * 2, Admission::Numbered, SplitRule::Any);
        let mut taken = BTreeSet::new();
        for spread in spreads.into_iter().take(usize::try_from(pairs).unwrap()) {
            taken.extend(choose(&listing, &taken, 2, spread).unwrap());
        }
        prop_assert_eq!(choose(&listing, &taken, 2, 0), Err(SeatsRefusal::SoldOut));
    }
}
