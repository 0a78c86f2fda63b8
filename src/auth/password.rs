//! Passwords: how they are stored, checked and chosen.
//!
//! A stored password is a self-describing string: PHC for PBKDF2 and argon2id, bcrypt's own form
//! for users moved in from elsewhere. Text is normalised to NFKC first, so that the same password
//! typed on two keyboards is one password (NIST SP 800-63B §5.1.1.2).

use std::hint::black_box;

use argon2::Argon2;
use password_hash::phc::PasswordHash;
use password_hash::{CustomizedPasswordHasher, PasswordVerifier};
use pbkdf2::hmac::EagerHash;
use pbkdf2::{Pbkdf2, pbkdf2_hmac};
use sha2::{Sha256, Sha512};
use unicode_normalization::UnicodeNormalization;

use super::secret::{Secret, constant_time_eq, random_bytes};
use crate::error::{Detail, Error};

/// Iterations of PBKDF2-SHA512: OWASP's figure for it, rounded up.
const PBKDF2_ROUNDS: u32 = 220_000;
const PBKDF2_OUTPUT: usize = 32;
/// argon2id: 19 MiB, two passes, one lane (OWASP's first choice).
const ARGON2_MEMORY_KIB: u32 = 19 * 1024;
const ARGON2_PASSES: u32 = 2;
const ARGON2_LANES: u32 = 1;
/// Costs beyond which a stored hash is not verified.
const MAX_PBKDF2_ROUNDS: u32 = 5_000_000;
const MAX_ARGON2_MEMORY_KIB: u32 = 64 * 1024;
const MAX_ARGON2_PASSES: u32 = 20;
const MAX_BCRYPT_COST: u32 = 15;
const SALT_LENGTH: usize = 16;
const MAX_LENGTH: usize = 256;

/// How new passwords are hashed (`PASSWORD_HASH`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// PBKDF2 with HMAC-SHA512: a FIPS algorithm, about 150 ms of CPU inside a Worker.
    Pbkdf2Sha512,
    /// argon2id: a fifth of that CPU, and dearer for an attacker.
    Argon2id,
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
        self.derive(password, &random_bytes::<SALT_LENGTH>()?)
    }

    /// Whether this is the password that was stored.
    ///
    /// With nothing stored (no such user, or one without a password) the answer is no, after the
    /// same work, so that its duration tells nothing.
    pub fn verify(self, password: &Secret, stored: Option<&str>) -> Result<bool, Error> {
        match stored {
            Some(stored) if is_readable(stored) => Ok(verify(&normalise(password), stored)),
            _ => {
                black_box(verify(&normalise(password), &self.stand_in()));
                Ok(false)
            }
        }
    }

    /// A hash of nothing, at today's cost. It is verified as a real one is, not made as one is: the
    /// compiler does not make both equally fast, and the clock would tell.
    fn stand_in(self) -> String {
        let parameters = match self {
            Self::Pbkdf2Sha512 => {
                format!("pbkdf2-sha512$i={PBKDF2_ROUNDS},l={PBKDF2_OUTPUT}")
            }
            Self::Argon2id => {
                format!("argon2id$v=19$m={ARGON2_MEMORY_KIB},t={ARGON2_PASSES},p={ARGON2_LANES}")
            }
        };
        format!("${parameters}${}${}", "A".repeat(22), "A".repeat(43))
    }

    /// Whether a stored hash is of this algorithm at today's cost or above.
    pub fn is_current(self, stored: &str) -> bool {
        let Ok(hash) = PasswordHash::new(stored) else {
            return false;
        };
        match self {
            Self::Pbkdf2Sha512 => {
                hash.algorithm.as_str() == "pbkdf2-sha512"
                    && pbkdf2::Params::try_from(&hash)
                        .is_ok_and(|params| params.rounds() >= PBKDF2_ROUNDS)
            }
            Self::Argon2id => {
                hash.algorithm.as_str() == "argon2id"
                    && argon2::Params::try_from(&hash).is_ok_and(|params| {
                        params.m_cost() >= ARGON2_MEMORY_KIB && params.t_cost() >= ARGON2_PASSES
                    })
            }
        }
    }

    fn derive(self, password: &Secret, salt: &[u8]) -> Result<String, Error> {
        let password = normalise(password);
        let hash = match self {
            Self::Pbkdf2Sha512 => {
                let params = pbkdf2::Params::new_with_output_len(PBKDF2_ROUNDS, PBKDF2_OUTPUT)
                    .map_err(hashing)?;
                Pbkdf2::SHA512.hash_password_with_params(password.as_bytes(), salt, params)
            }
            Self::Argon2id => {
                let params =
                    argon2::Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, None)
                        .map_err(hashing)?;
                Argon2::default().hash_password_with_params(password.as_bytes(), salt, params)
            }
        };
        Ok(hash.map_err(hashing)?.to_string())
    }
}

