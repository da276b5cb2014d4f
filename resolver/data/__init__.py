"""DNS data, untrusted: bytes in, values out. Knows no clock, no socket, no randomness, no logging."""
