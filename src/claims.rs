//! The claims of a token: every rule for their types and for their use. Whoever adds a claim check
//! adds it here.
#![forbid(unsafe_code)]

use crate::json::{Fields, Value};
use crate::{Service, TokenError};

/// The issuer of every Mobile Services token.
pub const ISSUER: &str = "urn:microsoft:windows-azure:zumo";

/// How far `nbf` and `iat` may be ahead, in seconds: the tolerance of Microsoft's server.
const MAX_AHEAD: f64 = 300.0;

/// The values that are accepted for `aud` or `iss`.
pub enum Accepted<'a> {
    /// Only this one.
    One(&'a str),
    /// Any of these.
    More(Vec<String>),
}

impl Accepted<'_> {
    fn contains(&self, text: &str) -> bool {
        match self {
            Self::One(one) => *one == text,
            Self::More(more) => more.iter().any(|one| one == text),
        }
    }
}

/// The registered claims: those that a rule reads.
#[derive(Default)]
pub struct Claims<'a> {
    pub exp: Option<Value<'a>>,
    pub nbf: Option<Value<'a>>,
    pub iat: Option<Value<'a>>,
    pub iss: Option<Value<'a>>,
    pub ver: Option<Value<'a>>,
    pub aud: Option<Value<'a>>,
    pub uid: Option<Value<'a>>,
    pub sub: Option<Value<'a>>,
}

impl<'a> Fields<'a> for Claims<'a> {
    fn field(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        Some(match name {
            "exp" => &mut self.exp,
            "nbf" => &mut self.nbf,
            "iat" => &mut self.iat,
            "iss" => &mut self.iss,
            "ver" => &mut self.ver,
            "aud" => &mut self.aud,
            "uid" => &mut self.uid,
            "sub" => &mut self.sub,
            _ => return None,
        })
    }
}

impl Claims<'_> {
    /// The rules that depend neither on the time nor on the options, for signing and verifying.
    ///
    /// # Errors
    /// Names the first claim that breaks one.
    pub fn validate_types(&self, service: Service) -> Result<(), TokenError> {
        let error = |name, expected| Err(TokenError::Claim { name, expected });
        match self.exp {
            Some(Value::Number(_)) => {}
            // What the blog's function writes for an invalid Date counts as absent.
            None | Some(Value::Null) => return Err(TokenError::NoExpiry),
            _ => return error("exp", "a number of seconds"),
        }
        for (name, time) in [("nbf", &self.nbf), ("iat", &self.iat)] {
            if !matches!(time, None | Some(Value::Number(_))) {
                return error(name, "absent or a number of seconds");
            }
        }
        let (name, user) = match service {
            Service::MobileServices => ("uid", &self.uid),
            Service::AppService => ("sub", &self.sub),
        };
        if !matches!(user, Some(Value::String(user_id)) if !user_id.is_empty()) {
            return error(name, "a non-empty string");
        }
        match (service, &self.ver) {
            // Other issuers with a master key, such as Auth0, wrote no version.
            (Service::AppService, _) | (_, None | Some(Value::Number(1.0 | 2.0))) => Ok(()),
            (_, Some(Value::String(ver))) if ver == "1" || ver == "2" => Ok(()),
            _ => error("ver", "absent, 1 or 2"),
        }
    }

    /// The rules that depend on the time or on what a [`Verifier`](crate::Verifier) expects.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(
        &self,
        audience: Option<&Accepted>,
        issuer: Option<&Accepted>,
        clock_tolerance: f64,
        now_ms: f64,
    ) -> Result<(), TokenError> {
        let now = now_ms / 1000.0;
        let is_after = |time: &Option<Value>, limit| matches!(time, Some(Value::Number(time)) if *time > limit);
        if !is_after(&self.exp, now - clock_tolerance) {
            return Err(TokenError::Expired);
        }
        if is_after(&self.nbf, now + MAX_AHEAD) {
            return Err(TokenError::NotBefore);
        }
        if is_after(&self.iat, now + MAX_AHEAD) {
            return Err(TokenError::IssuedAt);
        }
        if let Some(audience) = audience
            && !self.has_audience(|aud| audience.contains(aud))
        {
            return Err(TokenError::Audience);
        }
        let issuer = issuer.unwrap_or(&Accepted::One(ISSUER));
        match &self.iss {
            Some(Value::String(iss)) if issuer.contains(iss) => Ok(()),
            _ => Err(TokenError::Issuer),
        }
    }

    /// What a token needs so that there are options with which a verifier accepts it.
    ///
    /// # Errors
    /// Names the claim that is missing.
    pub fn require_aud_and_iss(&self) -> Result<(), TokenError> {
        let error = |name, expected| Err(TokenError::Claim { name, expected });
        if !self.has_audience(|_| true) {
            return error("aud", "a string or a non-empty array of strings");
        }
        match self.iss {
            Some(Value::String(_)) => Ok(()),
            _ => error("iss", "a string"),
        }
    }

    fn has_audience(&self, is_accepted: impl Fn(&str) -> bool) -> bool {
        match &self.aud {
            Some(Value::String(aud)) => is_accepted(aud),
            Some(Value::Strings(audiences)) => audiences.iter().any(|aud| is_accepted(aud)),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "../__test__/rust/claims.rs"]
mod tests;
