"""A simulated German locale, for machines without one; it is set permanently, in a separate process."""

from __future__ import annotations

import locale
import re
import time
from typing import Any

_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = (
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
)
_FORMATS = {"c": "%a %d %b %Y %H:%M:%S", "x": "%d.%m.%Y", "X": "%H:%M:%S", "r": "%H:%M:%S"}
_DIRECTIVE = re.compile(r"%[-_0^#]?[EO]?(.)", re.DOTALL)


def use_locale(name: str) -> None:
    """Set the locale of this process; if it is not installed, simulate its dates and numbers."""
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        _Simulated(name).put_in_place()


class _Simulated:
    """Replaces functions of ``locale``, and ``time.strftime``, which ``datetime`` and ``calendar`` use too."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_on = True
        self._strftime = time.strftime
        self._setlocale = locale.setlocale
        self._localeconv = locale.localeconv

    def put_in_place(self) -> None:
        time.strftime = self.strftime
        locale.setlocale = self.setlocale  # type: ignore[assignment]
        locale.localeconv = self.localeconv  # type: ignore[assignment]

    def strftime(self, format: str, *moment: Any) -> str:
        """``time.strftime`` in German."""
        when = moment[0] if moment else time.localtime()
        return self._strftime(self._translate(format, when) if self._is_on else format, when)

    def setlocale(self, category: int, wanted: Any = None) -> str:
        """``locale.setlocale``, where this is the locale of the environment; another one ends the simulation."""
        if wanted in ("", self._name) or (wanted is None and self._is_on):
            self._is_on = True
            return self._name
        answer = self._setlocale(category, wanted)
        self._is_on = False
        return answer

    def localeconv(self) -> dict[str, Any]:
        """``locale.localeconv`` with the German number format."""
        plain: dict[str, Any] = dict(self._localeconv())
        return {**plain, "decimal_point": ",", "thousands_sep": ".", "grouping": [3, 3, 0]} if self._is_on else plain

    def _translate(self, format: str, moment: Any) -> str:
        words = {
            "A": _DAYS[moment[6]],
            "a": _DAYS[moment[6]][:2],
            "B": _MONTHS[moment[1] - 1],
            "b": _MONTHS[moment[1] - 1][:3],
            "h": _MONTHS[moment[1] - 1][:3],
            "p": "",
        }

        def translate(match: re.Match[str]) -> str:
            directive = match[1]
            if directive in _FORMATS:
                return self._translate(_FORMATS[directive], moment)
            return words.get(directive, match[0])

        return _DIRECTIVE.sub(translate, format)
