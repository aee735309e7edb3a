//! The wire contracts: what one service tells the others.
//!
//! An event is a *fact*: something that has happened to one aggregate, carrying the aggregate's whole
//! public state (its *snapshot*) and its version, counted 1, 2, 3 … without gaps. A consumer keeps the
//! newest snapshot and decides from it, so duplicates, reordering and lost intermediates are harmless.
//!
//! There is one file per aggregate and nothing in it but serde types. Within a major version changes are
//! additive only, and unknown fields are ignored; a break is a new fact with a new major, published beside
//! the old one until nobody listens to that any more. What a released build wrote is kept as golden JSON
//! under `common/goldens/`, and every later build must read it.
//!
//! These types never hold a card number, a password, a token or the code of a pass.

pub mod listing;
pub mod order;
pub mod pass;
pub mod payment;
pub mod payout;
pub mod session;
pub mod show;
pub mod signing_key;
pub mod timer;
pub mod user;

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

/// The public state of an aggregate, as events carry it.
pub trait Snapshot: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// The service that owns the aggregate, for example `orders`. Its stream has the same name in capitals.
    const OWNER: &'static str;
    /// The kind of aggregate, for example `order`.
    const AGGREGATE: &'static str;
    /// Which aggregate this is the state of.
    fn aggregate_id(&self) -> Uuid;
    /// The version of the state: 1 for the first, then one more for each published change.
    fn version(&self) -> u64;
}

/// What can be listened to: one fact about an aggregate, or (`…Changed`) any fact about it.
pub trait Event: DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// The state that the event carries.
    type Snapshot: Snapshot;
    /// The name of the type, for example `OrderCreated`.
    const NAME: &'static str;
    /// The fact, for example `created`; `*` stands for any.
    const FACT: &'static str;
    /// The major version of the contract.
    const MAJOR: u32;
    /// The state that the event carries.
    fn snapshot(&self) -> &Self::Snapshot;

    /// Which aggregate the event is about.
    fn aggregate_id(&self) -> Uuid {
        self.snapshot().aggregate_id()
    }

    /// The version of the state that the event carries.
    fn version(&self) -> u64 {
        self.snapshot().version()
    }

    /// `<owner>.<aggregate>.<fact>.v<major>`: the CloudEvents type and the head of the subject.
    fn ce_type() -> String {
        let (owner, aggregate) = (Self::Snapshot::OWNER, Self::Snapshot::AGGREGATE);
        format!("{owner}.{aggregate}.{}.v{}", Self::FACT, Self::MAJOR)
    }
}

/// An event that can be published: it names exactly one fact.
pub trait Fact: Event + Serialize {}

/// A fact as the catalogue (`docs/EVENTS.md`) lists it.
#[derive(Debug, Clone)]
pub struct FactInfo {
    /// The name of the type.
    pub name: &'static str,
    /// What has happened, in a sentence.
    pub doc: &'static str,
    /// The service that publishes it.
    pub owner: &'static str,
    /// The aggregate that it is about.
    pub aggregate: &'static str,
    /// The CloudEvents type and head of the subject.
    pub ce_type: String,
    /// Reads a body and writes it again: what this build understands of it.
    pub recode: fn(&str) -> Result<serde_json::Value, serde_json::Error>,
    /// The JSON schema of the body, as OpenAPI 3.1 writes it.
    pub schema: fn() -> (String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>),
}

/// All facts of all services, in the order of the catalogue.
pub fn catalogue() -> Vec<FactInfo> {
    [
        user::facts(),
        session::facts(),
        signing_key::facts(),
        show::facts(),
        listing::facts(),
        pass::facts(),
        order::facts(),
        timer::facts(),
        payment::facts(),
        payout::facts(),
    ]
    .concat()
}

/// Declares the facts about one aggregate: a transparent newtype around its snapshot for each, and
/// `…Changed` for those who follow every change.
macro_rules! facts {
    (
        $snapshot:ident by $owner:literal about $aggregate:literal;
        any $changed:ident;
        $(#[doc = $doc:literal] $name:ident = $fact:literal v $major:literal;)+
    ) => {
        impl $crate::events::Snapshot for $snapshot {
            const OWNER: &'static str = $owner;
            const AGGREGATE: &'static str = $aggregate;

            fn aggregate_id(&self) -> uuid::Uuid {
                self.id.uuid()
            }

            fn version(&self) -> u64 {
                self.version
            }
        }

        #[doc = concat!("Any fact about the aggregate `", $aggregate, "`, for those who follow its state.")]
        #[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $changed(pub $snapshot);

        impl $crate::events::Event for $changed {
            type Snapshot = $snapshot;
            const NAME: &'static str = stringify!($changed);
            const FACT: &'static str = "*";
            const MAJOR: u32 = 1;

            fn snapshot(&self) -> &$snapshot {
                &self.0
            }
        }

        $(
            #[doc = $doc]
            #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub $snapshot);

            impl $crate::events::Event for $name {
                type Snapshot = $snapshot;
                const NAME: &'static str = stringify!($name);
                const FACT: &'static str = $fact;
                const MAJOR: u32 = $major;

                fn snapshot(&self) -> &$snapshot {
                    &self.0
                }
            }

            impl $crate::events::Fact for $name {}
        )+

        /// The facts about this aggregate, for the catalogue.
        pub fn facts() -> Vec<$crate::events::FactInfo> {
            vec![$($crate::events::FactInfo {
                name: stringify!($name),
                doc: $doc.trim_ascii(),
                owner: $owner,
                aggregate: $aggregate,
                ce_type: <$name as $crate::events::Event>::ce_type(),
                recode: |json| serde_json::to_value(serde_json::from_str::<$name>(json)?),
                schema: || (
                    <$snapshot as utoipa::ToSchema>::name().into_owned(),
                    <$snapshot as utoipa::PartialSchema>::schema(),
                ),
            }),+]
        }
    };
}

pub(crate) use facts;
