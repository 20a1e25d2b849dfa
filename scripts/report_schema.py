"""Write ``harness/reports/report.schema.json`` from the models of a report: ``python scripts/report_schema.py``."""

import json
from pathlib import Path

from harness.reports.document import json_schema

SCHEMA = Path(__file__).parents[1] / "harness/reports/report.schema.json"


def document() -> str:
    """The schema as indented JSON."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(document(), encoding="utf-8")
