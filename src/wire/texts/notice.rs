//! What has just been done: the page after a form says it.

use super::part::texts;

texts! {
    /// What has just been done.
    Notices {
        /// The profile was stored.
        profile: &'static str = "Your profile is saved.", "Ihr Profil ist gespeichert.";
        /// The password was changed.
        password: &'static str = "Your password is changed, and every other device was signed out.",
            "Ihr Passwort ist geändert, und alle anderen Geräte wurden abgemeldet.";
        /// A message to a new address is under way.
        email: &'static str = "We have written to the new address. It counts once you follow the link there.",
            "Wir haben an die neue Adresse geschrieben. Sie gilt, sobald Sie dem Link dort folgen.";
        /// One session was ended.
        ended: &'static str = "It is signed out.", "Es ist abgemeldet.";
        /// All other sessions were ended.
        others_ended: &'static str = "Everything but this browser is signed out.", "Alles außer diesem Browser ist abgemeldet.";
        /// An identity was linked.
        linked: &'static str = "The account is linked.", "Das Konto ist verknüpft.";
        /// An app was shut out.
        app_out: &'static str = "The app is shut out.", "Die App ist ausgesperrt.";
        /// An identity was unlinked.
        unlinked: &'static str = "The account is not linked any more.", "Das Konto ist nicht mehr verknüpft.";
        /// A factor was added.
        added: &'static str = "It is added, and we have written to you about it.", "Es ist hinzugefügt, und wir haben Ihnen darüber geschrieben.";
        /// A factor was named.
        named: &'static str = "It has its new name.", "Es hat den neuen Namen.";
        /// A factor was removed.
        removed: &'static str = "It is removed, and we have written to you about it.", "Es ist entfernt, und wir haben Ihnen darüber geschrieben.";
        /// The second step was turned on or off.
        second_step: &'static str = "That is changed.", "Das ist geändert.";
        /// The user said no at the provider.
        denied: &'static str = "You cancelled there. Choose how you want to sign in.", "Sie haben dort abgebrochen. Wählen Sie, wie Sie sich anmelden möchten.";
    }
}
