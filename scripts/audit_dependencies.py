"""Checks the pinned dependencies: pins, hashes, agreement between the lists, licenses, and known vulnerabilities.

The check for vulnerabilities needs the network, since pip-audit queries the package index's advisory service. If the
service can't be reached, the check is skipped with a message, so that `make check` works offline. With
CI_AUDIT=required, that is an error.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from packaging.markers import Marker

FOLDER = Path(__file__).parent.parent / "requirements"
LISTS = ("run", "dev", "build")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|PostgreSQL|LGPL|Lesser|MPL|Mozilla|Zlib|0BSD|Unlicense|"
    r"Public Domain|CC0|HPND|BlueOak",
    re.IGNORECASE,
)
SECONDS = 60
LICENSES_WITHOUT_METADATA = {"axe-playwright-python": "MIT"}
"""Licenses that are stated in a package's repository but not in its metadata."""


def pins(name: str) -> tuple[dict[str, str], list[str]]:
    """Return the pinned version of each package in a list, and the errors in its lines."""
    versions: dict[str, str] = {}
    errors: list[str] = []
    text = (FOLDER / f"{name}.txt").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pin = PIN.match(line)
        if pin is None:
            errors.append(f"{name}.txt: not a pin: {line[:60]}")
            continue
        hashes = re.findall(r"--hash=sha256:([0-9a-f]+)", line)
        if not hashes or any(len(digest) != 64 for digest in hashes):
            errors.append(f"{name}.txt: {pin[1]} has no complete hash")
        if _applies(line):
            versions[pin[1].lower()] = pin[2]
    return versions, errors


def _applies(line: str) -> bool:
    """Whether a pin applies to this Python and system."""
    marker = re.search(r";\s*([^\\]*?)\s*(?:--hash|$)", line)
    return marker is None or Marker(marker[1]).evaluate()


def requirements(name: str) -> set[str]:
    """Return the names of the packages that an ``.in`` file requires."""
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    return {
        re.split(r"[\[<>=!~; ]", line.strip(), maxsplit=1)[0].lower().replace("_", "-")
        for line in lines
        if line.strip() and not line.startswith(("#", "-"))
    }


def license_of(package: str) -> str:
    metadata = importlib.metadata.metadata(package)
    classifiers = metadata.get_all("Classifier") or []
    return " ".join(
        [
            LICENSES_WITHOUT_METADATA.get(package, ""),
            *(metadata.get_all("License-Expression") or []),
            *(text[:200] for text in metadata.get_all("License") or []),
            *(line for line in classifiers if line.startswith("License")),
        ]
    )


def errors_in_lists() -> list[str]:
    errors: list[str] = []
    lists = {}
    for name in LISTS:
        lists[name], errors_of_list = pins(name)
        errors += errors_of_list
        errors += [
            f"{name}.in requires {package}, but {name}.txt doesn't pin it"
            for package in sorted(requirements(name) - set(lists[name]))
        ]
    for package, version in lists["run"].items():
        other = lists["dev"].get(package, version)
        if other != version:
            errors.append(f"{package} is {version} in run.txt but {other} in dev.txt")
    for package, version in {**lists["dev"], **lists["run"]}.items():
        try:
            installed = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # only needed on another system or Python
        if installed != version:
            errors.append(
                f"{package} is pinned as {version}, but {installed} is installed. Run `make setup`."
            )
        license_text = license_of(package)
        if not FREE.search(license_text):
            shown = license_text.strip()[:80] or "none"
            errors.append(f"{package} has a license that isn't on our list: {shown}")
    return errors


def vulnerabilities() -> tuple[bool, bool, str]:
    """Return whether an audit was possible, whether it found nothing, and the message to print."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    options = ["--progress-spinner=off", "--format=json", "-r", str(FOLDER / "run.txt")]
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [*command, *options], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return (
            False,
            True,
            "Known vulnerabilities: not audited, no advisory service can be reached.",
        )
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in packages
        for flaw in package.get("vulns", [])
    ]
    if flaws:
        return True, False, "\n".join(f"Known vulnerability: {line}" for line in flaws)
    if len(skipped) == len(packages):
        return False, True, "Known vulnerabilities: not audited, this index has no advisories."
    audited = len(packages) - len(skipped)
    not_audited = (
        f" {len(skipped)} could not be audited: {', '.join(skipped[:5])} ..." if skipped else ""
    )
    return True, True, f"Known vulnerabilities: none in {audited} packages.{not_audited}"


def main() -> int:
    errors = errors_in_lists()
    for error in errors:
        print(f"requirements: {error}")
    audited, passed, message = vulnerabilities()
    print(message)
    required = os.environ.get("CI_AUDIT") == "required"
    return 1 if errors or not passed or (required and not audited) else 0


if __name__ == "__main__":
    sys.exit(main())
