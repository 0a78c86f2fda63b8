//! The three body models of auth clients.
//!
//! `deleted`, `deletedOn`, `deletedBy`, `createdOn` and `modifiedOn` are the model's, so that what
//! was read can be sent back; they are checked and then ignored.

use crate::wire::loopback::validate::ValueKind::{Boolean, DateTime, Number, String as Text};
use crate::wire::loopback::validate::{Field, Model};

/// `AuthClientExcluding_id_`, the body of POST.
pub const AUTH_CLIENT_EXCLUDING_ID: Model = Model {
    fields: &[
        Field::optional("deleted", Boolean),
        Field::nullable("deletedOn", DateTime),
        Field::nullable("deletedBy", Text),
        Field::optional("createdOn", DateTime),
        Field::optional("modifiedOn", DateTime),
        Field::required("clientId", Text),
        Field::required("clientSecret", Text),
        Field::required("secret", Text),
        Field::optional("redirectUrl", Text),
        Field::required("accessTokenExpiration", Number),
        Field::required("refreshTokenExpiration", Number),
        Field::required("authCodeExpiration", Number),
    ],
    closed: true,
};

/// `AuthClient`, the body of PUT; `redirectUrl` may be null, as reads show it.
pub const AUTH_CLIENT: Model = Model {
    fields: &[
        Field::optional("deleted", Boolean),
        Field::nullable("deletedOn", DateTime),
        Field::nullable("deletedBy", Text),
        Field::optional("createdOn", DateTime),
        Field::optional("modifiedOn", DateTime),
        Field::optional("id", Number),
        Field::required("clientId", Text),
        Field::required("clientSecret", Text),
        Field::required("secret", Text),
        Field::nullable("redirectUrl", Text),
        Field::required("accessTokenExpiration", Number),
        Field::required("refreshTokenExpiration", Number),
        Field::required("authCodeExpiration", Number),
    ],
    closed: true,
};

/// `AuthClientPartial`, the body of both `PATCH` operations.
pub const AUTH_CLIENT_PARTIAL: Model = Model {
    fields: &[
        Field::optional("deleted", Boolean),
        Field::nullable("deletedOn", DateTime),
        Field::nullable("deletedBy", Text),
        Field::optional("createdOn", DateTime),
        Field::optional("modifiedOn", DateTime),
        Field::optional("id", Number),
        Field::optional("clientId", Text),
        Field::optional("clientSecret", Text),
        Field::optional("secret", Text),
        Field::nullable("redirectUrl", Text),
        Field::optional("accessTokenExpiration", Number),
        Field::optional("refreshTokenExpiration", Number),
        Field::optional("authCodeExpiration", Number),
    ],
    closed: true,
};
