"""`python -m tests.conformance [word]`: every case with the word in its id, its verdict and what was asked.

Without a word: the cases that are wrong, and the share.
"""

from __future__ import annotations

import sys

from tests.conformance.corpora import CORPORA, scripts
from tests.conformance.divergences import DIVERGENCES
from tests.conformance.exam import sit


def main(word: str = "") -> int:
    if not scripts():
        print(f"{CORPORA} is not there", file=sys.stderr)
        return 2
    asked = right = known = 0
    for script in scripts():
        if word and word not in script.id and not any(word in case.id for case in script.cases):
            continue
        for case_id, result in sit(script).items():
            if word not in case_id:
                continue
            asked += 1
            right += result.is_right
            divergence = DIVERGENCES.get(case_id)
            known += divergence is not None and divergence.verdict == result.status
            if word or (not result.is_right and divergence is None):
                mark = "right" if result.is_right else "known" if divergence is not None else "WRONG"
                case = result.case
                print(f"{mark} {case_id} {case.qname}/{case.qtype} expected {case.expected}, got {result.status}")
                print(f"      {result.reason}")
                for line in result.asked if word else ():
                    print(f"      asked {line}")
    print(f"conformance: {right} of {asked} in-scope queries right, {known} known divergences")
    return 0 if right + known == asked else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
