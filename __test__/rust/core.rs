//! The core against what it did not make: the blog's tokens and Microsoft's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use proptest::prelude::*;
use zumo_jwt::{Accepted, TokenError, Verifier, ZumoKey, decode, sign, zumo_jwt};

const ISSUER: &str = "urn:microsoft:windows-azure:zumo";
const MICROSOFT: &str = include_str!("../vectors/microsoft.json");
const GOLDEN: &str = include_str!("../vectors/zumo-jwt-v1.json");

fn key() -> ZumoKey {
    ZumoKey::from_master_key("AbCdEfGhIjKlMnOpQrStUvWxYz012345").unwrap()
}

fn verify(token: &str, key: &ZumoKey, now_ms: f64) -> Result<String, TokenError> {
    Verifier::new(&[key], None, None).unwrap().verify(token, 0.0, now_ms)
}

fn app_service_key() -> ZumoKey {
    ZumoKey::from_signing_key([7; 32].as_slice()).unwrap()
}

#[test]
fn golden_tokens_come_out_to_the_byte() {
    let golden: serde_json::Value = serde_json::from_str(GOLDEN).unwrap();
    let vectors = golden["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 64);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let key = ZumoKey::from_master_key(text("masterKey")).unwrap();
        let expiry = vector["expiryMs"].as_f64().unwrap();
        let token = zumo_jwt(expiry, text("aud"), text("userId"), &key).unwrap();
        assert_eq!(token, text("token"), "{}", vector["note"]);
        assert!(verify(&token, &key, expiry - 1.0).is_ok(), "{}", vector["note"]);
        assert_eq!(verify(&token, &key, expiry), Err(TokenError::Expired), "{}", vector["note"]);
    }
}

#[test]
fn microsofts_own_token_is_signed_with_its_key_and_lacks_exp() {
    let vector: serde_json::Value = serde_json::from_str(MICROSOFT).unwrap();
    let text = |name: &str| vector["appService"][name].as_str().unwrap();
    let keys = [ZumoKey::from_signing_key(text("signingKeyHex")).unwrap()];
    let (input, signature) = text("token").rsplit_once('.').unwrap();
    assert_eq!(BASE64URL.encode(keys[0].sign(input.as_bytes())), signature);

    let one = |name| Some(Accepted::One(text(name)));
    let verifier = Verifier::new(&keys, one("audience"), one("issuer")).unwrap();
    let error = verifier.verify(text("token"), 0.0, 0.0).err().unwrap();
    assert_eq!(error, TokenError::NoExpiry);
}

#[test]
fn claims_that_are_signed_keep_the_text_of_their_values() {
    let source = r#" { "x" : 9007199254740993 , "uid":"\u0075" ,"aud":[ "a" , "b" ],
        "exp" : 1.50e1, "y":{ "z" : [ 1.0 , "\/" ] } , "\"}":"," } "#;
    let expected = concat!(
        r#"{"exp":1.50e1,"iss":"urn:microsoft:windows-azure:zumo","ver":2,"aud":[ "a" , "b" ],"#,
        r#""uid":"\u0075","x":9007199254740993,"y":{ "z" : [ 1.0 , "\/" ] },"\"}":","}"#
    );
    assert_eq!(decode(&sign(source, &key(), None).unwrap()).unwrap(), expected);
}

