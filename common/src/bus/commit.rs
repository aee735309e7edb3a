//! The outcome of a commit, and how MongoDB's answer is read.

use bson::Document;

/// Why a unit of work was not committed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// Another writer was faster; load and decide again.
    #[error("commit: the document changed since it was read")]
    Conflict,
    /// A unique index refused the write.
    #[error("commit: the unique index {index} refused a duplicate")]
    Duplicate {
        /// The name of the index; `_id_` for an id that exists.
        index: String,
    },
    /// MongoDB did not answer, or could not promise that the write survives. It may or may not have been
    /// applied; running the unit of work again is safe.
    #[error("commit: MongoDB did not confirm the write: {0}")]
    Unavailable(String),
    /// The unit of work can never be committed: a mistake in the program.
    #[error("commit: rejected: {0}")]
    Rejected(String),
}

/// Duplicate key.
const DUPLICATE_KEY: i32 = 11_000;

/// Reads the answer to an unordered bulk command of `count` writes: one result per write.
pub(super) fn read_reply(reply: &Document, guarded: bool, count: usize) -> Vec<Result<(), CommitError>> {
    if let Ok(error) = reply.get_document("writeConcernError") {
        let message = error.get_str("errmsg").unwrap_or("write concern error");
        return vec![Err(CommitError::Unavailable(message.to_owned())); count];
    }
    let mut results = vec![Ok(()); count];
    let errors = reply.get_array("writeErrors").map(Vec::as_slice).unwrap_or_default();
    for error in errors.iter().filter_map(bson::Bson::as_document) {
        let index = error.get_i32("index").ok().and_then(|index| usize::try_from(index).ok());
        if let Some(result) = index.and_then(|index| results.get_mut(index)) {
            *result = Err(read_error(error, guarded));
        }
    }
    results
}

fn read_error(error: &Document, guarded: bool) -> CommitError {
    let message = error.get_str("errmsg").unwrap_or_default();
    if error.get_i32("code").ok() != Some(DUPLICATE_KEY) {
        return CommitError::Rejected(message.to_owned());
    }
    // "E11000 duplicate key error collection: db.orders index: seats_of_live_orders dup key: { … }"
    let index = message.split_once(" index: ").map_or("", |(_, rest)| rest);
    let index = index.split_once(" dup key").map_or(index, |(name, _)| name);
    if guarded && index == "_id_" {
        return CommitError::Conflict;
    }
    CommitError::Duplicate { index: index.to_owned() }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    fn duplicate(position: i32, index: &str) -> Document {
        let message =
            format!("E11000 duplicate key error collection: a.b index: {index} dup key: {{ _id: 1 }}");
        doc! { "index": position, "code": 11_000, "errmsg": message }
    }

    #[test]
    fn each_write_gets_its_own_result() {
        let reply = doc! { "ok": 1, "writeErrors": [duplicate(1, "_id_"), duplicate(2, "seats")] };
        let results = read_reply(&reply, true, 3);
        assert!(results[0].is_ok());
        assert!(matches!(results[1], Err(CommitError::Conflict)));
        assert!(matches!(&results[2], Err(CommitError::Duplicate { index }) if index == "seats"));
    }

    #[test]
    fn a_taken_id_of_an_insert_is_a_duplicate_and_no_lost_race() {
        let results = read_reply(&doc! { "writeErrors": [duplicate(0, "_id_")] }, false, 1);
        assert!(matches!(&results[0], Err(CommitError::Duplicate { index }) if index == "_id_"));
    }

    #[test]
    fn without_the_write_concern_nothing_is_confirmed() {
        let reply =
            doc! { "ok": 1, "writeConcernError": { "code": 64, "errmsg": "waiting for replication" } };
        let results = read_reply(&reply, false, 2);
        assert!(results.iter().all(|r| matches!(r, Err(CommitError::Unavailable(_)))));
    }
}
