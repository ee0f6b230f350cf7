use hotcell_protocol::BlobDigest;
use sha2::{Digest, Sha256};

/// The SHA-256 of those bytes. Takes time in proportion to them: some milliseconds for a program of a few megabytes.
pub fn digest_of(bytes: &[u8]) -> BlobDigest {
    BlobDigest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of FIPS 180-4, as published by NIST.
    #[test]
    fn digest_of_matches_the_standards_examples() {
        let expected = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ];
        for (text, digest) in expected {
            assert_eq!(digest_of(text.as_bytes()).to_string(), digest);
        }
    }
}
