//! One lane per key: what is in one lane goes one at a time and in order, lanes go in parallel.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// Which keys are busy, and what waits behind them. It starts nothing itself.
#[derive(Debug)]
pub(super) struct Lanes<K, T> {
    waiting: HashMap<K, VecDeque<T>>,
    queued: usize,
}

impl<K: Hash + Eq + Clone, T> Lanes<K, T> {
    pub fn new() -> Self {
        Self { waiting: HashMap::new(), queued: 0 }
    }

    /// Gives the item back to be started when its lane is free, else puts it in line.
    pub fn enter(&mut self, key: &K, item: T) -> Option<T> {
        if let Some(line) = self.waiting.get_mut(key) {
            line.push_back(item);
            self.queued += 1;
            return None;
        }
        self.waiting.insert(key.clone(), VecDeque::new());
        Some(item)
    }

    /// The item that ran in this lane is finished: the next one of the lane, or the lane becomes free.
    pub fn next(&mut self, key: &K) -> Option<T> {
        let next = self.waiting.get_mut(key)?.pop_front();
        match next {
            Some(_) => self.queued -= 1,
            None => {
                self.waiting.remove(key);
            }
        }
        next
    }

    /// Empties and frees the lane; gives back what waited in it.
    pub fn clear(&mut self, key: &K) -> VecDeque<T> {
        let line = self.waiting.remove(key).unwrap_or_default();
        self.queued -= line.len();
        line
    }

    pub fn is_busy(&self, key: &K) -> bool {
        self.waiting.contains_key(key)
    }

    /// What is in line, in no particular order.
    pub fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values().flatten()
    }

    /// How many items are running or in line.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.queued
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_runs_one_at_a_time_and_in_order() {
        let mut lanes = Lanes::new();
        assert_eq!(lanes.enter(&"a", 1), Some(1));
        assert_eq!(lanes.enter(&"a", 2), None);
        assert_eq!(lanes.enter(&"a", 3), None);
        assert_eq!(lanes.enter(&"b", 4), Some(4));
        assert_eq!(lanes.len(), 4);
        assert_eq!(lanes.next(&"a"), Some(2));
        assert_eq!(lanes.next(&"a"), Some(3));
        assert_eq!(lanes.next(&"a"), None);
        assert!(!lanes.is_busy(&"a") && lanes.is_busy(&"b"));
        assert_eq!(lanes.enter(&"a", 5), Some(5));
    }

    #[test]
    fn a_cleared_lane_gives_back_what_waited() {
        let mut lanes = Lanes::new();
        lanes.enter(&"a", 1);
        lanes.enter(&"a", 2);
        assert_eq!(Vec::from(lanes.clear(&"a")), [2]);
        assert_eq!(lanes.len(), 0);
    }
}
