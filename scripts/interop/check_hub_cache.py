#!/usr/bin/env python3
"""Checks that the cache of Hugging Face's libraries and Ingot understand each other, with huggingface_hub and transformers.

For each folder of a model: Ingot puts it into an empty cache (`export --to-hf-cache`); huggingface_hub must find it there
offline, list it with its size, see nothing wrong with the cache, and transformers must load it by its name. Then Ingot
registers it from that cache (`register hf:...`), and its digest must be the one that it went in with.
"""

import argparse
import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

from harness import Ingot, Tally


def digest(ingot, name):
    """The digest of an artifact."""
    query = "SELECT digest FROM artifact_summary WHERE name = :name AND tag = 'latest'"
    text, problem = ingot.report("sql", query, f"name={name}", "--output", "json")
    if problem:
        raise SystemExit(problem)
    return json.loads(text)[0]["digest"]


def hashes(folder):
    """What each file of a folder holds, links followed."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def check(tally, ingot, other, cache, name, folder):
    """One model: into the cache, found and loaded there, and back."""
    from huggingface_hub import scan_cache_dir, snapshot_download, try_to_load_from_cache
    from transformers import AutoConfig, AutoModel

    repository = f"someone/{name}"
    problem = ingot.run("register", folder, "--as", name) or ingot.run(
        "export", name, cache, "--to-hf-cache", "--repository", repository
    )
    tally.note(name, "exported to the cache", [problem] if problem else [])
    if problem:
        return
    found = pathlib.Path(snapshot_download(repository, cache_dir=cache, local_files_only=True))
    differing = [] if hashes(found) == hashes(folder) else [f"{found} does not hold what {folder} does"]
    tally.note(name, "snapshot_download finds it", differing, found.name[:12])
    config = try_to_load_from_cache(repository, "config.json", cache_dir=cache)
    tally.note(name, "try_to_load_from_cache", [] if isinstance(config, str) else [f"config.json: {config}"])

    scanned = scan_cache_dir(cache)
    wrong = [str(warning) for warning in scanned.warnings]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    repositories = [repo for repo in scanned.repos if repo.repo_id == repository]
    if len(repositories) != 1 or not repositories[0].refs.get("main"):
        wrong.append(f"{repository} is not listed with a branch main")
    elif repositories[0].size_on_disk != size:
        wrong.append(f"size {repositories[0].size_on_disk}, not {size}")
    tally.note(name, "scan_cache_dir lists it", wrong)

    model = AutoModel.from_pretrained(repository, cache_dir=cache, local_files_only=True)
    kind = AutoConfig.from_pretrained(repository, cache_dir=cache, local_files_only=True).model_type
    tally.note(name, "from_pretrained loads it", [], f"{kind}, {sum(p.numel() for p in model.parameters())} parameters")

    problem = other.run("register", f"hf:{repository}", "--as", name)
    wrong = [problem] if problem else []
    if not problem and digest(other, name) != digest(ingot, name):
        wrong.append("another digest")
    tally.note(name, "registered from the cache", wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ingot", required=True)
    parser.add_argument("models", nargs="+", metavar="FOLDER[=NAME]")
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp())
    cache = work / "hub"
    os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(cache))
    tally = Tally()
    try:
        ingot, other = Ingot(arguments.ingot, work / "home"), Ingot(arguments.ingot, work / "other")
        for model in arguments.models:
            folder, _, name = model.partition("=")
            folder = pathlib.Path(folder).resolve()
            check(tally, ingot, other, cache, (name or folder.name).lower(), folder)
    finally:
        shutil.rmtree(work)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
