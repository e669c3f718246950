"""A language model of Qwen2.5-VL 3B's shapes in Q4_K and Q6_K, run by llama.cpp and by this crate: speeds, memory and their ratios.

    compare.py FOLDER [--threads 2] [--prompt 256] [--generate 32] [--repeats 3] [--layers 36] [--ours PROGRAM]

Needs numpy, gguf and llama-cpp-python. PROGRAM is the example qwen_3b (default: target/release/examples/qwen_3b). The model is written to FOLDER once.
llama.cpp is run with and without its repacked weights ("extra buffers"); the better of the two is compared with. The logits after the prompt are compared
as well: the same file has to mean the same model.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from write_pack import VOCABULARY, write_pack

SPEEDS = ("prefill", "prefill cpu", "decode", "decode cpu")


def peer(options, extra):
    """Runs llama.cpp in this process and prints a line of JSON a run."""
    import llama_cpp as L, numpy as np

    L.llama_backend_init()
    print(L.__version__, L.llama_print_system_info().decode().strip(), flush=True)
    parameters = L.llama_model_default_params()
    parameters.use_extra_bufts = extra
    loaded = L.llama_model_load_from_file(str(options.folder / "language.gguf").encode(), parameters)
    parameters = L.llama_context_default_params()
    parameters.n_ctx = options.prompt + options.generate + 8
    parameters.n_batch = parameters.n_ubatch = options.prompt
    parameters.n_threads = parameters.n_threads_batch = options.threads
    context = L.llama_init_from_model(loaded, parameters)
    memory = L.llama_get_memory(context)

    def forward(tokens, position):
        batch = L.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, position + i, 1
            batch.seq_id[i][0], batch.logits[i] = 0, i == len(tokens) - 1
        assert L.llama_decode(context, batch) == 0
        L.llama_batch_free(batch)
        return np.ctypeslib.as_array(L.llama_get_logits_ith(context, -1), shape=(VOCABULARY,))

    def clock():
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return time.time(), usage.ru_utime + usage.ru_stime

    prompt = [2 if i == 0 else 1000 + i * 7919 % 20000 for i in range(options.prompt)]
    for run in range(options.repeats + 1):
        L.llama_memory_clear(memory, True)
        start = clock()
        logits = forward(prompt, 0)
        middle = clock()
        if run == 0:
            logits.astype(np.float32).tofile(options.folder / "logits.peer")
        out = [int(logits.argmax())]
        begin = clock()
        for i in range(options.generate):
            out.append(int(forward([out[-1]], options.prompt + i).argmax()))
        end = clock()
        figures = {
            "prefill": options.prompt / (middle[0] - start[0]),
            "prefill cpu": options.prompt / (middle[1] - start[1]),
            "decode": options.generate / (end[0] - begin[0]),
            "decode cpu": options.generate / (end[1] - begin[1]),
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "out": out[:6],
        }
        print(json.dumps(figures), flush=True)


def best(runs):
    """The fastest of the runs after the first, which warms caches."""
    runs = runs[1:] or runs
    return {key: max(run[key] for run in runs) for key in SPEEDS} | {"peak": max(run["peak"] for run in runs), "out": runs[-1]["out"]}


def run_peer(options, extra):
    command = [sys.executable, __file__, *sys.argv[1:], "--peer", "extra" if extra else "plain"]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        print(f"llama.cpp {'with' if extra else 'without'} extra buffers failed: {done.returncode}")
        return None
    print(done.stdout.splitlines()[0])
    return best([json.loads(line) for line in lines])


def run_ours(options):
    numbers = map(str, (options.threads, options.prompt, options.generate, options.repeats))
    done = subprocess.run([options.ours, options.folder, *numbers], capture_output=True, text=True, check=True)
    print(done.stdout.splitlines()[0])
    runs = []
    for line in done.stdout.splitlines()[1:]:
        words = line.split()
        speeds = dict(zip(SPEEDS, (float(words[at]) for at in (2, 4, 7, 9))))
        runs.append(speeds | {"peak": int(words[12]), "out": json.loads(line.split("out ")[1])})
    return best(runs)


def compare_logits(folder):
    import numpy as np

    ours, theirs = (np.fromfile(folder / f"logits.{whose}", np.float32) for whose in ("ours", "peer"))
    share = np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)
    print(f"logits after the prompt: relative difference {share:.4f}, correlation {np.corrcoef(ours, theirs)[0, 1]:.6f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    for name, default in (("threads", 2), ("prompt", 256), ("generate", 32), ("repeats", 3), ("layers", 36)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--ours", default="target/release/examples/qwen_3b")
    parser.add_argument("--only", choices=["ours", "peer"], help="one side alone")
    parser.add_argument("--peer", choices=["extra", "plain"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return peer(options, options.peer == "extra")
    write_pack(options.folder, options.layers)
    figures = {}
    if options.only != "peer":
        figures["ours"] = run_ours(options)
    if options.only != "ours":
        for name, extra in (("llama.cpp", False), ("llama.cpp, repacked", True)):
            if outcome := run_peer(options, extra):
                figures[name] = outcome
    for name, outcome in figures.items():
        print(f"{name:>22}: {outcome}")
    peers = [outcome for name, outcome in figures.items() if name != "ours"]
    if "ours" in figures:
        file_bytes = (options.folder / "language.gguf").stat().st_size
        print(f"peak memory over the file: {figures['ours']['peak'] * 2**20 / file_bytes:.3f}")
    if "ours" in figures and peers:
        for key in SPEEDS:
            print(f"ratio {key}: {figures['ours'][key] / max(peer[key] for peer in peers):.2f}")
        compare_logits(options.folder)


main()
