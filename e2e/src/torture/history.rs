//! The history: what the clients asked, and what they were told. Every answer is a promise that the
//! [`verdict`](super::verdict) holds the marketplace to. All of it also goes to a file, line by line.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use common::{
    clock::Clock,
    events::listing::ListingSnapshot,
    ids::{ListingId, OrderId, PaymentId, UserId},
};
use serde_json::json;

/// What somebody wants to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    List,
    Reprice,
    Withdraw,
    Order,
    Tokenize,
    Pay,
    Cancel,
    Refund,
    Look,
    SignIn,
}

/// How it went, as far as the one who asked knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It was promised.
    Ok,
    /// It was refused.
    Refused,
    /// Nobody answered, however often it was repeated.
    Unknown,
}

/// Something that was promised, and must be found in the books.
#[derive(Debug, Clone)]
pub enum Promise {
    /// The seats are on sale.
    Listed(Box<ListingSnapshot>),
    /// They cost so much from now on.
    Repriced { listing: ListingId, version: u64, price_cents: i64 },
    /// They are on sale no more.
    Withdrawn(ListingId),
    /// The seats are the buyer's, for a while.
    Placed {
        order: OrderId,
        key: String,
        buyer: UserId,
        listing: ListingId,
        quantity: usize,
        price_cents: i64,
    },
    /// There is such a payment for the order.
    PaymentTaken { payment: PaymentId, key: String, buyer: UserId, order: OrderId },
    /// The order is cancelled.
    Cancelled(OrderId),
    /// The money is on its way back.
    RefundTaken(OrderId),
}

/// A definite refusal of the one and only request that was made under a key: nothing may come of it.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub wish: Wish,
    pub who: UserId,
    pub key: String,
}

/// Everything that was said.
pub struct History {
    inner: Mutex<Inner>,
}

struct Inner {
    file: BufWriter<File>,
    promises: Vec<Promise>,
    refusals: Vec<Refusal>,
    counts: BTreeMap<(Wish, Outcome), u64>,
}

/// One exchange, as it is written down.
#[derive(Debug)]
pub struct Exchange<'a> {
    pub wish: Wish,
    pub who: UserId,
    pub key: Option<&'a str>,
    pub tries: u32,
    pub took: Duration,
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub said: &'a str,
}

impl History {
    /// An empty one, in this file.
    pub fn create(file: &Path) -> Self {
        fs::create_dir_all(file.parent().expect("a directory")).expect("make the directory of the report");
        let file = BufWriter::new(File::create(file).expect("make the file of the history"));
        Self {
            inner: Mutex::new(Inner {
                file,
                promises: Vec::new(),
                refusals: Vec::new(),
                counts: BTreeMap::new(),
            }),
        }
    }

    /// Writes an exchange down.
    pub fn note(&self, exchange: &Exchange<'_>) {
        let line = json!({
            "at": Clock::system().now(),
            "wish": format!("{:?}", exchange.wish),
            "who": exchange.who,
            "key": exchange.key,
            "tries": exchange.tries,
            "millis": u64::try_from(exchange.took.as_millis()).unwrap_or(u64::MAX),
            "outcome": format!("{:?}", exchange.outcome),
            "status": exchange.status,
            "said": exchange.said,
        });
        let mut inner = self.inner();
        writeln!(inner.file, "{line}").expect("write the history");
        *inner.counts.entry((exchange.wish, exchange.outcome)).or_default() += 1;
        let only_try = exchange.tries == 1 && exchange.outcome == Outcome::Refused;
        if let (true, Some(key)) = (only_try, exchange.key) {
            let refusal = Refusal { wish: exchange.wish, who: exchange.who, key: key.to_owned() };
            inner.refusals.push(refusal);
        }
    }

    /// Remembers what was promised.
    pub fn promise(&self, promise: Promise) {
        self.inner().promises.push(promise);
    }

    /// All promises, oldest first.
    pub fn promises(&self) -> Vec<Promise> {
        self.inner().promises.clone()
    }

    /// All definite refusals, oldest first.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.inner().refusals.clone()
    }

    /// How often each wish had each outcome.
    pub fn counts(&self) -> BTreeMap<(Wish, Outcome), u64> {
        let mut inner = self.inner();
        inner.file.flush().expect("write the history");
        inner.counts.clone()
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
