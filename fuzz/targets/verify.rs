//! Whatever verifies was signed, byte for byte, and keeps every rule. The input is a token as it
//! is; then the texts of a header and of claims, signed here with each key, and edits to the
//! token that come after.
#![no_main]

use std::borrow::Cow;
use std::str;
use std::sync::LazyLock;

use jiter::JsonValue;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{Expected, Service, Token, ZumoKey};
use zumo_jwt_fuzz::{ISSUER, MASTER_KEY, SEPARATOR, get, number, read, signed, split};

/// A second before the blog's example expires.
const NOW: f64 = 1_356_825_599.0;
const AUDIENCES: [Cow<str>; 2] =
    [Cow::Borrowed("your-aud"), Cow::Borrowed("https://zumo.example/")];
const ISSUERS: [Cow<str>; 2] = [Cow::Borrowed(ISSUER), Cow::Borrowed("https://zumo.example/")];

static KEYS: LazyLock<[ZumoKey; 2]> = LazyLock::new(|| {
    let app_service = ZumoKey::from_signing_key([7; 32].as_slice()).ok();
    [ZumoKey::from_master_key(MASTER_KEY).ok(), app_service].map(Option::unwrap)
});

fuzz_target!(|data: &[u8]| {
    check(data);
    let mut parts = data.splitn(3, |byte| *byte == SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (header, claims, edits) = (part(), part(), part());
    for key in &*KEYS {
        let mut token = signed(header, claims, key.export()).into_bytes();
        for edit in edits.as_chunks().0 {
            let [low, high, byte] = *edit;
            let at = usize::from(u16::from_le_bytes([low, high])) % token.len();
            token[at] = byte;
        }
        check(&token);
    }
});

fn check(token: &[u8]) {
    let Ok(token) = str::from_utf8(token) else { return };
    let expected =
        Expected::new(&*KEYS, Some(&AUDIENCES), Some(&ISSUERS), 0.0, NOW * 1000.0).unwrap();
    let Ok(read_token) = Token::read(token) else { return };
    let Ok(verified) = read_token.verify(&*KEYS, &expected) else { return };

    let [header, claims, _] = split(token).unwrap();
    let signer = KEYS.iter().find(|key| signed(&header, &claims, key.export()) == token);
    let user = match signer.expect("never signed").service() {
        Service::MobileServices => "uid",
        Service::AppService => "sub",
    };
    let text = |value: Option<&JsonValue>| match value {
        Some(JsonValue::Str(text)) => text.to_string(),
        _ => String::new(),
    };

    let header_read = read(&header).unwrap();
    assert_eq!(text(get(&header_read, "alg")), "HS256");
    assert!(["crit", "enc", "cty"].iter().all(|name| get(&header_read, name).is_none()));

    let claims_read = read(&claims).unwrap();
    let time = |name| get(&claims_read, name).map(number);
    assert!(time("exp").unwrap() > NOW);
    assert!(["nbf", "iat"].iter().all(|name| time(name).is_none_or(|time| time <= NOW + 300.0)));
    assert!(ISSUERS.contains(&text(get(&claims_read, "iss")).into()));
    let audiences = match get(&claims_read, "aud") {
        Some(JsonValue::Array(items)) => items.iter().map(|item| text(Some(item))).collect(),
        audience => vec![text(audience)],
    };
    assert!(audiences.iter().any(|audience| AUDIENCES.contains(&audience.into())));
    let user_id = text(get(&claims_read, user));
    assert!(!user_id.is_empty());
    assert_eq!(verified.user_id(), user_id);
    assert_eq!([verified.header.as_bytes(), verified.claims.as_bytes()], [&*header, &*claims]);
}
