"""The MNIST example of Keras as published: its network, Adam, batch size 128."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers
from protocol import arrays, serve_epochs

keras.utils.set_random_seed(1)
data = arrays()


def network_inputs(images: np.ndarray) -> np.ndarray:
    """Return images in [0, 1] with a channel axis."""
    return (images.astype(np.float32) / 255)[..., None]


images, labels = network_inputs(data["train_images"]), keras.utils.to_categorical(data["train_labels"], 10)
test_images, test_labels = (
    network_inputs(data["test_images"]),
    keras.utils.to_categorical(data["test_labels"], 10),
)
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
serve_epochs(
    lambda: model.fit(images, labels, batch_size=128, epochs=1, verbose=0),
    lambda: model.evaluate(test_images, test_labels, verbose=0)[1],
)
