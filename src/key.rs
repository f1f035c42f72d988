//! The signing key of a service, derived once and kept ready.
#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ArgumentError;

/// The service that a key belongs to, which decides what its tokens look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Azure Mobile Services: the user in `uid`, one fixed issuer.
    MobileServices,
    /// Azure App Service: the user in `sub`, the site's URL as issuer and audience.
    AppService,
}

/// A key as its owner has it.
#[derive(Clone, Copy)]
pub enum KeyMaterial<'a> {
    /// Text, as the portal shows it.
    Text(&'a str),
    /// Bytes, taken as they are.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for KeyMaterial<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for KeyMaterial<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

/// A signing key, ready to sign and to verify. Wiped from memory when dropped; has no `Debug`.
pub struct ZumoKey {
    service: Service,
    signing_key: Zeroizing<Vec<u8>>,
    hmac: Hmac<Sha256>,
}

impl ZumoKey {
    /// The key of a Mobile Service: SHA-256 over the master key and the text `JWTSig`. A master
    /// key given as text must be ASCII: other text had no single meaning on Microsoft's servers.
    ///
    /// # Errors
    /// For an empty key, or text beyond ASCII.
    pub fn from_master_key<'a>(
        master_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        let digest = digest(master_key.into())?;
        Ok(Self::new(Service::MobileServices, digest.to_vec()))
    }

    /// The key that the blog's function uses by mistake on Node.js 6 and newer: the digest's bytes,
    /// read as Latin-1 and written as UTF-8.
    ///
    /// # Errors
    /// As [`from_master_key`](Self::from_master_key).
    pub fn from_master_key_on_node6<'a>(
        master_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        // With its final capacity, as a vector that grows leaves a copy behind.
        let mut signing_key = Vec::with_capacity(64);
        for byte in *digest(master_key.into())? {
            signing_key.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
        }
        Ok(Self::new(Service::MobileServices, signing_key))
    }

    /// The key of an App Service site: the 64 hexadecimal digits of `WEBSITE_AUTH_SIGNING_KEY` in
    /// either case, or bytes of any length.
    ///
    /// # Errors
    /// For other text, and for no bytes.
    pub fn from_signing_key<'a>(
        signing_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        let error = |expected| ArgumentError::value("signingKey", expected);
        let signing_key = match signing_key.into() {
            KeyMaterial::Text(text) if text.len() == 64 => base16ct::mixed::decode_vec(text).ok(),
            KeyMaterial::Text(_) => None,
            KeyMaterial::Bytes([]) => return Err(error("non-empty")),
            KeyMaterial::Bytes(bytes) => Some(bytes.to_vec()),
        };
        let signing_key = signing_key.ok_or_else(|| {
            error(
                "64 hexadecimal digits, or bytes: Buffer.from(text, 'hex') or \
                 Buffer.from(text, 'base64') of a key that is written so, Buffer.from(secret) of any text",
            )
        })?;
        Ok(Self::new(Service::AppService, signing_key))
    }

    fn new(service: Service, signing_key: Vec<u8>) -> Self {
        let hmac = Hmac::new_from_slice(&signing_key).expect("HMAC takes a key of any length");
        Self { service, signing_key: Zeroizing::new(signing_key), hmac }
    }

    /// The service whose tokens this key signs.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The bytes that other libraries take as their HS256 secret.
    #[must_use]
    pub fn export(&self) -> &[u8] {
        &self.signing_key
    }

    /// The signature of a message: HMAC-SHA-256 (RFC 2104).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.hmac.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Whether a signature is the message's. Takes the same time wherever the two differ.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 32]) -> bool {
        self.hmac.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}

/// What a Mobile Service makes of its master key.
fn digest(master_key: KeyMaterial) -> Result<Zeroizing<[u8; 32]>, ArgumentError> {
    let error = |expected| ArgumentError::value("masterKey", expected);
    let bytes = match master_key {
        KeyMaterial::Text(text) if !text.is_ascii() => {
            return Err(error("ASCII text; a key of other bytes is given as a Uint8Array"));
        }
        KeyMaterial::Text(text) => text.as_bytes(),
        KeyMaterial::Bytes(bytes) => bytes,
    };
    if bytes.is_empty() {
        return Err(error("non-empty"));
    }
    let hash = Sha256::new_with_prefix(bytes).chain_update("JWTSig").finalize();
    Ok(Zeroizing::new(hash.into()))
}

#[cfg(test)]
#[path = "../__test__/rust/key.rs"]
mod tests;
