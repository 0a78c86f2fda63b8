//! What has just been done, as the page after a form says it: the query names it, and only texts of ours
//! are shown.

use crate::wire::incoming::Incoming;
use crate::wire::texts::Texts;

/// The query parameter that names it.
pub const PARAMETER: &str = "notice";

/// The text that the query names, if it names one.
pub fn of(incoming: &Incoming, texts: &'static Texts) -> Option<&'static str> {
    let notices = &texts.notices;
    Some(match incoming.query(PARAMETER)?.as_str() {
        "profile" => notices.profile,
        "password" => notices.password,
        "email" => notices.email,
        "ended" => notices.ended,
        "others-ended" => notices.others_ended,
        "linked" => notices.linked,
        "app-out" => notices.app_out,
        "unlinked" => notices.unlinked,
        "added" => notices.added,
        "named" => notices.named,
        "removed" => notices.removed,
        "second-step" => notices.second_step,
        "denied" => notices.denied,
        _ => return None,
    })
}
