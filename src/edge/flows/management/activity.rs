//! How many people signed in, by day or month.

use super::access::{self, Manager};
use super::asking;
use crate::auth::caller::Caller;
use crate::auth::management::permission::VIEW_LOGIN_ACTIVITY;
use crate::auth::time::Timestamp;
use crate::edge::app::App;
use crate::error::Error;
use crate::store::active_users::{self, ActiveUsers, Chosen, Counted};

/// What is asked.
pub struct Question {
    /// The beginning.
    pub from: Timestamp,
    /// The end, which is not part of it.
    pub until: Timestamp,
    /// How a period is written.
    pub period: &'static str,
    /// The people who alone count, or who do not.
    pub people: Option<Chosen>,
}

/// Counts the people of the bearer's tenant who signed in, or of all tenants.
pub async fn active_users(
    app: &App,
    caller: &Caller,
    question: Question,
) -> Result<Vec<ActiveUsers>, Error> {
    let (found, ()) = asking::actor_with(app, caller, ()).await?;
    let manager: Manager = access::manager(found, true);
    access::may(&manager, &[VIEW_LOGIN_ACTIVITY])?;
    let counted = Counted {
        from: question.from,
        until: question.until,
        period: question.period,
        tenant: manager.borders(),
        people: question.people,
    };
    app.db.run(active_users::count(&counted)).await
}
