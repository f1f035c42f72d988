//! Minting: the token of the blog's function, and tokens with any claims.
#![forbid(unsafe_code)]

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::claims::{Claims, ISSUER};
use crate::header::{HEADER_APP_SERVICE, HEADER_V1, HEADER_V2};
use crate::json::{Value, read_object, write_number, write_string};
use crate::token::{MAX_LENGTH, sign_and_encode};
use crate::{ArgumentError, Service, TokenError, ZumoKey};

/// The token that the blog's function makes: version 1, to the byte. `expiry` is in milliseconds
/// since 1970 and keeps its fraction of a second.
///
/// # Errors
/// For an `expiry` beyond the range of ECMAScript's Date, an empty `user_id`, the key of an App
/// Service site, and a token of more than 64 KiB.
pub fn zumo_jwt(
    expiry: f64,
    aud: &str,
    user_id: &str,
    key: &ZumoKey,
) -> Result<String, ArgumentError> {
    // ECMA-262, "Time Values and Time Range"
    if !(-8.64e15..=8.64e15).contains(&expiry) {
        let expected = "a finite number of milliseconds in the range of Date";
        return Err(ArgumentError::range("expiry", expected));
    }
    if user_id.is_empty() {
        return Err(ArgumentError::value("userId", "non-empty"));
    }
    if key.service() != Service::MobileServices {
        return Err(ArgumentError::value("key", "the key of a Mobile Service"));
    }
    let mut claims = Vec::with_capacity(128 + aud.len() + user_id.len());
    claims.extend_from_slice(br#"{"exp":"#);
    write_number(expiry / 1000.0, &mut claims);
    for part in [r#","iss":""#, ISSUER, r#"","ver":1,"aud":"#] {
        claims.extend_from_slice(part.as_bytes());
    }
    write_string(aud, &mut claims);
    claims.extend_from_slice(br#","uid":"#);
    write_string(user_id, &mut claims);
    claims.push(b'}');
    sign_and_encode(HEADER_V1, &claims, key).ok_or_else(|| {
        let longest = if aud.len() > user_id.len() { "aud" } else { "userId" };
        ArgumentError::value(longest, TOO_LONG)
    })
}

const TOO_LONG: &str = "short enough for a token of at most 64 KiB";

/// How a service's tokens are made. The names of claims are in quotes, as in their text.
struct Format {
    header: &'static str,
    /// The claims that come first, in this order.
    order: [&'static str; 5],
    /// The claims that are filled in: name and value.
    filled_in: &'static [(&'static str, &'static str)],
}

const ORDER: [&str; 5] = [r#""exp""#, r#""iss""#, r#""ver""#, r#""aud""#, r#""uid""#];
const QUOTED_ISSUER: &str = r#""urn:microsoft:windows-azure:zumo""#;

const FORMAT_V1: Format = Format {
    header: HEADER_V1,
    order: ORDER,
    filled_in: &[(r#""iss""#, QUOTED_ISSUER), (r#""ver""#, "1")],
};
const FORMAT_V2: Format = Format {
    header: HEADER_V2,
    order: ORDER,
    filled_in: &[(r#""iss""#, QUOTED_ISSUER), (r#""ver""#, "2")],
};
const FORMAT_APP_SERVICE: Format = Format {
    header: HEADER_APP_SERVICE,
    order: [r#""sub""#, r#""ver""#, r#""iss""#, r#""aud""#, r#""exp""#],
    filled_in: &[(r#""ver""#, r#""3""#)],
};

/// Beyond this, a time is surely in milliseconds: the year 5138.
const MAX_SECONDS: f64 = 1e11;

/// A token with these claims, the text that `JSON.stringify` writes of an object, with times in
/// seconds. `iss` and `ver` are filled in; members beyond those that every token has follow in their
/// own order, and each value keeps its text. `version` is that of a Mobile Services token, 1 or 2;
/// 2 if it is not given.
///
/// # Errors
/// For claims that a token must have and these lack, for any that no verifier would accept, for
/// times in milliseconds, and for a token of more than 64 KiB.
pub fn sign(claims: &str, key: &ZumoKey, version: Option<f64>) -> Result<String, ArgumentError> {
    let error = |expected| ArgumentError::value("options.version", expected);
    let format = match (key.service(), version) {
        (Service::MobileServices, None | Some(2.0)) => FORMAT_V2,
        (Service::MobileServices, Some(1.0)) => FORMAT_V1,
        (Service::MobileServices, _) => return Err(error("1 or 2")),
        (Service::AppService, None) => FORMAT_APP_SERVICE,
        (Service::AppService, _) => {
            return Err(error("absent where the key is an App Service key"));
        }
    };
    let too_long = || ArgumentError::value("claims", TOO_LONG);
    if claims.len() > MAX_LENGTH {
        return Err(too_long());
    }
    let text = arrange(claims, &format)?;
    // What verify refuses is refused here by the same reader.
    validate(&read_object(&text).ok_or_else(not_json)?, key.service())?;
    sign_and_encode(format.header, text.as_bytes(), key).ok_or_else(too_long)
}

/// The text of claims in the order of the format, with those that it fills in.
fn arrange(claims: &str, format: &Format) -> Result<String, ArgumentError> {
    let mut members = read_members(claims).ok_or_else(not_json)?;
    for (name, value) in format.filled_in {
        match members.iter().find(|(given, _)| given == name) {
            None => members.push((name, value)),
            Some((_, given)) if given == value => {}
            Some(_) => {
                return Err(claim_error(name.trim_matches('"'), "absent, as it is filled in"));
            }
        }
    }
    if members.iter().any(|(name, _)| *name == r#""__proto__""#) {
        return Err(claim_error("__proto__", "absent"));
    }
    let place = |name| format.order.iter().position(|first| *first == name);
    members.sort_by_cached_key(|(name, _)| place(*name).unwrap_or(format.order.len()));

    let mut text = String::with_capacity(claims.len() + 64);
    for (name, value) in members {
        text.push(if text.is_empty() { '{' } else { ',' });
        for part in [name, ":", value] {
            text.push_str(part);
        }
    }
    text.push('}');
    Ok(text)
}

/// Each member of an object: the text of its name, with the quotes, and the text of its value.
fn read_members(claims: &str) -> Option<Vec<(&str, &str)>> {
    struct MembersVisitor;

    impl<'de> Visitor<'de> for MembersVisitor {
        type Value = Vec<(&'de str, &'de str)>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::with_capacity(16);
            while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                members.push((name.get(), value.get()));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(claims);
    let members = reader.deserialize_map(MembersVisitor).ok()?;
    reader.end().ok()?;
    Some(members)
}

fn validate(claims: &Claims, service: Service) -> Result<(), ArgumentError> {
    for (name, time) in [("exp", &claims.exp), ("nbf", &claims.nbf), ("iat", &claims.iat)] {
        if matches!(time, Some(Value::Number(time)) if *time >= MAX_SECONDS) {
            let expected = "a number of seconds, not milliseconds: less than 1e11";
            return Err(ArgumentError::range(format!("claims.{name}"), expected));
        }
    }
    let types = claims.validate_types(service).and_then(|()| claims.require_aud_and_iss());
    types.map_err(|error| match error {
        TokenError::NoExpiry | TokenError::Claim { name: "exp", .. } => {
            claim_error("exp", "a number of seconds or a Date")
        }
        TokenError::Claim { name: name @ ("nbf" | "iat"), .. } => {
            claim_error(name, "absent, a number of seconds or a Date")
        }
        TokenError::Claim { name, expected } => claim_error(name, expected),
        _ => not_json(),
    })
}

fn not_json() -> ArgumentError {
    let expected = "an object of JSON values without lone surrogates, at most 128 levels deep";
    ArgumentError::value("claims", expected)
}

fn claim_error(name: &str, expected: &'static str) -> ArgumentError {
    ArgumentError::value(format!("claims.{name}"), expected)
}
