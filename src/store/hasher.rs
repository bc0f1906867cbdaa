//! The hash of a key: SipHash-1-3 under a secret key, so that no client can make keys collide.

use siphasher::sip::SipHasher13;

/// A key's hash. All of its 64 bits are good: the table takes its path from the top and its tags from the bottom.
pub type Hash = u64;

/// A keyed hash function.
#[derive(Clone, Copy, Debug)]
pub struct Hasher {
    keyed: SipHasher13,
    /// What tests leave of a hash, to see colliding keys.
    #[cfg(test)]
    kept: Hash,
}

impl Hasher {
    /// The hash function of a secret, which should be random.
    pub fn new(secret: [u64; 2]) -> Hasher {
        Hasher {
            keyed: SipHasher13::new_with_keys(secret[0], secret[1]),
            #[cfg(test)]
            kept: Hash::MAX,
        }
    }

    /// A hash function that keeps only some bits: keys collide.
    #[cfg(test)]
    pub(crate) fn broken(secret: [u64; 2], kept: Hash) -> Hasher {
        Hasher { kept, ..Hasher::new(secret) }
    }

    /// The hash of a key.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> Hash {
        let hash = self.keyed.hash(key);
        #[cfg(test)]
        let hash = hash & self.kept;
        hash
    }
}
