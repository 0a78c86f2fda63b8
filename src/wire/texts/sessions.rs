//! Devices, linked accounts, activity.

use super::part::{With, texts};

/// The name of an event; nothing for one that has none.
pub type Event = fn(&str, &str) -> Option<&'static str>;

texts! {
    /// Devices, linked accounts, activity.
    Sessions {
        /// Below the heading "Devices".
        lead: &'static str = "Where you are signed in.", "Wo Sie angemeldet sind.";
        /// The card of browsers.
        browsers: &'static str = "Browsers at these pages", "Browser auf diesen Seiten";
        /// The card of apps.
        apps: &'static str = "Apps", "Apps";
        /// There are none.
        no_apps: &'static str = "No app is signed in.", "Keine App ist angemeldet.";
        /// The browser of this page.
        this: &'static str = "this browser", "dieser Browser";
        /// Since when; a time.
        since: With = |time| format!("Since {time}"), |time| format!("Seit {time}");
        /// The last use; a time.
        used: With = |time| format!("used {time}"), |time| format!("benutzt {time}");
        /// A device that says nothing of itself.
        unknown_device: &'static str = "Unknown device", "Unbekanntes Gerät";
        /// The button that ends one.
        end: &'static str = "End", "Beenden";
        /// The same for who does not see the list; what it ends.
        end_one: With = |name| format!("End {name}"), |name| format!("{name} beenden");
        /// The button that ends all but this one.
        end_others: &'static str = "End all others", "Alle anderen beenden";
        /// Below the heading "Linked accounts".
        linked_lead: &'static str = "Accounts elsewhere with which you can sign in here.", "Konten anderswo, mit denen Sie sich hier anmelden können.";
        /// There are none.
        none_linked: &'static str = "Nothing is linked yet.", "Noch ist nichts verknüpft.";
        /// The button that takes one away.
        unlink: &'static str = "Unlink", "Trennen";
        /// The same for who does not see the list; the provider.
        unlink_one: With = |name| format!("Unlink {name}"), |name| format!("{name} trennen");
        /// The button that adds one; the provider.
        link: With = |name| format!("Link {name}"), |name| format!("{name} verknüpfen");
        /// The card of those that can be added.
        more: &'static str = "Link another", "Weitere verknüpfen";
        /// The last way in.
        last_way: &'static str = "This is your only way to sign in. Set a password first.", "Das ist Ihr einziger Weg, sich anzumelden. Setzen Sie erst ein Passwort.";
        /// Below the heading "Activity".
        activity_lead: &'static str = "What happened at your account, the latest first.", "Was an Ihrem Konto geschah, das Neueste zuerst.";
        /// There is nothing.
        no_activity: &'static str = "Nothing is recorded yet.", "Noch ist nichts verzeichnet.";
        /// A column.
        what: &'static str = "What", "Was";
        /// A column.
        when: &'static str = "When (UTC)", "Wann (UTC)";
        /// A column.
        wherefrom: &'static str = "From", "Von wo";
        /// What an event of the audit log is called, by its kind and result.
        event: Event = event_en, event_de;
        /// The link to what came before.
        earlier: &'static str = "Earlier", "Früheres";
        /// The link to the latest.
        latest: &'static str = "The latest", "Das Neueste";
    }
}

