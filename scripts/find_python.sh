#!/bin/sh
# Prints a Python of at least 3.12 that can make virtual environments, or says what is missing.
set -u
for python in "${PYTHON:-}" python3.13 python3.12 python3 python; do
    [ -n "$python" ] || continue
    path=$(command -v "$python") || continue
    if "$path" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done
echo "This needs Python 3.12 or newer with its venv module, and none was found as python3.13, python3.12 or python3." >&2
echo "  try: install one (Debian and Ubuntu: apt install python3-venv), or name it: make PYTHON=/path/to/python3.13 ..." >&2
# Not a command, so that make stops here.
echo "python-3.12-or-newer-is-missing"
exit 1
