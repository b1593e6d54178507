"""The shipped network in Keras on TensorFlow, by `predict`; the argument is the batch size."""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers as keras_layers
from protocol import arrays, layers, serve_predictions


def build_model() -> keras.Sequential:
    """Return the network with its weights."""
    model = keras.Sequential([keras.Input((28, 28, 1))])
    for kind, numbers, weights in layers():
        match kind:
            case "Conv":
                k, _, size, _ = weights[0].shape
                model.add(keras_layers.Conv2D(k, size, padding="same", use_bias=len(weights) > 1))
                weights[0] = weights[0].transpose(2, 3, 1, 0)
            case "MaxPool":
                model.add(keras_layers.MaxPooling2D(numbers["size"]))
            case "BatchNormalization":
                model.add(keras_layers.BatchNormalization(epsilon=numbers["epsilon"]))
            case "Relu":
                model.add(keras_layers.ReLU())
            case "Reshape":
                _, height, width, channels = model.output_shape
                model.add(keras_layers.Flatten())
            case "Gemm":
                k = len(weights[0])
                model.add(keras_layers.Dense(k))
                channels_first = weights[0].reshape(k, channels, height, width)  # Keras stores channels last
                weights[0] = channels_first.transpose(2, 3, 1, 0).reshape(-1, k)
        if weights:
            model.layers[-1].set_weights(weights)
    return model


data = arrays()
images = (data["images"].astype(np.float32) / 255)[..., None]
model = build_model()
serve_predictions(lambda: model.predict(images, batch_size=int(sys.argv[1]), verbose=0), data["labels"])
