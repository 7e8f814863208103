"""Speaks the worker protocol, version 1 (packages/worker/PROTOCOL.md). Keep this file as it is.

A trainer calls `serve`, and from its loop `Run.start`, `Run.boundary` and `Run.stepped`.
"""
import json
import math
import os
import signal
import sys
import threading
import time
from pathlib import Path

from checkpoints import Checkpoints
from corpus import Corpus
from refusal import Refusal

PROTOCOL = 1
ALIVE_SECONDS = 15
CHECKPOINT_SECONDS = 20


class Stopped(Exception):
    """A signal came; what was reached is in a checkpoint."""


class Output:
    """Numbered messages on standard output, and `Alive` when there was none for a while."""

    def __init__(self):
        # What anything else prints goes to standard error, where people read.
        self.pipe = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self.lock, self.seq, self.last, self.stopping = threading.Lock(), 0, time.monotonic(), False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))
        threading.Thread(target=self.keep_alive, daemon=True).start()

    def say(self, tag, **fields):
        with self.lock:
            self.seq, self.last = self.seq + 1, time.monotonic()
            try:
                self.pipe.write(json.dumps({"seq": self.seq, "_tag": tag, **fields}, allow_nan=False) + "\n")
                self.pipe.flush()
            except BrokenPipeError:
                self.stopping = True  # Nobody listens any more: as good as a signal.

    def keep_alive(self):
        while True:
            time.sleep(1)
            if time.monotonic() - self.last > ALIVE_SECONDS:
                self.say("Alive")


def told_before(journals):
    """Events of earlier attempts. A line counts once its newline is there."""
    for journal in sorted(Path(journals).glob("*.jsonl")) if journals else []:
        for line in journal.read_bytes().split(b"\n")[:-1]:
            try:
                message = json.loads(line)
            except ValueError:
                continue  # Cut off, and written on by a later attempt.
            if isinstance(message, dict) and message.get("_tag") == "Event":
                yield message["event"]


class Divergence:
    """Diverged is a loss or norm that is not finite, or a mean loss of about 20 steps 2 nats above the start."""

    def __init__(self, vocabulary, metadata):
        self.vocabulary = vocabulary
        self.steps = metadata.get("divergence.steps", 0)
        self.first = metadata.get("divergence.first", 0)
        self.mean = metadata.get("divergence.mean", 0)

    def observe(self, loss, norm):
        """Why the run has diverged with this step, or None."""
        for what, value in (("training loss", loss), ("gradient norm", norm)):
            if not math.isfinite(value):
                return f"the {what} is {value}"
        self.first = loss if self.steps == 0 else self.first
        self.steps, self.mean = self.steps + 1, 0.95 * self.mean + 0.05 * loss
        mean, level = self.mean / (1 - 0.95**self.steps), max(math.log(self.vocabulary), self.first)
        if self.steps >= 20 and mean > level + 2:
            return f"the training loss averages {mean:.2f} nats, more than 2 above its start at {level:.2f}"
        return None

    def metadata(self):
        return {"divergence.steps": self.steps, "divergence.first": self.first, "divergence.mean": self.mean}


