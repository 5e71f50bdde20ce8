"""Reads `cargo metadata` on stdin; prints every dependency whose licence or source we may not or do not want to use.

A distribution of the binary is one work under Apache-2.0, so what goes into it must allow that.
"""

import json
import re
import sys

# SPDX identifiers that ask for a notice at most.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0", "ISC", "MIT",
    "Unicode-3.0", "Unlicense", "Zlib",
}


def allowed(expression: str) -> bool:
    """An SPDX expression: one side of each OR, all sides of each AND. `/` is how crates once wrote OR."""
    text = expression.replace("/", " OR ")
    words = re.findall(r"\(|\)|[A-Za-z0-9.+-]+", text)
    python = []
    while words:
        word = words.pop(0)
        if word in "()":
            python.append(word)
        elif word in ("AND", "OR"):
            python.append(word.lower())
        else:
            # An exception only allows more.
            if words[:1] == ["WITH"]:
                del words[:2]
            python.append(str(word in ALLOWED))
    return bool(python) and eval(" ".join(python), {"__builtins__": {}})  # noqa: S307 - True, False, and, or, ()


for package in json.load(sys.stdin)["packages"]:
    name, source = f"{package['name']} {package['version']}", package["source"]
    if not allowed(package["license"] or ""):
        print(f"{name}: licence `{package['license']}`")
    if source is not None and not source.startswith("registry+"):
        print(f"{name}: from `{source}`, not from the registry of crates")
