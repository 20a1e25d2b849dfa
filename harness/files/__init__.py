"""Files that users, other tools and pull requests supply: read with bounds, and written whole or not at all."""

from harness.files.encoding import decode_text, rewrite_command
from harness.files.json_text import MAX_DEPTH, check_depth, load_json
from harness.files.paths import relative
from harness.files.reading import LARGEST, open_file, read_file, read_text
from harness.files.writing import append_to_file, write_atomically

__all__ = [
    "LARGEST",
    "MAX_DEPTH",
    "append_to_file",
    "check_depth",
    "decode_text",
    "load_json",
    "open_file",
    "read_file",
    "read_text",
    "relative",
    "rewrite_command",
    "write_atomically",
]
