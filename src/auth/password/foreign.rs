//! Hashes as other systems spell them, turned into what is stored here.

use base64ct::{Base64Unpadded, Encoding};

use super::stored::StoredHash;

/// The digests of ASP.NET Core Identity's third version, by their numbers.
const IDENTITY_DIGESTS: [&str; 3] = ["sha1", "sha256", "sha512"];

/// What is stored of a hash that was made elsewhere: PHC strings, passlib's, Django's and ASP.NET
/// Identity's spelling, and bcrypt. Nothing for one of another kind, or of a cost that is not verified.
pub fn stored_form(hash: &str) -> Option<String> {
    let stored = match hash.split_once('$') {
        Some(("argon2" | "bcrypt", hash)) => django_named(hash),
        Some((name, hash)) if name.starts_with("pbkdf2_") => django_pbkdf2(name, hash)?,
        Some(_) => hash.to_owned(),
        None => identity(hash)?,
    };
    StoredHash::parse(&stored).map(|_| stored)
}

/// Behind the name that Django puts in front stands the hash in its own form.
fn django_named(hash: &str) -> String {
    match hash.strip_prefix('$') {
        Some(_) => hash.to_owned(),
        None => format!("${hash}"),
    }
}

/// `pbkdf2_sha256$iterations$salt$hash`: the salt is text, the hash base64.
fn django_pbkdf2(name: &str, hash: &str) -> Option<String> {
    let mut parts = hash.split('$');
    let (rounds, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    let digest = name.strip_prefix("pbkdf2_")?;
    let salt = Base64Unpadded::encode_string(salt.as_bytes());
    let output = output.trim_end_matches('=');
    let is_whole = parts.next().is_none();
    is_whole.then(|| format!("$pbkdf2-{digest}$i={rounds}${salt}${output}"))
}

/// ASP.NET Identity: one base64 text, whose first byte is its version.
fn identity(hash: &str) -> Option<String> {
    let bytes = Base64Unpadded::decode_vec(hash.trim_end_matches('=')).ok()?;
    let number = |at: usize| {
        let bytes = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let (digest, rounds, salt, output) = match bytes.split_first()? {
        (0, rest) if rest.len() == 48 => ("sha1", 1_000, rest.get(..16)?, rest.get(16..)?),
        (1, _) => {
            let digest = IDENTITY_DIGESTS.get(usize::try_from(number(1)?).ok()?)?;
            let rest = bytes.get(13..)?;
            let (salt, output) = rest.split_at_checked(usize::try_from(number(9)?).ok()?)?;
            (*digest, number(5)?, salt, output)
        }
        _ => return None,
    };
    let [salt, output] = [salt, output].map(Base64Unpadded::encode_string);
    Some(format!("$pbkdf2-{digest}$i={rounds}${salt}${output}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64ct::Base64;

    const SALT: [u8; 16] = [7; 16];
    const OUTPUT: [u8; 32] = [9; 32];

    fn version_3(digest: u32, rounds: u32, salt: &[u8]) -> String {
        let mut bytes = vec![1];
        for number in [digest, rounds, u32::try_from(salt.len()).unwrap()] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(salt);
        bytes.extend(OUTPUT);
        Base64::encode_string(&bytes)
    }

    #[test]
    fn each_spelling_becomes_what_is_stored() {
        let [salt, output] = [&SALT[..], &OUTPUT].map(Base64Unpadded::encode_string);
        let version_2 = Base64::encode_string(&[&[0][..], &SALT, &OUTPUT].concat());
        let bcrypt = "$2b$04$4nTxoapSuIgyhQwZ2v/9EOFu8UYAWQN0Mp9NhyFmiWKWVBNFcUB9O";
        let argon2 = format!("$argon2id$v=19$m=64,t=1,p=1${salt}${output}");
        let text_salt = Base64Unpadded::encode_string(b"0123456789");
        for (hash, stored) in [
            (bcrypt.to_owned(), bcrypt.to_owned()),
            (format!("bcrypt${bcrypt}"), bcrypt.to_owned()),
            (argon2.clone(), argon2.clone()),
            (format!("argon2{argon2}"), argon2),
            (version_2, format!("$pbkdf2-sha1$i=1000${salt}${output}")),
            (
                version_3(1, 10_000, &SALT),
                format!("$pbkdf2-sha256$i=10000${salt}${output}"),
            ),
            (
                version_3(2, 2_000_000, &SALT),
                format!("$pbkdf2-sha512$i=2000000${salt}${output}"),
            ),
            (
                format!("pbkdf2_sha256$1000$0123456789${output}="),
                format!("$pbkdf2-sha256$i=1000${text_salt}${output}"),
            ),
        ] {
            assert_eq!(stored_form(&hash), Some(stored), "{hash}");
        }
    }

    #[test]
    fn what_is_not_verified_is_nothing() {
        for hash in [
            String::new(),
            "AA".to_owned(),
            "AQAAAAE".to_owned(),
            "correct horse battery".to_owned(),
            "$1$Xy7salt9$Zt8tC7N.I2AiC8coltSOj.".to_owned(),
            "{SSHA}aaaa".to_owned(),
            "pbkdf2_sha256$1000$salt".to_owned(),
            "pbkdf2_sha256$1000$0123456789$AAAA$".to_owned(),
            version_3(3, 1_000, &SALT),
            version_3(1, 2_000_001, &SALT),
            version_3(1, 1_000, &[7; 4]),
            Base64::encode_string(&[&[1; 9][..], &[255; 4]].concat()),
            "argon2$argon2id$v=19$m=4194304,t=9,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw"
                .to_owned(),
        ] {
            assert_eq!(stored_form(&hash), None, "{hash}");
        }
    }
}
