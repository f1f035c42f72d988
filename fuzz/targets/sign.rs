//! What is minted is, to the byte, what `JSON.stringify` and another HMAC make of the same input,
//! and what is signed keeps the text of each value; both verify. What another JSON reader refuses is
//! not signed. A key is what another SHA-256 makes of a master key, or any bytes. The input is
//! further claims as the text of a JSON object, an audience, a user, who is a key too, and the bytes
//! of an expiry.
#![no_main]

use std::str;
use std::sync::LazyLock;

use hmac_sha256::Hash;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{Accepted, TokenError, Verifier, ZumoKey, decode, sign, zumo_jwt};
use zumo_jwt_fuzz::{
    ISSUER, MASTER_KEY, SEPARATOR, get, number, read, signed, stringify_number, stringify_text,
    value_texts,
};

const FILLED_IN_OR_CHECKED: [&str; 5] = ["iss", "ver", "nbf", "iat", "__proto__"];

static KEY: LazyLock<ZumoKey> = LazyLock::new(|| ZumoKey::from_master_key(MASTER_KEY).unwrap());
static NODE6: LazyLock<ZumoKey> =
    LazyLock::new(|| ZumoKey::from_master_key_on_node6(MASTER_KEY).unwrap());

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

    check_keys(user_id.as_bytes());

    let is_date = expiry.abs() <= 8.64e15;
    for key in [&*KEY, &*NODE6] {
        let minted = zumo_jwt(expiry, aud, user_id, key).ok();
        let expected = (is_date && !user_id.is_empty())
            .then(|| token(1, &format!("{{{}}}", first(1)), key))
            .filter(|token| token.len() <= MAX_LENGTH);
        assert_eq!(minted, expected);
        minted.iter().for_each(|token| check(token, key));
    }
    check_app_service(user_id, &uid, aud, &aud_text, &exp);

    let Some(rest) = others.trim_start_matches([' ', '\t', '\n', '\r']).strip_prefix('{') else {
        return;
    };
    let comma =
        if rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('}') { "" } else { "," };
    let claims = format!(r#"{{"uid":{uid},"aud":{aud_text},"exp":{exp}{comma}{rest}"#);
    let read = read(claims.as_bytes());
    for version in [1, 2] {
        let signed = sign(&claims, &KEY, Some(version.into())).ok();
        signed.iter().for_each(|token| check(token, &KEY));
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
                assert_eq!(signed, token(version, &text, &KEY));
            }
        }
    }
});

const MAX_LENGTH: usize = 64 * 1024;

fn token(version: u8, claims: &str, key: &ZumoKey) -> String {
    let kid = if version == 1 { "0" } else { "\"0\"" };
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","kid":{kid}}}"#);
    signed(header.as_bytes(), claims.as_bytes(), key.export())
}

/// No rule but those about the time may refuse the token.
fn check(token: &str, key: &ZumoKey) {
    let refused = Verifier::new(&[key], None, None).unwrap().verify(token, 0.0, 0.0).err();
    assert!(matches!(
        refused,
        None | Some(TokenError::Expired | TokenError::NotBefore | TokenError::IssuedAt)
    ));
}

/// What keys are made of the bytes of a master key, or of an App Service key.
fn check_keys(bytes: &[u8]) {
    let Ok(key) = ZumoKey::from_master_key(bytes) else { return assert!(bytes.is_empty()) };
    let digest = Hash::hash(&[bytes, b"JWTSig"].concat());
    assert_eq!(key.export(), digest);
    let misread: String = digest.into_iter().map(char::from).collect();
    assert_eq!(ZumoKey::from_master_key_on_node6(bytes).unwrap().export(), misread.as_bytes());
    assert_eq!(ZumoKey::from_signing_key(bytes).unwrap().export(), bytes);
}

/// The token of an App Service site, signed with the user as the key.
fn check_app_service(user: &str, sub: &str, aud: &str, aud_text: &str, exp: &str) {
    let Ok(key) = ZumoKey::from_signing_key(user.as_bytes()) else { return };
    let claims = format!(r#"{{"exp":{exp},"aud":{aud_text},"iss":{aud_text},"sub":{sub}}}"#);
    let ordered =
        format!(r#"{{"sub":{sub},"ver":"3","iss":{aud_text},"aud":{aud_text},"exp":{exp}}}"#);
    let minted = sign(&claims, &key, None).ok();
    let expected = signed(br#"{"typ":"JWT","alg":"HS256"}"#, ordered.as_bytes(), user.as_bytes());
    let is_second = exp.parse::<f64>().unwrap() < 1e11;
    assert_eq!(minted, (is_second && expected.len() <= MAX_LENGTH).then_some(expected));
    let Some(token) = minted else { return };
    let site = || Some(Accepted::One(aud));
    let refused = Verifier::new(&[&key], site(), site()).unwrap().verify(&token, 0.0, 0.0).err();
    assert!(matches!(refused, None | Some(TokenError::Expired)));
}
