//! What a failure of the store means to the caller. The cause is logged here and stays here.

use mongodb::error::ErrorKind;

use super::Problem;
use crate::{
    bus::{CommitError, StoreError},
    telemetry::chain,
};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // A document that this build does not understand: no retry helps.
        if let StoreError::Unavailable(cause) = &error
            && matches!(*cause.kind, ErrorKind::BsonDeserialization(_) | ErrorKind::Bson(_))
        {
            return Self::internal(&error);
        }
        tracing::warn!(error = %chain(&error), "a request could not read from MongoDB");
        Self::unavailable()
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Conflict => {
                let detail = "Others changed this at the same moment, again and again. Please try again.";
                Self::conflict("conflict", detail)
            }
            CommitError::Duplicate { index } => {
                tracing::info!(index, "a request was refused by a unique index");
                Self::conflict("duplicate", "This exists already.")
            }
            CommitError::Unavailable(_) => {
                tracing::warn!(error = %chain(&error), "a request could not write to MongoDB");
                Self::unavailable()
            }
            CommitError::Rejected(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_503_without_the_cause() {
        let away = CommitError::Unavailable("mongodb://root:hunter2@db refused".to_owned());
        let read = StoreError::Unavailable(mongodb::error::Error::custom("mongodb://root:hunter2@db"));
        for problem in [Problem::from(away), Problem::from(read)] {
            assert_eq!((problem.status().as_u16(), problem.code()), (503, "unavailable"));
            assert!(problem.response(None).headers().contains_key("retry-after"));
            assert!(!format!("{problem:?}").contains("hunter2"), "{problem:?}");
        }
    }

    #[test]
    fn a_lost_race_is_409_and_our_mistake_is_500() {
        let duplicate = CommitError::Duplicate { index: "seats".to_owned() };
        assert_eq!(Problem::from(CommitError::Conflict).status().as_u16(), 409);
        assert_eq!(Problem::from(duplicate).status().as_u16(), 409);
        assert_eq!(Problem::from(CommitError::Rejected("a gap".to_owned())).status().as_u16(), 500);
    }
}
