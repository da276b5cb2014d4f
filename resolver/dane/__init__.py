"""DANE on top of verdicts, pure: what TLSA records say, and what may be done with them."""
