"""What this machine is: what a figure needs beside it, and what a bit-for-bit comparison depends on."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

_SPEEDING = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16")
_LIBRARIES = ("inklab", "numpy", "torch")


@dataclass(frozen=True)
class Machine:
    """The processor and the libraries of this process."""

    processor: str
    threads: int
    """How many it computes with: the processor cores that it may use, or what OMP_NUM_THREADS says."""
    features: tuple[str, ...] = ()
    """The instruction sets, of those that matter to the speed of a network, that the processor has."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of Python and of the libraries that are installed."""

    def to_dict(self) -> dict[str, object]:
        """Return the machine as what a JSON document can hold."""
        return {**asdict(self), "features": list(self.features)}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return the machine that `to_dict` gave."""
        return cls(**{**document, "features": tuple(document["features"])})

    def __str__(self) -> str:
        features = f" ({', '.join(self.features)})" if self.features else ""
        return f"{self.processor}{features}, {self.threads} {'thread' if self.threads == 1 else 'threads'}"


@cache
def this_machine() -> Machine:
    """Return what this machine is."""
    processor, flags = _linux_processor() if Path("/proc/cpuinfo").exists() else _other_processor()
    features = tuple(name for name in _SPEEDING if name in flags)
    return Machine(processor or platform.machine(), _threads(), features, _versions())


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    return cores()


def _linux_processor() -> tuple[str, set[str]]:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    return (name[1] if name else ""), set(flags[1].split() if flags else ())


def _other_processor() -> tuple[str, set[str]]:
    try:
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return platform.processor(), set()
    return answer.stdout.strip(), set()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
