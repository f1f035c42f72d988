//! What a token must be: every rule for its header, its claims and their use. Whoever adds a
//! check adds it here.
#![forbid(unsafe_code)]

use std::borrow::{Borrow, Cow};

use crate::json::{Object, Value};
use crate::{ArgumentError, Problem, Service, TokenError, ZumoKey};

/// The issuer of every Mobile Services token.
pub const ISSUER: &str = "urn:microsoft:windows-azure:zumo";

/// How far `nbf` and `iat` may lie ahead, in seconds: the tolerance of Microsoft's server.
const MAX_AHEAD: f64 = 300.0;

/// What a verifier asks of a token beyond its form.
pub struct Expected<'a> {
    audience: Option<&'a [Cow<'a, str>]>,
    issuer: Option<&'a [Cow<'a, str>]>,
    clock_tolerance: f64,
    now: f64,
}

impl<'a> Expected<'a> {
    /// Of a token that one of these keys signed: one of these audiences and one of these issuers,
    /// where given; at `now` in milliseconds since 1970, with `exp` forgiven for
    /// `clock_tolerance` seconds.
    ///
    /// # Errors
    /// For an empty list, or a number that is not in its range; and for no audience or no issuer
    /// with an App Service key, as nothing else tells the sites apart that share one.
    pub fn new<K: Borrow<ZumoKey>>(
        keys: &[K],
        audience: Option<&'a [Cow<'a, str>]>,
        issuer: Option<&'a [Cow<'a, str>]>,
        clock_tolerance: f64,
        now: f64,
    ) -> Result<Self, ArgumentError> {
        let wrong = |problem, name, expected| {
            Err(ArgumentError::new(problem, name, expected).of("options"))
        };
        if keys.is_empty() {
            let expected = "a key or a non-empty array of keys";
            return Err(ArgumentError::new(Problem::Value, "key", expected));
        }
        if keys.iter().any(|key| key.borrow().service() == Service::AppService) {
            let expected = "given where the key is an App Service key";
            if audience.is_none() {
                return wrong(Problem::Value, "audience", expected);
            }
            if issuer.is_none() {
                return wrong(Problem::Value, "issuer", expected);
            }
        }
        if audience.is_some_and(<[_]>::is_empty) {
            return wrong(Problem::Value, "audience", "a string or a non-empty array of strings");
        }
        if issuer.is_some_and(<[_]>::is_empty) {
            return wrong(Problem::Value, "issuer", "a string or a non-empty array of strings");
        }
        if !(clock_tolerance.is_finite() && clock_tolerance >= 0.0) {
            return wrong(
                Problem::Range,
                "clockTolerance",
                "a finite number of seconds, at least 0",
            );
        }
        if !now.is_finite() {
            return wrong(Problem::Range, "now", "a valid Date or a finite number of milliseconds");
        }
        Ok(Self { audience, issuer, clock_tolerance, now: now / 1000.0 })
    }
}

/// The rules for a header (RFC 7515, section 4.1). Parameters that name keys are ignored: a token
/// does not choose its key.
///
/// # Errors
/// Names the parameter that forbids the token's use.
pub fn check_header(header: &Object) -> Result<(), TokenError> {
    let wrong = |name, expected| Err(TokenError::Header { name, expected });
    if !matches!(header.get("alg"), Some(Value::String(alg)) if alg == "HS256") {
        return wrong("alg", "\"HS256\"");
    }
    match header.get("typ") {
        None => {}
        Some(Value::String(typ))
            if typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case("application/jwt") => {}
        _ => return wrong("typ", "absent or \"JWT\""),
    }
    match header.get("kid") {
        None | Some(Value::String(_)) => {}
        Some(Value::Number(kid)) if *kid == 0.0 => {}
        _ => return wrong("kid", "absent, a string or 0"),
    }
    for name in ["crit", "enc", "cty"] {
        if header.get(name).is_some() {
            return wrong(name, "absent");
        }
    }
    match header.get("b64") {
        None | Some(Value::Bool(true)) => Ok(()),
        _ => wrong("b64", "absent or true"),
    }
}

/// The claim that names the user.
const fn user_claim(service: Service) -> &'static str {
    match service {
        Service::MobileServices => "uid",
        Service::AppService => "sub",
    }
}

/// Whom claims are about. Never empty.
pub fn user_id<'a>(claims: &'a Object, service: Service) -> Option<&'a str> {
    claims.text(user_claim(service)).filter(|user_id| !user_id.is_empty())
}

/// The rules for claims that hold at any time and place, to mint a token or to accept it.
///
/// # Errors
/// Names the first claim that breaks one.
pub fn check_claims(claims: &Object, service: Service) -> Result<(), TokenError> {
    let wrong = |name, expected| Err(TokenError::Claim { name, expected });
    if claims.number("exp").is_none() {
        return wrong("exp", "a number of seconds");
    }
    for name in ["nbf", "iat"] {
        if !matches!(claims.get(name), None | Some(Value::Number(_))) {
            return wrong(name, "absent or a number of seconds");
        }
    }
    if user_id(claims, service).is_none() {
        return wrong(user_claim(service), "a non-empty string");
    }
    match (service, claims.get("ver")) {
        (Service::AppService, _) | (_, Some(Value::Number(1.0 | 2.0))) => Ok(()),
        (_, Some(Value::String(ver))) if ver == "1" || ver == "2" => Ok(()),
        _ => wrong("ver", "1 or 2"),
    }
}

/// The rules for claims that hold for accepting the token here and now.
///
/// # Errors
/// The first rule that is broken.
pub fn check_use(claims: &Object, expected: &Expected) -> Result<(), TokenError> {
    let Expected { audience, issuer, clock_tolerance, now } = *expected;
    if claims.number("exp").is_none_or(|exp| exp + clock_tolerance <= now) {
        return Err(TokenError::Expired);
    }
    if claims.number("nbf").is_some_and(|nbf| nbf > now + MAX_AHEAD) {
        return Err(TokenError::NotBefore);
    }
    if claims.number("iat").is_some_and(|iat| iat > now + MAX_AHEAD) {
        return Err(TokenError::IssuedAt);
    }
    if audience.is_some_and(|asked| !names_audience(claims, |named| asked.contains(named))) {
        return Err(TokenError::Audience);
    }
    match (claims.get("iss"), issuer) {
        (Some(Value::String(iss)), None) if iss == ISSUER => Ok(()),
        (Some(Value::String(iss)), Some(asked)) if asked.contains(iss) => Ok(()),
        _ => Err(TokenError::Issuer),
    }
}

/// What a token must say beside its form for any verifier to accept it.
///
/// # Errors
/// Names the claim that is missing.
pub fn check_origin(claims: &Object) -> Result<(), TokenError> {
    let wrong = |name, expected| Err(TokenError::Claim { name, expected });
    if !names_audience(claims, |_| true) {
        return wrong("aud", "a string or a non-empty array of strings");
    }
    match claims.get("iss") {
        Some(Value::String(_)) => Ok(()),
        _ => wrong("iss", "a string"),
    }
}

/// Whether `aud`, a string or an array of nothing but strings, names an audience that passes.
fn names_audience(claims: &Object, passes: impl Fn(&Cow<str>) -> bool) -> bool {
    match claims.get("aud") {
        Some(Value::String(audience)) => passes(audience),
        Some(Value::Array(items)) => {
            let all_strings = items.iter().all(|item| matches!(item, Value::String(_)));
            let mut items = items.iter();
            all_strings && items.any(|item| matches!(item, Value::String(own) if passes(own)))
        }
        _ => false,
    }
}
