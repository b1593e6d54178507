"""Named tensors in a file: safetensors, with a check sum over the values."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inklab.errors import RunError
from inklab.utils.atomic import write_bytes

_KEY = "inklab"  # one key: safetensors writes several in an order that changes from one process to the next


def write_tensors(path: Path, tensors: Mapping[str, Tensor], **facts: float) -> None:
    """Write tensors and a few numbers to a file, whole or not at all.

    Raises:
        InklabError: the file cannot be written.
    """
    write_bytes(path, packed_tensors(tensors, **facts))


def packed_tensors(tensors: Mapping[str, Tensor], **facts: float) -> bytes:
    """Return what a file of these tensors and numbers holds."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps({"facts": facts, "crc32": _crc32(plain, facts)})
    return safetensors.torch.save(plain, {_KEY: text})


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Return the tensors and the numbers that `write_tensors` wrote.

    Raises:
        RunError: the file is missing, is no safetensors file, or holds other values than were written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY, "{}")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    try:
        document = json.loads(text)
        facts: dict[str, float] = document["facts"]
        is_whole = document["crc32"] == _crc32(tensors, facts)
    except (ValueError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise RunError(f"{path} is damaged: its values are not those that were written")
    return tensors, facts


def _crc32(tensors: Mapping[str, Tensor], facts: Mapping[str, float]) -> int:
    crc = zlib.crc32(json.dumps(facts).encode())
    for name, tensor in sorted(tensors.items()):
        kind = f"{name} {tensor.dtype} {tuple(tensor.shape)}"
        crc = zlib.crc32(tensor.numpy().tobytes(), zlib.crc32(kind.encode(), crc))
    return crc
