"""What the checks found: a line each on standard output, counts, and the table of docs/kernels.md."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

START = "<!-- results -->"
END = "<!-- end of results -->"


@dataclass
class CheckResult:
    """One check on one kernel."""

    name: str
    title: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Report:
    """The results on one kernel."""

    def __init__(self, series: str) -> None:
        self.series = series
        self.release = "did not boot"
        self.nft = "-"
        self.checks: list[CheckResult] = []
        self.started = time.monotonic()

    def line(self, mark: str, text: str, detail: str = "") -> None:
        """Prints one line, and what explains it below."""
        name = self.checks[-1].name if self.checks else "-"
        print(f"  {mark:<4}  {self.series:<6}  {name:<10}  {text}", flush=True)
        for row in detail.strip().splitlines()[-40:]:
            print(f"            {row}", flush=True)

    def begin(self, name: str, title: str) -> None:
        """What follows belongs to this check."""
        self.checks.append(CheckResult(name, title))

    def expect(self, text: str, passed: bool, detail: object = "") -> bool:
        """One thing that must be so; `detail` is shown if it is not."""
        check = self.checks[-1]
        if passed:
            check.passed += 1
            self.line("ok", text)
        else:
            check.failed.append(text)
            self.line("FAIL", text, str(detail))
        return passed

    def note(self, text: str) -> None:
        """Something measured or worth knowing; neither good nor bad."""
        self.checks[-1].notes.append(text)
        self.line("-", text)

    @property
    def passed(self) -> int:
        """How many expectations held."""
        return sum(check.passed for check in self.checks)

    @property
    def failed(self) -> int:
        """How many did not."""
        return sum(len(check.failed) for check in self.checks)


def table(reports: list[Report]) -> str:
    """A Markdown table with a column for each kernel."""
    names: dict[str, str] = {}
    for report in reports:
        names.update({check.name: check.title for check in report.checks})
    heads = [f"{report.release}" for report in reports]
    rows = [
        ["", *heads],
        ["---"] * (len(heads) + 1),
        ["nft in the guest", *(report.nft for report in reports)],
    ]
    for name, title in names.items():
        cells = []
        for report in reports:
            found = next((check for check in report.checks if check.name == name), None)
            cells.append(cell(found))
        rows.append([f"`{name}`: {title}", *cells])
    rows.append(["together", *(f"{report.passed} passed, {report.failed} failed" for report in reports)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def cell(check: CheckResult | None) -> str:
    """One check in the table."""
    if check is None:
        return "not run"
    if check.failed:
        return f"**{len(check.failed)} of {check.passed + len(check.failed)} failed**"
    return f"{check.passed} ok"


def write_table(path: Path, reports: list[Report], remark: str) -> None:
    """Replaces what stands between the markers of a page. Raises `ValueError` if it has none."""
    text = path.read_text()
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ValueError(f"{path} has no lines {START} and {END}")
    path.write_text(f"{before}{START}\n{remark}\n\n{table(reports)}\n{END}{after}")
