//! Production values as small numbers. A state of the model holds keys into tables, so that it is a few
//! dozen bytes that can be compared and hashed; and what a decision makes of a key is looked up the next
//! time, as the same pure function says the same of the same values.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::{Arc, PoisonError, RwLock},
};

use serde::Serialize;

/// A value in a [`Table`]. Equal values have equal keys.
pub struct Key<T>(u32, PhantomData<fn() -> T>);

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Key<T> {}

impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The distinct values of one type that have come up.
pub struct Table<T> {
    rows: RwLock<Rows<T>>,
}

struct Rows<T> {
    values: Vec<Arc<T>>,
    /// By their JSON, in which values differ exactly when they differ.
    keys: HashMap<String, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: RwLock::new(Rows { values: Vec::new(), keys: HashMap::new() }) }
    }
}

impl<T: Serialize + fmt::Debug> Table<T> {
    /// The key of a value.
    pub fn key(&self, value: T) -> Key<T> {
        // What serde_json cannot write is told apart by how it prints itself.
        let json = serde_json::to_string(&value).unwrap_or_else(|_| format!("{value:?}"));
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = rows.keys.get(&json) {
            return Key(*known, PhantomData);
        }
        let key = u32::try_from(rows.values.len()).unwrap_or(u32::MAX);
        rows.values.push(Arc::new(value));
        rows.keys.insert(json, key);
        Key(key, PhantomData)
    }

    /// The value under a key.
    pub fn get(&self, key: Key<T>) -> Arc<T> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.values[usize::try_from(key.0).unwrap_or(usize::MAX)].clone()
    }
}

/// What was published about one aggregate, oldest first.
pub type History<S> = Key<Vec<S>>;

/// What a pure function said.
pub struct Memo<K, V> {
    answers: RwLock<HashMap<K, V>>,
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self { answers: RwLock::new(HashMap::new()) }
    }
}

impl<K: Hash + Eq, V: Clone> Memo<K, V> {
    /// What it said of this question, asking it if that is new.
    pub fn recall(&self, question: K, ask: impl FnOnce() -> V) -> V {
        let answers = self.answers.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = answers.get(&question) {
            return answer.clone();
        }
        drop(answers);
        let answer = ask();
        self.answers.write().unwrap_or_else(PoisonError::into_inner).insert(question, answer.clone());
        answer
    }
}
