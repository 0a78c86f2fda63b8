//! Refreshing, by the rule and by the statements: they must say the same.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::auth::id::SessionId;
use crate::auth::session::Refresh;
use crate::auth::time::Seconds;
use crate::people::{NOW, at, database, session};
use crate::store::effects::SignInEffects;
use crate::store::refresh_tokens::{RefreshAttempt, refresh};
use crate::store::sessions;

const WINDOW: i64 = 10_000;

/// A refresh that comes some time after the one before.
#[derive(Debug, Clone)]
struct Step {
    later: i64,
    /// How far its number is behind the next one.
    behind: u32,
    device: Option<&'static str>,
    disabled: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let later = prop_oneof![4 => 0..20_000_i64, 1 => 50_000..70_000_i64];
    let device = option::weighted(0.8, select(vec!["phone", "phone", "phone", "other"]));
    let step = (later, 0..4_u32, device, prop::bool::weighted(0.05));
    let step = step.prop_map(|(later, behind, device, disabled)| Step {
        later,
        behind,
        device,
        disabled,
    });
    vec(step, 1..25)
}

#[test]
fn the_row_does_what_the_rule_says_in_any_order_of_events() {
    let db = database();
    let idle = "update auth_clients set refresh_token_expiration = 60";
    db.connection.execute_batch(idle).unwrap();
    proptest!(|(bound in any::<bool>(), steps in steps())| {
        let begin = "delete from sessions; update user_tenants set status = 1";
        db.connection.execute_batch(begin).unwrap();
        let mut new = session("sid", "id-ann");
        new.device = bound.then_some("phone");
        new.expires_on = at(NOW + 300_000);
        prop_assert!(db.run(sessions::open(&new, SignInEffects::default(), at(NOW))).is_some());
        let (mut now, mut good) = (NOW, 0_u32);
        for step in steps {
            now += step.later;
            if step.disabled {
                db.connection.execute_batch("update user_tenants set status = 2").unwrap();
            }
            let n = (good + 1).saturating_sub(step.behind);
            let ask = RefreshAttempt { session_id: &SessionId::new("sid"), n, device: step.device, window: Seconds::new(WINDOW / 1000) };
            let found = db.run(refresh(&ask, at(now)));
            let (before, _) = found.before.unwrap();
            let verdict = Refresh::judge(&before, n, step.device, at(now), Seconds::new(WINDOW / 1000));
            let told = format!("{before:?} {step:?} {verdict:?}");
            prop_assert_eq!(found.rotated, verdict == Refresh::Rotation, "{}", told);
            match verdict {
                Refresh::Rotation | Refresh::Retry => prop_assert!(found.session.is_some(), "{}", told),
                Refresh::Theft => prop_assert!(found.session.is_none(), "{}", told),
                Refresh::OtherDevice | Refresh::Over => {}
            }
            good += u32::from(found.rotated);
        }
    });
}
