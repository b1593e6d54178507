"""The machine: its processor, thread count and library versions, which speed and exact results depend on."""

import os
import platform
import re
import subprocess
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

_FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16")
_LIBRARIES = ("inklab", "numpy", "torch")


@dataclass(frozen=True)
class Machine:
    """The processor and the libraries of this process."""

    processor: str
    threads: int  # compute threads: the value of OMP_NUM_THREADS, or the number of usable cores
    features: tuple[str, ...] = ()  # the instruction sets that affect the speed of a network
    versions: dict[str, str] = field(default_factory=dict)  # of Python and the installed libraries

    def to_dict(self) -> dict[str, object]:
        """Return the machine as a JSON object."""
        return {**asdict(self), "features": list(self.features)}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Return the machine of an object that `to_dict` made."""
        return cls(**{**document, "features": tuple(document["features"])})

    def __str__(self) -> str:
        features = f" ({', '.join(self.features)})" if self.features else ""
        return f"{self.processor}{features}, {self.threads} {'thread' if self.threads == 1 else 'threads'}"


@cache
def this_machine() -> Machine:
    """Return the machine of this process."""
    name, flags = _linux_processor() if Path("/proc/cpuinfo").exists() else (_other_processor(), set[str]())
    n_threads = os.environ.get("OMP_NUM_THREADS", "")
    versions = {"python": platform.python_version()}
    for library in _LIBRARIES:
        with suppress(PackageNotFoundError):
            versions[library] = version(library)
    return Machine(
        processor=name or platform.machine(),
        threads=int(n_threads) if n_threads.isdecimal() and int(n_threads) else cores(),
        features=tuple(feature for feature in _FEATURES if feature in flags),
        versions=versions,
    )


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _linux_processor() -> tuple[str, set[str]]:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    return (name[1] if name else ""), set(flags[1].split() if flags else ())


def _other_processor() -> str:
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    with suppress(OSError, subprocess.SubprocessError):
        output = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
        return output.stdout.strip()
    return platform.processor()
