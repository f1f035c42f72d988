//! Minting: the token of the blog's function, and tokens with any claims.
#![forbid(unsafe_code)]

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Error, MapAccess};
use serde_json::value::RawValue;

use crate::claims::{Claims, ISSUER};
use crate::header::{APP_SERVICE, KnownHeader, V1, V2};
use crate::json::{Members, Name, Value, read_object, write_number, write_string};
use crate::token::encode_signed;
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
    encode_signed(&V1, &claims, key).ok_or_else(|| {
        let longest = if aud.len() > user_id.len() { "aud" } else { "userId" };
        ArgumentError::value(longest, TOO_LONG)
    })
}

const TOO_LONG: &str = "short enough for a token of at most 64 KiB";

/// How a service's tokens are made.
struct Format {
    header: KnownHeader,
    /// The claims that come first.
    first: [&'static str; 5],
    /// The claims that are filled in: name, text and value.
    filled_in: &'static [(&'static str, &'static str, Value<'static>)],
}

const FIRST: [&str; 5] = ["exp", "iss", "ver", "aud", "uid"];
const QUOTED_ISSUER: &str = r#""urn:microsoft:windows-azure:zumo""#;

const FORMAT_V1: Format = Format {
    header: V1,
    first: FIRST,
    filled_in: &[
        ("iss", QUOTED_ISSUER, Value::String(Cow::Borrowed(ISSUER))),
        ("ver", "1", Value::Number(1.0)),
    ],
};
const FORMAT_V2: Format = Format {
    header: V2,
    first: FIRST,
    filled_in: &[
        ("iss", QUOTED_ISSUER, Value::String(Cow::Borrowed(ISSUER))),
        ("ver", "2", Value::Number(2.0)),
    ],
};
const FORMAT_APP_SERVICE: Format = Format {
    header: APP_SERVICE,
    first: ["sub", "ver", "iss", "aud", "exp"],
    filled_in: &[("ver", r#""3""#, Value::String(Cow::Borrowed("3")))],
};

/// Beyond this, a time is surely in milliseconds: the year 5138.
const MAX_SECONDS: f64 = 1e11;

/// A token with these claims, the text of a JSON object with times in seconds. `iss` and `ver` are
/// filled in; members beyond those that every token has follow in their own order, and each value
/// keeps its text. `version` is that of a Mobile Services token, 1 or 2; 2 where it is not given.
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
    let mut members: ClaimsToSign = read_object(claims).ok_or(ArgumentError::value(
        "claims",
        "an object of JSON values without lone surrogates, at most 128 levels deep",
    ))?;
    for (name, _, value) in format.filled_in {
        if let Some(own) = members.claims.member(name)
            && own.get_or_insert_with(|| value.clone()) != value
        {
            return Err(claim_error(name, "absent, as it is filled in"));
        }
    }
    members.validate(key.service())?;
    encode_signed(&format.header, members.text(claims, &format).as_bytes(), key)
        .ok_or_else(|| ArgumentError::value("claims", TOO_LONG))
}

/// Claims, and where the names of all members are in their text.
#[derive(Default)]
struct ClaimsToSign<'a> {
    claims: Claims<'a>,
    /// Each name, and its text with the quotes.
    names: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Members<'a> for ClaimsToSign<'a> {
    fn member(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        self.claims.member(name)
    }

    fn next_name<A: MapAccess<'a>>(
        &mut self,
        map: &mut A,
    ) -> Result<Option<Cow<'a, str>>, A::Error> {
        let Some(text) = map.next_key::<&RawValue>()?.map(RawValue::get) else { return Ok(None) };
        let mut reader = serde_json::Deserializer::from_str(text);
        let name = Name.deserialize(&mut reader).map_err(A::Error::custom)?;
        self.names.push((name.clone(), text));
        Ok(Some(name))
    }
}

impl ClaimsToSign<'_> {
    fn validate(&self, service: Service) -> Result<(), ArgumentError> {
        if self.names.iter().any(|(name, _)| name == "__proto__") {
            return Err(claim_error("__proto__", "absent"));
        }
        let claims = &self.claims;
        for (name, time) in [("exp", &claims.exp), ("nbf", &claims.nbf), ("iat", &claims.iat)] {
            if matches!(time, Some(Value::Number(time)) if *time >= MAX_SECONDS) {
                let expected = "a number of seconds, not milliseconds: less than 1e11";
                return Err(ArgumentError::range(format!("claims.{name}"), expected));
            }
        }
        let types = claims.validate_types(service).and_then(|()| claims.require_aud_and_iss());
        types.map_err(|error| match error {
            TokenError::Claim { name: "exp", .. } => {
                claim_error("exp", "a number of seconds or a Date")
            }
            TokenError::Claim { name: name @ ("nbf" | "iat"), .. } => {
                claim_error(name, "absent, a number of seconds or a Date")
            }
            TokenError::Claim { name, expected } => claim_error(name, expected),
            _ => ArgumentError::value("claims", "an object"),
        })
    }

    /// The text of the claims in the order of the format.
    fn text(&self, source: &str, format: &Format) -> String {
        let values = self.values(source);
        let own = |first: &str| values.iter().find(|(name, ..)| *name == first).copied();
        let mut text = String::with_capacity(source.len() + 64);
        let mut write = |name: &str, value: &str| {
            text.push(if text.is_empty() { '{' } else { ',' });
            for part in [name, ":", value] {
                text.push_str(part);
            }
        };
        for first in format.first {
            let filled_in = format.filled_in.iter().find(|(name, ..)| *name == first);
            if let Some((_, name, value)) = own(first) {
                write(name, value);
            } else if let Some((name, value, _)) = filled_in {
                write(&format!("\"{name}\""), value);
            }
        }
        for (name, name_text, value) in &values {
            if !format.first.contains(name) {
                write(name_text, value);
            }
        }
        text.push('}');
        text
    }

    /// Each member: its name, the text of the name and the text of the value.
    fn values<'s>(&'s self, source: &'s str) -> Vec<(&'s str, &'s str, &'s str)> {
        let start = |name: &str| name.as_ptr().addr() - source.as_ptr().addr();
        let next = self.names.iter().skip(1).map(|(_, text)| start(text));
        let end = source.rfind('}').unwrap_or_default();
        let members = self.names.iter().zip(next.chain([end]));
        members
            .map(|((name, text), next)| {
                // A value is what stands between the colon and the comma or the brace.
                let value = source.get(start(text) + text.len()..next).unwrap_or_default().trim();
                let value = value.trim_start_matches(':').trim_end_matches(',').trim();
                (&**name, *text, value)
            })
            .collect()
    }
}

fn claim_error(name: &str, expected: &'static str) -> ArgumentError {
    ArgumentError::value(format!("claims.{name}"), expected)
}
