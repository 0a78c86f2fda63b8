//! How the texts of a part are declared.

/// A text with a name, an address or a number in it.
pub type With = fn(&str) -> String;

/// Declares the texts of a part: what each is for, and how it reads in every language.
macro_rules! texts {
    ($(#[$doc:meta])+ $name:ident { $($(#[$text_doc:meta])+ $text:ident: $type:ty = $en:expr, $de:expr;)+ }) => {
        $(#[$doc])+
        #[derive(Debug)]
        pub struct $name {
            $($(#[$text_doc])+ pub $text: $type,)+
        }

        pub(super) const EN: $name = $name { $($text: $en,)+ };
        pub(super) const DE: $name = $name { $($text: $de,)+ };
    };
}
pub(super) use texts;

/// Declares short texts that plain tables name: each reads in every language.
macro_rules! labels {
    ($(#[$doc:meta])+ $kind:ident { $($name:ident = $en:literal, $de:literal;)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $kind {
            $(#[doc = $en] $name,)+
        }

        impl $kind {
            /// How it reads.
            pub const fn of(self, locale: Locale) -> &'static str {
                match locale {
                    Locale::En => match self { $(Self::$name => $en,)+ },
                    Locale::De => match self { $(Self::$name => $de,)+ },
                }
            }
        }
    };
}
pub(super) use labels;
