//! What an app asks for, and a device that waits to be let in.

use super::part::{With, texts};

texts! {
    /// What an app asks for, and a device that waits to be let in.
    Consent {
        /// The heading; the name of the client.
        title: With = |client| format!("Let {client} in?"), |client| format!("{client} zulassen?");
        /// Below it; the user's name.
        lead: With = |name| format!("You are signed in as {name}. The app would like to:"),
            |name| format!("Sie sind als {name} angemeldet. Die App möchte:");
        /// The scope `openid`.
        openid: &'static str = "know that it is you", "wissen, dass Sie es sind";
        /// The scope `profile`.
        profile: &'static str = "see your name, gender, birthday and language", "Ihren Namen, Ihr Geschlecht, Ihren Geburtstag und Ihre Sprache sehen";
        /// The scope `email`.
        email: &'static str = "see your e-mail address", "Ihre E-Mail-Adresse sehen";
        /// The scope `phone`.
        phone: &'static str = "see your phone number", "Ihre Telefonnummer sehen";
        /// The scope `offline_access`.
        offline: &'static str = "stay connected when you are not here", "verbunden bleiben, wenn Sie nicht hier sind";
        /// Another scope, by its name.
        other: With = |scope| format!("use “{scope}”"), |scope| format!("„{scope}“ verwenden");
        /// Where the browser goes then; a host.
        leads_to: With = |host| format!("You will go back to {host}."), |host| format!("Sie kehren zurück zu {host}.");
        /// The button.
        allow: &'static str = "Allow", "Zulassen";
        /// The apps that were let in.
        apps: &'static str = "Apps", "Apps";
        /// Below it.
        apps_lead: &'static str = "Apps that you have let in. Whoever you shut out is signed out at once.", "Apps, die Sie zugelassen haben. Was Sie aussperren, wird sofort abgemeldet.";
        /// There is none.
        no_apps: &'static str = "You have let none in yet.", "Sie haben noch keine zugelassen.";
        /// The button.
        shut_out: &'static str = "Shut out", "Aussperren";
        /// The same for who only hears it; the name of the app.
        shut_one_out: With = |app| format!("Shut {app} out"), |app| format!("{app} aussperren");
        /// The heading while the browser is on its way.
        post_title: &'static str = "One moment", "Einen Moment";
        /// The button for browsers without scripts.
        post_submit: &'static str = "Go on", "Weiter";
        /// The heading where a device's code is typed.
        device_title: &'static str = "Connect a device", "Gerät verbinden";
        /// Below it.
        device_lead: &'static str = "Type the code that the device shows.", "Geben Sie den Code ein, den das Gerät anzeigt.";
        /// The field.
        device_code: &'static str = "Code", "Code";
        /// The button.
        device_submit: &'static str = "Go on", "Weiter";
        /// No device waits under the code.
        device_wrong: &'static str = "No device waits for this code. Check it, or have the device show a new one.",
            "Kein Gerät wartet auf diesen Code. Prüfen Sie ihn, oder lassen Sie das Gerät einen neuen zeigen.";
        /// The heading once it is done.
        device_done: &'static str = "The device is connected", "Das Gerät ist verbunden";
        /// The heading where the user has refused.
        device_refused: &'static str = "The device stays out", "Das Gerät bleibt draußen";
        /// Below either.
        device_back: &'static str = "You can go back to it now.", "Sie können nun zu ihm zurückkehren.";
    }
}
