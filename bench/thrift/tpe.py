"""Optuna's TPE by question and answer: one JSON document a line, on stdin and stdout.

{"ask": study, "low": ln eta, "high": ln eta, "seed": n} -> {"trial": n, "value": ln eta}
{"tell": study, "trial": n, "loss": nats or null}        -> {}
"""

import json
import sys

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
studies = {}

for line in sys.stdin:
    request = json.loads(line)
    if "ask" in request:
        name = request["ask"]
        if name not in studies:
            # Ten random trials, the default, would be all there are.
            sampler = optuna.samplers.TPESampler(seed=request["seed"], n_startup_trials=3)
            studies[name] = optuna.create_study(sampler=sampler, direction="minimize")
        trial = studies[name].ask()
        value = trial.suggest_float("ln_eta", request["low"], request["high"])
        answer = {"trial": trial.number, "value": value}
    else:
        state = optuna.trial.TrialState.FAIL if request["loss"] is None else optuna.trial.TrialState.COMPLETE
        studies[request["tell"]].tell(request["trial"], request["loss"], state=state)
        answer = {}
    print(json.dumps(answer), flush=True)
