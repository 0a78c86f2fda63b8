//! Signing in, choosing an account, signing out.

use super::part::{With, texts};

texts! {
    /// Signing in, choosing an account, signing out.
    SignIn {
        /// The heading.
        title: &'static str = "Sign in", "Anmelden";
        /// Before the name of the client.
        to_go_on: &'static str = "to go on to", "weiter zu";
        /// The field of the name.
        username: &'static str = "Name or e-mail", "Name oder E-Mail";
        /// The field of the password.
        password: &'static str = "Password", "Passwort";
        /// The link to a new password.
        forgotten: &'static str = "Forgotten?", "Vergessen?";
        /// The box that keeps the browser signed in.
        keep: &'static str = "Keep me signed in on this device", "Auf diesem Gerät angemeldet bleiben";
        /// The button.
        submit: &'static str = "Sign in", "Anmelden";
        /// Before the link to signing up.
        new_here: &'static str = "New here?", "Neu hier?";
        /// The link to signing up.
        make_account: &'static str = "Make an account", "Konto anlegen";
        /// Name or password is not right.
        wrong: &'static str = "Name or password is not right. Check both, and try again.",
            "Name oder Passwort stimmt nicht. Prüfen Sie beides und versuchen Sie es noch einmal.";
        /// A field was left empty.
        missing: &'static str = "Type your name and your password.", "Geben Sie Namen und Passwort ein.";
        /// The account waits to be activated.
        not_active: &'static str = "This account has not been activated yet.", "Dieses Konto ist noch nicht freigeschaltet.";
        /// The account is not one of the client's.
        not_admitted: With = |client| format!("This account cannot be used for {client}."),
            |client| format!("Dieses Konto gilt nicht für {client}.");
        /// Too many attempts; minutes.
        too_many: With = |minutes| format!("Too many attempts. Try again in {minutes} min."),
            |minutes| format!("Zu viele Versuche. Versuchen Sie es in {minutes} Min. wieder.");
        /// The form is from an earlier page.
        form_expired: &'static str = "This page had been open for too long, or came from elsewhere. Please send it once more.",
            "Diese Seite war zu lange offen oder kam von anderswo. Bitte senden Sie sie noch einmal ab.";
        /// The heading of the second step.
        step_title: &'static str = "One more step", "Noch ein Schritt";
        /// Below it.
        step_lead: &'static str = "Type a code of your authenticator app, or one of your recovery codes.",
            "Geben Sie einen Code Ihrer Authenticator-App ein, oder einen Ihrer Wiederherstellungscodes.";
        /// The field of the code.
        step_code: &'static str = "Code", "Code";
        /// The code is not right, or nothing waits for it any more.
        step_wrong: &'static str = "That code is not right, or comes too late. Try the next one; after five tries, sign in again.",
            "Dieser Code stimmt nicht oder kommt zu spät. Versuchen Sie den nächsten; nach fünf Versuchen melden Sie sich neu an.";
        /// The heading where an account is chosen.
        select_title: &'static str = "Choose an account", "Konto wählen";
        /// The button that goes on.
        go_on_as: With = |name| format!("Go on as {name}"), |name| format!("Weiter als {name}");
        /// The link to another account.
        another: &'static str = "Use another account", "Anderes Konto verwenden";
        /// The heading where one signs out.
        out_title: &'static str = "Sign out?", "Abmelden?";
        /// What signing out does; the user's name.
        out_lead: With = |name| format!("You are signed in as {name}. Signing out also signs you out of the apps that you opened from here."),
            |name| format!("Sie sind als {name} angemeldet. Mit dem Abmelden werden Sie auch von den Apps abgemeldet, die Sie von hier geöffnet haben.");
        /// The heading once one is signed out.
        gone_title: &'static str = "You are signed out", "Sie sind abgemeldet";
        /// Below it.
        gone_lead: &'static str = "You can close this window.", "Sie können dieses Fenster schließen.";
        /// The link to signing in again.
        again: &'static str = "Sign in again", "Wieder anmelden";
    }
}
