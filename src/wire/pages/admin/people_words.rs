//! The words for what is stored of people as numbers and letters.

use super::plain::word;
use super::screen::Word;
use crate::wire::texts::Label;

/// The words of a member's status.
pub const STATUSES: &[Word] = &[
    word("0", Label::Registered, ""),
    word("1", Label::Active, "good"),
    word("2", Label::Disabled, "bad"),
    word("3", Label::PasswordDue, ""),
    word("4", Label::Rejected, "bad"),
];

/// The words of a gender.
pub const GENDERS: &[Word] = &[
    word("\"F\"", Label::Female, ""),
    word("\"M\"", Label::Male, ""),
    word("\"O\"", Label::Other, ""),
];

/// The words of yes and no.
pub const TRUTHS: &[Word] = &[word("true", Label::Yes, ""), word("false", Label::No, "")];
