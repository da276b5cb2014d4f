"""A whole zone under the audit's eye: every RRset signed and right, the denial chain complete, keys and digests agreeing.

`problems` has the catalogue, `layout` what belongs to the zone, `signing` RRsets and keys, `denial` the NSEC and NSEC3
chains, `digest` ZONEMD, and `run` puts them together as one stream.
"""
