"""Named tensors in a file: safetensors, with a check sum over the values."""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from inklab.errors import RunError
from inklab.files import write_bytes


def write_tensors(path: Path, tensors: Mapping[str, Tensor], **facts: float) -> None:
    """Write tensors and a few numbers to a file, whole or not at all.

    Raises:
        InklabError: the file cannot be written.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"facts": json.dumps(facts), "crc32": str(_crc32(plain))}
    write_bytes(path, safetensors.torch.save(plain, metadata))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, float]]:
    """Return the tensors and the numbers that `write_tensors` wrote.

    Raises:
        RunError: the file is missing, is no safetensors file, or holds other values than were written.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
    except FileNotFoundError:
        raise RunError(f"{path} is missing") from None
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} cannot be read: {error}") from None
    if metadata.get("crc32") != str(_crc32(tensors)):
        raise RunError(f"{path} is damaged: its values are not those that were written")
    return tensors, json.loads(metadata["facts"])


def _crc32(tensors: Mapping[str, Tensor]) -> int:
    crc = 0
    for name in sorted(tensors):
        crc = zlib.crc32(tensors[name].numpy().tobytes(), zlib.crc32(name.encode(), crc))
    return crc
