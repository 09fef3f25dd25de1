"""A finding of the fuzzer, made small: `python tests/fuzz/minimise.py tests/fuzz/found/crash-… tests/mails/fuzz/NAME.eml`.

Halves, quarters and so on are taken out, lines first and then bytes, as long as the mail fails in the same way.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.fuzz.examined import examine  # noqa: E402 - the path above comes first


def failure(raw: bytes) -> tuple[str, str] | None:
    """(kind of the exception, the line that raised it); None where the mail goes through."""
    try:
        examine(raw)
    except Exception as error:
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        return type(error).__name__, f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last else ""
    return None


def smaller(pieces: list[bytes], wanted: tuple[str, str]) -> list[bytes]:
    """Without every piece that the failure does not need."""
    size = len(pieces) // 2
    while size:
        start = 0
        while start < len(pieces):
            rest = pieces[:start] + pieces[start + size :]
            if failure(b"".join(rest)) == wanted:
                pieces = rest
            else:
                start += size
        size //= 2
    return pieces


def main() -> None:
    """Read, make small, write."""
    raw = Path(sys.argv[1]).read_bytes()
    wanted = failure(raw)
    if wanted is None:
        sys.exit("it goes through")
    raw = b"".join(smaller(raw.splitlines(keepends=True), wanted))
    raw = b"".join(smaller([bytes([one]) for one in raw], wanted))
    Path(sys.argv[2]).parent.mkdir(exist_ok=True)
    Path(sys.argv[2]).write_bytes(raw)
    print(f"{wanted[0]} at {wanted[1]}: {len(raw)} bytes")


if __name__ == "__main__":
    main()
