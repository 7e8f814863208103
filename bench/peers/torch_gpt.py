"""A training step in PyTorch, driven over stdin: the peer that bench/cpu-vs-torch compares with.

Reads one JSON line per measurement, {"d", "L", "H", "V", "S", "B", "alibi", "seconds"}, and answers with one line:
{"tokensPerSecond": best, "steps": n, "torch": version}. Pre-norm blocks, exact GELU, untied readout, AdamW, global-norm
clip; scaled_dot_product_attention where this torch has it and nothing forbids it.
"""
import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d, bias=False), nn.Linear(d, d, bias=False)
        self.up, self.down = nn.Linear(d, 4 * d, bias=False), nn.Linear(4 * d, d, bias=False)

    def forward(self, x, mask):
        B, S, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, S, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            y = (q @ k.transpose(-1, -2) / math.sqrt(d // self.heads) + mask).softmax(-1) @ v
        x = x + self.out(y.transpose(1, 2).reshape(B, S, d))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, S, V = c["d"], c["S"], c["V"]
        self.embedding = nn.Embedding(V, d)
        self.positions = None if c["alibi"] else nn.Embedding(S, d)
        self.blocks = nn.ModuleList(Block(d, c["H"]) for _ in range(c["L"]))
        self.norm, self.head = nn.LayerNorm(d), nn.Linear(d, V, bias=False)
        mask = torch.full((S, S), float("-inf")).triu(1)
        if c["alibi"]:
            slopes = torch.tensor([2.0 ** (-8 * (h + 1) / c["H"]) for h in range(c["H"])])
            mask = mask + slopes[:, None, None] * -(torch.arange(S)[:, None] - torch.arange(S)[None, :]).float()
        self.register_buffer("mask", mask)

    def forward(self, x, y):
        z = self.embedding(x)
        if self.positions is not None:
            z = z + self.positions.weight
        for block in self.blocks:
            z = block(z, self.mask)
        return F.cross_entropy(self.head(self.norm(z)).flatten(0, 1), y.flatten())


def measure(c):
    torch.manual_seed(0)
    model = Decoder(c)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    ids = torch.randint(c["V"], (c["B"], c["S"] + 1))
    best, steps, start = math.inf, 0, time.perf_counter()
    while steps < 4 or time.perf_counter() - start < c["seconds"]:
        before = time.perf_counter()
        model(ids[:, :-1], ids[:, 1:]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        steps += 1
        if steps > 3:
            best = min(best, time.perf_counter() - before)
    return {"tokensPerSecond": c["B"] * c["S"] / best, "steps": steps, "torch": torch.__version__}


for line in sys.stdin:
    print(json.dumps(measure(json.loads(line))), flush=True)
