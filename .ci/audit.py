"""Looks for known vulnerabilities of locked requirements, and says so where it cannot.

Exit code 0: none known, or the advisory service knows nothing here; 1: some are known.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main(requirements: str) -> int:
    """Ask for every requirement of this file."""
    audit = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", requirements, "--disable-pip"),
            *("--require-hashes", "--format", "json", "--progress-spinner", "off"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(audit.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (audit.stderr.strip() or "no answer").splitlines()[-1]
        print(f"NOT AUDITED: the advisory service cannot be asked ({last})")
        return 0
    asked = [one for one in found if "skip_reason" not in one]
    if not asked:
        print("NOT AUDITED: the advisory service knows none of the requirements")
        return 0
    known = [(one, each) for one in asked for each in one["vulns"]]
    for one, each in known:
        mended = ", ".join(each["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {each['id']}, mended in {mended}")
    print(f"{len(asked)} of {len(found)} requirements audited, {len(known)} vulnerabilities known")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
