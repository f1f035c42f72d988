//! What only benchmarks and tests call: calls that do no work, work without calls, and a panic.
// The border exports nothing but functions that may fail.
#![allow(clippy::unnecessary_wraps)]

use std::hint::black_box;

use sha2::block_api::compress256;

use super::border::{Arg, Room, Text};
use crate::Error;

/// Takes what `zumoJwt` takes and gives back text of the length of its answer.
pub fn floor([expiry, aud, user_id, master_key, length]: [Arg; 5]) -> Result<Text, Error> {
    let (mut first, mut second, mut third) = (Room::new(), Room::new(), Room::new());
    black_box((
        expiry.number(),
        aud.text(&mut first).ok(),
        user_id.text(&mut second).ok(),
        master_key.text(&mut third).ok(),
    ));
    Ok(Text::Latin1(vec![b'x'; integer(length)]))
}

/// Compresses so many blocks, so many times over.
pub fn blocks([count, times]: [Arg; 2]) -> Result<Text, Error> {
    let blocks = vec![[0x5a; 64]; integer(count)];
    let mut state = [0; 8];
    for _ in 0..integer(times) {
        compress256(black_box(&mut state), black_box(&blocks));
    }
    Ok(Text::Latin1(Vec::new()))
}

/// Fails as no other function may.
pub fn panics([]: [Arg; 0]) -> Result<Text, Error> {
    panic!("on purpose");
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn integer(arg: Arg) -> usize {
    arg.number().unwrap_or_default() as usize
}
