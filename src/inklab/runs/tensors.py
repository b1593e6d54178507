"""Named tensors in a safetensors file, with a checksum over their values."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inklab.errors import RunError
from inklab.utils.atomic import write_bytes
from inklab.utils.validation import format_problem

FORMAT = 2  # of the file; a file of another format is refused
_KEY = "inklab"  # a single key: safetensors writes several in an order that changes between processes


def write_tensors(path: Path, tensors: Mapping[str, Tensor], **numbers: float) -> None:
    """Write tensors and a few numbers to a file, atomically, as `write_bytes` does."""
    write_bytes(path, pack_tensors(tensors, **numbers))


def pack_tensors(tensors: Mapping[str, Tensor], **numbers: float) -> bytes:
    """Return the content of a file with these tensors and numbers."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"format": FORMAT, "numbers": numbers, "crc32": _crc32(plain, numbers)}
    return safetensors.torch.save(plain, {_KEY: json.dumps(header)})


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Return the tensors and numbers that `write_tensors` wrote.

    Raise a RunError if the file is missing, damaged, of another format, or not a safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY, "{}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    try:
        header = json.loads(text)
        if "crc32" in header and (version := header.get("format", 1)) != FORMAT:
            raise RunError(format_problem(str(path), version, FORMAT, "train the run again"))
        numbers: dict[str, float] = header["numbers"]
        is_intact = header["crc32"] == _crc32(tensors, numbers)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_intact = False
    if not is_intact:
        raise RunError(f"{path} is damaged: its checksum does not match")
    return tensors, numbers


def _crc32(tensors: Mapping[str, Tensor], numbers: Mapping[str, float]) -> int:
    crc = zlib.crc32(json.dumps(numbers).encode())
    for name, tensor in sorted(tensors.items()):
        kind = f"{name} {tensor.dtype} {tuple(tensor.shape)}"
        crc = zlib.crc32(tensor.numpy().tobytes(), zlib.crc32(kind.encode(), crc))
    return crc
