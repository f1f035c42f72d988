//! Each rule for claims, on both sides of its edge.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::json::read_object;

const NOW: f64 = 1_893_456_000.0;

/// Claims that keep every rule at `NOW`, with the text of one more, or of one instead.
fn with(name: &str, value: &str) -> String {
    let members = [
        ("exp", "1893456001"),
        ("iss", r#""urn:microsoft:windows-azure:zumo""#),
        ("ver", "2"),
        ("aud", r#""a""#),
        ("uid", r#""Custom:42""#),
        ("sub", r#""sid:42""#),
    ];
    let others = members
        .iter()
        .filter(|(own, _)| *own != name)
        .map(|(name, value)| format!(r#""{name}":{value}"#));
    let changed = (!value.is_empty()).then(|| format!(r#""{name}":{value}"#));
    format!("{{{}}}", others.chain(changed).collect::<Vec<_>>().join(","))
}

fn types(text: &str, service: Service) -> Option<&'static str> {
    let error = read_object::<Claims>(text).unwrap().validate_types(service).err()?;
    assert_eq!(error.code(), "ERR_ZUMO_JWT_CLAIM");
    error.claim()
}

fn validate(text: &str, tolerance: f64) -> Result<(), TokenError> {
    read_object::<Claims>(text).unwrap().validate(None, None, tolerance, NOW * 1000.0)
}

#[test]
fn types_of_the_registered_claims() {
    use Service::{AppService, MobileServices};
    for service in [MobileServices, AppService] {
        assert_eq!(types(&with("exp", "1"), service), None);
        for value in ["", "null", r#""1893456001""#, "[1893456001]", "true", "{}"] {
            assert_eq!(types(&with("exp", value), service), Some("exp"), "{value}");
        }
        for name in ["nbf", "iat"] {
            assert_eq!(types(&with(name, ""), service), None);
            assert_eq!(types(&with(name, "1e300"), service), None);
            for value in ["null", r#""1""#, "[]", "false"] {
                assert_eq!(types(&with(name, value), service), Some(name), "{value}");
            }
        }
    }
    for (service, user) in [(MobileServices, "uid"), (AppService, "sub")] {
        for value in ["", "null", r#""""#, "42", r#"["a"]"#] {
            assert_eq!(types(&with(user, value), service), Some(user), "{value}");
        }
    }
    assert_eq!(types(&with("sub", ""), MobileServices), None);
    assert_eq!(types(&with("uid", ""), AppService), None);
    for value in ["", "1", "2", "2.0", r#""1""#, r#""2""#] {
        assert_eq!(types(&with("ver", value), MobileServices), None, "{value}");
    }
    for value in ["null", "0", "3", "1.5", r#""3""#, r#""02""#, "[2]", "true"] {
        assert_eq!(types(&with("ver", value), MobileServices), Some("ver"), "{value}");
        assert_eq!(types(&with("ver", value), AppService), None, "{value}");
    }
}

#[test]
fn times_on_both_sides_of_now() {
    assert_eq!(validate(&with("exp", "1893456000.001"), 0.0), Ok(()));
    for exp in ["1893456000", "1893455999.999", "0", "-1e300"] {
        assert_eq!(validate(&with("exp", exp), 0.0), Err(TokenError::Expired), "{exp}");
    }
    assert_eq!(validate(&with("exp", "1893455995.001"), 5.0), Ok(()));
    assert_eq!(validate(&with("exp", "1893455995"), 5.0), Err(TokenError::Expired));
    for (name, error) in [("nbf", TokenError::NotBefore), ("iat", TokenError::IssuedAt)] {
        for tolerance in [0.0, 5.0] {
            assert_eq!(validate(&with(name, "1893456300"), tolerance), Ok(()));
            assert_eq!(validate(&with(name, "1893456300.001"), tolerance), Err(error));
        }
    }
}

fn validate_for(
    text: &str,
    audience: Option<&Accepted>,
    issuer: Option<&Accepted>,
) -> Result<(), TokenError> {
    read_object::<Claims>(text).unwrap().validate(audience, issuer, 0.0, NOW * 1000.0)
}

#[test]
fn audience_and_issuer_where_asked_for() {
    for one in [Accepted::One("a"), Accepted::More(vec!["b".into(), "a".into()])] {
        let with_aud = |aud| validate_for(&with("aud", aud), Some(&one), None);
        for aud in [r#""a""#, r#"["a"]"#, r#"["c","a"]"#] {
            assert_eq!(with_aud(aud), Ok(()), "{aud}");
        }
        for aud in ["", "null", r#""A""#, r#""a ""#, "[]", r#"["c"]"#, r#"["a",1]"#, r#"[["a"]]"#] {
            assert_eq!(with_aud(aud), Err(TokenError::Audience), "{aud}");
        }
        let with_iss = |iss| validate_for(&with("iss", iss), None, Some(&one));
        assert_eq!(with_iss(r#""a""#), Ok(()));
        for iss in ["", "null", r#""A""#, r#"["a"]"#, r#""urn:microsoft:windows-azure:zumo""#] {
            assert_eq!(with_iss(iss), Err(TokenError::Issuer), "{iss}");
        }
    }
    for aud in ["", "null", "1", "{}"] {
        assert_eq!(validate(&with("aud", aud), 0.0), Ok(()), "{aud}");
    }
    for iss in ["", r#""other""#] {
        assert_eq!(validate(&with("iss", iss), 0.0), Err(TokenError::Issuer), "{iss}");
    }
    let text = r#"{"exp":0,"nbf":1e300,"iat":1e300,"ver":2,"uid":"u","iss":1,"aud":1}"#;
    assert_eq!(validate_for(text, Some(&Accepted::One("a")), None), Err(TokenError::Expired));
}

#[test]
fn audience_and_issuer_that_are_only_like_the_accepted_one() {
    let accepted = "https://é.example/a";
    for value in [
        "https://é.example/",
        "é.example/a",
        "example",
        "",
        "https://é.example/a/",
        "https://é.example/ab",
        "xhttps://é.example/a",
        "https://é.example/A",
        " https://é.example/a",
        "https://é.example/a ",
        "https://e\u{301}.example/a",
        "https://é.example/a\\u0000",
    ] {
        for one in [Accepted::One(accepted), Accepted::More(vec![accepted.into()])] {
            let [text, list] = [format!(r#""{value}""#), format!(r#"["{value}"]"#)];
            for aud in [&text, &list] {
                let result = validate_for(&with("aud", aud), Some(&one), None);
                assert_eq!(result, Err(TokenError::Audience), "{aud}");
            }
            let result = validate_for(&with("iss", &text), None, Some(&one));
            assert_eq!(result, Err(TokenError::Issuer), "{value}");
        }
    }
}

#[test]
fn what_a_token_to_sign_needs_beside_types() {
    let missing = |text: &str| {
        read_object::<Claims>(text).unwrap().require_aud_and_iss().err().and_then(TokenError::claim)
    };
    assert_eq!(missing(&with("aud", r#"["a","b"]"#)), None);
    for aud in ["", "null", "1", "[]", r#"["a",1]"#] {
        assert_eq!(missing(&with("aud", aud)), Some("aud"), "{aud}");
    }
    for iss in ["", "null", "1", r#"["i"]"#] {
        assert_eq!(missing(&with("iss", iss)), Some("iss"), "{iss}");
    }
}
