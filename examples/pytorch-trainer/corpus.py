"""Tokens by manifest (PROTOCOL.md, Data). Keep this file as it is."""
import hashlib
import json
import mmap
from pathlib import Path

import torch

from refusal import Refusal


class Corpus:
    """Training and validation tokens of a manifest; all that will be read is verified first."""

    def __init__(self, path, spec, needed):
        self.folder, self.S, self.repeat = Path(path).parent, spec["model"]["max_seq_len"], spec["data"]["repeat"]
        try:
            manifest = json.loads(Path(path).read_text())
        except (OSError, ValueError) as error:
            raise Refusal("Data", "data", f"the manifest {path} cannot be read: {error}") from None
        if manifest["vocabulary"] > spec["model"]["vocab_size"]:
            why = f"{spec['model']['vocab_size']} is smaller than the corpus's {manifest['vocabulary']}"
            raise Refusal("InvalidSpec", "model.vocab_size", f"{why}; use {manifest['vocabulary']}")
        self.width, self.evaluation = manifest["bytesPerToken"], manifest["evaluation"]
        self.held_out = self.verified(manifest["validation"])
        self.shards, self.total = [], 0
        for shard in manifest["shards"]:
            if self.total < needed or self.repeat:
                self.shards.append(self.verified(shard))
                self.total += shard["tokens"]
        for what, have, need in (
            ("training", self.total, self.S + 1 if self.repeat else needed),
            ("validation", len(self.held_out), self.S + 1),
        ):
            if have < need:
                raise Refusal("Data", "data", f"{path} has {have} {what} tokens, {need} are needed; prepare more")

    def verified(self, shard):
        path = self.folder / shard["name"]
        try:
            with open(path, "rb") as file:
                # Private to this process, hence writable as torch wants it, without a copy.
                tokens = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except (OSError, ValueError) as error:
            raise Refusal("Data", "data", f"{path} cannot be read: {error}; prepare it again") from None
        found = hashlib.sha256(tokens).hexdigest()
        if found != shard["sha256"] or len(tokens) != self.width * shard["tokens"]:
            why = f"{path} is not what its manifest says: SHA-256 {found[:12]}, not {shard['sha256'][:12]}"
            raise Refusal("Data", "data", f"{why}; prepare it again")
        return torch.frombuffer(tokens, dtype=torch.int16 if self.width == 2 else torch.int32)

    def rows(self, tokens):
        """[sequences, S + 1]: the last token of a row is a target only."""
        return (tokens.long() & (2 ** (8 * self.width) - 1)).unfold(0, self.S + 1, self.S)

    def sequences(self, position, count):
        """The sequences that start at `position`, in tokens."""
        parts, missing = [], count * self.S + 1
        while missing > 0:
            at = position % self.total if self.repeat else position
            for shard in self.shards:
                if at < len(shard):
                    break
                at -= len(shard)
            parts.append(shard[at : at + missing])
            position, missing = position + len(parts[-1]), missing - len(parts[-1])
        return self.rows(torch.cat(parts))

    def validation(self):
        return self.rows(self.held_out)
