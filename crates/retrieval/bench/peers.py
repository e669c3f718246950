"""Measures LanceDB and fast-plaid on the rows, documents and queries that `retrieval-bench` measures ours on.

    pip install numpy lancedb fast-plaid
    python peers.py ROWS SCRATCH [--documents 2870,12000] [--most-rows 150] [--queries 200] [--engine NAME]... [--tuning] [--keep]

ROWS holds what `make_rows.py` wrote; SCRATCH takes the indices, and the exact rankings under the name and in the form in which `retrieval-bench` keeps them, so
that whichever of the two comes second reads those of the first. Engines are chosen by how their names begin (without: all). `--keep` searches indices that are there, for instance
while nothing else runs; then no seconds of building are told. `--tuning` takes the half of the queries that settings are chosen on.

Times are those of one query at a time, as a program in Python has them, on two threads (PEER_THREADS).
"""

import os

THREADS = int(os.environ.get("PEER_THREADS", "2"))
# The libraries read these once, when they are loaded. Without a reservation of none LanceDB computes on a single thread where there are two processors.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "LANCE_CPU_THREADS"):
    os.environ[variable] = str(THREADS)
os.environ["LANCE_IO_CORE_RESERVATION"] = "0"

import argparse
import dataclasses
import math
import pathlib
import resource
import shutil
import time
import typing

import numpy

WIDTH = 128
BEST = 10
# What `retrieval-bench` calls no limit: the largest number that its counts hold. It is part of the name of the file of exact rankings.
NO_LIMIT = 2**64 - 1


class Random:
    """SplitMix64, many numbers at once: the same that `retrieval-bench` draws."""

    STEP = 0x9E3779B97F4A7C15

    def __init__(self, seed):
        self.state = seed

    def draws(self, count):
        steps = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(self.STEP)
        z = steps + numpy.uint64(self.state)
        self.state = (self.state + count * self.STEP) % 2**64
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))

    def below(self, end, count=None):
        """One number below `end`, or `count` of them: the upper half of the product of a draw with `end`, by way of 32-bit halves."""
        z, half = self.draws(count or 1), numpy.uint64(32)
        low = (z & numpy.uint64(2**32 - 1)) * numpy.uint64(end) >> half
        numbers = ((z >> half) * numpy.uint64(end) + low) >> half
        return int(numbers[0]) if count is None else numbers.astype(numpy.int64)


