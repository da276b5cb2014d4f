"""The judge: pure functions and plans. Knows no clock, no socket, no trio, no randomness, no logging."""
