"""`make fuzz`: coverage-guided fuzzing of parse → guard → link → new text → answer (libFuzzer through atheris).

    python tests/fuzz/fuzz_mail.py -max_total_time=600

Further arguments are libFuzzer's. Seeds are tests/mails/ and, where they lie beside the checkout, the public mails.
What breaks a promise of `examined.py` is written to tests/fuzz/found/: make it small by `minimise.py`, mend the cause.
"""

import logging
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import atheris  # noqa: E402 - the path above comes first

with atheris.instrument_imports(include=["threading_", "daemon.steps"]):
    from tests.fuzz.examined import examine

SEEDS = (ROOT / "tests" / "mails", ROOT.parent / "shared" / "data" / "mail")
FOUND = ROOT / "tests" / "fuzz" / "found"
DICTIONARY = ROOT / "tests" / "fuzz" / "mail.dict"
_LONGEST = 32_768  #: bytes of an input: what is longer is slower and says nothing new


def one_input(data: bytes) -> None:
    """Take one mail through."""
    examine(data)


def main() -> None:
    """Gather the seeds into one folder and let libFuzzer work."""
    logging.disable(logging.CRITICAL)
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fl-fuzz-") as folder:
        for number, file in enumerate(one for seeds in SEEDS for one in sorted(seeds.rglob("*")) if one.is_file()):
            if file.stat().st_size <= _LONGEST:
                shutil.copy(file, Path(folder) / str(number))
        # A unit over ten seconds is a finding too: time must be linear.
        given = [
            f"-artifact_prefix={FOUND}/",
            f"-dict={DICTIONARY}",
            f"-max_len={_LONGEST}",
            "-timeout=10",
            "-rss_limit_mb=4096",
        ]
        atheris.Setup([sys.argv[0], *given, *sys.argv[1:], folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
