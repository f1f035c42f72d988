//! What `npm run bench` compares with: calls that do no work, and work without calls.

use std::hint::black_box;

use napi_derive::napi;
use sha2::block_api::compress256;

use super::border::{Arg, Room, Text};

/// Takes what `zumoJwt` takes and gives back text of the length of its answer.
#[napi]
pub fn floor(expiry: Arg, aud: Arg, user_id: Arg, master_key: Arg, length: u32) -> Text {
    let (mut first, mut second, mut third) = (Room::new(), Room::new(), Room::new());
    black_box((
        expiry.number(),
        aud.text(&mut first).ok(),
        user_id.text(&mut second).ok(),
        master_key.text(&mut third).ok(),
    ));
    Text::Latin1(vec![b'x'; length as usize])
}

/// Compresses so many blocks, so many times over.
#[napi]
pub fn blocks(count: u32, times: u32) {
    let blocks = vec![[0x5a; 64]; count as usize];
    let mut state = [0; 8];
    for _ in 0..times {
        compress256(black_box(&mut state), black_box(&blocks));
    }
}
