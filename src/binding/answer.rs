//! What the facade makes objects of: JSON text, or less where less will do.

use super::border::Text;
use crate::token::{V1, V2};
use crate::{Value, Verified};

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

/// The token of `zumoJwt`, or of `sign` without further claims: a byte each for `kid` and `ver`,
/// eight for `exp`, one for the length of `aud`, then `aud` and `uid` as they are. Never starts
/// like JSON.
fn short(token: &Verified) -> Option<Vec<u8>> {
    let kid = match token.header {
        header if header == V1.header => 0,
        header if header == V2.header => 1,
        _ => return None,
    };
    let (Some(Value::Number(exp)), Some(Value::Number(ver))) =
        (&token.judged.exp, &token.judged.ver)
    else {
        return None;
    };
    let (Some(Value::String(aud)), Some(Value::String(uid))) =
        (&token.judged.aud, &token.judged.uid)
    else {
        return None;
    };
    let ver = match ver {
        1.0 => 1,
        _ => 2,
    };
    let is_short = token.is_standing && aud.is_ascii() && uid.is_ascii();
    let length = u8::try_from(aud.len()).ok().filter(|_| is_short)?;
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
