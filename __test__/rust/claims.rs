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

fn validate(text: &str, options: &VerifyOptions) -> Result<(), TokenError> {
    read_object::<Claims>(text).unwrap().validate(options)
}

fn options<'a>(
    audience: Option<OneOrMore<'a>>,
    issuer: Option<OneOrMore<'a>>,
    clock_tolerance: f64,
) -> VerifyOptions<'a> {
    let keys = [ZumoKey::from_master_key("key").unwrap()];
    VerifyOptions::new(&keys, audience, issuer, clock_tolerance, NOW * 1000.0).unwrap()
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
    for value in ["1", "2", "2.0", r#""1""#, r#""2""#] {
        assert_eq!(types(&with("ver", value), MobileServices), None, "{value}");
    }
    for value in ["", "null", "0", "3", "1.5", r#""3""#, r#""02""#, "[2]", "true"] {
        assert_eq!(types(&with("ver", value), MobileServices), Some("ver"), "{value}");
        assert_eq!(types(&with("ver", value), AppService), None, "{value}");
    }
}

#[test]
fn times_on_both_sides_of_now() {
    let exact = options(None, None, 0.0);
    assert_eq!(validate(&with("exp", "1893456000.001"), &exact), Ok(()));
    for exp in ["1893456000", "1893455999.999", "0", "-1e300"] {
        assert_eq!(validate(&with("exp", exp), &exact), Err(TokenError::Expired), "{exp}");
    }
    let tolerant = options(None, None, 5.0);
    assert_eq!(validate(&with("exp", "1893455995.001"), &tolerant), Ok(()));
    assert_eq!(validate(&with("exp", "1893455995"), &tolerant), Err(TokenError::Expired));
    for (name, error) in [("nbf", TokenError::NotBefore), ("iat", TokenError::IssuedAt)] {
        for options in [&exact, &tolerant] {
            assert_eq!(validate(&with(name, "1893456300"), options), Ok(()));
            assert_eq!(validate(&with(name, "1893456300.001"), options), Err(error));
        }
    }
}

#[test]
fn audience_and_issuer_where_asked_for() {
    let one = || Some(OneOrMore::One("a"));
    let more = || Some(OneOrMore::More(vec!["b".into(), "a".into()]));
    for audience in [one, more] {
        let options = options(audience(), None, 0.0);
        for aud in [r#""a""#, r#"["a"]"#, r#"["c","a"]"#] {
            assert_eq!(validate(&with("aud", aud), &options), Ok(()), "{aud}");
        }
        for aud in ["", "null", r#""A""#, r#""a ""#, "[]", r#"["c"]"#, r#"["a",1]"#, r#"[["a"]]"#] {
            assert_eq!(validate(&with("aud", aud), &options), Err(TokenError::Audience), "{aud}");
        }
        let options = super::tests::options(None, audience(), 0.0);
        assert_eq!(validate(&with("iss", r#""a""#), &options), Ok(()));
        for iss in ["", "null", r#""A""#, r#"["a"]"#, r#""urn:microsoft:windows-azure:zumo""#] {
            assert_eq!(validate(&with("iss", iss), &options), Err(TokenError::Issuer), "{iss}");
        }
    }
    let options = options(None, None, 0.0);
    for aud in ["", "null", "1", "{}"] {
        assert_eq!(validate(&with("aud", aud), &options), Ok(()), "{aud}");
    }
    for iss in ["", r#""other""#] {
        assert_eq!(validate(&with("iss", iss), &options), Err(TokenError::Issuer), "{iss}");
    }
}

#[test]
fn the_first_broken_rule_is_the_one_reported() {
    let text = r#"{"exp":0,"nbf":1e300,"iat":1e300,"ver":2,"uid":"u","iss":1,"aud":1}"#;
    let options = options(Some(OneOrMore::One("a")), None, 0.0);
    assert_eq!(validate(text, &options), Err(TokenError::Expired));
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

#[test]
fn keys_of_one_service_with_what_they_need() {
    let keys = || {
        let app_service = ZumoKey::from_signing_key([7; 32].as_slice()).unwrap();
        [ZumoKey::from_master_key("key").unwrap(), app_service]
    };
    let name = |keys: &[ZumoKey], audience, issuer| {
        VerifyOptions::new(keys, audience, issuer, 0.0, 0.0).err().map(|error| error.name)
    };
    let site = || Some(OneOrMore::One("https://site.example/"));
    let [mobile_services, app_service] = keys();
    assert_eq!(name(&[mobile_services], None, None), None);
    let app_service = [app_service];
    assert_eq!(name(&app_service, site(), site()), None);
    assert_eq!(name(&app_service, None, site()).as_deref(), Some("options.audience"));
    assert_eq!(name(&app_service, site(), None).as_deref(), Some("options.issuer"));
    assert_eq!(name(&keys(), site(), site()).as_deref(), Some("key"));
    let mut reversed = keys();
    reversed.reverse();
    assert_eq!(name(&reversed, site(), site()).as_deref(), Some("key"));
}
