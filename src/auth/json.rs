//! JSON that becomes a value of ours.

use serde::de::DeserializeOwned;
use serde_json::{Error, Value};

/// Reads a record. By way of [`Value`], since whatever reads JSON straight into a type is compiled for each
/// type once more. Of a member that comes twice the last counts (RFC 8259 §4).
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_value(value(bytes)?)
}

fn value(bytes: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(bytes)
}
