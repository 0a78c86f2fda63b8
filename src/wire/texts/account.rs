//! The frame of the account pages, and their small parts.

use super::part::{With, texts};

texts! {
    /// The frame of the account pages, and their small parts.
    Account {
        /// What the navigation is called, and the last part of every title.
        title: &'static str = "Your account", "Ihr Konto";
        /// The place of the profile.
        profile: &'static str = "Profile", "Profil";
        /// The place of password and address.
        security: &'static str = "Security", "Sicherheit";
        /// The place of sessions.
        devices: &'static str = "Devices", "Geräte";
        /// The place of identities.
        linked: &'static str = "Linked accounts", "Verknüpfte Konten";
        /// The place of what happened.
        activity: &'static str = "Activity", "Aktivität";
        /// The place of export and erasure.
        data: &'static str = "Your data", "Ihre Daten";
        /// Below the heading "Your data".
        data_lead: &'static str = "What we have of you, to take along or to be erased.", "Was wir von Ihnen haben, zum Mitnehmen oder zum Löschen.";
        /// The card of the export.
        export: &'static str = "Take it along", "Mitnehmen";
        /// Below it.
        export_lead: &'static str = "Everything that is stored of you, in one file for people and machines (JSON).", "Alles, was von Ihnen gespeichert ist, in einer Datei für Menschen und Maschinen (JSON).";
        /// The link.
        download: &'static str = "Download", "Herunterladen";
        /// The card of the erasure.
        erase: &'static str = "Erase the account", "Konto löschen";
        /// Below it.
        erase_lead: &'static str = "You are signed out everywhere at once. After 14 days everything of you is erased; signing in before then keeps the account.",
            "Sie werden sofort überall abgemeldet. Nach 14 Tagen wird alles von Ihnen gelöscht; wenn Sie sich vorher anmelden, bleibt das Konto.";
        /// The question.
        erase_title: &'static str = "Erase the account?", "Konto löschen?";
        /// The heading once it is asked for.
        erased_title: &'static str = "Your account will be erased", "Ihr Konto wird gelöscht";
        /// Below it; the day.
        erased_lead: With = |day| format!("On {day}, unless you sign in before."), |day| format!("Am {day}, wenn Sie sich vorher nicht anmelden.");
        /// Below the heading "Security".
        security_lead: &'static str = "How you prove that it is you.", "Wie Sie beweisen, dass Sie es sind.";
        /// The card of the password.
        password: &'static str = "Password", "Passwort";
        /// When it was changed; a date.
        password_changed: With = |date| format!("Last changed on {date}."), |date| format!("Zuletzt geändert am {date}.");
        /// There is none.
        no_password: &'static str = "You have none: you sign in with a linked account.", "Sie haben keines: Sie melden sich mit einem verknüpften Konto an.";
        /// The link to a change.
        change: &'static str = "Change", "Ändern";
        /// The link to a first password.
        set: &'static str = "Set", "Setzen";
        /// The card of the address.
        email: &'static str = "E-mail address", "E-Mail-Adresse";
        /// There is none.
        no_email: &'static str = "You have none, so we cannot write to you.", "Sie haben keine, also können wir Ihnen nicht schreiben.";
        /// The address is proven.
        verified: &'static str = "confirmed", "bestätigt";
        /// The address is not proven.
        unverified: &'static str = "not confirmed", "nicht bestätigt";
        /// The heading where the user proves to be there.
        proof_title: &'static str = "Is it you?", "Sind Sie es?";
        /// Below it.
        proof_lead: &'static str = "What you are about to do needs a fresh proof.", "Was Sie vorhaben, braucht einen frischen Beweis.";
        /// The button.
        proof_submit: &'static str = "Go on", "Weiter";
        /// The password is not right.
        proof_wrong: &'static str = "The password is not right.", "Das Passwort stimmt nicht.";
    }
}
