//! What the facade makes objects of: JSON text, or less where less will do.

use super::border::Text;
use crate::{Value, Verified};

const ISSUER: &str = "urn:microsoft:windows-azure:zumo";

/// `{"userId":…,"claims":…,"header":…}`, or what differs between tokens that are alike in all
/// else: V8 parses no JSON of the few bytes that this leaves.
pub fn verified(token: &Verified) -> Text {
    if let Some(short) = short(token) {
        return Text::Latin1(short);
    }
    let mut user_id = Vec::new();
    Value::String(token.user_id().into()).write(&mut user_id);
    let user_id = String::from_utf8_lossy(&user_id);
    let Verified { header, claims, .. } = token;
    Text::Utf8(format!(r#"{{"userId":{user_id},"claims":{claims},"header":{header}}}"#))
}

/// The token of `zumoJwt`, or `sign` without further claims: a byte each for `kid` and `ver`, eight for
/// `exp`, one for the length of `aud`, then `aud` and `uid` as they are. Never starts like JSON.
fn short(token: &Verified) -> Option<Vec<u8>> {
    let kid = match token.header {
        r#"{"alg":"HS256","typ":"JWT","kid":0}"# => 0,
        r#"{"alg":"HS256","typ":"JWT","kid":"0"}"# => 1,
        _ => return None,
    };
    let members = &token.members;
    let standing = ["exp", "iss", "ver", "aud", "uid"];
    if !members.iter().map(|(name, _)| name).eq(standing) || members.text("iss") != Some(ISSUER) {
        return None;
    }
    let ver = match members.number("ver") {
        Some(1.0) => 1,
        Some(2.0) => 2,
        _ => return None,
    };
    let (exp, aud, uid) = (members.number("exp")?, members.text("aud")?, members.text("uid")?);
    let length = u8::try_from(aud.len()).ok().filter(|_| aud.is_ascii() && uid.is_ascii())?;
    let mut short = Vec::with_capacity(11 + aud.len() + uid.len());
    short.extend_from_slice(&[kid, ver]);
    short.extend_from_slice(&exp.to_ne_bytes());
    short.push(length);
    short.extend_from_slice(aud.as_bytes());
    short.extend_from_slice(uid.as_bytes());
    Some(short)
}

/// `{"header":…,"claims":…,"signature":…}`
pub fn decoded([header, claims, signature]: [&str; 3]) -> Text {
    Text::Utf8(format!(r#"{{"header":{header},"claims":{claims},"signature":"{signature}"}}"#))
}
