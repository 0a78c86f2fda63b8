//! When something that could not be delivered is tried again, and when it is given up.

use super::time::{Seconds, Timestamp};

/// The pauses after each try.
const PAUSES: [Seconds; 9] = [
    Seconds::new(10),
    Seconds::new(30),
    Seconds::new(120),
    Seconds::new(600),
    Seconds::new(1_800),
    Seconds::new(3_600),
    Seconds::new(7_200),
    Seconds::new(14_400),
    Seconds::new(21_600),
];

/// How long it is tried.
const PATIENCE: Seconds = Seconds::new(86_400);

/// When something made then, which was tried so often, is tried again; nothing if it is given up.
pub fn next_try(made: Timestamp, tries: i64, now: Timestamp) -> Option<Timestamp> {
    let end = made + PATIENCE;
    let pause = usize::try_from(tries.saturating_sub(1)).ok()?;
    let pause = PAUSES.get(pause).or(PAUSES.last())?;
    (now < end).then(|| (now + *pause).min(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_go_on_for_a_day_with_growing_pauses_and_end() {
        let made = Timestamp::from_millis(0);
        let (mut now, mut tries, mut times) = (made, 1, Vec::new());
        while let Some(next) = next_try(made, tries, now) {
            times.push(next.duration_since(now).as_secs());
            now = next;
            tries += 1;
            assert!(tries < 100);
        }
        assert_eq!(now, made + PATIENCE);
        assert_eq!(times.first(), Some(&10));
        assert!(times.len() > 8);
        let growing = times.iter().zip(times.iter().skip(1)).take(7);
        assert!(growing.clone().all(|(one, next)| one < next), "{times:?}");
    }
}
