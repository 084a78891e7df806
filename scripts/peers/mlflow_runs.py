"""Logs runs into MLflow with SQLite and searches them: mlflow_runs.py DATABASE RUNS METRICS TIMES TABLE

Writes rows of a table, with tabs between their cells: what was done, and its times. Runs are logged with log_batch,
the fastest way that MLflow offers; searches are what its user interface asks.
"""

import random
import sys
import time

import mlflow
from mlflow.entities import Metric, Param


def timed(times, act):
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return found


def main(database, runs, metrics, times, table):
    mlflow.set_tracking_uri("sqlite:///" + database)
    client = mlflow.MlflowClient()
    experiment = client.create_experiment("bench")
    source = random.Random(3)
    start = time.perf_counter()
    for run in range(runs):
        made = client.create_run(experiment, run_name=f"run-{run}")
        client.log_batch(
            made.info.run_id,
            metrics=[Metric("loss" if i == 0 else f"metric_{i}", source.random(), 0, 100) for i in range(metrics)],
            params=[Param("learning_rate", ["0.1", "0.01", "0.001", "0.0001"][run % 4]),
                    Param("optimizer", "adamw"), Param("seed", str(run % 1000))])
        client.set_terminated(made.info.run_id)
    logging = [time.perf_counter() - start]
    few = timed(times, lambda: client.search_runs(
        [experiment], "metrics.loss < 0.9 and params.learning_rate = '0.001'", order_by=["metrics.loss ASC"],
        max_results=15))
    many = timed(times, lambda: client.search_runs(
        [experiment], order_by=["metrics.metric_1 ASC"], max_results=1000))
    rows = [(f"logging {runs} runs, s", logging), (f"filter, order, 15 rows of {runs} runs, ms", [t * 1e3 for t in few]),
            (f"order, 1,000 rows of {runs} runs, ms", [t * 1e3 for t in many])]
    with open(table, "w") as file:
        file.write("\n".join("\t".join([title] + [f"{value:.4f}" for value in values]) for title, values in rows))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
