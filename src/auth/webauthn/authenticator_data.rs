//! Authenticator data (WebAuthn §6.1): what an authenticator signs of itself and its user.

use sha2::{Digest, Sha256};

use super::cbor::Item;
use super::ceremony::Expected;
use super::refused::Refused;

const MALFORMED: Refused = Refused::Malformed("authenticator data");
/// The bits of the flags that are read.
const UP: u8 = 1;
const UV: u8 = 1 << 2;
const BE: u8 = 1 << 3;
const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;
const ED: u8 = 1 << 7;

/// Authenticator data, as far as a relying party reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    rp_id_hash: [u8; 32],
    flags: u8,
    /// The signature counter; 0 where the authenticator has none.
    pub sign_count: u32,
    /// The credential, at its registration.
    pub attested: Option<AttestedCredential<'a>>,
}

/// A credential that is being registered (WebAuthn §6.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedCredential<'a> {
    /// The authenticator's model, as far as it tells.
    pub aaguid: [u8; 16],
    /// Its id.
    pub id: &'a [u8],
    /// Its public key, a COSE key.
    pub public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads authenticator data, to the last byte. What extensions say is passed over, but must be a
    /// map.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let (rp_id_hash, rest) = chunk::<32>(bytes)?;
        let ([flags], rest) = chunk::<1>(rest)?;
        let (sign_count, mut rest) = chunk::<4>(rest)?;
        let mut attested = None;
        if flags & AT != 0 {
            let (credential, after) = AttestedCredential::read(rest)?;
            (attested, rest) = (Some(credential), after);
        }
        if flags & ED != 0 {
            match Item::read_first(rest) {
                Ok((Item::Map(_), after)) => rest = after,
                _ => return Err(MALFORMED),
            }
        }
        if !rest.is_empty() {
            return Err(MALFORMED);
        }
        Ok(Self {
            rp_id_hash,
            flags,
            sign_count: u32::from_be_bytes(sign_count),
            attested,
        })
    }

    /// What registration (steps 14 to 17) and authentication (15 to 18) verify alike.
    pub(super) fn verify(&self, expected: &Expected<'_>) -> Result<(), Refused> {
        let rp_id_hash: [u8; 32] = Sha256::digest(expected.relying_party.id()).into();
        // 14 and 15
        if self.rp_id_hash != rp_id_hash {
            return Err(Refused::RelyingParty);
        }
        // 15 and 16
        if expected.user_presence && self.flags & UP == 0 {
            return Err(Refused::UserPresence);
        }
        // 16 and 17
        if expected.user_verification && !self.user_verified() {
            return Err(Refused::UserVerification);
        }
        // 17 and 18
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(Refused::BackupState);
        }
        Ok(())
    }

    /// UV: whether the authenticator has verified its user (a PIN, a finger, a face).
    pub const fn user_verified(&self) -> bool {
        self.flags & UV != 0
    }

    /// BE: whether the credential may be on several devices.
    pub const fn is_backup_eligible(&self) -> bool {
        self.flags & BE != 0
    }

    /// BS: whether it is.
    pub const fn is_backed_up(&self) -> bool {
        self.flags & BS != 0
    }
}

impl<'a> AttestedCredential<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refused> {
        let (aaguid, rest) = chunk::<16>(bytes)?;
        let (length, rest) = chunk::<2>(rest)?;
        let length = usize::from(u16::from_be_bytes(length));
        let (id, key) = rest.split_at_checked(length).ok_or(MALFORMED)?;
        let (_, rest) = Item::read_first(key).map_err(|_| MALFORMED)?;
        let (public_key, _) = key
            .split_at_checked(key.len() - rest.len())
            .ok_or(MALFORMED)?;
        let credential = Self {
            aaguid,
            id,
            public_key,
        };
        Ok((credential, rest))
    }
}

fn chunk<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), Refused> {
    let (chunk, rest) = bytes.split_first_chunk().ok_or(MALFORMED)?;
    Ok((*chunk, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(flags: u8, rest: &[u8]) -> Vec<u8> {
        [&[1; 32][..], &[flags], &[0, 0, 1, 2], rest].concat()
    }

    #[test]
    fn the_shortest_data_have_37_bytes() {
        let bytes = data(UP | UV | BE | BS, &[]);
        assert_eq!(bytes.len(), 37);
        let read = AuthenticatorData::read(&bytes).unwrap();
        assert_eq!((read.sign_count, read.attested.as_ref()), (0x102, None));
        assert!(read.user_verified() && read.is_backup_eligible() && read.is_backed_up());
        for end in 0..37 {
            assert_eq!(AuthenticatorData::read(&bytes[..end]), Err(MALFORMED));
        }
    }

    #[test]
    fn a_credential_ends_where_its_key_does_and_extensions_follow() {
        let credential = [&[2; 16][..], &[0, 3], b"abc", &[0xa1, 0x01, 0x02]].concat();
        let with = |flags, extensions: &[u8]| data(flags, &[&credential, extensions].concat());
        let (plain, extended) = (with(AT, &[]), with(AT | ED, &[0xa1, 0x61, b'x', 0xf5]));
        for bytes in [&plain, &extended] {
            let read = AuthenticatorData::read(bytes).unwrap();
            let attested = read.attested.unwrap();
            assert_eq!(attested.aaguid, [2; 16]);
            assert_eq!(
                (attested.id, attested.public_key),
                (&b"abc"[..], &[0xa1, 1, 2][..])
            );
        }
        for bytes in [
            with(AT, &[0x00]),            // something after the key
            with(AT | ED, &[]),           // extensions announced and absent
            with(AT | ED, &[0x80]),       // extensions that are no map
            with(AT | ED, &[0xa0, 0x00]), // something after the extensions
            data(AT, &credential[..20]),  // an id that is cut off
            data(AT, &credential[..22]),  // a key that is cut off
            data(0, &[0]),                // something after the counter
            data(ED, &[]),
        ] {
            assert_eq!(AuthenticatorData::read(&bytes), Err(MALFORMED));
        }
    }
}
