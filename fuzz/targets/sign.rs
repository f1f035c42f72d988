//! What is minted is, to the byte, what `JSON.stringify` and another HMAC make of the same input,
//! and what is signed keeps the text of each value; both verify. What another JSON reader refuses is
//! not signed. A key is what another SHA-256 makes of a master key. The input is further claims as
//! the text of a JSON object, an audience, a user, who is a master key too, and the bytes of an expiry.
#![no_main]

use std::str;
use std::sync::LazyLock;

use hmac_sha256::Hash;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{TokenError, Verifier, ZumoKey, decode, sign, zumo_jwt};
use zumo_jwt_fuzz::{
    ISSUER, MASTER_KEY, SEPARATOR, get, number, read, signed, stringify_number, stringify_text,
    value_texts,
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
        assert_eq!(key.export(), Hash::hash(&[user_id.as_bytes(), b"JWTSig"].concat()));
    }

    let minted = zumo_jwt(expiry, aud, user_id, &KEY).ok();
    let is_date = expiry.abs() <= 8.64e15;
    let expected = (is_date && !user_id.is_empty())
        .then(|| token(1, &format!("{{{}}}", first(1))))
        .filter(|token| token.len() <= MAX_LENGTH);
    assert_eq!(minted, expected);
    minted.iter().for_each(|token| check(token));

    let Some(rest) = others.trim_start_matches([' ', '\t', '\n', '\r']).strip_prefix('{') else {
        return;
    };
    let comma =
        if rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('}') { "" } else { "," };
    let claims = format!(r#"{{"uid":{uid},"aud":{aud_text},"exp":{exp}{comma}{rest}"#);
    let read = read(claims.as_bytes());
    for version in [1, 2] {
        let signed = sign(&claims, &KEY, Some(version.into())).ok();
        signed.iter().for_each(|token| check(token));
        let Some(read) = &read else {
            assert_eq!(signed, None);
            continue;
        };
        let is_checked = |name: &&str| get(read, name).is_some();
        if FILLED_IN_OR_CHECKED.iter().any(is_checked) {
            continue;
        }
        let own = &value_texts(&claims).unwrap()[3..];
        let is_second = get(read, "exp").is_some_and(|exp| number(exp) < 1e11);
        match signed {
            None => {
                let length =
                    claims.len() + first(version).len() - exp.len() - uid.len() - aud_text.len();
                assert!(!is_second || user_id.is_empty() || length * 4 / 3 > MAX_LENGTH - 100);
            }
            Some(signed) => {
                assert!(is_second && !user_id.is_empty());
                let text = decode(&signed).unwrap();
                assert!(text.starts_with(&format!("{{{}", first(version))));
                let texts = value_texts(&text).unwrap();
                let values = |texts: &[(String, &str)]| -> Vec<_> {
                    let trimmed =
                        |text: &str| text.trim_matches([' ', '\t', '\n', '\r']).to_owned();
                    texts.iter().map(|(name, text)| (name.clone(), trimmed(text))).collect()
                };
                assert_eq!(values(&texts[5..]), values(own));
                assert_eq!(signed, token(version, &text));
            }
        }
    }
});

const MAX_LENGTH: usize = 64 * 1024;

fn token(version: u8, claims: &str) -> String {
    let kid = if version == 1 { "0" } else { "\"0\"" };
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":{kid}}}"#);
    signed(header.as_bytes(), claims.as_bytes(), KEY.export())
}

/// No rule but those about the time may refuse the token.
fn check(token: &str) {
    let keys = [&*KEY];
    let refused = Verifier::new(&keys, None, None).unwrap().verify(token, 0.0, 0.0).err();
    assert!(matches!(
        refused,
        None | Some(TokenError::Expired | TokenError::NotBefore | TokenError::IssuedAt)
    ));
}
