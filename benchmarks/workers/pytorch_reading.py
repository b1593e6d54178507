"""The shipped network in PyTorch; the argument is the batch size."""

import sys

import numpy as np
import torch
from protocol import arrays, layers, serve_predictions
from torch import Tensor, nn


def build_model() -> nn.Sequential:
    """Return the network with its weights."""
    modules: list[nn.Module] = []
    for kind, numbers, weights in layers():
        match kind:
            case "Conv":
                k, channels, size, _ = weights[0].shape
                bias = len(weights) > 1
                modules.append(nn.Conv2d(channels, k, size, padding=size // 2, bias=bias))
            case "MaxPool":
                modules.append(nn.MaxPool2d(numbers["size"]))
            case "BatchNormalization":
                modules.append(nn.BatchNorm2d(len(weights[0]), numbers["epsilon"]))
            case "Relu":
                modules.append(nn.ReLU())
            case "Reshape":
                modules.append(nn.Flatten())
            case "Gemm":
                modules.append(nn.Linear(*reversed(weights[0].shape)))
        names = ("weight", "bias", "running_mean", "running_var")
        state = {name: torch.from_numpy(array) for name, array in zip(names, weights, strict=False)}
        modules[-1].load_state_dict(state, strict=False)
    return nn.Sequential(*modules).eval()


data = arrays()
images = torch.from_numpy(data["images"].astype(np.float32) / 255).unsqueeze(1)
model = build_model()
batches: tuple[Tensor, ...] = images.split(int(sys.argv[1]))


@torch.no_grad()
def logits() -> np.ndarray:
    """Return the logits of all images."""
    return torch.cat([model(batch) for batch in batches]).numpy()


serve_predictions(logits, data["labels"])
