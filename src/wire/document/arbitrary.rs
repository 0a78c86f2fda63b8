//! Any document at all, for the property tests of the formats.

use proptest::prelude::*;
use serde_json::Value;

/// Values nested in values; texts are of any characters, or of `special` ones, a regular expression.
pub fn documents(special: &'static str) -> impl Strategy<Value = Value> {
    let text = prop_oneof![".*", special];
    let scalar = text.clone().prop_map(Value::String);
    scalar.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
