"""The lesson's CNN in Keras on TensorFlow, trained by `fit`."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
from keras import layers
from protocol import BATCH, STEPS, arrays, serve_turns

data = arrays()
n = STEPS * BATCH
images = (data["train_images"][:n].astype(np.float32) / 255)[..., None]
labels = data["train_labels"][:n]
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 5, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(1024, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(1e-4), loss="sparse_categorical_crossentropy")


serve_turns(lambda: model.fit(images, labels, batch_size=BATCH, epochs=1, verbose=0))
