//! What a session or browser rests on, as its row has it.

use super::row::{FromRow, Row, Unreadable};
use crate::auth::assurance::{Aal, Assurance};

impl FromRow for Assurance {
    fn from_row(row: &Row<'_>) -> Result<Self, Unreadable> {
        Ok(Self {
            aal: Aal::from_number(row.get("aal")?),
            amr: row.get("amr")?,
            auth_time: row.get("auth_time")?,
        })
    }
}
