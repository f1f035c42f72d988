//! Whatever is signed is, to the byte, what `JSON.stringify` and another HMAC make of the same
//! claims, and verifies; whatever another JSON reader refuses is not signed; a key is what another
//! SHA-256 makes of a master key. The input is further claims as the text of a JSON object, an
//! audience, a user, who is a master key too, and the bytes of an expiry.
#![no_main]

use std::str;
use std::sync::LazyLock;

use hmac_sha256::Hash;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{Expected, Token, TokenError, ZumoKey, sign, zumo_jwt};
use zumo_jwt_fuzz::{
    ISSUER, MASTER_KEY, SEPARATOR, members, read, signed, stringify_members, stringify_number,
    stringify_text,
};

const FILLED_IN_OR_CHECKED: [&str; 5] = ["iss", "ver", "nbf", "iat", "__proto__"];

static KEY: LazyLock<ZumoKey> = LazyLock::new(|| ZumoKey::from_master_key(MASTER_KEY).unwrap());

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(4, |byte| *byte == SEPARATOR);
    let mut text = || str::from_utf8(parts.next()?).ok();
    let (Some(others), Some(aud), Some(user_id)) = (text(), text(), text()) else { return };
    let Some(Ok(expiry)) = parts.next().map(<[u8; 8]>::try_from) else { return };
    let expiry = f64::from_le_bytes(expiry);
    if !expiry.is_finite() {
        assert!(zumo_jwt(expiry, aud, user_id, &KEY).is_err());
        return;
    }

    let exp = stringify_number(expiry / 1000.0);
    let [aud_text, uid] = [aud, user_id].map(stringify_text);
    let first =
        |ver| format!(r#""exp":{exp},"iss":"{ISSUER}","ver":{ver},"aud":{aud_text},"uid":{uid}"#);

    if let Ok(key) = ZumoKey::from_master_key(user_id.as_bytes()) {
        assert_eq!(*key.export(), Hash::hash(&[user_id.as_bytes(), b"JWTSig"].concat()));
    }

    let minted = zumo_jwt(expiry, aud, user_id, &KEY).ok();
    let is_date = expiry.abs() <= 8.64e15;
    let expected = (is_date && !user_id.is_empty()).then(|| token(1, &format!("{{{}}}", first(1))));
    assert_eq!(minted, expected);
    minted.iter().for_each(|token| check(token));

    let Some(rest) = others.trim_start_matches([' ', '\t', '\n', '\r']).strip_prefix('{') else {
        return;
    };
    let claims = if rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('}') {
        format!(r#"{{"uid":{uid},"aud":{aud_text},"exp":{exp}{rest}"#)
    } else {
        format!(r#"{{"uid":{uid},"aud":{aud_text},"exp":{exp},{rest}"#)
    };
    for version in [1, 2] {
        let signed = sign(&claims, &KEY, Some(version.into()));
        let read = read(claims.as_bytes());
        let own = read.as_ref().map_or(&[][..], |claims| &members(claims)[3..]);
        if own.iter().any(|(name, _)| FILLED_IN_OR_CHECKED.contains(&&**name)) {
            signed.iter().for_each(|token| check(token));
            continue;
        }
        let expected = read.as_ref().filter(|_| !user_id.is_empty()).map(|_| {
            let others = stringify_members(own);
            let comma = if own.is_empty() { "" } else { "," };
            token(version, &format!("{{{}{comma}{}", first(version), &others[1..]))
        });
        assert_eq!(signed.ok(), expected);
        expected.iter().for_each(|token| check(token));
    }
});

fn token(version: u8, claims: &str) -> String {
    let kid = if version == 1 { "0" } else { "\"0\"" };
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":{kid}}}"#);
    signed(header.as_bytes(), claims.as_bytes(), KEY.export())
}

/// Nothing may speak against the token but the time, and its length.
fn check(token: &str) {
    let keys = [&*KEY];
    let expected = Expected::new(&keys, None, None, 0.0, 0.0).unwrap();
    let refused = Token::read(token).and_then(|it| it.verify(&keys, &expected).map(|_| ())).err();
    assert!(match refused {
        None | Some(TokenError::Expired | TokenError::NotBefore | TokenError::IssuedAt) => true,
        Some(TokenError::Malformed) => token.len() > 64 * 1024,
        Some(_) => false,
    });
}
