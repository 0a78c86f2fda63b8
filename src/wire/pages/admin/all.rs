//! Every screen.

use super::clients::CLIENTS;
use super::logs::{ACTIVITY, EVENTS};
use super::people::PEOPLE;
use super::roles::{GROUPS, ROLES};
use super::screen::Screen;
use super::tenants::{SETTINGS, TENANTS};

/// The screens, in the order of the navigation.
pub static SCREENS: [&Screen; 8] = [
    &PEOPLE, &TENANTS, &ROLES, &GROUPS, &SETTINGS, &CLIENTS, &ACTIVITY, &EVENTS,
];

/// The screen of a path behind `/admin`, and whether the path is of one of its rows.
pub fn screen_at(path: &[String]) -> Option<(&'static Screen, bool)> {
    SCREENS.into_iter().find_map(|screen| {
        let parts = screen.path.trim_start_matches('/').split('/');
        let count = parts.clone().count();
        let mut both = parts.zip(path);
        let is_of = both.all(|(part, given)| part == "{}" || part == given);
        (is_of && (path.len() == count || path.len() == count + 1))
            .then_some((screen, path.len() > count))
    })
}
