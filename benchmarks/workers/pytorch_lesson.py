"""The lesson's CNN in PyTorch, written like the MNIST example of PyTorch; the data in memory."""

import numpy as np
import torch
from protocol import BATCH, STEPS, arrays, serve_turns
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812  (as in the example)
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    """Two convolutions, a fully connected layer with dropout, log-softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.dropout = nn.Dropout(0.5)
        self.fc1 = nn.Linear(3136, 1024)
        self.fc2 = nn.Linear(1024, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities (n, 10)."""
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.dropout(F.relu(self.fc1(torch.flatten(x, 1))))
        return F.log_softmax(self.fc2(x), dim=1)


data = arrays()
model = Net()
optimizer = optim.Adam(model.parameters(), lr=1e-4)
inputs = torch.from_numpy(data["train_images"].astype(np.float32) / 255).unsqueeze(1)
labels = torch.from_numpy(data["train_labels"])
loader = DataLoader(TensorDataset(inputs, labels), batch_size=BATCH, shuffle=True)


def train() -> None:
    """Train one turn; an epoch is longer than a turn."""
    model.train()
    for _, (images, target) in zip(range(STEPS), loader, strict=False):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), target)
        loss.backward()
        optimizer.step()


serve_turns(train)
