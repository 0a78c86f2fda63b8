//! Messages to users.

use super::part::{With, texts};

texts! {
    /// Messages to users.
    Mail {
        /// The subject of a link to a new password.
        reset_subject: &'static str = "Choose a new password", "Neues Passwort wählen";
        /// Its beginning.
        reset_opening: &'static str = "Somebody asked for a new password for your account.",
            "Jemand hat ein neues Passwort für Ihr Konto angefordert.";
        /// Its end; minutes.
        link_closing: With = |minutes| format!("The link works once, within {minutes} minutes. If it was not you, there is nothing to do."),
            |minutes| format!("Der Link gilt einmal, {minutes} Minuten lang. Wenn Sie es nicht waren, ist nichts zu tun.");
        /// The subject to somebody whom an administrator has made an account.
        invitation_subject: &'static str = "Choose your password", "Wählen Sie Ihr Passwort";
        /// Its beginning.
        invitation_opening: &'static str = "An account was made for you. Follow the link to choose your password.",
            "Für Sie wurde ein Konto angelegt. Folgen Sie dem Link, um Ihr Passwort zu wählen.";
        /// Its end; minutes.
        invitation_closing: With = |minutes| format!("The link works once, within {minutes} minutes. After that, ask for a new password where you sign in."),
            |minutes| format!("Der Link gilt einmal, {minutes} Minuten lang. Danach fordern Sie dort, wo Sie sich anmelden, ein neues Passwort an.");
        /// The subject where there is no password to choose.
        how_subject: &'static str = "How to sign in", "So melden Sie sich an";
        /// Its end; the provider.
        how_closing: With = |provider| format!("Your account has no password: sign in with {provider}."),
            |provider| format!("Ihr Konto hat kein Passwort: Melden Sie sich mit {provider} an.");
        /// The subject after a change of password.
        changed_subject: &'static str = "Your password was changed", "Ihr Passwort wurde geändert";
        /// Its beginning.
        changed_opening: &'static str = "The password of your account has been changed, and every device was signed out.",
            "Das Passwort Ihres Kontos wurde geändert, und alle Geräte wurden abgemeldet.";
        /// Its end.
        changed_closing: &'static str = "If it was not you, ask for a new password at once.",
            "Wenn Sie es nicht waren, fordern Sie sofort ein neues Passwort an.";
        /// The subject of an invitation.
        sign_up_subject: &'static str = "Finish signing up", "Anmeldung abschließen";
        /// Its beginning.
        sign_up_opening: &'static str = "Welcome! Follow the link to finish signing up.",
            "Willkommen! Folgen Sie dem Link, um die Anmeldung abzuschließen.";
        /// Its end; minutes.
        sign_up_closing: With = |minutes| format!("The link works once, within {minutes} minutes. If you did not ask for it, there is nothing to do."),
            |minutes| format!("Der Link gilt einmal, {minutes} Minuten lang. Wenn Sie nicht danach gefragt haben, ist nichts zu tun.");
        /// The subject where the address has an account.
        known_subject: &'static str = "You have an account already", "Sie haben schon ein Konto";
        /// Its beginning.
        known_opening: &'static str = "Somebody asked to sign up with your address, but you have an account already.",
            "Jemand wollte mit Ihrer Adresse ein Konto anlegen, aber Sie haben schon eines.";
        /// Its end.
        known_closing: &'static str = "Sign in as usual, or ask for a new password if you have forgotten yours.",
            "Melden Sie sich wie gewohnt an, oder fordern Sie ein neues Passwort an, wenn Sie Ihres vergessen haben.";
        /// The subject at a sign-in from a new device.
        device_subject: &'static str = "A new device has signed in", "Ein neues Gerät hat sich angemeldet";
        /// Its beginning; the device.
        device_opening: With = |device| format!("Somebody signed in to your account with a device that we had not seen before: {device}."),
            |device| format!("Jemand hat sich mit einem Gerät an Ihrem Konto angemeldet, das wir noch nicht kannten: {device}.");
        /// The subject where the sign-in waits for its second step.
        waits_subject: &'static str = "Your password was used on a new device", "Ihr Passwort wurde auf einem neuen Gerät benutzt";
        /// Its beginning; the device.
        device_waits: With = |device| format!("Somebody has given your password on a device that we had not seen before: {device}. Now we ask for the second step there."),
            |device| format!("Jemand hat Ihr Passwort auf einem Gerät eingegeben, das wir noch nicht kannten: {device}. Jetzt fragen wir dort nach dem zweiten Schritt.");
        /// Its end.
        device_closing: &'static str = "If it was you, there is nothing to do. If not, change your password at once.",
            "Wenn Sie es waren, ist nichts zu tun. Wenn nicht, ändern Sie sofort Ihr Passwort.";
        /// A device that says nothing of itself.
        unknown_device: &'static str = "an unknown device", "ein unbekanntes Gerät";
        /// The subject to a new address.
        email_subject: &'static str = "Confirm your address", "Bestätigen Sie Ihre Adresse";
        /// Its beginning.
        email_opening: &'static str = "Somebody wants this to be the address of their account. If it was you, follow the link.",
            "Jemand möchte, dass dies die Adresse des eigenen Kontos wird. Wenn Sie es waren, folgen Sie dem Link.";
        /// The subject to a former address.
        moved_subject: &'static str = "Your address was changed", "Ihre Adresse wurde geändert";
        /// Its beginning; the new address.
        moved_opening: With = |email| format!("The address of your account is {email} now."), |email| format!("Die Adresse Ihres Kontos ist jetzt {email}.");
        /// Its end.
        moved_closing: &'static str = "If it was not you, take it back with this link, within seven days. Every device is then signed out.",
            "Wenn Sie es nicht waren, machen Sie es mit diesem Link innerhalb von sieben Tagen rückgängig. Dann werden alle Geräte abgemeldet.";
        /// The subject after a factor was added.
        added_subject: &'static str = "A new way to sign in", "Ein neuer Weg, sich anzumelden";
        /// Its beginning.
        added_opening: &'static str = "A passkey or an authenticator app was added to your account.",
            "Ihrem Konto wurde ein Passkey oder eine Authenticator-App hinzugefügt.";
        /// Its end.
        added_closing: &'static str = "If it was not you, change your password at once and remove what you do not know.",
            "Wenn Sie es nicht waren, ändern Sie sofort Ihr Passwort und entfernen Sie, was Sie nicht kennen.";
        /// The subject after a factor was removed.
        removed_subject: &'static str = "A way to sign in is gone", "Ein Weg, sich anzumelden, ist weg";
        /// Its beginning; the name of the factor.
        removed_opening: With = |name| format!("“{name}” was removed from your account, and what was signed in with it was signed out."),
            |name| format!("„{name}“ wurde von Ihrem Konto entfernt, und was damit angemeldet war, wurde abgemeldet.");
        /// The end of what is told of a factor.
        factor_closing: &'static str = "If it was not you, change your password at once.",
            "Wenn Sie es nicht waren, ändern Sie sofort Ihr Passwort.";
        /// The subject after a recovery code was used.
        recovery_subject: &'static str = "A recovery code was used", "Ein Wiederherstellungscode wurde benutzt";
        /// Its beginning; how many are left.
        recovery_opening: With = |left| format!("A recovery code of your account was used; {left} are left."),
            |left| format!("Ein Wiederherstellungscode Ihres Kontos wurde benutzt; {left} sind übrig.");
        /// Its end.
        recovery_closing: &'static str = "If it was not you, change your password and make new recovery codes at once.",
            "Wenn Sie es nicht waren, ändern Sie sofort Ihr Passwort und machen Sie neue Wiederherstellungscodes.";
        /// The subject of a code in the place of a password.
        code_subject: &'static str = "Your code to sign in", "Ihr Code zum Anmelden";
        /// Its beginning; the code.
        code_opening: With = |code| format!("Your code is {code}."), |code| format!("Ihr Code ist {code}.");
        /// Its end; minutes.
        code_closing: With = |minutes| format!("It works once, within {minutes} minutes. Give it to nobody. If you did not ask for it, there is nothing to do."),
            |minutes| format!("Er gilt einmal, {minutes} Minuten lang. Geben Sie ihn niemandem. Wenn Sie ihn nicht angefordert haben, ist nichts zu tun.");
        /// The subject where the second factors begin anew.
        anew_subject: &'static str = "Set up your second factor anew", "Richten Sie Ihren zweiten Faktor neu ein";
        /// Its beginning; the code.
        anew_opening: With = |code| format!("An administrator lets you set up your second factor anew. Sign in with your password as always, and where a code is asked for, give this one: {code}"),
            |code| format!("Sie dürfen Ihren zweiten Faktor neu einrichten. Melden Sie sich wie gewohnt mit Ihrem Passwort an, und geben Sie, wo nach einem Code gefragt wird, diesen ein: {code}");
        /// Its end; hours.
        anew_closing: With = |hours| format!("It works once, within {hours} hours. Your former factors are then gone, and every device is signed out. If you did not ask for this, tell your administrator."),
            |hours| format!("Er gilt einmal, {hours} Stunden lang. Ihre bisherigen Faktoren sind dann weg, und alle Geräte werden abgemeldet. Wenn Sie das nicht wollten, sagen Sie es Ihrem Administrator.");
        /// Once that code is used.
        anew_done: &'static str = "Your passkeys and authenticator apps were removed with the code that an administrator had sent you, and every device was signed out.",
            "Ihre Passkeys und Authenticator-Apps wurden mit dem Code entfernt, den ein Administrator Ihnen senden ließ, und alle Geräte wurden abgemeldet.";
        /// The subject where codes are guessed.
        guessed_subject: &'static str = "Wrong codes for your account", "Falsche Codes für Ihr Konto";
        /// Its beginning.
        guessed_opening: &'static str = "Somebody has sent wrong codes of your authenticator app several times. Whoever it is knows your password.",
            "Jemand hat mehrmals falsche Codes Ihrer Authenticator-App gesendet. Wer es auch ist, kennt Ihr Passwort.";
    }
}
