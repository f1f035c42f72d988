//! Keys in memory: nothing shows one, and a dropped one is wiped.
#![allow(unsafe_code, clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::{Debug, Display};
use std::slice::from_raw_parts;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::block_api::compress256;
use static_assertions::assert_not_impl_any;
use zumo_jwt::{KeyMaterial, ZumoKey};

assert_not_impl_any!(ZumoKey: Debug, Display, Clone);
assert_not_impl_any!(KeyMaterial: Debug, Display);

/// Counts the blocks of memory that hold a secret when they are freed.
struct Watch;

/// In words of 8 bytes.
static SECRETS: OnceLock<Vec<[u8; 8]>> = OnceLock::new();
static FREED_WITH_SECRET: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Watch = Watch;

// SAFETY: all memory is the system's.
unsafe impl GlobalAlloc for Watch {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's, and was written, if only with zeros.
        let bytes = unsafe { from_raw_parts(block, layout.size()) };
        let words = SECRETS.get().map_or(&[][..], Vec::as_slice);
        if words.iter().any(|word| bytes.windows(8).any(|window| window == word)) {
            FREED_WITH_SECRET.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

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

/// The signing key, and the two states of SHA-256 that HMAC (RFC 2104) makes of it and that sign as
/// well as the key does.
fn secrets(key: &ZumoKey) -> Vec<[u8; 8]> {
    let state = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key.export()).for_each(|(byte, key)| *byte ^= key);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        state.map(u32::to_ne_bytes).concat()
    };
    [key.export().to_vec(), state(0x36), state(0x5c)].concat().as_chunks().0.to_vec()
}

#[test]
fn a_dropped_key_is_wiped() {
    let make = || {
        let master_key = "AbCdEfGhIjKlMnOpQrStUvWxYz012345";
        let keys =
            [ZumoKey::from_master_key(master_key), ZumoKey::from_master_key_on_node6(master_key)];
        keys.map(|key| Box::new(key.unwrap()))
    };
    let keys = make();
    for key in &keys {
        assert!(key.verify(b"message", &key.sign(b"message")));
    }
    let secrets = SECRETS.get_or_init(|| keys.iter().flat_map(|key| secrets(key)).collect());
    // The second ones are made while the secrets are known.
    drop((keys, make()));
    assert_eq!(FREED_WITH_SECRET.load(Ordering::Relaxed), 0);
    for (at, secret) in secrets.iter().enumerate() {
        drop(Box::new(*secret));
        assert_eq!(FREED_WITH_SECRET.load(Ordering::Relaxed), at + 1);
    }
}
