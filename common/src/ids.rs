//! Ids: UUIDv7 in one newtype per kind of thing, so that an order id can never be passed for a
//! listing id. They are text in JSON, in MongoDB and in subjects.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, thiserror::Error)]
#[error("parse id: expected a UUID such as 01932f5c-7f1e-7cc3-98c4-dc0c0c07398f")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The id of a new thing. Ids made later sort later.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps a UUID that is known to name such a thing.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the canonical form: one id has one spelling, in URLs and in the database.
                let id = Self(Uuid::try_parse(text).map_err(|_| InvalidId)?);
                let mut spelling = Uuid::encode_buffer();
                if *id.0.hyphenated().encode_lower(&mut spelling) == *text { Ok(id) } else { Err(InvalidId) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl From<$name> for bson::Bson {
            fn from(id: $name) -> Self {
                Self::String(id.to_string())
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::SchemaFormat::Custom("uuid".to_owned())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        // `Path<OrderId>` is one parameter; the route's path knows its name, and `http` adds it.
        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                Vec::new()
            }
        }
    )+};
}

ids! {
    /// A person with an account.
    UserId,
    /// One sign-in of a user on one device.
    SessionId,
    /// A show at a venue at a time.
    ShowId,
    /// A seller's offer of seats for one show.
    ListingId,
    /// A buyer's claim on seats of one listing.
    OrderId,
    /// One attempt to pay an order.
    PaymentId,
    /// What is owed to a seller for one completed order.
    PayoutId,
    /// The admission for one sold seat.
    PassId,
    /// One published fact.
    EventId,
    /// One signing key of auth; travels as `kid`.
    KeyId,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_survives_json_and_bson() {
        let id = OrderId::generate();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<OrderId>(&json).unwrap(), id);
        let bson = bson::serialize_to_bson(&id).unwrap();
        assert_eq!(bson, bson::Bson::String(id.to_string()));
        assert_eq!(bson::deserialize_from_bson::<OrderId>(bson).unwrap(), id);
    }

    #[test]
    fn only_the_canonical_spelling_is_an_id() {
        let id = OrderId::generate();
        for text in [
            id.uuid().simple().to_string(),
            "01932F5C-7F1E-7CC3-98C4-DC0C0C07398F".into(),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            String::new(),
            "{\"$gt\": \"\"}".into(),
        ] {
            assert!(text.parse::<OrderId>().is_err(), "{text:?} was taken for an id");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_id_in_its_one_spelling_or_none(text: String, uuid: u128, upper: bool) {
            prop_assert!(text.parse::<OrderId>().is_err());
            let id = OrderId::from_uuid(Uuid::from_u128(uuid));
            let spelt = if upper { id.to_string().to_uppercase() } else { id.to_string() };
            prop_assert_eq!(spelt.parse::<OrderId>().ok(), (spelt == id.to_string()).then_some(id));
        }
    }
}
