"""Checkpoints (PROTOCOL.md, Checkpoints) as safetensors, written and read by hand. Keep this file as it is."""
import hashlib
import json
import math
import os
import struct
from contextlib import suppress
from pathlib import Path

import torch

from refusal import Refusal


class Checkpoints:
    """`<folder>/<run id>/<hash>.safetensors` beside `<hash>.json`, without which it does not exist."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def list(self, run_id):
        """[{ref, rolling}] by position."""
        found = []
        for path in (self.folder / run_id).glob("*.json"):
            with suppress(FileNotFoundError):  # Taken away since, by the driver.
                found.append(json.loads(path.read_text()))
        return sorted(found, key=lambda kept: kept["ref"]["tokens"])

    def save(self, ref, metadata, tensors, rolling):
        """The reference of what is then on disk. A new rolling one replaces the rolling ones before it."""
        own = {"version": 1, "ref": ref, "metadata": metadata}
        header, offset = {"__metadata__": {"time_transfer": json.dumps(own)}}, 0
        for name, tensor in tensors.items():
            end = offset + 4 * tensor.numel()
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
            offset = end
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        start = 8 + len(text)
        file = bytearray(start + offset)
        file[:start] = struct.pack("<Q", len(text)) + text
        for name, tensor in tensors.items():
            place = start + header[name]["data_offsets"][0]
            values = torch.frombuffer(file, dtype=torch.float32, count=tensor.numel(), offset=place)
            values.copy_(tensor.detach().flatten())
        ref = {**ref, "hash": hashlib.sha256(file).hexdigest()}
        home, before = self.folder / ref["runId"], self.list(ref["runId"])
        rolling = rolling and not any(k["ref"]["hash"] == ref["hash"] and not k["rolling"] for k in before)
        home.mkdir(parents=True, exist_ok=True)
        self.write(home / f"{ref['hash']}.safetensors", file)
        self.write(home / f"{ref['hash']}.json", json.dumps({"ref": ref, "rolling": rolling}).encode())
        for old in (k["ref"] for k in before if rolling and k["rolling"]):
            same = old["numericsId"] == ref["numericsId"] and old["tokens"] <= ref["tokens"]
            for ending in ("json", "safetensors") if same and old["hash"] != ref["hash"] else ():
                (home / f"{old['hash']}.{ending}").unlink(missing_ok=True)
        return ref

    @staticmethod
    def write(path, content):
        draft = path.with_suffix(f".{os.getpid()}.partial")
        with open(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def load(self, ref):
        """(metadata, tensors by name)"""
        path = self.folder / ref["runId"] / f"{ref['hash']}.safetensors"
        try:
            file = bytearray(path.read_bytes())
        except OSError as error:
            why = f"{path} cannot be read ({error}); start from an earlier one"
            raise Refusal("Checkpoint", "resume", why) from None
        if hashlib.sha256(file).hexdigest() != ref["hash"]:
            raise Refusal("Checkpoint", "resume", f"{path} is corrupt; delete it, the run starts from an earlier one")
        (length,) = struct.unpack_from("<Q", file)
        header = json.loads(file[8 : 8 + length])
        own = json.loads(header.pop("__metadata__")["time_transfer"])
        types, tensors = {"F32": torch.float32, "F64": torch.float64}, {}
        for name, entry in header.items():
            shape, place = entry["shape"], 8 + length + entry["data_offsets"][0]
            flat = torch.frombuffer(file, dtype=types[entry["dtype"]], count=math.prod(shape), offset=place)
            tensors[name] = flat.reshape(shape)
        return own["metadata"], tensors
