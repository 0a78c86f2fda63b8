//! A stored hash, read: PHC for PBKDF2 and argon2id, passlib's spelling of PBKDF2, bcrypt's own form, and
//! argon2id laid around a fast hash of another system.

use std::fmt;
use std::ops::RangeInclusive;

use argon2::{Argon2, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use bcrypt::HashParts;
use password_hash::phc::PasswordHash;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::auth::secret::{Secret, constant_time_eq};
use crate::error::{Error, ErrorKind};

/// How long a new hash and its salt are, in bytes.
pub const OUTPUT_LENGTH: usize = 32;
pub const SALT_LENGTH: usize = 16;

// Costs beyond which a stored hash is not verified. They are what an import admits, so a hash either
// comes in and verifies or does neither; and since stored hashes stand in for accounts that do not
// exist, they bound what one attempt of a stranger costs: one to two seconds of CPU.
const MAX_PBKDF2_ROUNDS: u32 = 2_000_000;
const MAX_ARGON2_MEMORY_KIB: u32 = 64 * 1024;
const MAX_ARGON2_PASSES: u32 = 10;
const MAX_ARGON2_LANES: u32 = 4;
/// Memory times passes, which is what the time of argon2id goes by.
const MAX_ARGON2_WORK_KIB: u32 = 320 * 1024;
const MAX_BCRYPT_COST: u32 = 15;
/// The lengths of a hash, in bytes: shorter ones are guessed, longer ones cost more and prove no more.
const LENGTHS: RangeInclusive<usize> = 16..=64;

/// How the imports mark argon2id over ServiceStack's old hash, SHA-256 of password and salt; the salt
/// follows, then the PHC string.
const SALTED_HASH: &str = "$x-wrap$a=ss-sha256,s=";

/// How a hash is computed, and at what cost.
pub enum Function {
    /// PBKDF2 with HMAC-SHA1.
    Pbkdf2Sha1 {
        /// Iterations.
        rounds: u32,
    },
    /// PBKDF2 with HMAC-SHA256.
    Pbkdf2Sha256 {
        /// Iterations.
        rounds: u32,
    },
    /// PBKDF2 with HMAC-SHA512.
    Pbkdf2Sha512 {
        /// Iterations.
        rounds: u32,
    },
    /// argon2id.
    Argon2id {
        /// 1.0 or 1.3.
        version: Version,
        /// Memory, passes, lanes.
        params: Params,
    },
}

/// A stored hash that can be verified, within what a Worker can afford: a hash moved in with an
/// absurd cost must not take the isolate down.
pub enum StoredHash {
    /// bcrypt, as it is stored. It takes the first 72 bytes of a password and ignores the rest.
    Bcrypt(String),
    /// What a [`Function`] gave.
    Derived(Derived),
    /// What a [`Function`] gave of a fast hash: SHA-256 of the password and this salt.
    Wrapped {
        /// The salt of the fast hash.
        salt: Vec<u8>,
        /// Around it.
        derived: Derived,
    },
}

/// What a [`Function`] gave.
pub struct Derived {
    function: Function,
    salt: Vec<u8>,
    output: Vec<u8>,
}

impl StoredHash {
    /// Reads a stored hash; nothing if it cannot be verified, for any reason.
    pub fn parse(stored: &str) -> Option<Self> {
        if ["$2a$", "$2b$", "$2y$"].contains(&stored.get(..4)?) {
            let cost = stored.parse::<HashParts>().ok()?.get_cost();
            return (4..=MAX_BCRYPT_COST)
                .contains(&cost)
                .then(|| Self::Bcrypt(stored.to_owned()));
        }
        match stored.strip_prefix(SALTED_HASH) {
            None => Derived::parse(stored).map(Self::Derived),
            Some(wrapped) => {
                let (salt, _) = wrapped.split_once('$')?;
                Some(Self::Wrapped {
                    salt: Base64Unpadded::decode_vec(salt).ok()?,
                    derived: Derived::parse(wrapped.strip_prefix(salt)?)?,
                })
            }
        }
    }

    /// A hash of nothing. It is verified as any other: the compiler does not make computing a hash
    /// equally fast everywhere, and the duration would reveal it.
    pub fn nothing(function: Function) -> Self {
        Self::Derived(Derived {
            function,
            salt: vec![0; SALT_LENGTH],
            output: vec![0; OUTPUT_LENGTH],
        })
    }

    /// Whether it need not be replaced by a hash of today's function.
    pub fn is_as_strong_as(&self, today: &Function) -> bool {
        match self {
            Self::Bcrypt(_) | Self::Wrapped { .. } => false,
            Self::Derived(derived) => derived.function.is_as_strong_as(today),
        }
    }

    /// Whether this is the text that was hashed, compared in constant time.
    pub fn matches(&self, text: &Secret) -> Result<bool, Error> {
        match self {
            Self::Bcrypt(stored) => bcrypt::verify(text.expose(), stored).map_err(hashing),
            Self::Derived(derived) => derived.matches(text.expose().as_bytes()),
            Self::Wrapped { salt, derived } => {
                let fast = Sha256::new().chain_update(text.expose()).chain_update(salt);
                derived.matches(&fast.finalize())
            }
        }
    }
}

impl Derived {
    fn parse(stored: &str) -> Option<Self> {
        let phc = PasswordHash::new(stored)
            .or_else(|error| PasswordHash::new(&as_phc(stored).ok_or(error)?))
            .ok()?;
        let output = phc.hash.as_ref()?.as_bytes().to_vec();
        if !LENGTHS.contains(&output.len()) {
            return None;
        }
        Some(Self {
            function: Function::of(&phc)?,
            salt: phc.salt?.to_vec(),
            output,
        })
    }

    fn matches(&self, bytes: &[u8]) -> Result<bool, Error> {
        let mut derived = vec![0; self.output.len()];
        self.function.derive(bytes, &self.salt, &mut derived)?;
        Ok(constant_time_eq(&derived, &self.output))
    }
}

impl Function {
    /// Fills `output` with the hash of a text's bytes.
    pub fn derive(&self, text: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::Pbkdf2Sha1 { rounds } => pbkdf2_hmac::<Sha1>(text, salt, *rounds, output),
            Self::Pbkdf2Sha256 { rounds } => pbkdf2_hmac::<Sha256>(text, salt, *rounds, output),
            Self::Pbkdf2Sha512 { rounds } => pbkdf2_hmac::<Sha512>(text, salt, *rounds, output),
            Self::Argon2id { version, params } => {
                Argon2::new(argon2::Algorithm::Argon2id, *version, params.clone())
                    .hash_password_into(text, salt, output)
                    .map_err(hashing)?;
            }
        }
        Ok(())
    }

    fn is_as_strong_as(&self, today: &Self) -> bool {
        match (self, today) {
            (Self::Pbkdf2Sha512 { rounds }, Self::Pbkdf2Sha512 { rounds: least }) => {
                rounds >= least
            }
            (Self::Argon2id { version, params }, Self::Argon2id { params: least, .. }) => {
                *version == Version::V0x13
                    && params.m_cost() >= least.m_cost()
                    && params.t_cost() >= least.t_cost()
            }
            _ => false,
        }
    }

    fn of(phc: &PasswordHash) -> Option<Self> {
        // PBKDF2's length (`l`) is not asked: other makers leave it out.
        let rounds = || {
            let rounds = phc.params.get_decimal("i")?;
            (1..=MAX_PBKDF2_ROUNDS).contains(&rounds).then_some(rounds)
        };
        match phc.algorithm.as_str() {
            "pbkdf2-sha1" => Some(Self::Pbkdf2Sha1 { rounds: rounds()? }),
            "pbkdf2-sha256" => Some(Self::Pbkdf2Sha256 { rounds: rounds()? }),
            "pbkdf2-sha512" => Some(Self::Pbkdf2Sha512 { rounds: rounds()? }),
            "argon2id" => {
                let version = phc.version.map_or(Ok(Version::V0x13), Version::try_from);
                let params = Params::try_from(phc).ok()?;
                let work = params.m_cost().checked_mul(params.t_cost())?;
                let affordable = params.m_cost() <= MAX_ARGON2_MEMORY_KIB
                    && params.t_cost() <= MAX_ARGON2_PASSES
                    && params.p_cost() <= MAX_ARGON2_LANES
                    && work <= MAX_ARGON2_WORK_KIB;
                affordable.then_some(Self::Argon2id {
                    version: version.ok()?,
                    params,
                })
            }
            _ => None,
        }
    }
}

