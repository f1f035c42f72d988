//! Tokens as text, the compact serialization of RFC 7515: written, read and verified.
#![forbid(unsafe_code)]

use std::borrow::Borrow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;

use crate::claims::Claims;
use crate::header::{APP_SERVICE, COMMON, Header, KnownHeader, V1, V2};
use crate::json::{Members, read_object};
use crate::{TokenError, VerifyOptions, ZumoKey};

/// The longest token that is read or made, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// The length of a signature in base64url.
const SIGNATURE_LENGTH: usize = 43;

/// Verifies a token: its form, its signature by one of the keys, then every rule for its header and
/// its claims. Returns the text of the claims.
///
/// # Errors
/// For a token that must not be trusted.
pub fn verify<K: Borrow<ZumoKey>>(
    token: &str,
    keys: &[K],
    options: &VerifyOptions,
) -> Result<String, TokenError> {
    let token = Token::parse(token)?;
    let key = token.signed_by(keys)?;
    if let Some(header) = token.header {
        read::<Header>(&text(header)?)?.validate()?;
    }
    let claims_text = text(token.claims)?;
    let claims = read::<Claims>(&claims_text)?;
    claims.validate_types(key.service())?;
    claims.validate(options)?;
    Ok(claims_text)
}

/// Returns the text of a token's claims. Checks its form and nothing else: anyone can have written it.
///
/// # Errors
/// [`TokenError::Malformed`]
pub fn decode(token: &str) -> Result<String, TokenError> {
    let token = Token::parse(token)?;
    if let Some(header) = token.header {
        read::<Header>(&text(header)?)?;
    }
    let claims_text = text(token.claims)?;
    read::<Claims>(&claims_text)?;
    Ok(claims_text)
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
        let is_known = [V2, V1, APP_SERVICE, COMMON].iter().any(|known| known.0 == header);
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

fn read<'a, M: Members<'a>>(text: &'a str) -> Result<M, TokenError> {
    read_object(text).ok_or(TokenError::Malformed)
}

/// The token of a header and the text of claims; `None` where it would be longer than a token may be.
pub fn encode_signed(header: &KnownHeader, claims: &[u8], key: &ZumoKey) -> Option<String> {
    let claims_length = base64::encoded_len(claims.len(), false)?;
    let length = header.0.len() + claims_length + SIGNATURE_LENGTH + 2;
    if length > MAX_LENGTH {
        return None;
    }
    let mut token = Vec::with_capacity(length);
    token.extend_from_slice(header.0.as_bytes());
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
