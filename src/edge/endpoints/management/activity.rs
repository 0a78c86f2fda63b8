//! How many people signed in.

use crate::edge::app::App;
use crate::edge::flows::management::activity::{self, Question};
use crate::store::active_users::Chosen;
use crate::wire::incoming::Incoming;
use crate::wire::loopback::active_users::{ActiveUsersQuery, Named};
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::loopback::management::by_period;
use crate::wire::reply::Reply;

/// `GET /active-users/{range}`
pub async fn active_users(app: &App, incoming: &Incoming) -> Result<Reply, LoopbackFailure> {
    let query = ActiveUsersQuery::read(incoming)?;
    let question = Question {
        from: query.from,
        until: query.until,
        period: query.period,
        people: query.people.map(chosen),
    };
    let counts = activity::active_users(app, &incoming.caller()?, question).await?;
    let counts = counts.into_iter().map(|count| (count.period, count.people));
    Ok(Reply::json(&by_period(counts))?)
}

fn chosen(named: Named) -> Chosen {
    let Named {
        alone,
        by_username,
        names,
    } = named;
    let (ids, usernames) = if by_username {
        (Vec::new(), names)
    } else {
        (names, Vec::new())
    };
    Chosen {
        ids,
        usernames,
        alone,
    }
}
