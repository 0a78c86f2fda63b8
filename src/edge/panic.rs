//! What is logged of a panic.

use std::sync::Once;

use worker::console_error;

/// Logs where a panic happened, and not what it said: the words could hold a secret.
///
/// A panic is a defect of ours; the platform answers 500 and the next request gets a fresh instance.
pub fn report() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            if cfg!(debug_assertions) {
                console_error_panic_hook::hook(info);
            } else if let Some(place) = info.location() {
                console_error!("panic at {place}");
            }
        }));
    });
}
