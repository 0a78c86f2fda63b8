//! Passkeys, authenticator apps, recovery codes, the second step.

use super::part::{With, texts};

texts! {
    /// Passkeys, authenticator apps, recovery codes, the second step.
    Factors {
        /// The button that asks the browser for a passkey.
        use_passkey: &'static str = "Use a passkey", "Passkey verwenden";
        /// Between that button and the password.
        or_password: &'static str = "or with a password", "oder mit einem Passwort";
        /// Between that button and the code.
        or_code: &'static str = "or with a code", "oder mit einem Code";
        /// Between a new passkey and a new app.
        or_app: &'static str = "or with an authenticator app", "oder mit einer Authenticator-App";
        /// The browser gave no passkey.
        passkey_failed: &'static str = "That did not work, or was stopped. Try again, or choose another way.",
            "Das hat nicht geklappt oder wurde abgebrochen. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.";
        /// Instead of the button, where no script runs or the browser knows no passkeys.
        needs_script: &'static str = "Passkeys need JavaScript, and a browser that knows them.", "Passkeys brauchen JavaScript und einen Browser, der sie kennt.";
        /// A passkey that is verified not to be the account's, or too late.
        passkey_wrong: &'static str = "This passkey could not be verified. Try again, or choose another way.",
            "Dieser Passkey ließ sich nicht prüfen. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.";
        /// A passkey that nobody has.
        passkey_unknown: &'static str = "This passkey is not known here any more. Sign in in another way.",
            "Diesen Passkey gibt es hier nicht mehr. Melden Sie sich auf andere Weise an.";
        /// Where a passkey is asked for as second step.
        passkey_lead: &'static str = "Use your passkey.", "Verwenden Sie Ihren Passkey.";
        /// Where there is no app, but a recovery code may stand in.
        recovery_lead: &'static str = "Type one of your recovery codes.", "Geben Sie einen Ihrer Wiederherstellungscodes ein.";
        /// The box at the second step.
        trust: &'static str = "Do not ask on this device for 30 days", "Auf diesem Gerät 30 Tage lang nicht mehr fragen";
        /// The card of trusted devices.
        trusted: &'static str = "Trusted devices", "Vertraute Geräte";
        /// Below it.
        trusted_lead: &'static str = "There we ask for no second step.", "Dort fragen wir nicht nach einem zweiten Schritt.";
        /// Until when one is; a day.
        trusted_until: With = |day| format!("Until {day}"), |day| format!("Bis {day}");
        /// The link to a code by mail.
        mail_way: &'static str = "Sign in with a code by e-mail", "Mit einem Code per E-Mail anmelden";
        /// The heading there.
        mail_title: &'static str = "A code by e-mail", "Ein Code per E-Mail";
        /// Below it.
        mail_lead: &'static str = "We send a code to the address of your account. It takes the place of the password.",
            "Wir senden einen Code an die Adresse Ihres Kontos. Er gilt anstelle des Passworts.";
        /// The button.
        mail_send: &'static str = "Send the code", "Code senden";
        /// Once it is under way, whether or not there is an account.
        mail_sent: &'static str = "If there is an account of that name with a confirmed address, we have written to it. The code works once, for a few minutes and in this browser.",
            "Wenn es ein Konto dieses Namens mit einer bestätigten Adresse gibt, haben wir dorthin geschrieben. Der Code gilt einmal, ein paar Minuten lang und in diesem Browser.";
        /// The code is not right.
        mail_wrong: &'static str = "That code is not right, or comes too late. Try again, or ask for a new one.",
            "Dieser Code stimmt nicht oder kommt zu spät. Versuchen Sie es noch einmal, oder fordern Sie einen neuen an.";
        /// The card of factors.
        title: &'static str = "Passkeys and authenticator apps", "Passkeys und Authenticator-Apps";
        /// Below it.
        lead: &'static str = "A passkey signs you in with your fingerprint, your face or your screen lock. An authenticator app gives codes for a second step after the password.",
            "Mit einem Passkey melden Sie sich mit Fingerabdruck, Gesicht oder Bildschirmsperre an. Eine Authenticator-App gibt Codes für einen zweiten Schritt nach dem Passwort.";
        /// The link to a new passkey, and the heading there.
        add_passkey: &'static str = "Add a passkey", "Passkey hinzufügen";
        /// The link to a new app, and the heading there.
        add_app: &'static str = "Add an app", "App hinzufügen";
        /// A passkey on several devices.
        synced: &'static str = "synced", "synchronisiert";
        /// A passkey on one device.
        not_synced: &'static str = "this device only", "nur dieses Gerät";
        /// What an app is, and what it is called at first.
        app: &'static str = "Authenticator app", "Authenticator-App";
        /// What a passkey is.
        passkey: &'static str = "Passkey", "Passkey";
        /// The link to one, for who does not see the list; its name.
        change_one: With = |name| format!("Change {name}"), |name| format!("{name} ändern");
        /// The card of recovery codes.
        recovery: &'static str = "Recovery codes", "Wiederherstellungscodes";
        /// Below it; how many are left.
        recovery_left: With = |left| format!("For the day your phone is lost: {left} are left."),
            |left| format!("Für den Tag, an dem Ihr Telefon weg ist: {left} sind übrig.");
        /// The link to new ones.
        renew: &'static str = "Make new ones", "Neue machen";
        /// The card of the second step.
        step: &'static str = "Second step", "Zweiter Schritt";
        /// Below it, where it is on.
        step_on: &'static str = "After your password we ask for a second step at every sign-in.", "Nach dem Passwort fragen wir bei jeder Anmeldung nach einem zweiten Schritt.";
        /// Below it, where it is off.
        step_off: &'static str = "Your password alone signs you in.", "Mit dem Passwort allein sind Sie angemeldet.";
        /// The link that turns it on.
        turn_on: &'static str = "Turn on", "Einschalten";
        /// The link that turns it off.
        turn_off: &'static str = "Turn off", "Ausschalten";
        /// The question whether to turn it on.
        on_title: &'static str = "Ask for a second step?", "Nach einem zweiten Schritt fragen?";
        /// The question whether to turn it off.
        off_title: &'static str = "Ask no more for a second step?", "Nicht mehr nach einem zweiten Schritt fragen?";
        /// Below the heading of a new passkey.
        passkey_how: &'static str = "Your browser asks for your fingerprint, your face or your screen lock, and keeps the passkey.",
            "Ihr Browser fragt nach Fingerabdruck, Gesicht oder Bildschirmsperre und bewahrt den Passkey auf.";
        /// The field of a factor's name.
        name: &'static str = "What you call it", "Wie Sie ihn nennen";
        /// Below the heading of a new app.
        app_how: &'static str = "Scan the picture with the app, or type the secret there. Then type the code that the app shows.",
            "Lesen Sie das Bild mit der App ein, oder tippen Sie dort das Geheimnis ein. Dann geben Sie den Code ein, den die App zeigt.";
        /// What the picture is.
        qr_code: &'static str = "QR code for an authenticator app", "QR-Code für eine Authenticator-App";
        /// Before the secret.
        secret: &'static str = "Secret:", "Geheimnis:";
        /// Where a sign-in must have a factor, and there is none.
        must: &'static str = "Your account needs a second step. Set it up once, and you are signed in.",
            "Ihr Konto braucht einen zweiten Schritt. Richten Sie ihn einmal ein, dann sind Sie angemeldet.";
        /// The first code of an app is not right.
        code_wrong: &'static str = "That code is not right. Look into the app again: a new one comes every 30 seconds.",
            "Dieser Code stimmt nicht. Sehen Sie noch einmal in die App: Alle 30 Sekunden kommt ein neuer.";
        /// The heading of recovery codes that are shown.
        codes_title: &'static str = "Your recovery codes", "Ihre Wiederherstellungscodes";
        /// Below it.
        codes_lead: &'static str = "Keep them where you find them when your phone is lost. Each works once in the place of a code. They are shown this once.",
            "Bewahren Sie sie dort auf, wo Sie sie finden, wenn Ihr Telefon weg ist. Jeder gilt einmal anstelle eines Codes. Sie werden nur dieses eine Mal gezeigt.";
        /// The script's button.
        print: &'static str = "Print", "Drucken";
        /// The link on.
        kept: &'static str = "I have kept them", "Ich habe sie aufbewahrt";
        /// The question whether to make new codes.
        renew_title: &'static str = "Make new recovery codes?", "Neue Wiederherstellungscodes machen?";
        /// Below it.
        renew_lead: &'static str = "The old ones do not work any more then.", "Die alten gelten dann nicht mehr.";
        /// The button that takes a factor away.
        remove: &'static str = "Remove", "Entfernen";
        /// Above that button.
        remove_lead: &'static str = "If you remove it, whatever is signed in with it is signed out.",
            "Wenn Sie ihn entfernen, wird alles abgemeldet, was damit angemeldet ist.";
        /// There are as many factors as anybody may have.
        full: &'static str = "Nobody has more than 20. Remove one first.", "Mehr als 20 hat niemand. Entfernen Sie erst einen.";
    }
}
