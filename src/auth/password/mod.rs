//! Passwords: how they are stored, checked and chosen.
//!
//! A stored password is a self-describing string: PHC for PBKDF2 and argon2id, bcrypt's own form
//! for imported users, and for those of old ServiceStack argon2id around the hash that they had. New hashes are of the text normalised to NFKC, so that the same password
//! typed on two keyboards is one password (NIST SP 800-63B §5.1.1.2); hashes made by another system
//! are of the text as it was typed.

pub mod foreign;
mod stored;

use std::hint::black_box;

use argon2::{Params, Version};
use base64ct::{Base64Unpadded, Encoding};

use super::secret::{Secret, random_bytes};
use super::text::nfkc;
use crate::error::{Error, InvalidInput};
use stored::{Function, OUTPUT_LENGTH, SALT_LENGTH, StoredHash, hashing};

/// Iterations of PBKDF2-SHA512: OWASP's figure for it, rounded up.
const PBKDF2_ROUNDS: u32 = 220_000;
/// argon2id: 19 MiB, two passes, one lane (OWASP's first choice).
const ARGON2_MEMORY_KIB: u32 = 19 * 1024;
const ARGON2_PASSES: u32 = 2;
const ARGON2_LANES: u32 = 1;
const MAX_LENGTH: usize = 256;

/// How new passwords are hashed (`PASSWORD_HASH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// PBKDF2 with HMAC-SHA512: a FIPS algorithm, about 150 ms of CPU inside a Worker.
    Pbkdf2Sha512,
    /// argon2id: a fifth of that CPU, and dearer for an attacker.
    Argon2id,
}

/// What a stored hash says of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Another password, or no hash is stored.
    Wrong,
    /// The stored hash cannot be read, so no password verifies.
    Unreadable,
    /// The password that was stored.
    Right,
    /// The same, but the hash is to be replaced: it is of another algorithm, cheaper than today's, or
    /// of the password as it was typed.
    Outdated,
}

impl Verdict {
    /// Whether the password is the one that was stored.
    pub const fn is_right(self) -> bool {
        matches!(self, Self::Right | Self::Outdated)
    }
}

impl Algorithm {
    /// Reads the setting's value.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "pbkdf2-sha512" => Some(Self::Pbkdf2Sha512),
            "argon2id" => Some(Self::Argon2id),
            _ => None,
        }
    }

    /// Hashes a password for storage, under a fresh salt.
    pub fn hash(self, password: &Secret) -> Result<String, Error> {
        let salt = random_bytes::<SALT_LENGTH>()?;
        let mut output = [0; OUTPUT_LENGTH];
        self.function()?
            .derive(normalise(password).expose().as_bytes(), &salt, &mut output)?;
        let parameters = match self {
            Self::Pbkdf2Sha512 => format!("pbkdf2-sha512$i={PBKDF2_ROUNDS},l={OUTPUT_LENGTH}"),
            Self::Argon2id => {
                format!("argon2id$v=19$m={ARGON2_MEMORY_KIB},t={ARGON2_PASSES},p={ARGON2_LANES}")
            }
        };
        let [salt, output] = [&salt[..], &output].map(Base64Unpadded::encode_string);
        Ok(format!("${parameters}${salt}${output}"))
    }

    /// Verifies a password against the stored hash: in its normalised form and, where that is another
    /// text, as it was typed.
    ///
    /// Where nothing is stored (no such account, or one without a password) the stand-in, the hash of
    /// another account, is verified instead, and the verdict is always "wrong". Where
    /// the hash is missing or cannot be read, a hash of nothing at today's cost is verified. Both
    /// forms are always verified, so that the duration reveals neither whether the account exists nor
    /// whether the password is the stand-in's.
    pub fn verify(
        self,
        password: &Secret,
        stored: Option<&str>,
        dummy_hash: Option<&str>,
    ) -> Result<Verdict, Error> {
        let today = self.function()?;
        let hash = stored.or(dummy_hash).and_then(StoredHash::parse);
        let readable = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => StoredHash::nothing(self.function()?),
        };
        let (normalised, typed) = forms(password);
        let as_normalised = black_box(hash.matches(&normalised)?);
        let as_typed = match typed {
            Some(typed) => black_box(hash.matches(typed)?),
            None => false,
        };
        Ok(if stored.is_none() {
            Verdict::Wrong
        } else if !readable {
            Verdict::Unreadable
        } else if as_normalised && hash.is_as_strong_as(&today) {
            Verdict::Right
        } else if as_normalised || as_typed {
            Verdict::Outdated
        } else {
            Verdict::Wrong
        })
    }

    /// How new hashes are computed.
    fn function(self) -> Result<Function, Error> {
        Ok(match self {
            Self::Pbkdf2Sha512 => Function::Pbkdf2Sha512 {
                rounds: PBKDF2_ROUNDS,
            },
            Self::Argon2id => Function::Argon2id {
                version: Version::V0x13,
                params: Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None)
                    .map_err(hashing)?,
            },
        })
    }
}

