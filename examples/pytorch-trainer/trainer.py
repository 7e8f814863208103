"""A PyTorch trainer that any study can use: an MPT decoder under the study's muP plan. Put your model and loop here."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from protocol import serve
from refusal import Refusal

torch.set_num_threads(1)
MICRO_BATCH_TOKENS = 4096
# The kernels that PyTorch picks for this processor decide the last bits.
KERNELS = torch.__config__.show().split("CPU capability usage: ")[1].split("\n")[0].lower().replace(" ", "-")
CAPABILITIES = dict(
    backend="pytorch", device=f"PyTorch {torch.__version__}, one CPU thread",
    numerics={"f32": f"pytorch-{torch.__version__}-cpu-{KERNELS}-v1"}, maxLanes=1, concurrency=1, deterministic=True,
    branching=True, checkpoints=True, averages=False, noiseScale=False, synthetic=False, maxima={},
)  # fmt: skip


def check(assignment):
    """Refuses what this trainer cannot do, before the first step."""
    spec = assignment["spec"]
    offered = {
        "precision": (spec["precision"], ["f32"]),
        "optimizer.kind": (spec["optimizer"]["kind"], ["adamw"]),
        "schedule.kind": (spec["schedule"]["kind"], ["constant", "constant_with_warmup", "warmup_stable_decay"]),
        "batch.kind": (spec["batch"]["kind"], ["constant"]),
        "averages": (assignment["averages"], [[]]),
        "noiseScale": (assignment.get("noiseScale"), [None]),
    }
    for field, (value, choice) in offered.items():
        if value not in choice:
            raise Refusal("Unsupported", field, f"{value} is not offered; use {' or '.join(map(str, choice))}")


def factor(schedule, tokens):
    """Multiplier of the peak learning rate for the step that ends at `tokens`."""
    kind, warmup = schedule["kind"], schedule.get("warmup", 0)
    if tokens < warmup:
        return tokens / warmup
    if kind != "warmup_stable_decay":
        return 1.0
    progress = (tokens - schedule["decayStart"]) / (schedule["horizon"] - schedule["decayStart"])
    p = min(max(progress, 0.0), 1.0)
    left = {"linear": 1 - p, "cosine": (1 + math.cos(math.pi * p)) / 2, "1-sqrt": 1 - math.sqrt(p)}[schedule["shape"]]
    return schedule["minRatio"] + (1 - schedule["minRatio"]) * left


def norm(m):
    layer = nn.LayerNorm(m["d_model"], eps=m["norm_eps"])
    if m["no_bias"]:
        layer.bias = None
    return layer


def alibi(heads, S):
    """[heads, S, S]: slopes as in MPT, with alibi_bias_max 8."""
    power = 2 ** math.ceil(math.log2(heads))
    slopes = [2 ** (-8 * (h + 1) / power) for h in range(power)]
    slopes = slopes if power == heads else (slopes[1::2] + slopes[::2])[:heads]
    return -torch.tensor(slopes)[:, None, None] * (torch.arange(S)[:, None] - torch.arange(S))


def rotate(x, theta):
    """Rotary positions on [.., S, head size], halves as in GPT-NeoX."""
    S, e = x.shape[-2:]
    angle = torch.outer(torch.arange(S).double(), theta ** (-torch.arange(0, e, 2).double() / e))
    cos, sin = (torch.cat([f, f], -1).float() for f in (angle.cos(), angle.sin()))
    return x * cos + torch.cat([-x[..., e // 2 :], x[..., : e // 2]], -1) * sin


class Attention(nn.Module):
    def __init__(self, m, scale):
        super().__init__()
        d, S, self.m, self.scale = m["d_model"], m["max_seq_len"], m, scale
        self.Wqkv = nn.Linear(d, 3 * d, bias=not m["no_bias"])
        if m["qk_ln"]:
            self.q_ln, self.k_ln = norm(m), norm(m)
        self.out_proj = nn.Linear(d, d, bias=not m["no_bias"])
        bias = torch.full((S, S), -math.inf).triu(1)
        self.register_buffer("bias", bias + alibi(m["n_heads"], S) if m["positions"] == "alibi" else bias)

    def forward(self, x):
        q, k, v = self.Wqkv(x).chunk(3, -1)
        if self.m["qk_ln"]:
            q, k = self.q_ln(q), self.k_ln(k)
        q, k, v = (t.unflatten(-1, (self.m["n_heads"], -1)).transpose(1, 2) for t in (q, k, v))
        if self.m["positions"] == "rope":
            q, k = (rotate(t, self.m["rope_theta"]) for t in (q, k))
        weights = (self.scale * q @ k.transpose(-1, -2) + self.bias).softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(-2))


class Block(nn.Module):
    def __init__(self, m, plan):
        super().__init__()
        d, self.branch = m["d_model"], plan["residual_multiplier"]
        hidden = math.floor(m["expansion_ratio"] * d + 0.5)
        self.norm_1, self.attn, self.norm_2 = norm(m), Attention(m, plan["attention_scale"]), norm(m)
        up, down = (nn.Linear(a, b, bias=not m["no_bias"]) for a, b in ((d, hidden), (hidden, d)))
        self.ffn = nn.ModuleDict({"up_proj": up, "down_proj": down})

    def forward(self, x):
        x = x + self.branch * self.attn(self.norm_1(x))
        return x + self.branch * self.ffn["down_proj"](F.gelu(self.ffn["up_proj"](self.norm_2(x))))


class Decoder(nn.Module):
    """Names of parameters as in MPT's checkpoints, which are those of the plan. Forward multipliers are the plan's."""

    def __init__(self, m, plan):
        super().__init__()
        d, self.plan = m["d_model"], plan
        parts = {"wte": nn.Embedding(m["vocab_size"], d)}
        if m["positions"] == "learned":
            parts["wpe"] = nn.Embedding(m["max_seq_len"], d)
        parts["blocks"] = nn.ModuleList(Block(m, plan) for _ in range(m["n_layers"]))
        self.transformer = nn.ModuleDict({**parts, "norm_f": norm(m)})
        if not m["tie_word_embeddings"]:
            self.lm_head = nn.Linear(d, m["vocab_size"], bias=False)

    def forward(self, rows):
        """Summed loss, nats, of rows [sequences, S + 1]."""
        parts = self.transformer
        x = parts["wte"](rows[:, :-1])
        x = self.plan["embedding_multiplier"] * (x + parts["wpe"].weight if "wpe" in parts else x)
        for block in parts["blocks"]:
            x = block(x)
        readout = self.lm_head if hasattr(self, "lm_head") else parts["wte"]
        logits = self.plan["logit_multiplier"] * F.linear(parts["norm_f"](x), readout.weight)
        return F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), reduction="sum")


@torch.no_grad()
def initialise(model, plan, seed):
    generator, weights = torch.Generator().manual_seed(seed), dict(model.named_parameters())
    for tensor in plan["tensors"]:
        weight, init = weights[tensor["name"]], tensor["init"]
        weight.fill_(init["constant"]) if "constant" in init else weight.normal_(0, init["std"], generator=generator)


def adamw(model, plan, spec):
    """torch's AdamW over the plan's parameter groups."""
    weights, settings, groups = dict(model.named_parameters()), spec["optimizer"], []
    planned = {tensor["name"] for tensor in plan["tensors"]}
    if planned != set(weights):
        why = f"model and plan differ in {sorted(planned ^ set(weights))}; name them alike"
        raise Refusal("InvalidSpec", "plan", why)
    for group in plan["parameter_groups"]["adamw"][settings["decay"]]:
        decay = settings["weightDecay"] * group["weight_decay_multiplier"]
        if settings["decay"] == "independent":
            # torch multiplies the decay by the group's rate; independent decay follows the schedule alone.
            decay /= spec["eta"] * group["lr_multiplier"]
        groups.append({
            "params": [weights[name] for name in group["params"]], "lr_multiplier": group["lr_multiplier"],
            "eps": settings["eps"] * group["eps_multiplier"], "weight_decay": decay,
        })  # fmt: skip
    return torch.optim.AdamW(groups, lr=spec["eta"], betas=tuple(settings["betas"]))


def state_of(model, optimizer):
    """The tensors of a checkpoint: weights by name, Adam's moments as `m:` and `v:`."""
    tensors = dict(model.named_parameters())
    for name, weight in model.named_parameters():
        moments = optimizer.state[weight]
        tensors |= {f"m:{name}": moments["exp_avg"], f"v:{name}": moments["exp_avg_sq"]}
    return tensors