fn event_en(kind: &str, result: &str) -> Option<&'static str> {
    Some(match (kind, result) {
        ("sign-in", "ok") => "Signed in",
        ("sign-in", "failed") => "Sign-in refused: wrong password",
        ("sign-in", "refused") => "Sign-in refused: too many attempts",
        ("sign-out", "ok") => "Signed out",
        ("code", "ok") => "An app was opened",
        ("password", "ok") => "Password changed",
        ("password", "failed") => "Change of password refused",
        ("reset", "ok") => "New password set by a link",
        ("reset", "failed") => "A password link was refused",
        ("sign-up", "ok") => "Account made",
        ("link", "ok") => "Account linked",
        ("unlink", "ok") => "Account unlinked",
        ("consent", "withdrawn") => "App shut out",
        ("email", "asked") => "Change of address asked for",
        ("email", "ok") => "Address changed",
        ("email", "undone") => "Change of address taken back",
        ("profile", "ok") => "Profile changed",
        ("proof", "ok") => "Proved to be there",
        ("proof", "failed") => "A proof was refused",
        ("erasure", "requested") => "Erasure asked for",
        ("second-factor", "asked") => "Second step asked for",
        ("second-factor", "passkey") => "Proven by a passkey",
        ("second-factor", "totp") => "Proven by a code",
        ("second-factor", "recovery") => "Proven by a recovery code",
        ("second-factor", "failed") => "A code or passkey was refused",
        ("second-factor", "refused") => "A code was refused: too many attempts",
        ("factor", "added") => "Passkey or authenticator app added",
        ("factor", "removed") => "Passkey or authenticator app removed",
        ("recovery-codes", "made") => "New recovery codes made",
        ("second-step", "on") => "Second step turned on",
        ("second-step", "off") => "Second step turned off",
        ("trusted-device", "removed") => "A device is trusted no more",
        ("passkey", "counter") => "A passkey may have been copied",
        ("passkey", "backup") => "A passkey is on one device only now",
        ("refresh", "theft") => "An old token came back: the session was ended",
        _ => return None,
    })
}

fn event_de(kind: &str, result: &str) -> Option<&'static str> {
    Some(match (kind, result) {
        ("sign-in", "ok") => "Angemeldet",
        ("sign-in", "failed") => "Anmeldung abgewiesen: falsches Passwort",
        ("sign-in", "refused") => "Anmeldung abgewiesen: zu viele Versuche",
        ("sign-out", "ok") => "Abgemeldet",
        ("code", "ok") => "Eine App wurde geöffnet",
        ("password", "ok") => "Passwort geändert",
        ("password", "failed") => "Passwortänderung abgewiesen",
        ("reset", "ok") => "Neues Passwort über einen Link gesetzt",
        ("reset", "failed") => "Ein Passwort-Link wurde abgewiesen",
        ("sign-up", "ok") => "Konto angelegt",
        ("link", "ok") => "Konto verknüpft",
        ("unlink", "ok") => "Konto getrennt",
        ("consent", "withdrawn") => "App ausgesperrt",
        ("email", "asked") => "Adressänderung angefordert",
        ("email", "ok") => "Adresse geändert",
        ("email", "undone") => "Adressänderung rückgängig gemacht",
        ("profile", "ok") => "Profil geändert",
        ("proof", "ok") => "Anwesenheit bewiesen",
        ("proof", "failed") => "Ein Beweis wurde abgewiesen",
        ("erasure", "requested") => "Löschung angefordert",
        ("second-factor", "asked") => "Zweiter Schritt verlangt",
        ("second-factor", "passkey") => "Mit einem Passkey bewiesen",
        ("second-factor", "totp") => "Mit einem Code bewiesen",
        ("second-factor", "recovery") => "Mit einem Wiederherstellungscode bewiesen",
        ("second-factor", "failed") => "Ein Code oder Passkey wurde abgewiesen",
        ("second-factor", "refused") => "Ein Code wurde abgewiesen: zu viele Versuche",
        ("factor", "added") => "Passkey oder Authenticator-App hinzugefügt",
        ("factor", "removed") => "Passkey oder Authenticator-App entfernt",
        ("recovery-codes", "made") => "Neue Wiederherstellungscodes gemacht",
        ("second-step", "on") => "Zweiter Schritt eingeschaltet",
        ("second-step", "off") => "Zweiter Schritt ausgeschaltet",
        ("trusted-device", "removed") => "Einem Gerät wird nicht mehr vertraut",
        ("passkey", "counter") => "Ein Passkey wurde vielleicht kopiert",
        ("passkey", "backup") => "Ein Passkey ist nur noch auf einem Gerät",
        ("refresh", "theft") => "Ein altes Token kam zurück: die Sitzung wurde beendet",
        _ => return None,
    })
}