/// Rejects a new password that is too short or too long, before any hashing.
///
/// There are no other rules: spaces, emoji and sentences are welcome.
pub fn check_policy(password: &Secret, min_length: usize) -> Result<(), InvalidInput> {
    let length = normalise(password).expose().chars().count();
    if length < min_length {
        return Err(InvalidInput::PasswordTooShort(min_length));
    }
    if length > MAX_LENGTH {
        return Err(InvalidInput::PasswordTooLong(MAX_LENGTH));
    }
    Ok(())
}

fn normalise(password: &Secret) -> Secret {
    Secret::new(nfkc(password.expose()))
}

/// A password normalised, and as it was typed where that is another text.
fn forms(password: &Secret) -> (Secret, Option<&Secret>) {
    let normalised = normalise(password);
    let typed = Some(password).filter(|typed| typed.expose() != normalised.expose());
    (normalised, typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made by other implementations: Node's crypto, argon2-cffi, bcrypt, passlib, hashlib.
    const PASSWORD: &str = "correct horse battery";
    const BCRYPT: &str = "$2b$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";
    /// NFKC makes "10€ 23 preis" of it.
    const TYPED: &str = "10€ ²³ preis";

    fn verdict(algorithm: Algorithm, password: &str, stored: &str) -> Verdict {
        algorithm
            .verify(&Secret::new(password), Some(stored), None)
            .unwrap()
    }

    #[test]
    fn what_is_hashed_verifies_and_is_current() {
        for algorithm in [Algorithm::Pbkdf2Sha512, Algorithm::Argon2id] {
            let stored = algorithm.hash(&Secret::new(PASSWORD)).unwrap();
            assert_eq!(verdict(algorithm, PASSWORD, &stored), Verdict::Right);
            let wrong = verdict(algorithm, "Correct horse battery", &stored);
            assert_eq!(wrong, Verdict::Wrong);
        }
    }

    #[test]
    fn hashes_made_elsewhere_let_their_users_in_and_are_outdated() {
        let foreign = [
            "$pbkdf2-sha1$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$yr+bZKkEnTtGf3f18VjXM5CIxT9gt2kfzsoPOBHUS/Q",
            "$x-wrap$a=ss-sha256,s=AQIDBA$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$32lbb+PciqwfYHIo2ha3ZOIb0NrQ+T6SNqsFLAtp29o",
            "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
            "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k",
            "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648lE68lw5lzmucru/HdPvmBJDSLroVh1Q2xCvjqd8NI/6Q",
            "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
            "$argon2id$v=19$m=256,t=2,p=4$AAECAwQFBgcICQoLDA0ODw$pHAgzawo/Cr+NHkyPT+Zra53ohD8ShGZVuuXOr3yDvM",
            "$argon2id$v=16$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$Qu5RJ7Za9M87MPkmUQ0BbZ17Y2wco4fgaNe5/M3k6eI",
            BCRYPT,
            &BCRYPT.replace("$2b$", "$2a$"),
            &BCRYPT.replace("$2b$", "$2y$"),
        ];
        for stored in foreign {
            for algorithm in [Algorithm::Pbkdf2Sha512, Algorithm::Argon2id] {
                let right = verdict(algorithm, PASSWORD, stored);
                assert_eq!(right, Verdict::Outdated, "{stored}");
                assert_eq!(verdict(algorithm, "wrong", stored), Verdict::Wrong);
            }
        }
    }

    #[test]
    fn passlibs_spelling_of_pbkdf2_is_read() {
        for stored in [
            "$pbkdf2-sha256$29000$LGJCMs3SIXcSlN.7MQrKAA$wvJ4kRrwdRyKb/RJ7MPhhF66s6nEpi7TA.s8u4xFa/g",
            "$pbkdf2-sha512$25000$AAECAwQFBgcICQoLDA0ODw$Eg0Mk93hSCKTNDTT755F1rAKbWsV8PFg6FJZ47XUM739UmWNhvhwHSOdWT.vjaDlC7U.rRRTf21fAAcW5XeH3Q",
        ] {
            let verdict = |password| verdict(Algorithm::Pbkdf2Sha512, password, stored);
            assert_eq!(verdict(PASSWORD), Verdict::Outdated, "{stored}");
            assert_eq!(verdict("wrong"), Verdict::Wrong);
        }
    }

    #[test]
    fn each_algorithm_calls_the_other_outdated() {
        let (pbkdf2, argon2id) = (Algorithm::Pbkdf2Sha512, Algorithm::Argon2id);
        for (one, other) in [(pbkdf2, argon2id), (argon2id, pbkdf2)] {
            let stored = one.hash(&Secret::new(PASSWORD)).unwrap();
            assert_eq!(verdict(other, PASSWORD, &stored), Verdict::Outdated);
        }
    }

    #[test]
    fn a_hash_made_elsewhere_of_what_was_typed_verifies_and_is_outdated_at_whatever_cost() {
        for stored in [
            "$2b$04$4nTxoapSuIgyhQwZ2v/9EO0TLB5uty8ybcvqQkIfzjp9LVWOFgBiG",
            "$pbkdf2-sha512$i=220000,l=32$AAECAwQFBgcICQoLDA0ODw$JA6kjX3JVqv3/QVNKgnnwFIF5c1XAlFb3WL/9xA0gZs",
            "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$1kPwz9uZGrW2Cz8KpaNsr4KNX3pd6F+8fAUs4HtVDwE",
        ] {
            for algorithm in [Algorithm::Pbkdf2Sha512, Algorithm::Argon2id] {
                assert_eq!(verdict(algorithm, TYPED, stored), Verdict::Outdated);
                let normalised = verdict(algorithm, "10€ 23 preis", stored);
                assert_eq!(normalised, Verdict::Wrong, "another password there");
            }
        }
        let ours = Algorithm::Argon2id.hash(&Secret::new(TYPED)).unwrap();
        for password in [TYPED, "10€ 23 preis"] {
            let verdict = verdict(Algorithm::Argon2id, password, &ours);
            assert_eq!(verdict, Verdict::Right);
        }
    }

    #[test]
    fn what_nfkc_changes_is_verified_in_two_forms_and_nothing_else_is() {
        let texts = |password: &str| {
            let password = Secret::new(password);
            let (normalised, typed) = forms(&password);
            let typed = typed.map(|typed| typed.expose().to_owned());
            (normalised.expose().to_owned(), typed)
        };
        let both = ("10€ 23 preis".to_owned(), Some(TYPED.to_owned()));
        assert_eq!(texts(TYPED), both);
        for plain in [PASSWORD, "10€ 23 preis", "ünïcode", "🐎", ""] {
            assert_eq!(texts(plain), (plain.to_owned(), None));
        }
    }

    #[test]
    fn bcrypt_ignores_what_it_ignored_there_and_the_replacing_hash_takes_all() {
        let long = "a very long sentence that a person chose long ago, because it cannot be forgotten, ever.";
        let (first, _) = long.split_at(72);
        let stored = "$2b$04$4nTxoapSuIgyhQwZ2v/9EO6rce6e00wKX4vkQIC2/G3o6wyyVPpXW";
        let argon2id = Algorithm::Argon2id;
        for password in [long, first] {
            assert_eq!(verdict(argon2id, password, stored), Verdict::Outdated);
        }
        let (shorter, _) = long.split_at(71);
        assert_eq!(verdict(argon2id, shorter, stored), Verdict::Wrong);
        let replacing = argon2id.hash(&Secret::new(long)).unwrap();
        assert_eq!(verdict(argon2id, long, &replacing), Verdict::Right);
        assert_eq!(verdict(argon2id, first, &replacing), Verdict::Wrong);
    }

    #[test]
    fn an_old_password_may_be_shorter_or_longer_than_a_new_one() {
        for password in ["x".to_owned(), "x".repeat(2000)] {
            let stored = Algorithm::Argon2id.hash(&Secret::new(password.as_str()));
            let verdict = verdict(Algorithm::Argon2id, &password, &stored.unwrap());
            assert_eq!(verdict, Verdict::Right);
        }
    }

    #[test]
    fn a_stand_in_is_no_password_of_anybody() {
        for dummy_hash in [None, Some(BCRYPT), Some("garbage")] {
            let secret = Secret::new(PASSWORD);
            let verdict = Algorithm::Argon2id.verify(&secret, None, dummy_hash);
            assert_eq!(verdict, Ok(Verdict::Wrong));
        }
    }

    #[test]
    fn a_hash_that_cannot_be_read_is_said_to_be_whatever_stands_in() {
        for stored in ["", "garbage", "$scrypt$ln=1$AAAAAAAAAAA$AAAAAAAAAAA"] {
            for dummy_hash in [None, Some(BCRYPT)] {
                let secret = Secret::new(PASSWORD);
                let verdict = Algorithm::Argon2id.verify(&secret, Some(stored), dummy_hash);
                assert_eq!(verdict, Ok(Verdict::Unreadable), "{stored}");
            }
        }
    }

    #[test]
    fn compatibility_forms_are_one_password() {
        let password = Secret::new("caf\u{e9} \u{fb01}n!");
        let stored = Algorithm::Argon2id.hash(&password).unwrap();
        let verdict = verdict(Algorithm::Argon2id, "cafe\u{301} fin!", &stored);
        assert_eq!(verdict, Verdict::Right);
    }

    #[test]
    fn length_is_counted_in_characters() {
        let check = |text: &str| check_policy(&Secret::new(text), 8);
        assert!(check("🐎🐎🐎🐎🐎🐎🐎🐎").is_ok());
        assert!(check(&"x".repeat(256)).is_ok());
        assert_eq!(check("1234567"), Err(InvalidInput::PasswordTooShort(8)));
        assert_eq!(
            check(&"x".repeat(257)),
            Err(InvalidInput::PasswordTooLong(256))
        );
    }
}
