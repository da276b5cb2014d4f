"""The picture of a verdict: one column a zone from the root down, four lanes (DS, KSK, ZSK, data), as SVG and as HTML.

`scene` says what is there, `drawing` where it stands, `denial` draws the lines and rings of denials, `page` wraps the
picture for a browser. The same outcome gives the same octets.
"""
