//! Keys in memory: nothing shows one, and nothing of it is left behind.
#![allow(unsafe_code, clippy::unwrap_used)]

use std::fmt::{Debug, Display};
use std::mem::MaybeUninit;
use std::ptr::drop_in_place;

use sha2::block_api::compress256;
use static_assertions::assert_not_impl_any;
use zumo_jwt::{KeyMaterial, ZumoKey};

assert_not_impl_any!(ZumoKey: Debug, Display, Clone);
assert_not_impl_any!(KeyMaterial: Debug, Display);

/// What SHA-256 starts from (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// All that must stay secret, as it stands in memory: the signing key, and the two states of
/// SHA-256 that HMAC (RFC 2104) makes of it and that sign as well as the key does.
fn secrets(key: &ZumoKey) -> [[u8; 32]; 3] {
    let state = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key.export()).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        state.map(u32::to_ne_bytes).concat().try_into().unwrap()
    };
    [*key.export(), state(0x36), state(0x5c)]
}

fn holds(memory: &[u8], secret: &[u8]) -> bool {
    memory.windows(secret.len()).any(|window| window == secret)
}

fn check(key: ZumoKey) {
    let secrets = secrets(&key);
    let mut memory = Box::new(MaybeUninit::zeroed());
    let key: *mut ZumoKey = memory.write(key);
    let bytes = key.cast::<u8>();
    // SAFETY: every byte read is one of the box's, and was written, if only with zero.
    let image = || (0..size_of::<ZumoKey>()).map(|at| unsafe { bytes.add(at).read_volatile() });

    let before: Vec<_> = image().collect();
    assert!(secrets.iter().all(|secret| holds(&before, secret)));

    // SAFETY: the key is dropped once, and then only looked at as bytes.
    unsafe { drop_in_place(key) };
    let after: Vec<_> = image().collect();
    assert!(!secrets.as_flattened().chunks(4).any(|word| holds(&after, word)));
}

#[test]
fn a_dropped_master_key_leaves_no_word_of_itself() {
    check(ZumoKey::from_master_key("AbCdEfGhIjKlMnOpQrStUvWxYz012345").unwrap());
}

#[test]
fn a_dropped_signing_key_leaves_no_word_of_itself() {
    check(ZumoKey::from_signing_key(b"an App Service key has 32 bytes.".as_slice()).unwrap());
}

#[test]
fn a_key_that_has_signed_leaves_no_word_of_itself() {
    let key = ZumoKey::from_master_key("AbCdEfGhIjKlMnOpQrStUvWxYz012345").unwrap();
    assert!(key.verify(b"message", &key.sign(b"message")));
    check(key);
}
