//! The two kinds of failure: a caller's mistake, and a token that must not be trusted.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

/// An argument that cannot be used. Names the argument, never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgumentError {
    /// The kind of mistake.
    pub kind: ErrorKind,
    /// The argument, or its property or element: `expiry`, `claims.exp`, `key[1]`.
    pub name: Cow<'static, str>,
    /// What is expected, as it follows the words "must be".
    pub expected: &'static str,
}

/// The kinds of a caller's mistakes, after the error codes of Node.js.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// `ERR_INVALID_ARG_VALUE`
    Value,
    /// `ERR_OUT_OF_RANGE`
    Range,
}

impl ArgumentError {
    /// An argument with a value that cannot be used.
    pub fn value(name: impl Into<Cow<'static, str>>, expected: &'static str) -> Self {
        Self { kind: ErrorKind::Value, name: name.into(), expected }
    }

    /// A number outside of its range.
    pub fn range(name: impl Into<Cow<'static, str>>, expected: &'static str) -> Self {
        Self { kind: ErrorKind::Range, name: name.into(), expected }
    }

    /// The same mistake in an argument of another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The error's code, one of Node's own.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.kind {
            ErrorKind::Value => "ERR_INVALID_ARG_VALUE",
            ErrorKind::Range => "ERR_OUT_OF_RANGE",
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" must be {}.", self.name, self.expected)
    }
}

/// Why a token was refused. Each cause has one code; none holds a value of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not three parts of canonical base64url, or header or claims not one strict JSON object.
    Malformed,
    /// As `Malformed`, for [`decode`](crate::decode), which verifies no signature.
    NotAToken,
    /// Signed with none of the keys.
    Signature,
    /// A header parameter that forbids the token's use.
    Header {
        /// The parameter's name.
        name: &'static str,
        /// What is expected, as it follows the words "must be".
        expected: &'static str,
    },
    /// `exp` is absent, or `null`.
    NoExpiry,
    /// `exp` is not in the future.
    Expired,
    /// `nbf` is too far in the future.
    NotBefore,
    /// `iat` is too far in the future.
    IssuedAt,
    /// `aud` names none of the audiences asked for.
    Audience,
    /// `iss` is none of the issuers asked for.
    Issuer,
    /// Another claim that is absent, or one of the wrong type.
    Claim {
        /// The claim's name.
        name: &'static str,
        /// What is expected, as it follows the words "must be".
        expected: &'static str,
    },
}

impl TokenError {
    /// The error's code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed | Self::NotAToken => "ERR_ZUMO_JWT_MALFORMED",
            Self::Signature => "ERR_ZUMO_JWT_SIGNATURE",
            Self::Header { .. } => "ERR_ZUMO_JWT_HEADER",
            Self::Expired => "ERR_ZUMO_JWT_EXPIRED",
            Self::NotBefore | Self::IssuedAt => "ERR_ZUMO_JWT_NOT_ACTIVE",
            Self::Audience => "ERR_ZUMO_JWT_AUDIENCE",
            Self::Issuer => "ERR_ZUMO_JWT_ISSUER",
            Self::NoExpiry | Self::Claim { .. } => "ERR_ZUMO_JWT_CLAIM",
        }
    }

    /// The claim that the token was refused for, if it was refused for a claim.
    #[must_use]
    pub const fn claim(self) -> Option<&'static str> {
        match self {
            Self::Malformed | Self::NotAToken | Self::Signature | Self::Header { .. } => None,
            Self::NoExpiry | Self::Expired => Some("exp"),
            Self::NotBefore => Some("nbf"),
            Self::IssuedAt => Some("iat"),
            Self::Audience => Some("aud"),
            Self::Issuer => Some("iss"),
            Self::Claim { name, .. } => Some(name),
        }
    }
}

impl fmt::Display for TokenError {
    /// An expired token, one that is not active yet and a missing `exp` have the words of Microsoft's
    /// server; a bad form or signature has those that the blog post shows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NotAToken {
            return f.write_str("The text is not a token.");
        }
        f.write_str("The authentication token")?;
        match self {
            Self::Malformed | Self::NotAToken | Self::Signature => {
                f.write_str("'s signature was malformed or signed by a different key.")
            }
            Self::Expired => f.write_str(" has expired."),
            Self::NoExpiry => f.write_str(" requires expiration claim."),
            Self::NotBefore => f.write_str(" is not valid until after its NotBefore."),
            Self::IssuedAt => f.write_str(" is not valid until after its IssuedAt."),
            Self::Audience => f.write_str(" was issued for another audience."),
            Self::Issuer => f.write_str(" was issued by another issuer."),
            Self::Header { name, expected } => {
                write!(f, "'s header parameter \"{name}\" must be {expected}.")
            }
            Self::Claim { name, expected } => {
                write!(f, "'s claim \"{name}\" must be {expected}.")
            }
        }
    }
}

impl std::error::Error for ArgumentError {}
impl std::error::Error for TokenError {}
