//! Codes, as they are answered.

use serde_json::json;

use crate::edge::flows::codes::IssuedCode;
use crate::wire::loopback::failure::LoopbackFailure;
use crate::wire::reply::Reply;

/// A code, as every operation answers that issues one; and what it waits for, if it does.
pub(super) fn code_response(issued: &IssuedCode) -> Result<Reply, LoopbackFailure> {
    let code = issued.code.expose();
    let body = match &issued.waits_for {
        None => json!({ "code": code }),
        Some(waiting) => json!({
            "code": code,
            "mfa": {
                "required": true,
                "methods": waiting.methods,
                "expiresIn": waiting.expires_in,
            },
        }),
    };
    Ok(Reply::json(&body)?)
}
