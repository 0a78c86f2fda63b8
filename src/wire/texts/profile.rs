//! Profile and address.

use super::part::{With, texts};

texts! {
    /// Profile and address.
    Profile {
        /// Below the heading.
        lead: &'static str = "What the apps that you use learn of you.", "Was die Apps, die Sie benutzen, von Ihnen erfahren.";
        /// The username.
        username: &'static str = "Username", "Benutzername";
        /// A field.
        first_name: &'static str = "First name", "Vorname";
        /// A field.
        middle_name: &'static str = "Middle name", "Weiterer Vorname";
        /// A field.
        last_name: &'static str = "Last name", "Nachname";
        /// A field.
        phone: &'static str = "Telephone", "Telefon";
        /// A field.
        dob: &'static str = "Date of birth", "Geburtsdatum";
        /// A field.
        gender: &'static str = "Gender", "Geschlecht";
        /// A choice.
        female: &'static str = "female", "weiblich";
        /// A choice.
        male: &'static str = "male", "männlich";
        /// A choice.
        other: &'static str = "other", "anderes";
        /// A choice.
        unsaid: &'static str = "not said", "keine Angabe";
        /// A field.
        language: &'static str = "Language", "Sprache";
        /// Below the field.
        language_hint: &'static str = "Of these pages and of our messages.", "Dieser Seiten und unserer Nachrichten.";
        /// A name must be there.
        no_first_name: &'static str = "Type a first name.", "Geben Sie einen Vornamen ein.";
        /// A text is too long; the name of the field.
        too_long: With = |field| format!("{field}: that is too long."), |field| format!("{field}: das ist zu lang.");
        /// The date is none.
        no_date: &'static str = "Type the date of birth as year-month-day, such as 1980-12-31.",
            "Geben Sie das Geburtsdatum als Jahr-Monat-Tag ein, etwa 1980-12-31.";
        /// The heading where the address is changed.
        email_title: &'static str = "Change your e-mail address", "E-Mail-Adresse ändern";
        /// Below it.
        email_lead: &'static str = "We write to the new address, and it counts once you follow the link there. The old one is told, too.",
            "Wir schreiben an die neue Adresse, und sie gilt, sobald Sie dem Link dort folgen. Auch die alte erfährt davon.";
        /// The field.
        new_email: &'static str = "New e-mail address", "Neue E-Mail-Adresse";
        /// The button.
        send_link: &'static str = "Send the link", "Link senden";
        /// The new address is the present one.
        same_email: &'static str = "That is your address already.", "Das ist schon Ihre Adresse.";
        /// The heading where the new address is confirmed.
        confirm_title: &'static str = "Confirm your address", "Adresse bestätigen";
        /// Below it; the address.
        confirm_lead: With = |email| format!("{email} becomes the address of your account."), |email| format!("{email} wird die Adresse Ihres Kontos.");
        /// The button.
        confirm: &'static str = "Confirm", "Bestätigen";
        /// The heading once it is done.
        confirmed_title: &'static str = "Your address is confirmed", "Ihre Adresse ist bestätigt";
        /// Below it; the address.
        confirmed_lead: With = |email| format!("We write to {email} from now on."), |email| format!("Wir schreiben ab jetzt an {email}.");
        /// The address belongs to an account by now.
        email_taken: &'static str = "There is an account with this address already.", "Es gibt schon ein Konto mit dieser Adresse.";
        /// The heading where a change is taken back.
        undo_title: &'static str = "Take the change back?", "Änderung rückgängig machen?";
        /// Below it; the former address.
        undo_lead: With = |email| format!("{email} becomes the address of the account again, every device is signed out, and open links stop working. Then choose a new password."),
            |email| format!("{email} wird wieder die Adresse des Kontos, alle Geräte werden abgemeldet, und offene Links gelten nicht mehr. Wählen Sie danach ein neues Passwort.");
        /// The button.
        undo: &'static str = "Take it back", "Rückgängig machen";
        /// The heading once it is done.
        undone_title: &'static str = "The change is taken back", "Die Änderung ist rückgängig gemacht";
        /// Below it.
        undone_lead: &'static str = "Somebody may know your password: choose a new one now.", "Vielleicht kennt jemand Ihr Passwort: Wählen Sie jetzt ein neues.";
    }
}