/// passlib's spelling of PBKDF2, `$pbkdf2-sha256$29000$salt$hash` with `.` for `+`, in PHC form.
fn as_phc(stored: &str) -> Option<String> {
    let (function, rest) = stored.strip_prefix("$pbkdf2-")?.split_once('$')?;
    Some(format!("$pbkdf2-{function}$i={}", rest.replace('.', "+")))
}

/// A hash that could not be computed is not a wrong password.
pub fn hashing(error: impl fmt::Display) -> Error {
    ErrorKind::Internal(format!("password hashing: {error}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &str = "AAECAwQFBgcICQoLDA0ODw";
    const OUTPUT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const BCRYPT: &str = "4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";

    fn is_readable(stored: &str) -> bool {
        StoredHash::parse(stored).is_some()
    }

    #[test]
    fn a_hash_is_read_up_to_what_a_worker_can_afford() {
        for (parameters, readable) in [
            ("pbkdf2-sha1$i=2000000", true),
            ("pbkdf2-sha1$i=2000001", false),
            (
                "x-wrap$a=ss-sha256,s=AAEC$argon2id$v=19$m=65536,t=5,p=4",
                true,
            ),
            (
                "x-wrap$a=ss-sha256,s=AAEC$argon2id$v=19$m=65536,t=6,p=4",
                false,
            ),
            ("pbkdf2-sha256$i=2000000", true),
            ("pbkdf2-sha256$i=2000001", false),
            ("pbkdf2-sha512$2000000", true),
            ("pbkdf2-sha512$2000001", false),
            ("pbkdf2-sha512$4000000000", false),
            ("argon2id$v=19$m=65536,t=5,p=4", true),
            ("argon2id$v=19$m=32768,t=10,p=1", true),
            ("argon2id$v=19$m=65536,t=6,p=1", false),
            ("argon2id$v=19$m=65537,t=1,p=1", false),
            ("argon2id$v=19$m=19456,t=11,p=1", false),
            ("argon2id$v=19$m=19456,t=2,p=5", false),
            ("argon2id$v=19$m=4294967295,t=4294967295,p=1", false),
        ] {
            let stored = format!("${parameters}${SALT}${OUTPUT}");
            assert_eq!(is_readable(&stored), readable, "{stored}");
        }
        for (cost, readable) in [("03", false), ("04", true), ("15", true), ("16", false)] {
            assert_eq!(is_readable(&format!("$2b${cost}${BCRYPT}")), readable);
        }
    }

    #[test]
    fn the_cost_that_is_checked_is_the_one_that_is_paid() {
        for parameters in [
            "argon2id$v=19$m=64,t=1,p=1,m=4000000",
            "argon2id$v=19$m=64,t=1,t=4000000",
        ] {
            assert!(!is_readable(&format!("${parameters}${SALT}${OUTPUT}")));
        }
    }

    #[test]
    fn what_could_not_be_verified_is_not_read() {
        for stored in [
            "",
            "$",
            "$2b$",
            "ä$2b",
            "correct horse battery",
            "$1$x$y",
            "$scrypt$ln=1$AAAAAAAAAAA$AAAAAAAAAAA",
            "$pbkdf2-sha512$i=1000",
            &format!("$2x$04${BCRYPT}"),
            &format!("$2b$4${BCRYPT}"),
            &format!("$2b$04${BCRYPT}O"),
            &format!("$2b$04${}", BCRYPT.replace('4', "*")),
            &format!("$pbkdf2-sha512$i=0${SALT}${OUTPUT}"),
            &format!("$pbkdf2-sha512$0${SALT}${OUTPUT}"),
            &format!("$pbkdf2-sha512${SALT}${OUTPUT}"),
            &format!("$pbkdf2-md5$i=1000${SALT}${OUTPUT}"),
            &format!("$pbkdf2-sha512$i=1000${SALT}$AAAAAAAAAAAAAAAAAAAA"),
            &format!("$x-wrap$a=ss-sha256,s=AAEC$pbkdf2-md5$i=1${SALT}${OUTPUT}"),
            &format!("$x-wrap$a=ss-sha256,s=AA*C$argon2id$v=19$m=64,t=1,p=1${SALT}${OUTPUT}"),
            &format!("$x-wrap$a=ss-md5,s=AAEC$argon2id$v=19$m=64,t=1,p=1${SALT}${OUTPUT}"),
            "$x-wrap$a=ss-sha256,s=AAEC",
            &format!("$pbkdf2-sha512$1000${SALT}${OUTPUT}$"),
            &format!("$argon2id$v=19$m=64,t=1,p=1${SALT}"),
            &format!("$argon2id$v=99$m=64,t=1,p=1${SALT}${OUTPUT}"),
            &format!("$argon2id$v=19$m=4,t=1,p=1${SALT}${OUTPUT}"),
            &format!("$argon2id$v=19$m=64,t=0,p=1${SALT}${OUTPUT}"),
            &format!("$argon2id$v=19$m=64,t=1,p=1,x=1${SALT}${OUTPUT}"),
        ] {
            assert!(!is_readable(stored), "{stored}");
        }
    }
}
