//! What a token must be: every rule for its header, its claims and their use. Whoever adds a
//! check adds it here.
#![forbid(unsafe_code)]

use std::borrow::Cow;

use crate::json::{Object, Value};
use crate::{ArgumentError, Problem, Service, TokenError};

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
    /// One of these audiences and one of these issuers, where given; at `now` in milliseconds
    /// since 1970, with `exp` forgiven for `clock_tolerance` seconds.
    ///
    /// # Errors
    /// For an empty list, or a number that is not in its range.
    pub fn new(
        audience: Option<&'a [Cow<'a, str>]>,
        issuer: Option<&'a [Cow<'a, str>]>,
        clock_tolerance: f64,
        now: f64,
    ) -> Result<Self, ArgumentError> {
        let wrong = |problem, name, expected| {
            Err(ArgumentError::new(problem, name, expected).of("options"))
        };
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

    /// Whether this is enough for the tokens of a service: App Service signs for many sites with
    /// nothing but issuer and audience to tell them apart.
    ///
    /// # Errors
    /// Names the option that is missing.
    pub fn suffices_for(&self, service: Service) -> Result<(), ArgumentError> {
        let missing = match (service, self.audience, self.issuer) {
            (Service::MobileServices, ..) | (_, Some(_), Some(_)) => return Ok(()),
            (_, None, _) => "audience",
            (_, _, None) => "issuer",
        };
        let expected = "given where the key is an App Service key";
        Err(ArgumentError::new(Problem::Value, missing, expected).of("options"))
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

/// Claims of the form that a service's tokens have.
pub struct Claims<'a> {
    members: &'a Object<'a>,
    exp: f64,
    /// Whom the token is about: `uid` or `sub`.
    pub user_id: &'a str,
}

impl<'a> Claims<'a> {
    /// The rules that hold for a token at any time and place, to mint it or to accept it.
    ///
    /// # Errors
    /// Names the first claim that breaks one.
    pub fn read(members: &'a Object, service: Service) -> Result<Self, TokenError> {
        let wrong = |name, expected| Err(TokenError::Claim { name, expected });
        let exp = match members.get("exp") {
            Some(Value::Number(exp)) => *exp,
            _ => return wrong("exp", "a number of seconds"),
        };
        for name in ["nbf", "iat"] {
            if !matches!(members.get(name), None | Some(Value::Number(_))) {
                return wrong(name, "absent or a number of seconds");
            }
        }
        let user = match service {
            Service::MobileServices => "uid",
            Service::AppService => "sub",
        };
        let user_id = match members.get(user) {
            Some(Value::String(user_id)) if !user_id.is_empty() => user_id,
            _ => return wrong(user, "a non-empty string"),
        };
        if service == Service::MobileServices {
            match members.get("ver") {
                Some(Value::Number(1.0 | 2.0)) => {}
                Some(Value::String(ver)) if ver == "1" || ver == "2" => {}
                _ => return wrong("ver", "1 or 2"),
            }
        }
        Ok(Self { members, exp, user_id })
    }

    /// The rules for accepting the token here and now.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self, expected: &Expected) -> Result<(), TokenError> {
        if self.exp + expected.clock_tolerance <= expected.now {
            return Err(TokenError::Expired);
        }
        let ahead = |name| match self.members.get(name) {
            Some(Value::Number(time)) => *time > expected.now + MAX_AHEAD,
            _ => false,
        };
        if ahead("nbf") {
            return Err(TokenError::NotBefore);
        }
        if ahead("iat") {
            return Err(TokenError::IssuedAt);
        }
        if let Some(audience) = expected.audience
            && !names_audience(self.members, |named| audience.contains(named))
        {
            return Err(TokenError::Audience);
        }
        match (self.members.get("iss"), expected.issuer) {
            (Some(Value::String(iss)), None) if iss == ISSUER => Ok(()),
            (Some(Value::String(iss)), Some(issuer)) if issuer.contains(iss) => Ok(()),
            _ => Err(TokenError::Issuer),
        }
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
