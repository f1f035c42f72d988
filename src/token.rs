//! Tokens as text: the compact serialization of RFC 7515, and the four operations on it.
#![forbid(unsafe_code)]

use std::borrow::{Borrow, Cow};

use base64_simd::{AsOut, URL_SAFE_NO_PAD as BASE64URL};

use crate::json::{Object, Value, is_plain, write_number, write_string};
use crate::rules::{Claims, Expected, ISSUER, check_header};
use crate::{ArgumentError, Problem, Service, TokenError, ZumoKey};

/// The longest token that is looked at, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// The length of an encoded signature.
const SIGNATURE: usize = 43;

/// A header that the services write, and the claims that stand first behind it, in their order.
pub struct Form {
    pub header: &'static str,
    encoded: &'static str,
    claims: [&'static str; 5],
}

const MOBILE_SERVICES_CLAIMS: [&str; 5] = ["exp", "iss", "ver", "aud", "uid"];

pub const V1: Form = Form {
    header: r#"{"alg":"HS256","typ":"JWT","kid":0}"#,
    encoded: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6MH0",
    claims: MOBILE_SERVICES_CLAIMS,
};
pub const V2: Form = Form {
    header: r#"{"alg":"HS256","typ":"JWT","kid":"0"}"#,
    encoded: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjAifQ",
    claims: MOBILE_SERVICES_CLAIMS,
};
const APP_SERVICE: Form = Form {
    header: r#"{"typ":"JWT","alg":"HS256"}"#,
    encoded: "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9",
    claims: ["sub", "ver", "iss", "aud", "exp"],
};

/// The token that the blog's function makes: version 1, to the byte. `expiry` is in milliseconds
/// since 1970 and keeps its fraction of a second.
///
/// # Errors
/// For an `expiry` beyond the range of ECMAScript's Date, an empty `user_id`, or the key of an
/// App Service site.
pub fn zumo_jwt(
    expiry: f64,
    aud: &str,
    user_id: &str,
    key: &ZumoKey,
) -> Result<String, ArgumentError> {
    // ECMA-262, "Time Values and Time Range"
    if !(-8.64e15..=8.64e15).contains(&expiry) {
        let expected = "a finite number of milliseconds in the range of Date";
        return Err(ArgumentError::new(Problem::Range, "expiry", expected));
    }
    if user_id.is_empty() {
        return Err(ArgumentError::new(Problem::Value, "userId", "non-empty"));
    }
    if key.service() != Service::MobileServices {
        return Err(ArgumentError::new(Problem::Value, "masterKey", "the key of a Mobile Service"));
    }
    let mut claims = Vec::with_capacity(128 + aud.len() + user_id.len());
    claims.extend_from_slice(br#"{"exp":"#);
    write_number(expiry / 1000.0, &mut claims);
    for part in [r#","iss":""#, ISSUER, r#"","ver":1,"aud":"#] {
        claims.extend_from_slice(part.as_bytes());
    }
    write_string(aud, &mut claims);
    claims.extend_from_slice(br#","uid":"#);
    write_string(user_id, &mut claims);
    claims.push(b'}');
    Ok(seal(&V1, &claims, key))
}

/// A token with these claims, the text of a JSON object with times in seconds. `iss` and `ver`
/// are filled in, members beyond those every token has follow in their own order. `version` is
/// that of a Mobile Services token, 1 or 2; 2 where it is not given.
///
/// # Errors
/// For claims that a token must have and these lack, and for any that no verifier would accept.
pub fn sign(claims: &str, key: &ZumoKey, version: Option<f64>) -> Result<String, ArgumentError> {
    let wrong = |name, expected| ArgumentError::new(Problem::Value, name, expected);
    let mut claims = Object::parse(claims).ok_or(wrong("claims", CLAIMS))?;
    if claims.get("__proto__").is_some() {
        return Err(wrong("__proto__", "absent").of("claims"));
    }
    let (form, ver) = match (key.service(), version) {
        (Service::MobileServices, Some(1.0)) => (V1, Value::Number(1.0)),
        (Service::MobileServices, None | Some(2.0)) => (V2, Value::Number(2.0)),
        (Service::MobileServices, _) => return Err(wrong("version", "1 or 2").of("options")),
        (Service::AppService, None) => (APP_SERVICE, Value::String("3".into())),
        (Service::AppService, _) => {
            return Err(
                wrong("version", "absent where the key is an App Service key").of("options")
            );
        }
    };
    let mut first = Vec::with_capacity(form.claims.len());
    for name in form.claims {
        let filled_in = match (name, key.service()) {
            ("ver", _) => Some(&ver),
            ("iss", Service::MobileServices) => Some(&Value::String(ISSUER.into())),
            _ => None,
        };
        let own = claims.take(name);
        if filled_in.is_some() && own.is_some() && own.as_ref() != filled_in {
            return Err(wrong(name, "absent, or what is filled in for it").of("claims"));
        }
        if let Some(value) = own.or_else(|| filled_in.cloned()) {
            first.push((name, value));
        }
    }
    claims.prepend(first);
    let judged = Claims::from(&claims);
    let verdict = judged.check_form(key.service()).and_then(|()| judged.check_origin());
    verdict.map_err(|error| match error {
        TokenError::Claim { name, expected } => wrong(name, expected).of("claims"),
        _ => wrong("claims", CLAIMS),
    })?;
    let mut text = Vec::new();
    Value::Object(claims).write(&mut text);
    Ok(seal(&form, &text, key))
}

const CLAIMS: &str = "an object of JSON values without lone surrogates, at most 128 levels deep";

fn seal(form: &Form, claims: &[u8], key: &ZumoKey) -> String {
    let length = form.encoded.len() + BASE64URL.encoded_length(claims.len()) + SIGNATURE + 2;
    let mut token = String::with_capacity(length);
    token.push_str(form.encoded);
    token.push('.');
    BASE64URL.encode_append(claims, &mut token);
    let mac = key.mac(token.as_bytes());
    token.push('.');
    BASE64URL.encode_append(mac, &mut token);
    token
}

/// A token of the right form: three parts of canonical base64url. Nobody vouches for it yet.
pub struct Token<'a> {
    signed: &'a str,
    header: Cow<'static, str>,
    claims: String,
    signature: &'a str,
    mac: Option<[u8; 32]>,
}

/// A token that verified.
pub struct Verified<'a> {
    /// The header, as JSON.
    pub header: &'a str,
    /// The claims, as JSON.
    pub claims: &'a str,
    /// The claims as they were judged.
    pub judged: Claims<'a>,
    /// Whether these are all, and stand as `standing_claims` reads them.
    pub is_standing: bool,
    service: Service,
}

impl<'a> Token<'a> {
    /// Reads a token as far as its form goes.
    ///
    /// # Errors
    /// [`TokenError::Malformed`]
    pub fn read(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_LENGTH {
            return Err(TokenError::Malformed);
        }
        // A dot too many is none of the alphabet's characters, so decoding refuses it.
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        // Nearly every header is one of three, known to the byte.
        let known = [&V1, &V2, &APP_SERVICE].into_iter().find(|form| form.encoded == header);
        let header = match known {
            Some(form) => Cow::Borrowed(form.header),
            None => Cow::Owned(decode_text(header)?),
        };
        let claims = decode_text(claims)?;
        let mut mac = [0; 32];
        let mac = if signature.len() == SIGNATURE {
            let decoded = BASE64URL.decode(signature.as_bytes(), mac.as_mut_slice().as_out());
            decoded.map_err(|_| TokenError::Malformed)?;
            Some(mac)
        } else {
            decode(signature)?;
            None
        };
        Ok(Self { signed, header, claims, signature, mac })
    }