/// Refuses a new password that is too short or too long: a 422 detail at `path`, before any hashing.
///
/// There are no other rules: spaces, emoji and sentences are welcome.
pub fn check_policy(password: &Secret, min_length: usize, path: &str) -> Result<(), Error> {
    let length = normalise(password).chars().count();
    if length < min_length {
        return Err(Error::Invalid(vec![Detail::too_short(path, min_length)]));
    }
    if length > MAX_LENGTH {
        return Err(Error::Invalid(vec![Detail::too_long(path, MAX_LENGTH)]));
    }
    Ok(())
}

fn normalise(password: &Secret) -> String {
    password.expose().nfkc().collect()
}

fn is_bcrypt(stored: &str) -> bool {
    ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|prefix| stored.starts_with(prefix))
}

/// Whether a stored hash can be verified at all, within what a Worker can afford: a hash moved in
/// with an absurd cost must not take the isolate down.
fn is_readable(stored: &str) -> bool {
    if is_bcrypt(stored) {
        let cost = stored.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
        return cost.is_some_and(|cost| cost <= MAX_BCRYPT_COST);
    }
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    let parameter = |name| hash.params.get_decimal(name).unwrap_or(0);
    let affordable = match hash.algorithm.as_str() {
        "pbkdf2-sha256" | "pbkdf2-sha512" => (1..=MAX_PBKDF2_ROUNDS).contains(&parameter("i")),
        "argon2id" => {
            parameter("m") <= MAX_ARGON2_MEMORY_KIB && parameter("t") <= MAX_ARGON2_PASSES
        }
        _ => false,
    };
    affordable && hash.salt.is_some() && hash.hash.is_some()
}

fn verify(password: &str, stored: &str) -> bool {
    if is_bcrypt(stored) {
        return bcrypt::verify(password, stored).unwrap_or(false);
    }
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    let password = password.as_bytes();
    match hash.algorithm.as_str() {
        "pbkdf2-sha256" => verify_pbkdf2::<Sha256>(password, &hash),
        "pbkdf2-sha512" => verify_pbkdf2::<Sha512>(password, &hash),
        "argon2id" => Argon2::default().verify_password(password, &hash).is_ok(),
        _ => false,
    }
}

/// PBKDF2 over as many bytes as were stored: other makers leave the length (`l`) out.
fn verify_pbkdf2<D: EagerHash>(password: &[u8], hash: &PasswordHash) -> bool {
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return false;
    };
    let Some(rounds) = hash.params.get_decimal("i").filter(|&rounds| rounds > 0) else {
        return false;
    };
    let mut output = vec![0; expected.len()];
    pbkdf2_hmac::<D>(password, salt.as_ref(), rounds, &mut output);
    constant_time_eq(&output, expected.as_bytes())
}

