//! What went wrong, where there is no form to say it at.

use super::part::texts;

texts! {
    /// What went wrong, where there is no form to say it at.
    Failure {
        /// The request cannot be understood.
        bad_title: &'static str = "That did not work", "Das hat nicht geklappt";
        /// Below it.
        bad_lead: &'static str = "The page was asked for in a way that it does not understand. Go back to the app, and begin again.",
            "Die Seite wurde auf eine Weise aufgerufen, die sie nicht versteht. Gehen Sie zurück zur App und beginnen Sie neu.";
        /// The client is unknown.
        client_title: &'static str = "This app is not known here", "Diese App ist hier nicht bekannt";
        /// Below it.
        client_lead: &'static str = "The app sent you here with a name or an address that it has not registered. Its makers can mend that.",
            "Die App hat Sie mit einem Namen oder einer Adresse hergeschickt, die sie nicht angemeldet hat. Wer sie gemacht hat, kann das beheben.";
        /// The form is from an earlier page, or another site's.
        form_title: &'static str = "Please try once more", "Bitte noch einmal";
        /// Below it.
        form_lead: &'static str = "The page had been open for too long, or came from elsewhere. Nothing was changed.",
            "Die Seite war zu lange offen oder kam von anderswo. Es wurde nichts geändert.";
        /// Not allowed.
        forbidden_title: &'static str = "That is not allowed", "Das ist nicht erlaubt";
        /// Below it.
        forbidden_lead: &'static str = "Your account may not do this.", "Ihr Konto darf das nicht.";
        /// No such page.
        missing_title: &'static str = "There is no such page", "Diese Seite gibt es nicht";
        /// Below it.
        missing_lead: &'static str = "The address may be mistyped, or the page has gone.", "Vielleicht ist die Adresse vertippt, oder die Seite ist nicht mehr da.";
        /// A link that is used, over or unknown.
        link_title: &'static str = "This link does not work any more", "Dieser Link gilt nicht mehr";
        /// Below it.
        link_lead: &'static str = "A link works once, and for a short time. Ask for a new one.", "Ein Link gilt einmal und für kurze Zeit. Fordern Sie einen neuen an.";
        /// The provider's account opens nothing here.
        provider_title: &'static str = "That account does not open anything here", "Dieses Konto öffnet hier nichts";
        /// Below it.
        provider_lead: &'static str = "Perhaps you have another account there, or sign in here in another way.",
            "Vielleicht haben Sie dort noch ein anderes Konto, oder Sie melden sich hier auf andere Weise an.";
        /// The link to another account there.
        provider_other: &'static str = "Use another account there", "Dort ein anderes Konto verwenden";
        /// The account is not one of the client's.
        account_title: &'static str = "Not with this account", "Nicht mit diesem Konto";
        /// Below it.
        account_lead: &'static str = "This account cannot be used for the app.", "Dieses Konto gilt nicht für die App.";
        /// Too many requests.
        many_title: &'static str = "Too much at once", "Zu viel auf einmal";
        /// Below it.
        many_lead: &'static str = "Wait a minute, and try again.", "Warten Sie eine Minute, und versuchen Sie es wieder.";
        /// The service is not whole, or its storage does not answer.
        broken_title: &'static str = "We cannot do that now", "Das geht gerade nicht";
        /// Below it.
        broken_lead: &'static str = "Something is wrong on our side, and we have noted it. Try again in a little while.",
            "Bei uns stimmt etwas nicht, und wir haben es notiert. Versuchen Sie es gleich noch einmal.";
        /// The way to signing in.
        to_sign_in: &'static str = "Sign in", "Anmelden";
        /// The way to a new link.
        to_new_link: &'static str = "Ask for a new link", "Neuen Link anfordern";
    }
}
