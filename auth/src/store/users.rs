//! Users, one account per e-mail address.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    events::user::{UserCreated, UserUpdated},
    ids::UserId,
};

use crate::domain::{email::Email, user::User};

/// The index that refuses a second account for one e-mail address.
pub const EMAIL_OF_USER: &str = "email_of_user";

impl Aggregate for User {
    const COLLECTION: &'static str = "users";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![Index::on(EMAIL_OF_USER, doc! { "state.email": 1 }).unique()]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let snapshot = self.snapshot();
        match self.version {
            1 => vec![UserCreated(snapshot).into()],
            _ => vec![UserUpdated(snapshot).into()],
        }
    }
}

/// The users.
#[derive(Debug, Clone)]
pub struct Users(Repository<User>);

impl Users {
    /// The users of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The user with this id.
    pub async fn get(&self, id: UserId) -> Result<Option<Loaded<User>>, StoreError> {
        self.0.get(id).await
    }

    /// The user with this e-mail address.
    pub async fn with_email(&self, email: &Email) -> Result<Option<Loaded<User>>, StoreError> {
        self.0.find_one(doc! { "state.email": email.clone() }).await
    }

    /// Records a new account and tells it.
    pub fn create(tx: &mut Tx, user: User) {
        let snapshot = user.snapshot();
        tx.insert(user);
        tx.publish(UserCreated(snapshot));
    }

    /// Records a change that others see and tells it.
    pub fn update(tx: &mut Tx, loaded: &Loaded<User>, user: User) {
        let snapshot = user.snapshot();
        tx.save(loaded, user);
        tx.publish(UserUpdated(snapshot));
    }

    /// Records a change that only auth sees.
    pub fn update_quietly(tx: &mut Tx, loaded: &Loaded<User>, user: User) {
        tx.save(loaded, user);
    }
}
