//! What is remembered from look to look, within a bound: the oldest is forgotten first.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

/// A map that never holds more than so many.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    known: HashMap<K, V>,
    order: VecDeque<K>,
    bound: usize,
}

impl<K: Hash + Eq + Clone, V> Memory<K, V> {
    pub fn new(bound: usize) -> Self {
        Self { known: HashMap::new(), order: VecDeque::new(), bound }
    }

    pub fn knows(&self, key: &K) -> bool {
        self.known.contains_key(key)
    }

    /// Remembers this; gives what was remembered before.
    pub fn replace(&mut self, key: K, value: V) -> Option<V> {
        let before = self.known.insert(key.clone(), value);
        if before.is_none() {
            self.order.push_back(key);
            if self.order.len() > self.bound
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_remembered_and_the_oldest_forgotten() {
        let mut memory = Memory::new(2);
        assert_eq!(memory.replace("a", 1), None);
        assert_eq!(memory.replace("a", 2), Some(1));
        assert_eq!(memory.replace("b", 3), None);
        assert_eq!(memory.replace("c", 4), None);
        assert!(!memory.knows(&"a") && memory.knows(&"b") && memory.knows(&"c"));
        assert_eq!(memory.replace("a", 5), None);
    }
}
