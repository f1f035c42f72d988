//! A token has the same result as with a second implementation of the rules, and its claims come back
//! as they were signed. The input is a token as it is; then the texts of a header and of claims, signed
//! here with each key, and edits to the token that come after.
#![no_main]

use std::str;
use std::sync::LazyLock;

use jiter::JsonValue;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{Accepted, Service, Verifier, ZumoKey};
use zumo_jwt_fuzz::{ISSUER, MASTER_KEY, SEPARATOR, get, number, read, signed, split};

/// A second before the blog's example expires.
const NOW: f64 = 1_356_825_599.0;
const AUDIENCES: [&str; 2] = ["your-aud", "https://zumo.example/"];
const ISSUERS: [&str; 2] = [ISSUER, "https://zumo.example/"];

/// The keys of a Mobile Service, and those of App Service sites, of which HMAC hashes the last one first.
static KEYS: LazyLock<[ZumoKey; 5]> = LazyLock::new(|| {
    let app_service = |bytes: &[u8]| ZumoKey::from_signing_key(bytes).unwrap();
    [
        ZumoKey::from_master_key(MASTER_KEY).unwrap(),
        ZumoKey::from_master_key_on_node6(MASTER_KEY).unwrap(),
        app_service(&[7; 32]),
        app_service(&[7]),
        app_service(&[7; 65]),
    ]
});

fuzz_target!(|data: &[u8]| {
    KEYS.iter().for_each(|key| check(data, key));
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
        check(&token, key);
    }
});

fn check(token: &[u8], key: &ZumoKey) {
    let Ok(token) = str::from_utf8(token) else { return };
    let user = if key.service() == Service::MobileServices { "uid" } else { "sub" };
    let more = |texts: [&str; 2]| Some(Accepted::More(texts.map(str::to_owned).to_vec()));
    let keys = [key];
    let verifier = Verifier::new(&keys, more(AUDIENCES), more(ISSUERS)).unwrap();
    let result = verifier.verify(token, 0.0, NOW * 1000.0);
    let result = result.map_err(|error| (error.code(), error.claim()));
    let expected = expected(token, key.export(), user);
    assert_eq!(result, expected.map_err(|(cause, claim)| (code(cause), claim)));
}

type Cause = (&'static str, Option<&'static str>);

fn code(cause: &str) -> &'static str {
    match cause {
        "malformed" => "ERR_ZUMO_JWT_MALFORMED",
        "signature" => "ERR_ZUMO_JWT_SIGNATURE",
        "header" => "ERR_ZUMO_JWT_HEADER",
        "expired" => "ERR_ZUMO_JWT_EXPIRED",
        "not active" => "ERR_ZUMO_JWT_NOT_ACTIVE",
        "audience" => "ERR_ZUMO_JWT_AUDIENCE",
        "issuer" => "ERR_ZUMO_JWT_ISSUER",
        _ => "ERR_ZUMO_JWT_CLAIM",
    }
}

fn expected(token: &str, key: &[u8], user: &'static str) -> Result<String, Cause> {
    let malformed = ("malformed", None);
    let [header, claims, signature] = split(token).ok_or(malformed)?;
    if token.len() > 64 * 1024 || signature.len() != 32 {
        return Err(malformed);
    }
    if signed(&header, &claims, key) != token {
        return Err(("signature", None));
    }
    validate_header(&read(&header).ok_or(malformed)?).ok_or(("header", None))?;
    validate_claims(&read(&claims).ok_or(malformed)?, user)?;
    String::from_utf8(claims).map_err(|_| malformed)
}

fn validate_header(header: &JsonValue) -> Option<()> {
    let is_forbidden = |name: &&str| get(header, name).is_some();
    let typ_is_good = get(header, "typ").is_none_or(|typ| {
        matches!(text(typ).to_ascii_lowercase().as_str(), "jwt" | "application/jwt")
    });
    let kid_is_good = match get(header, "kid") {
        None | Some(JsonValue::Str(_)) => true,
        Some(kid) => number(kid) == 0.0,
    };
    let b64_is_good = matches!(get(header, "b64"), None | Some(JsonValue::Bool(true)));
    let is_good = text(get(header, "alg")?) == "HS256"
        && typ_is_good
        && kid_is_good
        && b64_is_good
        && !["crit", "enc", "cty"].iter().any(is_forbidden);
    is_good.then_some(())
}

fn validate_claims(claims: &JsonValue, user: &'static str) -> Result<(), Cause> {
    let time = |name| get(claims, name).map(number);
    let require = |is_good: bool, name| if is_good { Ok(()) } else { Err(("claim", Some(name))) };
    let exp = time("exp").unwrap_or(f64::NAN);
    require(!exp.is_nan(), "exp")?;
    for name in ["nbf", "iat"] {
        require(!time(name).is_some_and(f64::is_nan), name)?;
    }
    require(get(claims, user).is_some_and(|user| !text(user).is_empty()), user)?;
    if user == "uid" {
        let is_known = |ver| [1.0, 2.0].contains(&number(ver)) || ["1", "2"].contains(&text(ver));
        require(get(claims, "ver").is_none_or(is_known), "ver")?;
    }
    if exp <= NOW {
        return Err(("expired", Some("exp")));
    }
    for name in ["nbf", "iat"] {
        if time(name).is_some_and(|time| time > NOW + 300.0) {
            return Err(("not active", Some(name)));
        }
    }
    let audiences = match get(claims, "aud") {
        Some(JsonValue::Array(items))
            if items.iter().all(|item| matches!(item, JsonValue::Str(_))) =>
        {
            items.iter().map(text).collect()
        }
        Some(JsonValue::Str(audience)) => vec![&**audience],
        _ => vec![],
    };
    if !audiences.iter().any(|audience| AUDIENCES.contains(audience)) {
        return Err(("audience", Some("aud")));
    }
    match get(claims, "iss") {
        Some(issuer) if ISSUERS.contains(&text(issuer)) => Ok(()),
        _ => Err(("issuer", Some("iss"))),
    }
}

fn text<'a>(value: &'a JsonValue) -> &'a str {
    match value {
        JsonValue::Str(text) => text,
        _ => "",
    }
}
