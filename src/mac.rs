//! HMAC-SHA-256 (RFC 2104, FIPS 180-4) over sha2's compression function. The crates `hmac` and
//! `digest` are made for every hash and every stream of input; for a key and a message that are
//! all there, and with the wiping that both get, this takes less.
#![forbid(unsafe_code)]

use sha2::block_api::compress256;
use zeroize::{DefaultIsZeroes, Zeroize};

const BLOCK: usize = 64;

/// FIPS 180-4, section 5.3.3.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Bytes or words that are wiped when dropped: as a slice, since zeroize wipes an array element by
/// element, which takes longer than the hash.
pub struct Wiped<T: DefaultIsZeroes, const N: usize>(pub [T; N]);

impl<T: DefaultIsZeroes, const N: usize> Drop for Wiped<T, N> {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

/// SHA-256 of a secret and a suffix of at most 55 bytes.
pub fn sha256(secret: &[u8], suffix: &[u8]) -> Wiped<u8, 32> {
    let mut tail = Wiped([0; 2 * BLOCK]);
    Wiped(finish(START, 0, secret, suffix, &mut tail.0))
}

/// A key, expanded to the two states that stand behind it.
pub struct Mac {
    inner: Wiped<u32, 8>,
    outer: Wiped<u32, 8>,
}

impl Mac {
    /// Expands a key of 32 bytes, or any other that was brought to the length of a block.
    pub fn new(key: &[u8; BLOCK]) -> Self {
        let behind = |pad: u8| {
            let block = Wiped(key.map(|byte| byte ^ pad));
            let mut state = Wiped(START);
            compress256(&mut state.0, std::slice::from_ref(&block.0));
            state
        };
        Self { inner: behind(0x36), outer: behind(0x5c) }
    }

    /// The code of a message.
    pub fn of(&self, message: &[u8]) -> [u8; 32] {
        let inner = finish(self.inner.0, BLOCK, message, &[], &mut [0; 2 * BLOCK]);
        finish(self.outer.0, BLOCK, &inner, &[], &mut [0; 2 * BLOCK])
    }
}

/// Hashes the end of a message of which so many bytes are in `state`. `tail`, all zeros, takes
/// what fills no block.
#[inline]
fn finish(
    mut state: [u32; 8],
    before: usize,
    message: &[u8],
    suffix: &[u8],
    tail: &mut [u8; 2 * BLOCK],
) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks();
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    let (to_rest, behind) = tail.split_at_mut(rest.len());
    let (to_suffix, behind) = behind.split_at_mut(suffix.len());
    to_rest.copy_from_slice(rest);
    to_suffix.copy_from_slice(suffix);
    if let Some(end) = behind.first_mut() {
        *end = 0x80;
    }
    let bits = 8 * (before + message.len() + suffix.len()) as u64;
    let one = rest.len() + suffix.len() < BLOCK - size_of_val(&bits);
    let (used, _) = tail.as_chunks_mut().0.split_at_mut(if one { 1 } else { 2 });
    if let Some(length) = used.last_mut().and_then(|block| block.last_chunk_mut()) {
        *length = bits.to_be_bytes();
    }
    compress256(&mut state, used);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
#[path = "../__test__/rust/mac.rs"]
mod tests;
