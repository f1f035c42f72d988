//! The header of a token: those that the services write, and the rules for all (RFC 7515,
//! section 4.1). Whoever adds a header check adds it here.
#![forbid(unsafe_code)]

use crate::TokenError;
use crate::json::{Fields, Value};

/// `{"alg":"HS256","typ":"JWT","kid":0}` in base64url, as all of these.
pub const HEADER_V1: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6MH0";
/// `{"alg":"HS256","typ":"JWT","kid":"0"}`
pub const HEADER_V2: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAifQ";
/// `{"typ":"JWT","alg":"HS256"}`
pub const HEADER_APP_SERVICE: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";
/// `{"alg":"HS256","typ":"JWT"}`, which most JWT libraries write.
pub const HEADER_COMMON: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// The header parameters that a rule reads. All others are ignored, those that name keys above
/// all: a token does not choose its key.
#[derive(Default)]
pub struct Header<'a> {
    alg: Option<Value<'a>>,
    typ: Option<Value<'a>>,
    kid: Option<Value<'a>>,
    b64: Option<Value<'a>>,
    crit: Option<Value<'a>>,
    enc: Option<Value<'a>>,
    cty: Option<Value<'a>>,
}

impl<'a> Fields<'a> for Header<'a> {
    fn field(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        Some(match name {
            "alg" => &mut self.alg,
            "typ" => &mut self.typ,
            "kid" => &mut self.kid,
            "b64" => &mut self.b64,
            "crit" => &mut self.crit,
            "enc" => &mut self.enc,
            "cty" => &mut self.cty,
            _ => return None,
        })
    }
}

impl Header<'_> {
    /// # Errors
    /// Names the parameter that forbids the token's use.
    pub fn validate(&self) -> Result<(), TokenError> {
        let error = |name, expected| Err(TokenError::Header { name, expected });
        if !matches!(&self.alg, Some(Value::String(alg)) if alg == "HS256") {
            return error("alg", "\"HS256\"");
        }
        match &self.typ {
            None => {}
            Some(Value::String(typ))
                if typ.eq_ignore_ascii_case("JWT")
                    || typ.eq_ignore_ascii_case("application/jwt") => {}
            _ => return error("typ", "absent or \"JWT\""),
        }
        match &self.kid {
            None | Some(Value::String(_)) => {}
            Some(Value::Number(kid)) if *kid == 0.0 => {}
            _ => return error("kid", "absent, a string or 0"),
        }
        for (name, value) in [("crit", &self.crit), ("enc", &self.enc), ("cty", &self.cty)] {
            if value.is_some() {
                return error(name, "absent");
            }
        }
        match self.b64 {
            None | Some(Value::Bool(true)) => Ok(()),
            _ => error("b64", "absent or true"),
        }
    }
}

#[cfg(test)]
#[path = "../__test__/rust/header.rs"]
mod tests;
