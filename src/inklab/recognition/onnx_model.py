"""Run the ONNX network of an artifact with onnxruntime."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE, N_CLASSES
from inklab.errors import ArtifactError, DataError
from inklab.recognition.onnx_check import check_onnx
from inklab.utils.hardware import cores

MEMORY_BYTES = 2**31  # that all networks of a process may use together while they compute
_BATCH_SIZE = 64  # images whose activations fit a core's cache, for most networks


class OnnxModel:
    """A network that maps images (n, 1, 28, 28) to logits (n, 10), or (n, 11) with one for "no digit".

    It is made from the content of an ONNX file, and thread-safe.

    Raises:
        ArtifactError: the file breaks a rule of `inklab.recognition.onnx_check`, cannot be loaded, or has
            other input or output shapes.
    """

    def __init__(self, content: bytes) -> None:
        self.opset = check_onnx(content)
        self._session = open_session(content)
        self._input, self.outputs = self._check_shapes()

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits (n, outputs) of a batch of images (n, 28, 28), computed on this thread.

        Raise an ArtifactError if the network fails, or returns another shape.
        """
        scaled = np.multiply(images[:, np.newaxis], np.float32(1 / 255), dtype=np.float32)
        (logits,) = run_session(self._session, None, {self._input: scaled})
        if logits.shape != (len(images), self.outputs):
            raise ArtifactError(f"the network returns {logits.shape}; expected {len(images), self.outputs}")
        return logits

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits (n, outputs) of any number of images, computed on all cores.

        The images are (n, 28, 28) uint8, ink 255 on background 0, sized and centered as in MNIST. Raise a
        DataError if they have another dtype or shape.
        """
        dtype, shape = getattr(images, "dtype", None), getattr(images, "shape", ())
        if dtype != np.uint8 or shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            came = f"{dtype} {shape}" if dtype else f"of type {type(images).__name__}"
            raise DataError(f"the images are {came}; expected uint8 (n, 28, 28), ink 255 on 0")
        batches = [images[start : start + _BATCH_SIZE] for start in range(0, len(images), _BATCH_SIZE)]
        if len(batches) <= 1:
            return self(images)
        with ThreadPoolExecutor(min(len(batches), cores())) as pool:
            return np.concatenate(list(pool.map(self, batches)))

    def _check_shapes(self) -> tuple[str, int]:
        """Return the name of the input and the number of outputs."""
        values = [*self._session.get_inputs(), *self._session.get_outputs()]
        try:
            signature = [(value.type, value.shape) for value in values]
            name = str(values[0].name) if values else ""
        except UnicodeDecodeError:
            raise ArtifactError("the network has names that are not UTF-8; the file is damaged") from None
        match signature:
            case [
                ("tensor(float)", [str() | None, 1, 28, 28]),
                ("tensor(float)", [str() | None, int(k)]),
            ] if k in {N_CLASSES, N_CLASSES + 1}:
                return name, k
        expected = "float images (n, 1, 28, 28) to logits (n, 10) or (n, 11), for any n"
        raise ArtifactError(f"the network maps {signature}; expected {expected}"[:400])


def open_session(content: bytes) -> onnxruntime.InferenceSession:
    """Return a session that runs a checked network on the caller's thread, in the bounded memory.

    Raise an ArtifactError if onnxruntime cannot load the network.
    """
    _bound_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # errors are raised, not printed
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.use_env_allocators", "1")
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no other common base
        raise ArtifactError(f"the network cannot be loaded: {_first_line(error)}") from None


def run_session(
    session: onnxruntime.InferenceSession,
    names: Sequence[str] | None,
    inputs: Mapping[str, NDArray[np.float32]],
) -> list[NDArray[np.float32]]:
    """Return the outputs with these names, or all outputs; raise an ArtifactError if the network fails."""
    try:
        return list(session.run(names, inputs))
    except Exception as error:  # as in `open_session`
        raise ArtifactError(f"the network cannot be run: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


@cache
def _bound_memory() -> None:
    """Give all networks of this process one arena of `MEMORY_BYTES`: a hostile network fails there."""
    cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    sizes = onnxruntime.OrtArenaCfg({"max_mem": MEMORY_BYTES, "arena_extend_strategy": 1})
    onnxruntime.create_and_register_allocator(cpu, sizes)