class Corpus:
    """Real rows, and any number of documents mixed from them, as `corpus.rs` makes them."""

    NOISE = 0.2
    NOISE_ROWS = 4096

    def __init__(self, folder, most_rows):
        self.real, self.queries, self.most_rows = read(folder, "documents"), read(folder, "queries"), most_rows
        drawn = (Random(11).draws(self.NOISE_ROWS * WIDTH * 12) >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(2**24)
        sums = numpy.zeros(self.NOISE_ROWS * WIDTH, numpy.float32)
        # One after another: a sum of another order would round otherwise.
        for addend in drawn.reshape(-1, 12).T:
            sums += addend
        scale = numpy.float32(self.NOISE) / numpy.sqrt(numpy.float32(WIDTH))
        self.noise = ((sums - numpy.float32(6)) * scale).reshape(-1, WIDTH)

    def document(self, number):
        if number < len(self.real):
            return self.real[number]
        random, parts = Random(number), []
        for _ in range(2):
            whole = self.real[random.below(len(self.real))]
            rows = len(whole) // 2 + random.below(len(whole) // 2 + 1)
            begin = random.below(len(whole) - rows + 1)
            rows = min(rows, self.most_rows // 2)
            # An empty stretch draws nothing.
            noise = self.noise[random.below(self.NOISE_ROWS, rows)] if rows else self.noise[:0]
            parts.append(whole[begin : begin + rows] + noise)
        return unit(numpy.concatenate(parts))


def read(folder, name):
    rows = numpy.fromfile(folder / f"{name}.f16", "<f2").reshape(-1, WIDTH).astype(numpy.float32)
    lengths = numpy.fromfile(folder / f"{name}.lengths.u32", "<u4")
    return numpy.split(unit(rows), numpy.cumsum(lengths)[:-1])


def unit(rows):
    lengths = numpy.linalg.norm(rows, axis=1, keepdims=True)
    return rows / numpy.where(lengths > 0, lengths, 1)


def chosen(count, wished, tuning):
    """The numbers of `wished` queries, of the half that is reported or of the one to tune on: those that `retrieval-bench` takes."""
    half, random = list(range(0 if tuning else 1, count, 2)), Random(5)
    for place in range(len(half) - 1, 0, -1):
        other = random.below(place + 1)
        half[place], half[other] = half[other], half[place]
    return half[:wished]


def exact(documents, queries):
    """The best ten of each query by MaxSim over all rows, in single precision."""
    every = numpy.concatenate(queries).T.copy()
    query_begins = starts(queries)
    scores = []
    for first in range(0, len(documents), 32):
        block = documents[first : first + 32]
        maxima = numpy.maximum.reduceat(numpy.concatenate(block) @ every, starts(block))
        scores.append(numpy.add.reduceat(maxima, query_begins, axis=1))
    return numpy.argsort(-numpy.concatenate(scores), axis=0, kind="stable")[:BEST].T.tolist()


def starts(arrays):
    return numpy.cumsum([0] + [len(a) for a in arrays[:-1]])


def kept_rankings(path, numbers, make):
    """The rankings in the file at `path`: a line for each query, its number and then its best documents. Made and written where there is none."""
    if not path.exists():
        lines = [" ".join(map(str, [number, *best])) for number, best in zip(numbers, make())]
        path.write_text("\n".join(lines) + "\n")
    lines = [[int(number) for number in line.split()] for line in path.read_text().splitlines()]
    assert [line[0] for line in lines] == numbers, f"{path} is of other queries"
    return [line[1:] for line in lines]


@dataclasses.dataclass
class Engine:
    name: str
    # (folder, documents): makes an index.
    build: typing.Callable
    # (folder): opens it, and returns what answers a query with the numbers of ten documents.
    open: typing.Callable
    # Ask only the first so many queries of an engine that takes half a second for each.
    at_most: int | None = None
    # The engine whose index this one searches too, in another way.
    same_as: str | None = None


def lancedb_engine(name, config, at_most=None, same_as=None, **search):
    """LanceDB with an index (`config` are settings of its IVF_PQ), or without (None). `search` are methods of its query, with their argument."""

    def build(folder, documents):
        import lancedb
        import pyarrow

        # Single precision: with half of it the table has half of the bytes, but a search without an index took three times the seconds of computing.
        values = pyarrow.array(numpy.concatenate(documents).ravel())
        ends = numpy.cumsum([0] + [len(d) for d in documents]).astype(numpy.int32)
        rows = pyarrow.ListArray.from_arrays(ends, pyarrow.FixedSizeListArray.from_arrays(values, WIDTH))
        table = pyarrow.table({"id": pyarrow.array(range(len(documents)), pyarrow.int64()), "rows": rows})
        table = lancedb.connect(folder).create_table("documents", table)
        if config is not None:
            from lancedb.index import IvfPq

            table.create_index("rows", config=IvfPq(distance_type="cosine", **config))

    def open_(folder):
        import lancedb

        table = lancedb.connect(folder).open_table("documents")

        def ask(query):
            asked = table.search(query, vector_column_name="rows").distance_type("cosine").limit(BEST).select(["id", "_distance"])
            for method, argument in search.items():
                asked = getattr(asked, method)(argument)
            return asked.to_arrow()["id"].to_pylist()

        return ask

    return Engine(name, build, open_, at_most, same_as)


def fast_plaid_engine(name, bits):
    def engine(folder):
        import torch
        from fast_plaid.search import FastPlaid

        torch.set_num_threads(THREADS)
        return FastPlaid(str(folder), device="cpu")

    def build(folder, documents):
        import torch

        engine(folder).create([torch.from_numpy(d) for d in documents], nbits=bits)

    def open_(folder):
        import torch

        index = engine(folder)

        def ask(query):
            found = index.search(torch.from_numpy(query)[None], top_k=BEST, show_progress=False)
            return [number for number, _ in found[0]]

        return ask

    return Engine(name, build, open_)


ENGINES = [
    lancedb_engine("LanceDB, no index", None, at_most=30),
    lancedb_engine("LanceDB, IVF_PQ", {}),
    lancedb_engine("LanceDB, IVF_PQ, refined 50", {}, at_most=30, same_as="LanceDB, IVF_PQ", refine_factor=50),
    fast_plaid_engine("fast-plaid, 4 bits", 4),
    fast_plaid_engine("fast-plaid, 2 bits", 2),
]


def cpu_seconds():
    """What all threads of this process have computed, and the processes that it started and that ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def measure(engine, folder, documents, queries, numbers, rankings, keep):
    """Prints the engine's line of the table."""
    seconds = None
    queries = queries[: engine.at_most]
    if not (folder.exists() and (keep or engine.same_as)):
        shutil.rmtree(folder, ignore_errors=True)
        before = cpu_seconds()
        engine.build(folder, documents)
        seconds = cpu_seconds() - before
    size = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    # Once before the clock runs: where the index was kept, opening it is what loads the library.
    engine.open(folder)
    started = time.perf_counter()
    search = engine.open(folder)
    opened = time.perf_counter() - started
    # Once to warm up, as for ours.
    for query in queries:
        search(query)
    times, recalls, gains = [], [], []
    for query, number, best in zip(queries, numbers, rankings):
        started = time.perf_counter()
        found = search(query)
        times.append((time.perf_counter() - started) * 1e3)
        recalls.append(len(set(best) & set(found[:BEST])) / len(best))
        gains.append(gain(found, number))
    times.sort()
    p50, p95 = (times[math.ceil(len(times) * share) - 1] for share in (0.5, 0.95))
    built = "–" if seconds is None else f"{seconds:.1f}"
    rows = sum(len(d) for d in documents)
    name = engine.name if engine.at_most is None else f"{engine.name} ({len(queries)} queries)"
    print(
        f"| {name} | {built} | {size / rows:.1f} | {size / len(documents):.0f} | {opened * 1e3:.1f} | {p50:.2f} / {p95:.2f} "
        f"| {numpy.mean(recalls):.3f} | {numpy.mean(gains):.4f} |",
        flush=True,
    )


def gain(found, relevant):
    """nDCG@5 where one document is relevant."""
    return 1 / math.log2(found.index(relevant) + 2) if relevant in found[:5] else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", type=pathlib.Path)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--documents", type=lambda text: [int(n) for n in text.split(",")], default=[2870])
    parser.add_argument("--most-rows", type=int, default=NO_LIMIT)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--engine", action="append")
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    corpus = Corpus(arguments.rows, arguments.most_rows)
    numbers = chosen(len(corpus.queries), arguments.queries, arguments.tuning)
    queries = [corpus.queries[number] for number in numbers]
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    for count in arguments.documents:
        documents = [corpus.document(number) for number in range(count)]
        path = arguments.scratch / f"exact-{count}-{arguments.most_rows}-{len(numbers)}-{str(arguments.tuning).lower()}"
        rankings = kept_rankings(path, numbers, lambda: exact(documents, queries))
        best = numpy.mean([gain(ranking, number) for ranking, number in zip(rankings, numbers)])
        half = "tune on" if arguments.tuning else "report on"
        print(f"\n{count} documents, {len(queries)} queries to {half}, exact nDCG@5 {best:.4f}, {THREADS} threads\n")
        print("| engine | build CPU s | bytes a row | bytes a document | open ms | p50 / p95 ms | recall@10 | nDCG@5 |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        for engine in ENGINES:
            if engine.name.startswith(tuple(arguments.engine or [""])):
                kept_as = (engine.same_as or engine.name).replace(", ", "-").replace(" ", "-")
                folder = arguments.scratch / f"{kept_as}-{count}-{arguments.most_rows}"
                measure(engine, folder, documents, queries, numbers, rankings, arguments.keep)


if __name__ == "__main__":
    main()
