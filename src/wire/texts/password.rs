//! Forgotten, new and changed passwords.

use super::part::{With, texts};

texts! {
    /// Forgotten, new and changed passwords.
    Password {
        /// The heading where a link is asked for.
        forgot_title: &'static str = "Forgotten your password?", "Passwort vergessen?";
        /// Below it.
        forgot_lead: &'static str = "We send you a link with which you choose a new one.", "Wir senden Ihnen einen Link, mit dem Sie ein neues wählen.";
        /// The button.
        send: &'static str = "Send the link", "Link senden";
        /// Nothing was typed.
        no_name: &'static str = "Type your name or your e-mail address.", "Geben Sie Ihren Namen oder Ihre E-Mail-Adresse ein.";
        /// The heading once the message is under way.
        sent_title: &'static str = "Look into your mailbox", "Sehen Sie in Ihr Postfach";
        /// Below it, whether or not there is an account.
        sent_lead: &'static str = "If there is an account of that name, we have written to its address. The link works once, for half an hour or so.",
            "Wenn es ein Konto dieses Namens gibt, haben wir an seine Adresse geschrieben. Der Link gilt einmal, etwa eine halbe Stunde lang.";
        /// The heading where the new password is typed.
        reset_title: &'static str = "Choose a new password", "Neues Passwort wählen";
        /// Below it; the user's name.
        reset_lead: With = |name| format!("for {name}. Every device will be signed out."), |name| format!("für {name}. Alle Geräte werden abgemeldet.");
        /// The field of the new password.
        new: &'static str = "New password", "Neues Passwort";
        /// Below the field; the fewest characters.
        hint: With = |least| format!("At least {least} characters. A few words in a row are good and easy to keep in mind."),
            |least| format!("Mindestens {least} Zeichen. Ein paar Wörter hintereinander sind gut und leicht zu merken.");
        /// The field of the present password.
        old: &'static str = "Present password", "Jetziges Passwort";
        /// The button.
        submit: &'static str = "Set the password", "Passwort setzen";
        /// Too short; the fewest characters.
        too_short: With = |least| format!("The password needs at least {least} characters."), |least| format!("Das Passwort braucht mindestens {least} Zeichen.");
        /// Too long; the most characters.
        too_long: With = |most| format!("The password can have at most {most} characters."), |most| format!("Das Passwort kann höchstens {most} Zeichen haben.");
        /// The new password is the present one.
        same: &'static str = "That is the present password. Choose another.", "Das ist das jetzige Passwort. Wählen Sie ein anderes.";
        /// The present password is not right.
        old_wrong: &'static str = "The present password is not right.", "Das jetzige Passwort stimmt nicht.";
        /// Nothing was typed.
        none: &'static str = "Type a password.", "Geben Sie ein Passwort ein.";
        /// The heading once it is done.
        done_title: &'static str = "Your password is changed", "Ihr Passwort ist geändert";
        /// Below it.
        done_lead: &'static str = "Sign in with the new password from now on.", "Melden Sie sich ab jetzt mit dem neuen Passwort an.";
        /// The heading of the page where a signed-in user changes it.
        change_title: &'static str = "Change your password", "Passwort ändern";
        /// Below it.
        change_lead: &'static str = "Every other device will be signed out.", "Alle anderen Geräte werden abgemeldet.";
        /// Below the heading where a new password is due.
        due_lead: &'static str = "A new password is due before you go on.", "Bevor es weitergeht, ist ein neues Passwort fällig.";
        /// The heading where a user without a password sets one.
        set_title: &'static str = "Set a password", "Passwort setzen";
        /// Below it.
        set_lead: &'static str = "So far you sign in with a linked account. With a password you have a second way in. Every other device will be signed out.",
            "Bisher melden Sie sich mit einem verknüpften Konto an. Mit einem Passwort haben Sie einen zweiten Weg. Alle anderen Geräte werden abgemeldet.";
    }
}
