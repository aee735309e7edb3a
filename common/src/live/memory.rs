//! What has changed lately, for those who come again.

use std::collections::VecDeque;

use crate::bus::Mark;

/// How many changes are remembered, of all topics together: some minutes of a busy marketplace.
const MAX_CHANGES: usize = 10_000;
/// Whoever missed more than this is told everything again.
const MAX_MISSED: usize = 500;

/// The latest changes, without a gap.
#[derive(Debug)]
pub(super) struct Memory<T, S> {
    /// Everything after this is remembered.
    since: Mark,
    changes: VecDeque<(Mark, T, S)>,
}

impl<T: Eq, S: Clone + Eq> Memory<T, S> {
    /// Remembers what comes after this mark.
    pub(super) fn since(mark: Mark) -> Self {
        Self { since: mark, changes: VecDeque::new() }
    }

    pub(super) fn note(&mut self, mark: Mark, topic: T, subject: S) {
        self.changes.push_back((mark, topic, subject));
        while self.changes.len() > MAX_CHANGES {
            if let Some((mark, _, _)) = self.changes.pop_front() {
                self.since = mark;
            }
        }
    }

    /// What has changed of a topic after a mark, each once; `None` if that is too much, or not known any more.
    pub(super) fn missed(&self, topic: &T, mark: &Mark) -> Option<Vec<S>> {
        if *mark < self.since {
            return None;
        }
        let mut missed = Vec::new();
        for (_, _, subject) in self.changes.iter().filter(|(at, of, _)| at > mark && of == topic) {
            if !missed.contains(subject) {
                missed.push(subject.clone());
            }
            if missed.len() > MAX_MISSED {
                return None;
            }
        }
        Some(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(n: usize) -> Mark {
        format!("82{n:08X}").parse().unwrap()
    }

    #[test]
    fn what_changed_after_a_mark_is_told_once_each() {
        let mut memory = Memory::since(mark(10));
        for (n, topic, subject) in [(11, 'a', 1), (12, 'b', 2), (13, 'a', 3), (14, 'a', 1)] {
            memory.note(mark(n), topic, subject);
        }
        assert_eq!(memory.missed(&'a', &mark(10)), Some(vec![1, 3]));
        assert_eq!(memory.missed(&'a', &mark(11)), Some(vec![3, 1]));
        assert_eq!(memory.missed(&'a', &mark(14)), Some(vec![]));
        assert_eq!(memory.missed(&'c', &mark(10)), Some(vec![]));
    }

    #[test]
    fn what_was_forgotten_is_not_made_up() {
        let mut memory = Memory::since(mark(10));
        assert_eq!(memory.missed(&'a', &mark(9)), None);
        for n in 1..=MAX_CHANGES {
            memory.note(mark(10 + n), 'a', n % 7);
        }
        assert!(memory.missed(&'a', &mark(10)).is_some());
        memory.note(mark(11 + MAX_CHANGES), 'a', 0);
        assert_eq!(memory.missed(&'a', &mark(10)), None);
        assert!(memory.missed(&'a', &mark(11)).is_some());
    }

    #[test]
    fn whoever_missed_very_much_is_told_everything() {
        let mut memory = Memory::since(mark(0));
        for n in 1..=MAX_MISSED + 1 {
            memory.note(mark(n), 'a', n);
        }
        assert_eq!(memory.missed(&'a', &mark(0)), None);
        assert_eq!(memory.missed(&'a', &mark(1)).unwrap().len(), MAX_MISSED);
    }
}
