//! The targets under libFuzzer; `FUZZ_TARGET` names one of them.

#![no_main]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use targets::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names the target");
    let found = TARGETS.iter().find(|(name, _)| *name == wanted);
    found
        .unwrap_or_else(|| panic!("there is no target {wanted}"))
        .1
});

fuzz_target!(|input: &[u8]| (*TARGET)(&String::from_utf8_lossy(input)));
