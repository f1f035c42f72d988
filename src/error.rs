//! The two kinds of failure: what a caller did wrong, and what is wrong with a token.

use std::fmt;

/// Why a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The caller's mistake.
    Argument(ArgumentError),
    /// A token that must not be trusted.
    Token(TokenError),
}

/// An argument that cannot be used. Names the argument, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentError {
    /// The object that the argument is a property of: `claims`, `options`, or none.
    pub parent: Option<&'static str>,
    /// The argument's name.
    pub name: &'static str,
    /// What kind of mistake it is.
    pub problem: Problem,
    /// What is expected instead, as it follows the words "must be".
    pub expected: &'static str,
}

/// The kinds of caller's mistakes, after the error codes of Node.js.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// `ERR_INVALID_ARG_TYPE`
    Type,
    /// `ERR_INVALID_ARG_VALUE`
    Value,
    /// `ERR_OUT_OF_RANGE`
    Range,
}

impl ArgumentError {
    /// A mistake in an argument.
    #[must_use]
    pub const fn new(problem: Problem, name: &'static str, expected: &'static str) -> Self {
        Self { parent: None, name, problem, expected }
    }

    /// The same mistake in a property of an object.
    #[must_use]
    pub const fn of(self, parent: &'static str) -> Self {
        Self { parent: Some(parent), ..self }
    }

    /// The error's code, one of Node's own.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self.problem {
            Problem::Type => "ERR_INVALID_ARG_TYPE",
            Problem::Value => "ERR_INVALID_ARG_VALUE",
            Problem::Range => "ERR_OUT_OF_RANGE",
        }
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, expected, .. } = self;
        match self.parent {
            None => write!(f, "The \"{name}\" argument must be {expected}."),
            Some(parent) => write!(f, "The \"{parent}.{name}\" property must be {expected}."),
        }
    }
}

/// Why a token was refused. Each has a code of its own; none holds a value of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not three parts of canonical base64url around two JSON objects.
    Malformed,
    /// Signed with none of the keys.
    Signature,
    /// A header parameter that forbids the token's use.
    Header {
        /// The parameter's name.
        name: &'static str,
        /// What is expected, as it follows the words "must be".
        expected: &'static str,
    },
    /// `exp` is not in the future.
    Expired,
    /// `nbf` lies ahead.
    NotBefore,
    /// `iat` lies ahead.
    IssuedAt,
    /// `aud` names none of the audiences asked for.
    Audience,
    /// `iss` is none of the issuers asked for.
    Issuer,
    /// A claim that is absent, or not what it has to be.
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
            Self::Malformed => "ERR_ZUMO_JWT_MALFORMED",
            Self::Signature => "ERR_ZUMO_JWT_SIGNATURE",
            Self::Header { .. } => "ERR_ZUMO_JWT_HEADER",
            Self::Expired => "ERR_ZUMO_JWT_EXPIRED",
            Self::NotBefore | Self::IssuedAt => "ERR_ZUMO_JWT_NOT_ACTIVE",
            Self::Audience => "ERR_ZUMO_JWT_AUDIENCE",
            Self::Issuer => "ERR_ZUMO_JWT_ISSUER",
            Self::Claim { .. } => "ERR_ZUMO_JWT_CLAIM",
        }
    }

    /// The claim that the token was refused for, where it was one.
    #[must_use]
    pub const fn claim(self) -> Option<&'static str> {
        match self {
            Self::Malformed | Self::Signature | Self::Header { .. } => None,
            Self::Expired => Some("exp"),
            Self::NotBefore => Some("nbf"),
            Self::IssuedAt => Some("iat"),
            Self::Audience => Some("aud"),
            Self::Issuer => Some("iss"),
            Self::Claim { name, .. } => Some(name),
        }
    }
}

impl fmt::Display for TokenError {
    /// The words of Microsoft's servers wherever they had any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The authentication token")?;
        match self {
            Self::Malformed | Self::Signature => {
                f.write_str("'s signature was malformed or signed by a different key.")
            }
            Self::Expired => f.write_str(" has expired."),
            Self::Claim { name: "exp", .. } => f.write_str(" requires expiration claim."),
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

impl From<ArgumentError> for Error {
    fn from(error: ArgumentError) -> Self {
        Self::Argument(error)
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
