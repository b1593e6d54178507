"""The MNIST example of PyTorch as published: its network, Adadelta, batch size 64; the data in memory."""

import numpy as np
import torch
from protocol import arrays, serve_epochs
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812  (as in the example)
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    """Two 3x3 convolutions, max-pooling, two dropout layers, two fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1)
        self.conv2 = nn.Conv2d(32, 64, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout(0.5)
        self.fc1 = nn.Linear(9216, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities (n, 10)."""
        x = F.max_pool2d(F.relu(self.conv2(F.relu(self.conv1(x)))), 2)
        x = F.relu(self.fc1(torch.flatten(self.dropout1(x), 1)))
        return F.log_softmax(self.fc2(self.dropout2(x)), dim=1)


data = {name: torch.from_numpy(array) for name, array in arrays().items()}


def normalize(images: torch.Tensor) -> torch.Tensor:
    """Return images as the example normalizes them."""
    return (images.unsqueeze(1).float() / 255 - 0.1307) / 0.3081


torch.manual_seed(1)
dataset = TensorDataset(normalize(data["train_images"]), data["train_labels"])
loader = DataLoader(dataset, batch_size=64, shuffle=True)
model = Net()
optimizer = optim.Adadelta(model.parameters(), lr=1.0)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)


def train() -> None:
    """Train one epoch."""
    model.train()
    for images, target in loader:
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), target)
        loss.backward()
        optimizer.step()
    scheduler.step()


def accuracy() -> float:
    """Return the test accuracy, a fraction."""
    model.eval()
    with torch.no_grad():
        predicted = torch.cat(
            [model(images).argmax(1) for images in normalize(data["test_images"]).split(1000)]
        )
    return float(np.mean(predicted.numpy() == data["test_labels"].numpy()))


serve_epochs(train, accuracy)
