"""Reads the model cards that `ingot report --format md` writes with huggingface_hub and PyYAML.

Registers each model folder, converts it, records results, and checks that the Hub's own code finds what the catalog
says: license, base model and its relation, library, tags, and every result of model-index, also after a round trip.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

SCHEMES = ("nf4", "q8_0", "affine4")
HOSTILE = "a|b`c<script>: - #\"'\\\n\u202e"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ingot", required=True)
    parser.add_argument("models", nargs="+", help="folders; FOLDER=NAME names one")
    arguments = parser.parse_args()
    faults = []
    with tempfile.TemporaryDirectory() as work:
        for model in arguments.models:
            folder, _, name = model.partition("=")
            faults += check_model(arguments.ingot, work, folder, name or os.path.basename(folder.rstrip("/")))
    for fault in faults:
        print(f"model card: {fault}", file=sys.stderr)
    print(f"model cards: {len(arguments.models)} models, {len(faults)} faults")
    return 1 if faults else 0


def check_model(ingot: str, work: str, folder: str, name: str) -> list[str]:
    base = f"someone/{name.lower()}"
    environment = dict(os.environ, INGOT_HOME=os.path.join(work, "home"))

    def run(*words: str) -> str:
        done = subprocess.run([ingot, *words], env=environment, capture_output=True, text=True, encoding="utf-8")
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    run("register", folder, "--as", base)
    faults = []
    for scheme in SCHEMES:
        variant = f"{base}:{scheme}"
        try:
            run("convert", base, "--to", scheme, "--as", variant)
        except RuntimeError as error:
            # Not every family goes to every layout, which other checks are about.
            print(f"model card: {variant} is skipped: {str(error).splitlines()[0]}")
            continue
        run("results", "add", variant, "acc=0.25", "acc_norm=0.5", "--task", "hellaswag", "--dataset", "Rowan/hellaswag")
        run("results", "add", variant, "loss=2.5", "bad=nan", "--task", HOSTILE)
        run("results", "add", variant, "speed=812.5", "--unit", "tok/s")
        detail = json.loads(run("show", variant, "--json"))
        faults += [f"{variant}: {fault}" for fault in check_card(run("report", variant, "--format", "md"), detail, base)]
    return faults


def check_card(text: str, detail: dict, base: str) -> list[str]:
    faults = []

    def expect(claim: bool, words: str) -> None:
        if not claim:
            faults.append(words)

    card = ModelCard(text)
    data = card.data
    artifact = detail["artifact"]
    expect(data.base_model == base, f"base_model is {data.base_model}")
    expect(data.to_dict().get("base_model_relation") == "quantized", "base_model_relation is not 'quantized'")
    expect("ingot" in data.tags and artifact["scheme"] in data.tags, f"tags are {data.tags}")
    own = data.to_dict()["ingot"]
    expect(own["digest"] == "sha256:" + artifact["digest"], "the digest is another one")
    expect(math.isclose(own["rel_rmse"], artifact["rel_rmse"]), "rel_rmse is another one")
    if artifact["license"]:
        licenses = (data.license, data.to_dict().get("license_name"))
        expect(artifact["license"].lower() in licenses, f"licenses are {licenses}")

    results = data.eval_results or []
    found = {(result.dataset_name, result.dataset_type, result.metric_type, result.metric_value) for result in results}
    wanted = {
        ("hellaswag", "Rowan/hellaswag", "acc", 0.25), ("hellaswag", "Rowan/hellaswag", "acc_norm", 0.5),
        (HOSTILE, HOSTILE, "loss", 2.5),
    }
    expect(found == wanted, f"the results are {found}")
    expect(all(result.verified is False for result in results), "a result is verified")
    index = eval_results_to_model_index(data.model_name, results)
    again = model_index_to_eval_results(index)[1]
    expect({(result.dataset_name, result.metric_value) for result in again} == {(f[0], f[3]) for f in found}, "round trip")

    # The card as huggingface_hub writes it again says the same.
    expect(ModelCard(str(card)).data.to_dict() == data.to_dict(), "the card differs after a round trip")
    front = yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))
    expect(yaml.safe_load(yaml.safe_dump(front)) == front, "PyYAML reads its own writing otherwise")
    expect("<script" not in card.text, "a tag got into the text")
    expect(card.text.lstrip().startswith("# "), "the text does not begin with a heading")
    return faults


if __name__ == "__main__":
    sys.exit(main())
