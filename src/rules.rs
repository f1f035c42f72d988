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

/// The claims that rules speak of.
#[derive(Default)]
pub struct Claims<'a> {
    /// Expiration, in seconds.
    pub exp: Option<Value<'a>>,
    /// Not before, in seconds.
    pub nbf: Option<Value<'a>>,
    /// Issued at, in seconds.
    pub iat: Option<Value<'a>>,
    /// Issuer.
    pub iss: Option<Value<'a>>,
    /// Version of the format.
    pub ver: Option<Value<'a>>,
    /// Audience.
    pub aud: Option<Value<'a>>,
    /// The user of a Mobile Service.
    pub uid: Option<Value<'a>>,
    /// The user of an App Service site.
    pub sub: Option<Value<'a>>,
}

impl<'a> From<&Object<'a>> for Claims<'a> {
    fn from(members: &Object<'a>) -> Self {
        let mut claims = Self::default();
        for (name, value) in members.iter() {
            let claim = match name {
                "exp" => &mut claims.exp,
                "nbf" => &mut claims.nbf,
                "iat" => &mut claims.iat,
                "iss" => &mut claims.iss,
                "ver" => &mut claims.ver,
                "aud" => &mut claims.aud,
                "uid" => &mut claims.uid,
                "sub" => &mut claims.sub,
                _ => continue,
            };
            *claim = Some(value.clone());
        }
        claims
    }
}

impl Claims<'_> {
    /// The claim that names the user, and whom it names if it names one.
    #[must_use]
    pub fn user(&self, service: Service) -> (&'static str, Option<&str>) {
        let (name, user) = match service {
            Service::MobileServices => ("uid", &self.uid),
            Service::AppService => ("sub", &self.sub),
        };
        match user {
            Some(Value::String(user_id)) if !user_id.is_empty() => (name, Some(user_id)),
            _ => (name, None),
        }
    }

    /// The rules that hold at any time and place, to mint a token or to accept it.
    ///
    /// # Errors
    /// Names the first claim that breaks one.
    pub fn check_form(&self, service: Service) -> Result<(), TokenError> {
        let wrong = |name, expected| Err(TokenError::Claim { name, expected });
        if !matches!(self.exp, Some(Value::Number(_))) {
            return wrong("exp", "a number of seconds");
        }
        for (name, time) in [("nbf", &self.nbf), ("iat", &self.iat)] {
            if !matches!(time, None | Some(Value::Number(_))) {
                return wrong(name, "absent or a number of seconds");
            }
        }
        if let (name, None) = self.user(service) {
            return wrong(name, "a non-empty string");
        }
        match (service, &self.ver) {
            (Service::AppService, _) | (_, Some(Value::Number(1.0 | 2.0))) => Ok(()),
            (_, Some(Value::String(ver))) if ver == "1" || ver == "2" => Ok(()),
            _ => wrong("ver", "1 or 2"),
        }
    }

    /// The rules for accepting a token here and now.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_use(&self, expected: &Expected) -> Result<(), TokenError> {
        let Expected { audience, issuer, clock_tolerance, now } = *expected;
        let after = |time: &Option<Value>, limit| matches!(time, Some(Value::Number(time)) if *time > limit);
        if !after(&self.exp, now - clock_tolerance) {
            return Err(TokenError::Expired);
        }
        if after(&self.nbf, now + MAX_AHEAD) {
            return Err(TokenError::NotBefore);
        }
        if after(&self.iat, now + MAX_AHEAD) {
            return Err(TokenError::IssuedAt);
        }
        if audience.is_some_and(|asked| !self.names_audience(|named| asked.contains(named))) {
            return Err(TokenError::Audience);
        }
        match (&self.iss, issuer) {
            (Some(Value::String(iss)), None) if iss == ISSUER => Ok(()),
            (Some(Value::String(iss)), Some(asked)) if asked.contains(iss) => Ok(()),
            _ => Err(TokenError::Issuer),
        }
    }

    /// What claims must say beside their form for any verifier to accept them.
    ///
    /// # Errors
    /// Names the claim that is missing.
    pub fn check_origin(&self) -> Result<(), TokenError> {
        let wrong = |name, expected| Err(TokenError::Claim { name, expected });
        if !self.names_audience(|_| true) {
            return wrong("aud", "a string or a non-empty array of strings");
        }
        match self.iss {
            Some(Value::String(_)) => Ok(()),
            _ => wrong("iss", "a string"),
        }
    }

    /// Whether `aud`, a string or an array of nothing but strings, names an audience that passes.
    fn names_audience(&self, passes: impl Fn(&Cow<str>) -> bool) -> bool {
        match &self.aud {
            Some(Value::String(audience)) => passes(audience),
            Some(Value::Array(items)) => {
                let all_strings = items.iter().all(|item| matches!(item, Value::String(_)));
                let mut items = items.iter();
                all_strings && items.any(|item| matches!(item, Value::String(own) if passes(own)))
            }
            _ => false,
        }
    }
}
