"""The DANE engine of the system's OpenSSL, through ctypes: any chain, any records, any time, no connection.

For tests only. `engine()` is None where there is no libssl 3; a test is skipped then.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

_NO_EE_NAMES = 1  # DANE_FLAG_NO_DANE_EE_NAMECHECKS
_NO_PARTIAL_WILDCARDS = 0x4  # X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, as Postfix sets it
_PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN

_POINTERS = [
    "TLS_client_method",
    "SSL_CTX_new",
    "SSL_new",
    "SSL_get0_param",
    "SSL_get0_dane",
    "X509_STORE_new",
    "X509_STORE_CTX_new",
    "X509_STORE_CTX_get0_param",
    "OPENSSL_sk_new_null",
    "d2i_X509",
]


class Answer(NamedTuple):
    """What OpenSSL says: X509_V_ERR_* (0: authenticated), the depth of the match, how many records it could use."""

    error: int
    depth: int
    used: int

    @property
    def matched(self) -> bool:
        return self.error == 0


class Engine:
    """OpenSSL, once loaded."""

    def __init__(self, ssl: Any, crypto: Any) -> None:
        self.ssl, self.crypto = ssl, crypto
        for name in _POINTERS:
            for library in (ssl, crypto):
                if hasattr(library, name):
                    getattr(library, name).restype = ctypes.c_void_p
        crypto.OpenSSL_version.restype = ctypes.c_char_p
        self.version: str = crypto.OpenSSL_version(0).decode()
        self.context = ctypes.c_void_p(ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_client_method())))
        assert ssl.SSL_CTX_dane_enable(self.context) > 0

    def judge(
        self,
        records: Sequence[tuple[int, int, int, bytes]],
        chain: Sequence[bytes],
        *,
        at: float,
        names: Sequence[str],
        roots: Sequence[bytes] = (),
        ee_names: bool = False,
        partial_chain: bool = False,
    ) -> Answer | None:
        """Its verdict; None where no record is usable, or the server's certificate is none for OpenSSL."""
        ssl, crypto = self.ssl, self.crypto
        connection = ctypes.c_void_p(ssl.SSL_new(self.context))
        store = ctypes.c_void_p(crypto.X509_STORE_new())
        judge = ctypes.c_void_p(crypto.X509_STORE_CTX_new())
        stack = ctypes.c_void_p(crypto.OPENSSL_sk_new_null())
        certificates: list[ctypes.c_void_p] = []
        try:
            assert ssl.SSL_dane_enable(connection, names[0].encode()) > 0
            for name in names[1:]:
                assert ssl.SSL_add1_host(connection, name.encode()) > 0
            if not ee_names:
                ssl.SSL_dane_set_flags(connection, ctypes.c_ulong(_NO_EE_NAMES))
            ssl.SSL_set_hostflags(connection, ctypes.c_uint(_NO_PARTIAL_WILDCARDS))
            used = 0
            for usage, selector, matching_type, data in records:
                octets, size = ctypes.c_char_p(data), ctypes.c_size_t(len(data))
                added = ssl.SSL_dane_tlsa_add(connection, usage, selector, matching_type, octets, size)
                used += added > 0
            for octets in dict.fromkeys(roots):
                root = self._certificate(octets)
                if root is not None:
                    certificates.append(root)
                    crypto.X509_STORE_add_cert(store, root)
            sent = [self._certificate(octets) for octets in chain]
            certificates += [certificate for certificate in sent if certificate is not None]
            if not used or sent[0] is None:
                return None
            for certificate in sent:
                if certificate is not None:
                    crypto.OPENSSL_sk_push(stack, certificate)
            assert crypto.X509_STORE_CTX_init(judge, store, sent[0], stack) > 0
            assert crypto.X509_STORE_CTX_set_default(judge, b"ssl_server") > 0
            parameters = ctypes.c_void_p(crypto.X509_STORE_CTX_get0_param(judge))
            crypto.X509_VERIFY_PARAM_set1(parameters, ctypes.c_void_p(ssl.SSL_get0_param(connection)))
            crypto.X509_VERIFY_PARAM_set_time(parameters, ctypes.c_long(int(at)))
            if partial_chain:
                crypto.X509_VERIFY_PARAM_set_flags(parameters, ctypes.c_ulong(_PARTIAL_CHAIN))
            crypto.X509_STORE_CTX_set0_dane(judge, ctypes.c_void_p(ssl.SSL_get0_dane(connection)))
            crypto.X509_verify_cert(judge)
            error = crypto.X509_STORE_CTX_get_error(judge)
            ssl.SSL_set_verify_result(connection, ctypes.c_long(0))
            depth = ssl.SSL_get0_dane_authority(connection, None, None)
            return Answer(error, depth, used)
        finally:
            crypto.X509_STORE_CTX_free(judge)
            crypto.OPENSSL_sk_free(stack)
            for certificate in certificates:
                crypto.X509_free(certificate)
            crypto.X509_STORE_free(store)
            ssl.SSL_free(connection)
            crypto.ERR_clear_error()

    def _certificate(self, octets: bytes) -> ctypes.c_void_p | None:
        buffer = ctypes.create_string_buffer(octets, len(octets))
        start = ctypes.c_void_p(ctypes.addressof(buffer))
        found = self.crypto.d2i_X509(None, ctypes.byref(start), ctypes.c_long(len(octets)))
        if not found:
            return None
        if (start.value or 0) - ctypes.addressof(buffer) != len(octets):  # trailing octets
            self.crypto.X509_free(ctypes.c_void_p(found))
            return None
        return ctypes.c_void_p(found)


@cache
def engine() -> Engine | None:
    """OpenSSL 3 of the operating system, or None."""
    try:
        return Engine(ctypes.CDLL("libssl.so.3"), ctypes.CDLL("libcrypto.so.3"))
    except OSError:
        return None