#[test]
fn claims_that_cannot_be_signed_are_named() {
    let (key, app_service) = (key(), app_service_key());
    let all = r#""exp":1,"aud":"a","uid":"u","iss":"urn:microsoft:windows-azure:zumo","ver":2"#;
    let name = |claims: &str, version| sign(claims, &key, version).err().map(|error| error.name);
    assert_eq!(name(&format!("{{{all}}}"), None), None);
    for (from, to, expected) in [
        (r#""exp":1"#, r#""exp":"1""#, "claims.exp"),
        (r#""exp":1"#, r#""exp":1e11"#, "claims.exp"),
        (r#""exp":1"#, r#""exp":1,"nbf":1e11"#, "claims.nbf"),
        (r#""exp":1"#, r#""exp":1,"iat":null"#, "claims.iat"),
        (r#""aud":"a""#, r#""aud":[]"#, "claims.aud"),
        (r#""uid":"u""#, r#""uid":"""#, "claims.uid"),
        ("zumo", "other", "claims.iss"),
        (r#""ver":2"#, r#""ver":"2""#, "claims.ver"),
        (r#""ver":2"#, r#""__proto__":1"#, "claims.__proto__"),
        (r#""ver":2"#, r#""x":1,"x":1"#, "claims"),
        (r#""ver":2"#, r#""x":1e999"#, "claims"),
    ] {
        let claims = format!("{{{}}}", all.replace(from, to));
        assert_eq!(name(&claims, None).as_deref(), Some(expected), "{claims}");
    }
    assert_eq!(name(&format!("{{{all}}}"), Some(1.0)).as_deref(), Some("claims.ver"));
    assert_eq!(name(&format!("{{{all}}}"), Some(3.0)).as_deref(), Some("options.version"));
    let site = r#"{"exp":1,"aud":"a","iss":"i","sub":"u"}"#;
    assert!(sign(site, &app_service, None).is_ok());
    assert_eq!(sign(site, &app_service, Some(2.0)).err().unwrap().name, "options.version");
}

#[test]
fn a_token_that_is_too_long_is_due_to_the_longer_text() {
    let name = |aud: usize, user_id: usize| {
        zumo_jwt(0.0, &"a".repeat(aud), &"u".repeat(user_id), &key()).err().unwrap().name
    };
    assert_eq!(name(30_000, 29_999), "aud");
    assert_eq!(name(30_000, 30_000), "userId");
    assert_eq!(name(29_999, 30_000), "userId");
}

#[test]
fn tokens_have_at_most_64_kib() {
    let key = key();
    let (mut longest, mut refused) = (0, 0);
    for length in 48_900..49_100 {
        let user = "u".repeat(length);
        match zumo_jwt(1000.0, "a", &user, &key) {
            Ok(token) => {
                assert!(verify(&token, &key, 0.0).is_ok());
                longest = longest.max(token.len());
            }
            Err(error) => {
                assert_eq!(error.name, "userId");
                refused += 1;
            }
        }
        let claims = format!(r#"{{"exp":1,"aud":"a","uid":"{user}"}}"#);
        if let Err(error) = sign(&claims, &key, Some(1.0)) {
            assert_eq!(error.name, "claims");
            assert!(zumo_jwt(1000.0, "a", &user, &key).is_err());
        }
    }
    assert_eq!(longest, 64 * 1024);
    assert!(refused > 0);
    // White space in the header makes a token a byte longer than any that is made.
    let user = "u".repeat(49_032);
    let claims = format!(r#"{{"exp":1,"aud":"a","iss":"{ISSUER}","uid":"{user}"}}"#);
    for (spaces, length) in [("  ", 64 * 1024), ("   ", 64 * 1024 + 1)] {
        let header = BASE64URL.encode(format!(r#"{{"alg":"HS256"{spaces}}}"#));
        let input = format!("{header}.{}", BASE64URL.encode(&claims));
        let token = format!("{input}.{}", BASE64URL.encode(key.sign(input.as_bytes())));
        assert_eq!(token.len(), length);
        assert_eq!(verify(&token, &key, 0.0).is_ok(), length == 64 * 1024);
    }
}

#[test]
fn unused_bits_at_the_end_of_a_part_are_refused() {
    let key = key();
    let claims = format!(r#"{{"exp":1,"aud":"a","iss":"{ISSUER}","uid":"user"}}"#);
    let [header, claims] = [r#"{"alg":"HS256" }"#, &*claims].map(|text| BASE64URL.encode(text));
    let sign = |header: &str, claims: &str| {
        let input = format!("{header}.{claims}");
        format!("{input}.{}", BASE64URL.encode(key.sign(input.as_bytes())))
    };
    // The last character stands for fewer than six bits, so the next one in the alphabet has the same ones.
    let next = |part: &str| {
        let (rest, last) = part.split_at(part.len() - 1);
        format!("{rest}{}", char::from(last.as_bytes()[0] + 1))
    };
    let token = sign(&header, &claims);
    assert!(verify(&token, &key, 0.0).is_ok());
    for token in [next(&token), sign(&next(&header), &claims), sign(&header, &next(&claims))] {
        assert_eq!(verify(&token, &key, 0.0), Err(TokenError::Malformed), "{token}");
    }
}

#[test]
fn errors_say_what_must_be() {
    let error = zumo_jwt(0.0, "a", "", &key()).err().unwrap();
    assert_eq!(error.to_string(), r#""userId" must be non-empty."#);
}

#[test]
fn keys_of_one_service_with_what_they_need() {
    let keys = || {
        let app_service = ZumoKey::from_signing_key([7; 32].as_slice()).unwrap();
        [ZumoKey::from_master_key("key").unwrap(), app_service]
    };
    let name = |keys: &[ZumoKey], audience, issuer| {
        Verifier::new(keys, audience, issuer).err().map(|error| error.name)
    };
    let site = || Some(Accepted::One("https://site.example/"));
    let [mobile_services, app_service] = keys();
    assert_eq!(name(&[mobile_services], None, None), None);
    let app_service = [app_service];
    assert_eq!(name(&app_service, site(), site()), None);
    assert_eq!(name(&app_service, None, site()).as_deref(), Some("options.audience"));
    assert_eq!(name(&app_service, site(), None).as_deref(), Some("options.issuer"));
    assert_eq!(name(&keys(), site(), site()).as_deref(), Some("key"));
    let mut reversed = keys();
    reversed.reverse();
    assert_eq!(name(&reversed, site(), site()).as_deref(), Some("key"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_signed_verifies_and_a_changed_bit_does_not(user in ".+", at in any::<prop::sample::Index>(), bit in 0..7) {
        let key = key();
        let token = zumo_jwt(1000.0, "a", &user, &key).unwrap();
        let claims = verify(&token, &key, 0.0).unwrap();
        let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
        prop_assert_eq!(claims["uid"].as_str(), Some(&*user));
        let mut bytes = token.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(verify(&String::from_utf8(bytes).unwrap(), &key, 0.0).is_err());
    }
}
