"""JWT libraries for Python. Reads a line of JSON for each call, and answers with one: the claims, a token, or the refusal."""
import json
import sys

import jwt as pyjwt
from authlib.jose import JsonWebToken
from jose import jwt as python_jose
from joserfc import jwt as joserfc
from joserfc.jwk import OctKey

authlib = JsonWebToken(["HS256"])
algorithms = ["HS256"]
any_audience = {"verify_aud": False}


def verify_with_authlib(token, key):
    claims = authlib.decode(token, key)
    claims.validate()
    return claims


def verify_with_joserfc(token, key):
    claims = joserfc.decode(token, OctKey.import_key(key), algorithms=algorithms).claims
    joserfc.JWTClaimsRegistry().validate(claims)
    return claims


HEADER = {"alg": "HS256"}
VERIFY = {
    "PyJWT": lambda token, key: pyjwt.decode(token, key, algorithms=algorithms, options=any_audience),
    "python-jose": lambda token, key: python_jose.decode(token, key, algorithms=algorithms, options=any_audience),
    "Authlib": verify_with_authlib,
    "joserfc": verify_with_joserfc,
}
SIGN = {
    "PyJWT": lambda claims, key: pyjwt.encode(claims, key, algorithm="HS256"),
    "python-jose": lambda claims, key: python_jose.encode(claims, key, algorithm="HS256"),
    "Authlib": lambda claims, key: authlib.encode(HEADER, claims, key).decode(),
    "joserfc": lambda claims, key: joserfc.encode(HEADER, claims, OctKey.import_key(key)),
}

for line in sys.stdin:
    library, what, value, key = json.loads(line)
    try:
        answer = {"value": (VERIFY if what == "verify" else SIGN)[library](value, bytes.fromhex(key))}
    except Exception as error:
        answer = {"refusal": repr(error)}
    print(json.dumps(answer), flush=True)
