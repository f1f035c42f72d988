//! Whatever decodes is three parts that another base64 decoder and another JSON reader accept, and
//! encodes to the same token again; whatever does not, they refuse. The input is a token, or the
//! texts of a header and of claims.
#![no_main]

use std::str;

use jiter::JsonValue;
use libfuzzer_sys::fuzz_target;
use zumo_jwt::{Object, Token, Value};
use zumo_jwt_fuzz::{SEPARATOR, number, read, signed, split};

fuzz_target!(|data: &[u8]| {
    check(data);
    if let Some(at) = data.iter().position(|byte| *byte == SEPARATOR) {
        let (header, claims) = (&data[..at], &data[at + 1..]);
        check(signed(header, claims, &[0; 32]).as_bytes());
        if let Ok(text) = str::from_utf8(claims)
            && let Some(object) = Object::parse(text)
        {
            assert!(same(&Value::Object(object), &read(claims).unwrap()));
        }
    }
});

fn check(token: &[u8]) {
    let Ok(token) = str::from_utf8(token) else { return };
    let read = Token::read(token);
    let contents = read.as_ref().ok().and_then(|token| token.contents().ok());
    assert_eq!(contents.map(|parts| parts.map(str::to_owned)), expected(token));
    if let Some([header, claims, signature]) = contents {
        let again = signed(header.as_bytes(), claims.as_bytes(), &[0; 32]);
        let (again, _) = again.rsplit_once('.').unwrap();
        assert_eq!(format!("{again}.{signature}"), token);
    }
}

/// What another base64 decoder and another JSON reader make of the token.
fn expected(token: &str) -> Option<[String; 3]> {
    let [header, claims, _] = split(token).filter(|_| token.len() <= 64 * 1024)?;
    read(&header)?;
    read(&claims)?;
    let [header, claims] = [header, claims].map(|part| String::from_utf8(part).unwrap());
    Some([header, claims, token.rsplit('.').next()?.into()])
}

fn same(ours: &Value, theirs: &JsonValue) -> bool {
    match (ours, theirs) {
        (Value::Null, JsonValue::Null) => true,
        (Value::Bool(ours), JsonValue::Bool(theirs)) => ours == theirs,
        (Value::String(ours), JsonValue::Str(theirs)) => ours == theirs,
        (Value::Array(ours), JsonValue::Array(theirs)) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs.iter()).all(|(ours, theirs)| same(ours, theirs))
        }
        (Value::Object(ours), JsonValue::Object(theirs)) => {
            ours.iter().count() == theirs.len()
                && ours
                    .iter()
                    .zip(theirs.iter())
                    .all(|(ours, theirs)| ours.0 == theirs.0 && same(ours.1, &theirs.1))
        }
        (Value::Number(ours), _) => *ours == number(theirs),
        _ => false,
    }
}
