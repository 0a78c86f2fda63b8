//! Signing up.

use super::part::{With, texts};

texts! {
    /// Signing up.
    SignUp {
        /// The heading.
        title: &'static str = "Make an account", "Konto anlegen";
        /// Below it.
        lead: &'static str = "We send you a link with which you go on.", "Wir senden Ihnen einen Link, mit dem es weitergeht.";
        /// The field of the address.
        email: &'static str = "E-mail", "E-Mail";
        /// The button.
        send: &'static str = "Send the link", "Link senden";
        /// Before the link to signing in.
        known: &'static str = "You have an account?", "Sie haben schon ein Konto?";
        /// What was typed is no address.
        no_address: &'static str = "That is not an e-mail address, such as ann@example.com.",
            "Das ist keine E-Mail-Adresse, wie etwa anna@example.com.";
        /// The heading once the message is under way.
        sent_title: &'static str = "Look into your mailbox", "Sehen Sie in Ihr Postfach";
        /// Below it, whether or not the address has an account.
        sent_lead: &'static str = "We have written to the address. If nothing comes within a few minutes, look into the spam folder.",
            "Wir haben an die Adresse geschrieben. Wenn in ein paar Minuten nichts kommt, sehen Sie auch im Spam-Ordner nach.";
        /// The heading where the account is made.
        finish_title: &'static str = "Almost done", "Fast fertig";
        /// Below it; the address.
        finish_lead: With = |email| format!("Your account for {email}"), |email| format!("Ihr Konto für {email}");
        /// The field of the given name.
        first_name: &'static str = "First name", "Vorname";
        /// The field of the family name.
        last_name: &'static str = "Last name", "Nachname";
        /// The button.
        finish: &'static str = "Make the account", "Konto anlegen";
        /// The address has got an account meanwhile.
        taken: &'static str = "There is an account for this address already. Sign in, or ask for a new password.",
            "Für diese Adresse gibt es schon ein Konto. Melden Sie sich an, oder fordern Sie ein neues Passwort an.";
        /// The heading once the account is there.
        done_title: &'static str = "Welcome", "Willkommen";
        /// Below it.
        done_lead: &'static str = "Your account is ready, and you are signed in.", "Ihr Konto ist bereit, und Sie sind angemeldet.";
        /// The way back to a client; its name.
        go_to: With = |client| format!("Go to {client}"), |client| format!("Weiter zu {client}");
        /// The link to the account pages.
        to_account: &'static str = "Your account", "Ihr Konto";
        /// The heading where no account can be made.
        closed_title: &'static str = "No new accounts", "Keine neuen Konten";
        /// Below it.
        closed_lead: &'static str = "Nobody can make an account here by themselves. Ask the people who run this service.",
            "Hier kann man nicht selbst ein Konto anlegen. Fragen Sie, wer diesen Dienst betreibt.";
    }
}
