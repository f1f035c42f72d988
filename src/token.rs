//! Tokens as text, the compact serialization of RFC 7515: written, read and verified.
#![forbid(unsafe_code)]

use std::borrow::Borrow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::claims::Claims;
use crate::header::{HEADER_APP_SERVICE, HEADER_COMMON, HEADER_V1, HEADER_V2, Header};
use crate::json::{Fields, read_object};
use crate::{Accepted, ArgumentError, Service, TokenError, ZumoKey};

/// The longest token that is read or made, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The length of a signature in base64url.
const SIGNATURE_LENGTH: usize = 43;

/// Verifies tokens that one of `keys` signed.
pub struct Verifier<'a, K> {
    keys: &'a [K],
    audience: Option<Accepted<'a>>,
    issuer: Option<Accepted<'a>>,
}

impl<'a, K: Borrow<ZumoKey>> Verifier<'a, K> {
    /// Expects one of the audiences and one of the issuers, where given. Without an issuer, expects
    /// that of Mobile Services.
    ///
    /// # Errors
    /// For keys of two services, and for an App Service key without an audience or an issuer, as
    /// nothing else tells the sites apart that share a key.
    pub fn new(
        keys: &'a [K],
        audience: Option<Accepted<'a>>,
        issuer: Option<Accepted<'a>>,
    ) -> Result<Self, ArgumentError> {
        let mut services = keys.iter().map(|key| key.borrow().service());
        let service = services.next();
        if services.any(|other| Some(other) != service) {
            return Err(ArgumentError::value("key", "keys of one service"));
        }
        if service == Some(Service::AppService) {
            for (name, option) in [("options.audience", &audience), ("options.issuer", &issuer)] {
                if option.is_none() {
                    let expected = "given where the key is an App Service key";
                    return Err(ArgumentError::value(name, expected));
                }
            }
        }
        Ok(Self { keys, audience, issuer })
    }

    /// Verifies a token at a time in milliseconds since 1970: its form, its signature, then every
    /// rule for its header and its claims. Its `exp` may have passed `clock_tolerance` seconds ago.
    /// Returns the text of the claims.
    ///
    /// # Errors
    /// For a token that must not be trusted.
    pub fn verify(
        &self,
        token: &str,
        clock_tolerance: f64,
        now_ms: f64,
    ) -> Result<String, TokenError> {
        let token = Token::parse(token)?;
        let key = token.signed_by(self.keys)?;
        if let Some(header) = token.header {
            read::<Header>(&text(header)?)?.validate()?;
        }
        let claims_text = text(token.claims)?;
        let claims = read::<Claims>(&claims_text)?;
        claims.validate_types(key.service())?;
        let (audience, issuer) = (self.audience.as_ref(), self.issuer.as_ref());
        claims.validate(audience, issuer, clock_tolerance, now_ms)?;
        Ok(claims_text)
    }
}

/// Returns the text of a token's claims. Checks its form and nothing else: anyone can have written it.
///
/// # Errors
/// [`TokenError::NotAToken`]
pub fn decode(token: &str) -> Result<String, TokenError> {
    let read_claims = || {
        let token = Token::parse(token)?;
        if let Some(header) = token.header {
            read::<Header>(&text(header)?)?;
        }
        let claims_text = text(token.claims)?;
        read::<Claims>(&claims_text)?;
        Ok(claims_text)
    };
    read_claims().map_err(|_: TokenError| TokenError::NotAToken)
}

/// Three parts of canonical base64url.
struct Token<'a> {
    signed: &'a str,
    /// The decoded header, unless it is a known one.
    header: Option<Vec<u8>>,
    claims: Vec<u8>,
    /// `None` for a signature of another length.
    signature: Option<[u8; 32]>,
}

impl<'a> Token<'a> {
    fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        // The alphabet has no dot, so decoding refuses a fourth part.
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let is_known = [HEADER_V2, HEADER_V1, HEADER_APP_SERVICE, HEADER_COMMON].contains(&header);
        Ok(Self {
            signed,
            header: if is_known { None } else { Some(decode_part(header)?) },
            claims: decode_part(claims)?,
            signature: decode_signature(signature)?,
        })
    }

    /// The key that signed the token.
    fn signed_by<'k, K: Borrow<ZumoKey>>(&self, keys: &'k [K]) -> Result<&'k ZumoKey, TokenError> {
        let signature = self.signature.as_ref().ok_or(TokenError::Malformed)?;
        let mut keys = keys.iter().map(Borrow::borrow);
        let key = keys.find(|key| key.verify(self.signed.as_bytes(), signature));
        key.ok_or(TokenError::Signature)
    }
}

fn decode_part(part: &str) -> Result<Vec<u8>, TokenError> {
    if part.is_empty() {
        return Err(TokenError::Malformed);
    }
    BASE64URL.decode(part).map_err(|_| TokenError::Malformed)
}

fn decode_signature(part: &str) -> Result<Option<[u8; 32]>, TokenError> {
    if part.len() != SIGNATURE_LENGTH {
        return decode_part(part).map(|_| None);
    }
    // A byte more, as the decoder wants space for whole groups of three.
    let mut bytes = [0; 33];
    BASE64URL.decode_slice(part, &mut bytes).map_err(|_| TokenError::Malformed)?;
    Ok(bytes.first_chunk().copied())
}

fn text(bytes: Vec<u8>) -> Result<String, TokenError> {
    String::from_utf8(bytes).map_err(|_| TokenError::Malformed)
}

fn read<'a, F: Fields<'a>>(text: &'a str) -> Result<F, TokenError> {
    read_object(text).ok_or(TokenError::Malformed)
}

/// The token of a header and the text of claims; `None` if it would be longer than a token may be.
pub fn sign_and_encode(header: &str, claims: &[u8], key: &ZumoKey) -> Option<String> {
    let claims_length = base64::encoded_len(claims.len(), false)?;
    let length = header.len() + claims_length + SIGNATURE_LENGTH + 2;
    if length > MAX_LENGTH {
        return None;
    }
    let mut token = Vec::with_capacity(length);
    token.extend_from_slice(header.as_bytes());
    token.push(b'.');
    append_base64url(&mut token, claims)?;
    let signature = key.sign(&token);
    token.push(b'.');
    append_base64url(&mut token, &signature)?;
    String::from_utf8(token).ok()
}

/// As `encode_string` of base64, which first fills a kilobyte of its own with zeros.
fn append_base64url(token: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    let start = token.len();
    token.resize(start + base64::encoded_len(part.len(), false)?, 0);
    BASE64URL.encode_slice(part, token.get_mut(start..)?).ok()?;
    Some(())
}
