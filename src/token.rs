//! Tokens as text: the compact serialization of RFC 7515, and the four operations on it.
#![forbid(unsafe_code)]

use std::borrow::{Borrow, Cow};

use base64_simd::URL_SAFE_NO_PAD as BASE64URL;

use crate::json::{Object, Value, write_number, write_string};
use crate::rules::{Claims, Expected, ISSUER, check_header, check_origin};
use crate::{ArgumentError, Error, Problem, Service, TokenError, ZumoKey};

/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The length of an encoded signature.
const SIGNATURE: usize = 43;

/// A header that the services write, and the claims that stand first behind it, in their order.
struct Form {
    header: &'static str,
    encoded: &'static str,
    claims: [&'static str; 5],
}

const MOBILE_SERVICES_CLAIMS: [&str; 5] = ["exp", "iss", "ver", "aud", "uid"];

const V1: Form = Form {
    header: r#"{"alg":"HS256","typ":"JWT","kid":0}"#,
    encoded: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6MH0",
    claims: MOBILE_SERVICES_CLAIMS,
};
const V2: Form = Form {
    header: r#"{"alg":"HS256","typ":"JWT","kid":"0"}"#,
    encoded: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAifQ",
    claims: MOBILE_SERVICES_CLAIMS,
};
const APP_SERVICE: Form = Form {
    header: r#"{"typ":"JWT","alg":"HS256"}"#,
    encoded: "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
    claims: ["sub", "ver", "iss", "aud", "exp"],
};

/// The token that the blog's function makes: version 1, to the byte. `expiry` is in milliseconds
/// since 1970 and keeps its fraction of a second.
///
/// # Errors
/// For an `expiry` beyond the range of ECMAScript's Date, an empty `user_id`, or the key of an
/// App Service site.
pub fn zumo_jwt(
    expiry: f64,
    aud: &str,
    user_id: &str,
    key: &ZumoKey,
) -> Result<String, ArgumentError> {
    // ECMA-262, "Time Values and Time Range"
    if !(-8.64e15..=8.64e15).contains(&expiry) {
        let expected = "a finite number of milliseconds in the range of Date";
        return Err(ArgumentError::new(Problem::Range, "expiry", expected));
    }
    if user_id.is_empty() {
        return Err(ArgumentError::new(Problem::Value, "userId", "non-empty"));
    }
    if key.service() != Service::MobileServices {
        return Err(ArgumentError::new(Problem::Value, "masterKey", "the key of a Mobile Service"));
    }
    let mut claims = Vec::with_capacity(128 + aud.len() + user_id.len());
    claims.extend_from_slice(br#"{"exp":"#);
    write_number(expiry / 1000.0, &mut claims);
    claims.extend_from_slice(br#","iss":"urn:microsoft:windows-azure:zumo","ver":1,"aud":"#);
    write_string(aud, &mut claims);
    claims.extend_from_slice(br#","uid":"#);
    write_string(user_id, &mut claims);
    claims.push(b'}');
    Ok(seal(&V1, &claims, key))
}

/// A token with these claims, the text of a JSON object with times in seconds. `iss` and `ver`
/// are filled in, members beyond those every token has follow in their own order. `version` is
/// that of a Mobile Services token, 1 or 2; 2 where it is not given.
///
/// # Errors
/// For claims that a token must have and these lack, and for any that no verifier would accept.
pub fn sign(claims: &str, key: &ZumoKey, version: Option<f64>) -> Result<String, ArgumentError> {
    let wrong = |name, expected| ArgumentError::new(Problem::Value, name, expected);
    let mut claims = Object::parse(claims).ok_or(wrong("claims", CLAIMS))?;
    if claims.get("__proto__").is_some() {
        return Err(wrong("__proto__", "absent").of("claims"));
    }
    let (form, ver) = match (key.service(), version) {
        (Service::MobileServices, Some(1.0)) => (V1, Value::Number(1.0)),
        (Service::MobileServices, None | Some(2.0)) => (V2, Value::Number(2.0)),
        (Service::MobileServices, _) => return Err(wrong("version", "1 or 2").of("options")),
        (Service::AppService, None) => (APP_SERVICE, Value::String("3".into())),
        (Service::AppService, _) => {
            return Err(
                wrong("version", "absent where the key is an App Service key").of("options")
            );
        }
    };
    let mut first = Vec::with_capacity(form.claims.len());
    for name in form.claims {
        let filled_in = match (name, key.service()) {
            ("ver", _) => Some(&ver),
            ("iss", Service::MobileServices) => Some(&Value::String(ISSUER.into())),
            _ => None,
        };
        let own = claims.take(name);
        if filled_in.is_some() && own.is_some() && own.as_ref() != filled_in {
            return Err(wrong(name, "absent, or what is filled in for it").of("claims"));
        }
        if let Some(value) = own.or_else(|| filled_in.cloned()) {
            first.push((name, value));
        }
    }
    claims.prepend(first);
    Claims::read(&claims, key.service()).and_then(|_| check_origin(&claims)).map_err(|error| {
        match error {
            TokenError::Claim { name, expected } => wrong(name, expected).of("claims"),
            _ => wrong("claims", CLAIMS),
        }
    })?;
    let mut text = Vec::new();
    Value::Object(claims).write(&mut text);
    Ok(seal(&form, &text, key))
}

const CLAIMS: &str = "an object of JSON values without lone surrogates, at most 128 levels deep";

fn seal(form: &Form, claims: &[u8], key: &ZumoKey) -> String {
    let length = form.encoded.len() + BASE64URL.encoded_length(claims.len()) + SIGNATURE + 2;
    let mut token = String::with_capacity(length);
    token.push_str(form.encoded);
    token.push('.');
    BASE64URL.encode_append(claims, &mut token);
    let mac = key.mac(token.as_bytes());
    token.push('.');
    BASE64URL.encode_append(mac, &mut token);
    token
}

/// Checks a token: its form, its signature by one of the keys, then every rule for its header and
/// its claims. The answer is the text of a JSON object with `userId`, `claims` and `header`.
///
/// # Errors
/// [`TokenError`] for a token that must not be trusted; [`ArgumentError`] where no key is given,
/// or too little is asked of an App Service token.
pub fn verify<K: Borrow<ZumoKey>>(
    token: &[u8],
    keys: &[K],
    expected: &Expected,
) -> Result<String, Error> {
    if keys.is_empty() {
        let error = ArgumentError::new(Problem::Value, "key", "a key or a non-empty array of keys");
        return Err(error.into());
    }
    for key in keys {
        expected.suffices_for(key.borrow().service())?;
    }
    let parts = Parts::split(token)?;
    let code = parts.code()?;
    let key = keys.iter().map(Borrow::borrow).find(|key| key.is_mac_of(parts.signed, &code));
    let service = key.ok_or(TokenError::Signature)?.service();
    if let Cow::Owned(header) = &parts.header {
        check_header(&parse(header)?.1)?;
    }
    let (text, members) = parse(&parts.claims)?;
    let claims = Claims::read(&members, service)?;
    claims.check(expected)?;

    let mut answer = br#"{"userId":"#.to_vec();
    write_string(claims.user_id, &mut answer);
    answer.extend_from_slice(br#","claims":"#);
    answer.extend_from_slice(text.as_bytes());
    answer.extend_from_slice(br#","header":"#);
    answer.extend_from_slice(&parts.header);
    answer.push(b'}');
    Ok(String::from_utf8(answer).map_err(|_| TokenError::Malformed)?)
}

/// The contents of a token, whoever signed it: checks nothing but the form. The answer is the
/// text of a JSON object with `header`, `claims` and `signature`.
///
/// # Errors
/// [`TokenError::Malformed`]
pub fn decode(token: &[u8]) -> Result<String, TokenError> {
    let parts = Parts::split(token)?;
    let (header, _) = parse(&parts.header)?;
    let (claims, _) = parse(&parts.claims)?;
    let signature = str::from_utf8(parts.signature).map_err(malformed)?;
    Ok(format!(r#"{{"header":{header},"claims":{claims},"signature":"{signature}"}}"#))
}

/// The parts of a token in canonical base64url, header and claims decoded.
struct Parts<'a> {
    signed: &'a [u8],
    header: Cow<'static, [u8]>,
    claims: Vec<u8>,
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(token: &'a [u8]) -> Result<Self, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        let dot = |byte: &u8| *byte == b'.';
        let end = token.iter().rposition(dot).ok_or(TokenError::Malformed)?;
        let (signed, signature) = token.split_at(end);
        let middle = signed.iter().position(dot).ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_at(middle);
        // A further dot is none of the alphabet's characters, so decoding refuses it.
        let known =
            [V1, V2, APP_SERVICE].into_iter().find(|form| form.encoded.as_bytes() == header);
        let header = match known {
            Some(form) => Cow::Borrowed(form.header.as_bytes()),
            None => Cow::Owned(decode_part(header)?),
        };
        let (Some((_, claims)), Some((_, signature))) =
            (claims.split_first(), signature.split_first())
        else {
            return Err(TokenError::Malformed);
        };
        let claims = decode_part(claims)?;
        decode_part(signature)?;
        Ok(Self { signed, header, claims, signature })
    }

    fn code(&self) -> Result<[u8; 32], TokenError> {
        decode_part(self.signature)?.try_into().map_err(malformed)
    }
}

fn decode_part(part: &[u8]) -> Result<Vec<u8>, TokenError> {
    if part.is_empty() {
        return Err(TokenError::Malformed);
    }
    BASE64URL.decode_to_vec(part).map_err(malformed)
}

fn parse(part: &[u8]) -> Result<(&str, Object<'_>), TokenError> {
    let text = str::from_utf8(part).map_err(malformed)?;
    Ok((text, Object::parse(text).ok_or(TokenError::Malformed)?))
}

fn malformed<E>(_: E) -> TokenError {
    TokenError::Malformed
}
