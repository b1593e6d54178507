"""Fold batch norm layers into the convolutions before them."""

from collections import OrderedDict
from copy import deepcopy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Return a network with equal outputs and each batch norm folded into its convolution.

        relu(a max(W x) + b) = max(relu(a W x + b)),   a > 0

    Max pooling commutes with increasing functions, so batch norm and ReLU move before the pooling. There the
    weights of the convolution absorb the batch norm, and quantization applies the ReLU at no cost. A batch
    norm with a scale of 0 or less stays after its pooling. The argument is not changed.
    """
    if isinstance(model, nn.Sequential):
        return _fold_sequential(model)
    copy = deepcopy(model).eval()
    for name, child in model.named_children():
        setattr(copy, name, fold_batch_norm(child))
    return copy


def _fold_sequential(layers: nn.Sequential) -> nn.Sequential:
    folded: list[tuple[str, nn.Module]] = []
    for name, layer in deepcopy(layers).eval().named_children():
        position = len(folded)
        if folded and isinstance(folded[-1][1], nn.MaxPool2d) and _is_increasing(layer):
            position -= 1
        previous_name, previous = folded[position - 1] if position else ("", None)
        if isinstance(previous, nn.Conv2d) and isinstance(layer, nn.BatchNorm2d):
            folded[position - 1] = previous_name, fuse_conv_bn_eval(previous, layer)
        else:
            folded.insert(position, (name, layer))
    return nn.Sequential(OrderedDict(folded)).eval()


def _is_increasing(layer: nn.Module) -> bool:
    """Whether a layer maps each number by itself, and larger numbers to larger or equal ones."""
    is_positive_scale = isinstance(layer, nn.BatchNorm2d) and bool((layer.weight > 0).all())
    return is_positive_scale or isinstance(layer, nn.ReLU)
