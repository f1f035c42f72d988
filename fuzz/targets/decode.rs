//! What decodes is three parts that another base64 decoder and another JSON reader accept; what
//! does not, they refuse. The input is a token, or the texts of a header and of claims.
#![no_main]

use std::str;

use libfuzzer_sys::fuzz_target;
use zumo_jwt::decode;
use zumo_jwt_fuzz::{SEPARATOR, read, signed, split};

fuzz_target!(|data: &[u8]| {
    check(data);
    if let Some(at) = data.iter().position(|byte| *byte == SEPARATOR) {
        check(signed(&data[..at], &data[at + 1..], &[0; 32]).as_bytes());
    }
});

fn check(token: &[u8]) {
    let Ok(token) = str::from_utf8(token) else { return };
    assert_eq!(decode(token).ok(), expected(token));
}

/// The text of the claims.
fn expected(token: &str) -> Option<String> {
    let [header, claims, _] = split(token).filter(|_| token.len() <= 64 * 1024)?;
    read(&header)?;
    read(&claims)?;
    String::from_utf8(claims).ok()
}