class Run:
    """One run of an order: `start`, then in a loop `boundary`, a step of the trainer, `stepped`."""

    def __init__(self, output, order, ordered, numerics_id):
        self.output, self.id, self.numerics_id = output, ordered["runId"], numerics_id
        self.assignment, self.plan = ordered["assignment"], ordered.get("plan")
        self.spec, self.until = self.assignment["spec"], self.assignment["until"]
        self.batch = self.spec["batch"]["tokens"]
        self.journals, self.checkpoints = order.get("journals"), Checkpoints(order["checkpoints"])
        told = [event for event in told_before(self.journals) if event["runId"] == self.id]
        self.told = {json.dumps(event, sort_keys=True) for event in told}
        self.told_checkpoints = {event["checkpoint"]["hash"] for event in told if event["_tag"] == "Checkpointed"}
        self.over = any(event["_tag"] in ("Finished", "Diverged", "Failed") for event in told)
        if self.over:
            return
        self.corpus = Corpus(ordered["data"], self.spec, self.boundary_at(self.until) + 1)
        read = {event["requested"] for event in told if event["_tag"] == "Evaluated"}
        self.readings = sorted(set(self.assignment["evaluateAt"]) - read)
        own = [kept for kept in self.checkpoints.list(self.id) if kept["ref"]["hash"] in self.told_checkpoints]
        kept = {kept["ref"]["tokens"] for kept in own if not kept["rolling"]}
        self.keep = sorted(t for t in set(self.assignment["checkpointAt"]) if self.boundary_at(t) not in kept)

    def boundary_at(self, tokens):
        """The first step boundary at or after `tokens`. A branch steps from its origin."""
        origin = self.spec.get("origin", {"at": 0})["at"]
        return origin + -(-max(0, tokens - origin) // self.batch) * self.batch

    def start_from(self):
        """The reference of the checkpoint to start from, or None for the initial weights."""
        first = self.boundary_at(min([self.until, *self.readings[:1], *self.keep[:1]]))
        resume, origin = self.assignment.get("resume"), self.spec.get("origin")

        def mine(run_id):
            refs = [kept["ref"] for kept in self.checkpoints.list(run_id)]
            return [ref for ref in refs if ref["numericsId"] == self.numerics_id]

        # An earlier attempt at this very order went on from `resume`: so may this one, from where that one came.
        further = [ref for ref in mine(self.id) if not resume or ref["hash"] in self.told_checkpoints]
        own = [ref for ref in further if ref["tokens"] <= first]
        if own:
            return own[-1]
        if resume:
            if resume["numericsId"] != self.numerics_id and not self.assignment.get("acceptOtherNumerics"):
                why = f"it was made by {resume['numericsId']}, not {self.numerics_id}; set acceptOtherNumerics to go on"
                raise Refusal("Checkpoint", "resume", why)
            if resume["tokens"] > first:
                why = f"at {resume['tokens']} tokens it lies past the first reading at {first}; leave it out"
                raise Refusal("Checkpoint", "resume", why)
            return resume
        if origin:
            for ref in mine(origin["parent"]):
                if ref["tokens"] == origin["at"]:
                    return ref
            why = f"run {origin['parent']} has no checkpoint at {origin['at']} tokens"
            raise Refusal("Checkpoint", "origin", f"{why}; train it with checkpointAt: [{origin['at']}] first")
        return None

    def start(self):
        """Says `Started`; (tokens, step, tensors of the checkpoint or None)."""
        ref = self.start_from()
        metadata, tensors = ({}, None) if ref is None else self.checkpoints.load(ref)
        tokens, step = (0, 0) if ref is None else (ref["tokens"], ref["step"])
        self.divergence = Divergence(self.spec["model"]["vocab_size"], metadata)
        self.saved, self.saved_when = tokens, time.monotonic()
        origin = {} if ref is None else {"resumedFrom": ref}
        self.tell("Started", tokens, numericsId=self.numerics_id, synthetic=False, **origin)
        return tokens, step, tensors

    def tell(self, tag, tokens, **fields):
        event = {"_tag": tag, "runId": self.id, "tokens": tokens, **fields}
        if tag == "Started" or json.dumps(event, sort_keys=True) not in self.told:
            self.output.say("Event", event=event)

    def boundary(self, tokens, step, evaluate, state):
        """Between two steps: takes and keeps all that is due; False when the run is over.

        `evaluate()` gives the mean validation loss, `state()` all tensors that go into a checkpoint.
        """
        if self.over:
            return False
        if self.output.stopping:
            if tokens != self.saved:
                self.checkpoint(tokens, step, state(), rolling=True)
            raise Stopped
        if self.readings and self.readings[0] <= tokens:
            loss = evaluate()
            if not math.isfinite(loss):
                self.tell("Diverged", tokens, reason=f"the validation loss is {loss}")
                return False
            while self.readings and self.readings[0] <= tokens:
                about = dict(step=step, average="none", evaluation=self.corpus.evaluation, loss=loss)
                self.tell("Evaluated", tokens, requested=self.readings.pop(0), **about)
        if self.keep and self.keep[0] <= tokens:
            self.keep = [position for position in self.keep if position > tokens]
            self.checkpoint(tokens, step, state(), rolling=False)
        elif tokens != self.saved:
            if tokens >= self.until or time.monotonic() - self.saved_when > CHECKPOINT_SECONDS:
                self.checkpoint(tokens, step, state(), rolling=True)
        if tokens >= self.until:
            self.tell("Finished", tokens, step=step)
        return tokens < self.until

    def stepped(self, tokens, step, loss, norm, eta):
        """After the step that ended at `tokens`: mean loss (nats per token), gradient norm before the clip, rate."""
        reason = self.divergence.observe(loss, norm)
        if reason is not None:
            self.over = True
            self.tell("Diverged", tokens, reason=reason)
            return
        every = self.assignment.get("logEvery")
        if every and tokens // every > (tokens - self.batch) // every:
            self.tell("Stepped", tokens, step=step, loss=loss, gradientNorm=norm, eta=eta)

    def checkpoint(self, tokens, step, tensors, rolling):
        attempt, name = Path(self.journals or "", "attempt"), os.environ.get("TIME_TRANSFER_ATTEMPT")
        if self.journals and name and attempt.exists() and attempt.read_text().strip() != name:
            os._exit(1)  # Another attempt goes on: no word, no checkpoint.
        ref = dict(runId=self.id, numericsId=self.numerics_id, tokens=tokens, step=step, averages=[])
        try:
            ref = self.checkpoints.save(ref, self.divergence.metadata(), tensors, rolling)
        except OSError as error:
            raise Refusal("Checkpoint", "checkpoints", f"{error}; free space there or make it writable", True) from None
        self.saved, self.saved_when = tokens, time.monotonic()
        self.tell("Checkpointed", tokens, checkpoint=ref)


def meet(output, text, numerics, check, train):
    try:
        order = json.loads(text)
    except ValueError as error:
        raise Refusal("Unsupported", "order", f"it is not JSON ({error}); give one document") from None
    if order.get("protocol") != PROTOCOL:
        raise Refusal("Unsupported", "protocol", f"{order.get('protocol')} is not spoken here; use {PROTOCOL}")
    if order.get("do") not in ("describe", "check", "train"):
        raise Refusal("Unsupported", "do", f"{order.get('do')} is not known here; use describe, check or train")
    for ordered in order.get("runs", []):
        check(ordered["assignment"])
    for ordered in order["runs"] if order["do"] == "train" else []:
        precision = ordered["assignment"]["spec"]["precision"]
        if order["numerics"].get(precision) != numerics[precision]:
            why = f"{order['numerics'].get(precision)} is asked for, this machine computes {numerics[precision]}"
            raise Refusal("Unavailable", "numerics", f"{why}; send the order to a machine like the first")
        run = Run(output, order, ordered, numerics[precision])
        if not run.over:
            train(run)


def serve(worker, needs, capabilities, check, train):
    """Meets the order on standard input. `check(assignment)` raises `Refusal`; `train(run)` trains a `Run`."""
    output = Output()
    output.say("Hello", protocol=PROTOCOL, worker=worker, needs=needs, capabilities=capabilities)
    try:
        meet(output, sys.stdin.read(), capabilities["numerics"], check, train)
        output.say("End", how="done")
    except Stopped:
        output.say("End", how="stopped")
        sys.exit(75)
    except Refusal as refusal:
        output.say("Error", **refusal.fields)
        sys.exit(1)