    /// What the token says, whoever wrote it: header and claims as JSON text, and the signature.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] where header and claims are not one JSON object each.
    pub fn contents(&self) -> Result<[&str; 3], TokenError> {
        parse(&self.header)?;
        parse(&self.claims)?;
        Ok([&self.header, &self.claims, self.signature])
    }

    /// Checks the token: its signature by one of the keys, then every rule for its header and its
    /// claims.
    ///
    /// # Errors
    /// [`TokenError`] for a token that must not be trusted.
    pub fn verify<K: Borrow<ZumoKey>>(
        &self,
        keys: &[K],
        expected: &Expected,
    ) -> Result<Verified<'_>, TokenError> {
        let mac = self.mac.as_ref().ok_or(TokenError::Malformed)?;
        let mut keys = keys.iter().map(Borrow::borrow);
        let key = keys.find(|key| key.is_mac_of(self.signed.as_bytes(), mac));
        let service = key.ok_or(TokenError::Signature)?.service();
        if let Cow::Owned(header) = &self.header {
            check_header(&parse(header)?)?;
        }
        let standing = standing_claims(&self.claims);
        let is_standing = standing.is_some();
        let judged = match standing {
            Some(claims) => claims,
            None => Claims::from(&parse(&self.claims)?),
        };
        judged.check_form(service)?;
        judged.check_use(expected)?;
        Ok(Verified { header: &self.header, claims: &self.claims, judged, is_standing, service })
    }
}

impl Verified<'_> {
    /// Whom the token is about. Never empty.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.judged.user(self.service).1.unwrap_or_default()
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    if part.is_empty() {
        return Err(TokenError::Malformed);
    }
    BASE64URL.decode_to_vec(part).map_err(|_| TokenError::Malformed)
}

fn decode_text(part: &str) -> Result<String, TokenError> {
    String::from_utf8(decode(part)?).map_err(|_| TokenError::Malformed)
}

fn parse(text: &str) -> Result<Object<'_>, TokenError> {
    Object::parse(text).ok_or(TokenError::Malformed)
}

/// Reads claims of the very form that `zumo_jwt` and `sign` give them where nothing is escaped or
/// added, as nearly all are: a third of the time that the reader of any JSON takes.
fn standing_claims(text: &str) -> Option<Claims<'_>> {
    let (exp, rest) = text.strip_prefix(r#"{"exp":"#)?.split_once(',')?;
    let rest = rest.strip_prefix(r#""iss":""#)?.strip_prefix(ISSUER)?;
    let rest = rest.strip_prefix(r#"","ver":"#)?;
    let (ver, rest) = rest.split_at_checked(1)?;
    let (aud, uid) = rest.strip_prefix(r#","aud":""#)?.split_once(r#"","uid":""#)?;
    let uid = uid.strip_suffix(r#""}"#)?;
    let (whole, fraction) = exp.split_once('.').unwrap_or((exp, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits(whole) && !whole.starts_with('0') && digits(fraction);
    if !(number && is_plain(aud.as_bytes()) && is_plain(uid.as_bytes())) {
        return None;
    }
    let ver = match ver {
        "1" => 1.0,
        "2" => 2.0,
        _ => return None,
    };
    let exp = exp.parse().ok().filter(|exp: &f64| exp.is_finite())?;
    Some(Claims {
        exp: Some(Value::Number(exp)),
        iss: Some(Value::String(ISSUER.into())),
        ver: Some(Value::Number(ver)),
        aud: Some(Value::String(aud.into())),
        uid: Some(Value::String(uid.into())),
        ..Claims::default()
    })
}
