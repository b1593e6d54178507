"""A network in Keras on TensorFlow, layer by layer, answering by `predict`; the argument is the batch."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers as kinds
from protocol import answer_readings, arrays, layers


def built() -> keras.Sequential:
    """Return the network with its weights."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for kind, numbers, weights in layers():
        match kind:
            case "Conv":
                k, _, size, _ = weights[0].shape
                model.add(kinds.Conv2D(k, size, padding="same", use_bias=len(weights) > 1))
                weights[0] = weights[0].transpose(2, 3, 1, 0)
            case "MaxPool":
                model.add(kinds.MaxPooling2D(numbers["size"]))
            case "BatchNormalization":
                model.add(kinds.BatchNormalization(epsilon=numbers["epsilon"]))
            case "Relu":
                model.add(kinds.ReLU())
            case "Reshape":
                _, height, width, channels = model.output_shape
                model.add(kinds.Flatten())
            case "Gemm":
                k = len(weights[0])
                model.add(kinds.Dense(k))
                by_channel = weights[0].reshape(k, channels, height, width)  # Keras has channels last
                weights[0] = by_channel.transpose(2, 3, 1, 0).reshape(-1, k)
        if weights:
            model.layers[-1].set_weights(weights)
    return model


data = arrays()
images = (data["images"].astype(np.float32) / 255)[..., None]
model = built()
answer_readings(lambda: model.predict(images, batch_size=int(sys.argv[1]), verbose=0), data["labels"])
