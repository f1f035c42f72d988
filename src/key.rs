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
        let error = |expected| ArgumentError::value("masterKey", expected);
        let bytes = match master_key.into() {
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
        let digest = Zeroizing::new(<[u8; 32]>::from(hash));
        Ok(Self::new(Service::MobileServices, digest.to_vec()))
    }

    /// The key of an App Service site: the 64 hexadecimal digits of `WEBSITE_AUTH_SIGNING_KEY` in
    /// either case, or 32 bytes.
    ///
    /// # Errors
    /// For anything else.
    pub fn from_signing_key<'a>(
        signing_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        let bytes = match signing_key.into() {
            KeyMaterial::Text(text) => base16ct::mixed::decode_vec(text).unwrap_or_default(),
            KeyMaterial::Bytes(bytes) => bytes.to_vec(),
        };
        if bytes.len() != 32 {
            return Err(ArgumentError::value("signingKey", "64 hexadecimal digits or 32 bytes"));
        }
        Ok(Self::new(Service::AppService, bytes))
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

#[cfg(test)]
#[path = "../__test__/rust/key.rs"]
mod tests;
