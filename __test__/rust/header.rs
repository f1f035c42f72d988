//! Each rule for headers, on both sides.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::json::read_object;

/// A header that keeps every rule, with the text of one more parameter, or of one instead.
fn with(name: &str, value: &str) -> String {
    let parameters = [("alg", r#""HS256""#), ("typ", r#""JWT""#), ("kid", "0")];
    let others = parameters.into_iter().filter(|(own, _)| *own != name);
    let changed = (!value.is_empty()).then_some((name, value));
    let members = others.chain(changed).map(|(name, value)| format!(r#""{name}":{value}"#));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The parameter that a header is refused for.
fn refused(text: &str) -> Option<&'static str> {
    match read_object::<Header>(text).unwrap().validate().err()? {
        TokenError::Header { name, .. } => Some(name),
        error => panic!("{error}"),
    }
}

#[test]
fn parameters() {
    for (name, accepted, others) in [
        ("alg", &[r#""HS256""#][..], &["", "null", r#""hs256""#, r#""none""#, "256"][..]),
        (
            "typ",
            &["", r#""JWT""#, r#""jwt""#, r#""application/JWT""#],
            &["null", r#""""#, r#""at+jwt""#],
        ),
        ("kid", &["", r#""""#, r#""x""#, "0", "-0.0"], &["null", "1", "true", "[]"]),
        ("b64", &["", "true"], &["null", "false", r#""true""#, "1"]),
        ("crit", &[""], &["null", "[]", r#"["exp"]"#]),
        ("enc", &[""], &["null", r#""A256GCM""#]),
        ("cty", &[""], &["null", r#""JWT""#]),
        ("jwk", &["", "null", "{}"], &[]),
    ] {
        for value in accepted {
            assert_eq!(refused(&with(name, value)), None, "{name} {value}");
        }
        for value in others {
            assert_eq!(refused(&with(name, value)), Some(name), "{name} {value}");
        }
    }
}
