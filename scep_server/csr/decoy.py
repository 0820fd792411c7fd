"""A certification request that nobody holds the key of, to spend on failures the time of a real one.

RSA-2048, three subject attributes, two alternative names, a challenge; its signature is wrong by one bit.
"""

from __future__ import annotations

import base64
from typing import Final

DECOY: Final = base64.b64decode(
    "MIIC8jCCAdoCAQAwNTEPMA0GA1UEAwwGbm9ib2R5MRAwDgYDVQQLDAdub3doZXJlMRAwDgYDVQQKDAdub3RoaW5nMIIBIjANBgkq"
    "hkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1C0c1hnPYZVuVFH17z0uGuK/OfiOFkvw9aZFph7YekQXZqGPOHbskvp3+uhdptyBUoKr"
    "GqSvQIulZWlgnW+8Cc3NvSXbha83a62bDgu0gh2QKvViDLsa5zm7NG7lp5KsGPsGX1alFl3GX8fh/qwymLYjYTZ/N9fFMIjJ1eCi"
    "JEXPcBryPlqdrOsXjFDjrWDEGpLCUeQj6P9s03zbKTCoPlQwXFyYxgmXgdIeXpJbeE2XCZfe7lIM/dSabxruL6zQo2OcZb+CUWt0"
    "1HCGSQeB71AHmHTNYgjVVZ/1FZu6C0K3I9XWvtkVDCbBHvG4pB2j5r/yBV8fh5m6DoCIZ8e3VwIDAQABoHgwKQYJKoZIhvcNAQkH"
    "MRwMGm5vIGNoYWxsZW5nZSBhdCBhbGwsIDI2IGMuMEsGCSqGSIb3DQEJDjE+MDwwOgYDVR0RBDMwMYEWbm9ib2R5QGV4YW1wbGUu"
    "aW52YWxpZIIXbm93aGVyZS5leGFtcGxlLmludmFsaWQwDQYJKoZIhvcNAQELBQADggEBACsJy7p3zcVTIpsqTgdg1qMb1kIxRCs0"
    "NGW9/Zw0sSqtjMcbnJbxrAUbvpuItIeBDagI378BPgyyNN4JrF7G75uFLiYQ8R8rvXu2egAvl2OcGurb0YaJlMIuJwVKQt3j3pZD"
    "1P6o0YIPDa3SGGL+wQsr00iqw7V5eU2cmvWDD4PAAgDdBQIgUSp6UBfPrf7S18Qn1TYT7FOMJH+DquDHEbTZoofNO7Il0EI38ofB"
    "wB6xaMajGDfjgtTHXDzaRW3ImoznCP0IsNwpCMfhyg/lB+70Zc9oU+GUtOxo4gf4ldug0rm7nBL48kraNBvw9Xy2LfCTzZ7mW8Rd"
    "Bg/HUerCVPw="
)
