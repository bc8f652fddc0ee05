"""Where things lie: the project's root, the folder of running data, and the secrets made at the first run."""

import os
import secrets
from pathlib import Path


def project_root() -> Path:
    """The clone this package runs from, or the current folder when it was installed from a wheel."""
    clone = Path(__file__).resolve().parents[3]
    return clone if (clone / "pyproject.toml").is_file() else Path.cwd()


def var_dir() -> Path:
    """The folder of running data: `CITYLOOM_VAR`, or `var` in the project's root. It is not created here."""
    named = os.environ.get("CITYLOOM_VAR")
    return Path(named).absolute() if named else project_root() / "var"


def kept_secret(var: Path, name: str, n_bytes: int = 32) -> str:
    """The hex secret of that name, made once and kept in `var/secrets` for its owner's eyes only.

    Two processes that ask at the same time get the same secret: the file appears whole or not at all.
    """
    folder = var / "secrets"
    path = folder / name
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(n_bytes))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its secret holds
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()


def demo_password(var: Path) -> str:
    """The password that all people of a demo city share on this machine; different on every machine."""
    return kept_secret(var, "demo-password", 4)
