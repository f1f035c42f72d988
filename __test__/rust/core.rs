//! The core against what it did not make: `serde_json`, `ryu-js`, RFC 7515, Wycheproof, Microsoft.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::cast_precision_loss, clippy::float_cmp)]

use base64_simd::URL_SAFE_NO_PAD as BASE64URL;
use proptest::prelude::*;
use zumo_jwt::{Expected, Object, Token, TokenError, Value, ZumoKey, zumo_jwt};

const MICROSOFT: &str = include_str!("../vectors/microsoft.json");
const GOLDEN: &str = include_str!("../vectors/zumo-jwt-v1.json");

fn written(value: &Value) -> String {
    let mut out = Vec::new();
    value.write(&mut out);
    String::from_utf8(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn strings_are_written_as_serde_json_writes_them(text in any::<String>()) {
        let expected = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(written(&Value::String(text.into())), expected);
    }

    #[test]
    fn control_characters_are_written_as_serde_json_writes_them(text in "[\\x00-\\x22\\x5c\\x7f]{0,40}") {
        let expected = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(written(&Value::String(text.into())), expected);
    }

    #[test]
    fn numbers_are_written_as_ryu_js_promises_and_read_back(number in prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        any::<i64>().prop_map(|number| number as f64),
        (-9_007_199_254_740_995_i64..9_007_199_254_740_995).prop_map(|number| number as f64 / 1000.0),
    ]) {
        let text = written(&Value::Number(number));
        let mut promised = ryu_js::Buffer::new();
        prop_assert_eq!(&text, promised.format(number));
        prop_assert_eq!(text.parse::<f64>().unwrap(), number);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_read_is_written_again(value in json(), indent in any::<bool>()) {
        let object = serde_json::json!({ "value": value });
        let text = if indent { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
        let read = Object::parse(&text.unwrap()).map(|object| written(&Value::Object(object)));
        let again = read.as_deref().map(serde_json::from_str::<serde_json::Value>);
        prop_assert_eq!(again.unwrap().unwrap(), object);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..20)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[test]
fn golden_tokens_come_out_to_the_byte() {
    let golden: serde_json::Value = serde_json::from_str(GOLDEN).unwrap();
    let vectors = golden["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 64);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let key = ZumoKey::from_master_key(text("masterKey")).ok().unwrap();
        let token =
            zumo_jwt(vector["expiryMs"].as_f64().unwrap(), text("aud"), text("userId"), &key);
        assert_eq!(token.unwrap(), text("token"), "{}", vector["note"]);
    }
}

#[test]
fn microsofts_own_token_has_the_signature_of_its_key() {
    let vector: serde_json::Value = serde_json::from_str(MICROSOFT).unwrap();
    let text = |name: &str| vector["appService"][name].as_str().unwrap();
    let key = ZumoKey::from_signing_key(text("signingKeyHex")).ok().unwrap();
    let (input, signature) = text("token").rsplit_once('.').unwrap();
    assert_eq!(BASE64URL.encode_to_string(key.mac(input.as_bytes())), signature);

    let (audience, issuer) = ([text("audience").into()], [text("issuer").into()]);
    let keys = [key];
    let expected = Expected::new(&keys, Some(&audience), Some(&issuer), 0.0, 0.0).unwrap();
    let token = Token::read(text("token")).unwrap();
    let refusal = token.verify(&keys, &expected).err().unwrap();
    assert!(matches!(refusal, TokenError::Claim { name: "exp", .. }));
}

#[test]
fn the_three_headers_are_recognised_as_what_they_encode() {
    for (ver, header) in [
        (Some(1.0), r#"{"alg":"HS256","typ":"JWT","kid":0}"#),
        (None, r#"{"alg":"HS256","typ":"JWT","kid":"0"}"#),
    ] {
        let key = ZumoKey::from_master_key("key").ok().unwrap();
        let token = zumo_jwt::sign(r#"{"exp":1,"aud":"a","uid":"u"}"#, &key, ver).unwrap();
        assert_eq!(token.split('.').next().unwrap(), BASE64URL.encode_to_string(header));
        assert_eq!(Token::read(&token).unwrap().contents().unwrap()[0], header);
    }
    let key = ZumoKey::from_signing_key([0; 32].as_slice()).ok().unwrap();
    let token = zumo_jwt::sign(r#"{"exp":1,"aud":"a","iss":"i","sub":"u"}"#, &key, None).unwrap();
    assert!(token.starts_with(&BASE64URL.encode_to_string(r#"{"typ":"JWT","alg":"HS256"}"#)));
}
