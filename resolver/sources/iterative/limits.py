"""What bounds the work of a walk from the root, each number with its source.

A hostile zone chooses its delegations, so it chooses how much work they are: names of servers without addresses, each
to be looked up elsewhere (NXNSAttack, CVE-2020-12662, CVE-2020-8616), chains of them, servers that say nothing, and
zones below zones. Nothing of that may cost more than a fixed number of queries.
"""

from __future__ import annotations

# One question of the judge's, everything included that it causes: referrals, addresses of servers, keys on the way. What
# is sent over TCP because the reply to it was truncated is part of the same query.
MAX_QUERIES = 64  # ours: unbound sends 32 (max-sent-count) for a question, and counts what it causes elsewhere
MAX_NAMES = 8  # ours: server names looked up for one question, in all its referrals together
MAX_NAMES_REFERRAL = 4  # server names looked up for one referral: MaxFetch(k) of the NXNSAttack paper, BIND's 4 or 5
NAME_CREDIT = 16  # ours: server names that may lead nowhere below one domain, in all lookups; each that leads somewhere
MOST_CREDIT = 64  # earns one more, up to so many; without any, a lookup may still try one name
CREDIT_SECONDS = 60.0  # ours: after so long without any, the credit is whole again
MAX_DEPTH = 3  # ours: lookups of server names inside lookups of server names; BIND allows 7, honest ones need 2
MAX_TRIES = 12  # ours: queries for one question to the servers of one zone; the root has 26 addresses

# One referral.
MAX_SERVERS = 20  # ours: NS records that are looked at; the root has 13
MAX_ADDRESSES = 4  # ours: addresses of one server name

# Times, in seconds.
FIRST_SECONDS = 1.0  # how long to wait for a server never heard of (RFC 6298 §2: an RTO of 1 second)
LEAST_SECONDS = 0.4  # ours: the shortest wait
MOST_SECONDS = 2.0  # ours: the longest wait for one packet, of the 10 that a lookup has
TCP_SECONDS = 4.0  # ours: connection and reply
PATIENCE = 6.0  # ours: after so long no server of a zone is asked a second time
REST_SECONDS = 60.0  # how long a server that said nothing is asked after the others
DEAD_SILENCES = 6  # ours: an address silent from the first, so often, is left alone for DEAD_SECONDS, whoever names it
SUSPECT_SECONDS = 60.0  # ours: how long a server whose replies did not hold is asked after the others
LAME_SECONDS = 600.0  # how long a server that does not serve a zone is asked last about it (BIND's lame-ttl was 600)
FAMILY_SECONDS = 60.0  # ours: how long IPv6 (or IPv4) is left alone once the system knows no way
DEAD_SECONDS = 5.0  # how long what nobody answers to any use is not tried again (RFC 9520 §3.2: 1 to 300)
MEMO_SECONDS = 10.0  # ours: how long a reply serves the judge's next questions: as long as a lookup may take
LEAST_TTL = 5.0  # ours: a delegation serves the lookup that met it, whatever its TTL
MOST_TTL = 86400.0  # a delegation is asked for anew after a day (RFC 8767 §4: TTLs should be capped)

# Memory.
DELEGATIONS = 8192  # ours: about 1 kB each
REPLIES = 1024  # ours: replies kept for the judge's next questions
ADDRESSES = 4096  # ours: server names whose addresses are known
SERVERS = 8192  # ours: addresses whose speed is known

# QNAME minimisation (RFC 9156 §2.3).
MAX_MINIMISE_COUNT = 10  # queries with a shortened name
MINIMISE_ONE_LAB = 4  # of them, so many add one label only
