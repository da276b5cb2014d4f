"""The system's certification authorities, for usages 0 and 1 and where DANE does not apply.

Limits: what Python's `ssl` calls the default; SSL_CERT_FILE and SSL_CERT_DIR change it, as everywhere.
"""

from __future__ import annotations

import re
import ssl
from contextlib import suppress
from functools import cache
from pathlib import Path

_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")  # as c_rehash names the certificates of a folder


@cache
def system_roots() -> tuple[bytes, ...]:
    """The system's roots in DER; read once for the process."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    found = dict.fromkeys(context.get_ca_certs(binary_form=True))
    folder = ssl.get_default_verify_paths().capath
    # OpenSSL reads a folder only when it looks for one certain issuer, so `get_ca_certs` does not show what is in it.
    for path in sorted(Path(folder).iterdir()) if folder and Path(folder).is_dir() else ():
        if _HASHED.fullmatch(path.name):
            with suppress(ssl.SSLError, OSError):
                context.load_verify_locations(cafile=path)
    found.update(dict.fromkeys(context.get_ca_certs(binary_form=True)))
    return tuple(found)