@torch.no_grad()
def load(model, optimizer, step, tensors):
    for name, weight in model.named_parameters():
        held = [tensors.get(key) for key in (name, f"m:{name}", f"v:{name}")]
        if any(tensor is None or tensor.shape != weight.shape for tensor in held):
            raise Refusal("Checkpoint", "resume", f"it lacks {name} as this model and AdamW have it; start without it")
        weight.copy_(held[0])
        m, v = (tensor.to(weight, copy=True) for tensor in held[1:])
        optimizer.state[weight] = {"step": torch.tensor(float(step)), "exp_avg": m, "exp_avg_sq": v}


def train(run):
    spec, corpus, batch = run.spec, run.corpus, run.batch
    S = spec["model"]["max_seq_len"]
    micro = max(1, MICRO_BATCH_TOKENS // S)
    model = Decoder(spec["model"], run.plan)
    optimizer = adamw(model, run.plan, spec)
    clip = spec["optimizer"]["clip"] or math.inf

    tokens, step, tensors = run.start()
    if tensors is None:
        initialise(model, run.plan, spec["seed"])
    else:
        load(model, optimizer, step, tensors)

    @torch.no_grad()
    def evaluate():
        rows = corpus.validation()
        return sum(model(part).item() for part in rows.split(micro)) / (len(rows) * S)

    while run.boundary(tokens, step, evaluate, lambda: state_of(model, optimizer)):
        eta = spec["eta"] * factor(spec["schedule"], tokens + batch)
        loss = 0.0
        optimizer.zero_grad()
        for rows in corpus.sequences(tokens, batch // S).split(micro):
            part = model(rows) / batch
            part.backward()
            loss += part.item()
        gradient_norm = nn.utils.clip_grad_norm_(model.parameters(), clip).item()
        for group in optimizer.param_groups:
            group["lr"] = eta * group["lr_multiplier"]
        optimizer.step()
        tokens, step = tokens + batch, step + 1
        run.stepped(tokens, step, loss, gradient_norm, eta)


if __name__ == "__main__":
    serve("pytorch-trainer 1", ["data", "plan"], CAPABILITIES, check, train)
