"""The installation's secret key: a file beside the database, never in it; each purpose gets a key of its own."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

KEY_FILE = "secret.key"
KEY_BYTES = 32


class SecretKey:
    """Derives one key for each purpose, so that a signature made for one never serves another."""

    def __init__(self, master: bytes) -> None:
        if len(master) < KEY_BYTES:
            msg = f"the secret key must hold at least {KEY_BYTES} bytes"
            raise ValueError(msg)
        self._master = master

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose such as `lfs-href`."""
        return hmac.digest(self._master, b"modelyard:" + purpose.encode(), "sha256")

    def sign(self, purpose: str, message: bytes) -> str:
        """Return the hexadecimal HMAC-SHA256 of the message for this purpose."""
        return hmac.new(self.derive(purpose), message, hashlib.sha256).hexdigest()

    def verify(self, purpose: str, message: bytes, signature: str) -> bool:
        """Tell, in constant time, whether the signature is ours."""
        return hmac.compare_digest(self.sign(purpose, message).encode(), signature.encode())


def load_secret_key(data_dir: Path) -> SecretKey:
    """Read the key file of a data folder; the first call creates it, readable by its owner only."""
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return SecretKey(bytes.fromhex(path.read_text().strip()))
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return load_secret_key(data_dir)
