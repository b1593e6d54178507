"""A network in PyTorch, its layers one after another; the argument is the batch."""

import sys

import numpy as np
import torch
from protocol import answer_readings, arrays, layers
from torch import Tensor, nn


def built() -> nn.Sequential:
    """Return the network with its weights."""
    made: list[nn.Module] = []
    for kind, numbers, weights in layers():
        match kind:
            case "Conv":
                k, channels, size, _ = weights[0].shape
                bias = len(weights) > 1
                made.append(nn.Conv2d(channels, k, size, padding=size // 2, bias=bias))
            case "MaxPool":
                made.append(nn.MaxPool2d(numbers["size"]))
            case "BatchNormalization":
                made.append(nn.BatchNorm2d(len(weights[0]), numbers["epsilon"]))
            case "Relu":
                made.append(nn.ReLU())
            case "Reshape":
                made.append(nn.Flatten())
            case "Gemm":
                made.append(nn.Linear(*reversed(weights[0].shape)))
        names = ("weight", "bias", "running_mean", "running_var")
        found = {name: torch.from_numpy(one) for name, one in zip(names, weights, strict=False)}
        made[-1].load_state_dict(found, strict=False)
    return nn.Sequential(*made).eval()


data = arrays()
images = torch.from_numpy(data["images"].astype(np.float32) / 255).unsqueeze(1)
model = built()
batches: tuple[Tensor, ...] = images.split(int(sys.argv[1]))


@torch.no_grad()
def logits() -> np.ndarray:
    """Return the logits of all images."""
    return torch.cat([model(batch) for batch in batches]).numpy()


answer_readings(logits, data["labels"])
