//! What stands on every page.

use super::part::texts;

texts! {
    /// What stands on every page.
    Common {
        /// Before the title of a page that says what is wrong.
        error_prefix: &'static str = "Error:", "Fehler:";
        /// The link that skips the navigation.
        skip: &'static str = "To the content", "Zum Inhalt";
        /// A link to the terms of service.
        terms: &'static str = "Terms", "Nutzungsbedingungen";
        /// A link to the privacy policy.
        privacy: &'static str = "Privacy", "Datenschutz";
        /// The button that signs out.
        sign_out: &'static str = "Sign out", "Abmelden";
        /// A button that leaves things as they are.
        cancel: &'static str = "Cancel", "Abbrechen";
        /// A button that stores what was typed.
        save: &'static str = "Save", "Speichern";
        /// A link to where one came from.
        back: &'static str = "Back", "Zurück";
        /// The script's button beside a password.
        show_password: &'static str = "Show password", "Passwort zeigen";
        /// The same when it is shown.
        hide_password: &'static str = "Hide password", "Passwort verbergen";
        /// What separates two ways to do one thing.
        or_with: &'static str = "or with", "oder mit";
    }
}
