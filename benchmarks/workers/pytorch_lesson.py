"""The lesson's network in PyTorch, written as its own MNIST example writes it, with the data in memory."""

import numpy as np
import torch
from protocol import BATCH, STEPS, answer_turns, arrays
from torch import nn, optim
from torch.nn import functional as F  # noqa: N812  (its example's own spelling)
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
pictures = torch.from_numpy(data["train_images"].astype(np.float32) / 255).unsqueeze(1)
answers = torch.from_numpy(data["train_labels"])
loader = DataLoader(TensorDataset(pictures, answers), batch_size=BATCH, shuffle=True)


def train() -> None:
    """Train one turn; the data are more than enough for it."""
    model.train()
    for _, (images, target) in zip(range(STEPS), loader, strict=False):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), target)
        loss.backward()
        optimizer.step()


answer_turns(train)