fn hashing(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("password hashing: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // "correct horse battery", made by other implementations: Node's crypto, argon2-cffi, bcrypt.
    const PASSWORD: &str = "correct horse battery";

    fn secret() -> Secret {
        Secret::new(PASSWORD)
    }

    #[test]
    fn the_stand_in_is_as_real_a_hash_as_any() {
        for algorithm in [Algorithm::Pbkdf2Sha512, Algorithm::Argon2id] {
            let stand_in = algorithm.stand_in();
            assert!(is_readable(&stand_in) && algorithm.is_current(&stand_in));
            let shape = |stored: &str| {
                let hash = PasswordHash::new(stored).unwrap();
                let (salt, output) = (hash.salt.unwrap(), hash.hash.unwrap());
                (hash.params.to_string(), salt.len(), output.len())
            };
            let real = algorithm.hash(&secret()).unwrap();
            assert_eq!(shape(&stand_in), shape(&real));
        }
    }

    #[test]
    fn what_is_hashed_verifies_and_is_current() {
        for algorithm in [Algorithm::Pbkdf2Sha512, Algorithm::Argon2id] {
            let stored = algorithm.hash(&secret()).unwrap();
            assert!(algorithm.verify(&secret(), Some(&stored)).unwrap());
            assert!(algorithm.is_current(&stored), "{stored}");
            assert!(
                !algorithm
                    .verify(&Secret::new("Correct horse battery"), Some(&stored))
                    .unwrap()
            );
        }
    }

    #[test]
    fn hashes_made_elsewhere_let_their_users_in_and_are_outdated() {
        let foreign = [
            "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
            "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k",
            "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648lE68lw5lzmucru/HdPvmBJDSLroVh1Q2xCvjqd8NI/6Q",
            "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
            "$2b$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
            "$2a$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
            "$2y$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O",
        ];
        for stored in foreign {
            let algorithm = Algorithm::Argon2id;
            assert!(
                algorithm.verify(&secret(), Some(stored)).unwrap(),
                "{stored}"
            );
            assert!(
                !algorithm
                    .verify(&Secret::new("wrong"), Some(stored))
                    .unwrap()
            );
            assert!(!algorithm.is_current(stored));
            assert!(!Algorithm::Pbkdf2Sha512.is_current(stored));
        }
    }

    #[test]
    fn each_algorithm_calls_the_other_outdated() {
        let pbkdf2 = Algorithm::Pbkdf2Sha512.hash(&secret()).unwrap();
        let argon2id = Algorithm::Argon2id.hash(&secret()).unwrap();
        assert!(!Algorithm::Argon2id.is_current(&pbkdf2));
        assert!(!Algorithm::Pbkdf2Sha512.is_current(&argon2id));
        assert!(
            Algorithm::Argon2id
                .verify(&secret(), Some(&pbkdf2))
                .unwrap()
        );
        assert!(!Algorithm::Pbkdf2Sha512.is_current("$pbkdf2-sha512$i=1000,l=32$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    }

    #[test]
    fn a_user_without_a_password_never_gets_in() {
        for stored in [
            None,
            Some("$pbkdf2-sha512$i=4000000000$AAECAwQFBgcICQoLDA0ODw$AAAAAAAAAAAAAAAAAAAAAA"),
            Some(
                "$argon2id$v=19$m=4000000,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw$PLqXmqGQMat8NZnw5jeRIlIMHdJ/y0CkIl2TOonCb+w",
            ),
            Some("$2b$31$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O"),
            Some(""),
            Some("garbage"),
            Some("$scrypt$ln=1$AAAAAAAAAAA$AAAAAAAAAAA"),
        ] {
            assert!(!Algorithm::Argon2id.verify(&secret(), stored).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_verified_costs_the_work_of_the_stand_in() {
        for stored in [
            "$scrypt$ln=1$AAAAAAAAAAA$AAAAAAAAAAA",
            "$pbkdf2-sha512$i=1000",
            "$pbkdf2-sha512$AAECAwQFBgcICQoLDA0ODw$AAAAAAAAAAAAAAAAAAAAAA",
            "$argon2id$v=19$m=64,t=1,p=1$eq4rx//HKc4g4Lvd9rTxmw",
        ] {
            assert!(!is_readable(stored), "{stored}");
        }
    }

    #[test]
    fn compatibility_forms_are_one_password() {
        let stored = Algorithm::Argon2id
            .hash(&Secret::new("caf\u{e9} \u{fb01}n!"))
            .unwrap();
        assert!(
            Algorithm::Argon2id
                .verify(&Secret::new("cafe\u{301} fin!"), Some(&stored))
                .unwrap()
        );
    }

    #[test]
    fn length_is_counted_in_characters() {
        let check = |text: &str| check_policy(&Secret::new(text), 8, "/password");
        assert!(check("🐎🐎🐎🐎🐎🐎🐎🐎").is_ok());
        assert!(check(&"x".repeat(256)).is_ok());
        assert_eq!(
            check("1234567"),
            Err(Error::Invalid(vec![Detail::too_short("/password", 8)]))
        );
        assert_eq!(
            check(&"x".repeat(257)),
            Err(Error::Invalid(vec![Detail::too_long("/password", 256)]))
        );
    }
}
