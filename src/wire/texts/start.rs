//! The start page of a development machine, and its mailbox.

use super::part::texts;

texts! {
    /// The start page of a development machine, and its mailbox.
    Start {
        /// The heading.
        title: &'static str = "It runs", "Es läuft";
        /// Below it.
        lead: &'static str = "This page is for whoever tries the service. Elsewhere than on your own machine it leads to the account pages.",
            "Diese Seite ist für alle, die den Dienst ausprobieren. Anderswo als auf Ihrem eigenen Rechner führt sie zu den Kontoseiten.";
        /// The card of the demo's people.
        people: &'static str = "People of the demo", "Personen der Demo";
        /// The card of the demo's clients.
        clients: &'static str = "Clients of the demo", "Clients der Demo";
        /// The card of the first request.
        request: &'static str = "Sign in by the API", "Über die API anmelden";
        /// The card of the pages.
        pages: &'static str = "Pages", "Seiten";
        /// A link.
        account: &'static str = "The account pages", "Die Kontoseiten";
        /// A link.
        app: &'static str = "Sign in for the app demo-web", "Für die App demo-web anmelden";
        /// A link.
        mailbox: &'static str = "The mailbox: messages that would have been sent", "Das Postfach: Nachrichten, die versandt worden wären";
        /// A link.
        explorer: &'static str = "The API explorer: every operation, to read and to call", "Der API-Explorer: jede Operation zum Nachlesen und Ausprobieren";
        /// The heading of the mailbox.
        mailbox_title: &'static str = "Mailbox", "Postfach";
        /// Below it.
        mailbox_lead: &'static str = "Messages that would have been sent, the latest first.", "Nachrichten, die versandt worden wären, die neueste zuerst.";
        /// There are none.
        no_mail: &'static str = "No messages yet.", "Noch keine Nachrichten.";
        /// Before the address of a message.
        to: &'static str = "To", "An";
        /// Beside the people of the demo.
        password: &'static str = "password", "Passwort";
        /// Beside the clients of the demo.
        secret: &'static str = "secret", "Geheimnis";
    }
}
