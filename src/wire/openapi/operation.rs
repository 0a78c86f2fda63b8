//! One operation, as the document describes it.

use crate::auth::table::column::Table;
use crate::wire::loopback::validate::Model;

/// An operation.
pub struct Operation {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Who may call it.
    pub caller: Caller,
    /// What its body and query hold.
    pub takes: Takes,
    /// What it answers when all is well.
    pub answers: Answers,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Whoever proves in the body, or needs to prove nothing.
    Anybody,
    /// The bearer of an access token.
    Bearer,
    /// The bearer of an access token, or a client by HTTP Basic.
    BearerOrClient,
}

/// What an operation takes.
#[derive(Clone, Copy)]
pub enum Takes {
    /// Nothing besides its path.
    Nothing,
    /// A JSON body.
    Json(&'static Model),
    /// A JSON body of a client that keeps a secret.
    JsonWithSecret(&'static Model),
    /// A list of JSON objects.
    JsonList(&'static Model),
    /// A form.
    Form(&'static Model),
    /// Query parameters.
    Query(&'static Model),
    /// Query parameters with these names, of which the first ones so many are required.
    Names(&'static [&'static str], usize),
    /// The body of a new row.
    NewRow(&'static Table),
    /// The body of a replacement.
    Replacement(&'static Table),
    /// The body of changes.
    Changes(&'static Table),
    /// The body of changes, and `where`.
    ChangesWhere(&'static Table),
    /// `where`.
    Where,
    /// `where`, which may be absent.
    MaybeWhere,
    /// `filter`.
    Filter(&'static Table),
}

/// What an operation answers when all is well.
#[derive(Clone, Copy)]
pub enum Answers {
    /// 204.
    Nothing,
    /// 200 without a body.
    Emptiness,
    /// 200 with a row.
    Row(&'static Table),
    /// 200 with rows.
    Rows(&'static Table),
    /// 200 with a component of the document.
    One(&'static str),
    /// 200 with a list of such.
    Many(&'static str),
    /// 302 to somewhere, or 200.
    Redirect,
    /// 200 with a set of public keys (RFC 7517 §8.5.2).
    KeySet,
    /// 200 without a body; refusals are OAuth's (OpenID Connect Back-Channel Logout 1.0 §2.8).
    LoggedOut,
}
