# SPDX-License-Identifier: GPL-2.0-or-later
"""What does a person want to read when all is done?"""

import json
import re
import textwrap
from pathlib import Path
from typing import Any, Iterable, Mapping, Sequence

from .binrpc import RpcError
from .edge import Edge
from .paths import PROJECT

WIDTH = 79
MODULES = ("tls", "rtpengine", "cert_match", "tls_reuse", "sdes_policy")


def heading(text: str) -> str:
    return f"\n{text}\n{'-' * len(text)}"


def _cell(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _records(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name and value below each other, when a table is too wide."""
    lines = []
    for number, row in enumerate(rows):
        if number:
            lines.append("")
        width = max(len(name) for name in row)
        for name, value in row.items():
            lines += _wrapped(f"  {name:<{width}}  ", value)
    return lines


def _wrapped(label: str, value: Any) -> list[str]:
    """One record line; nested records are indented below their name."""
    if isinstance(value, dict) and value:
        value = [value]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [label.rstrip(), *("    " + line for line in table(value))]
    if isinstance(value, list):
        value = ", ".join(_cell(item) for item in value)
    return textwrap.wrap(_cell(value), WIDTH, initial_indent=label,
                         subsequent_indent=" " * len(label)) or \
        [label.rstrip()]


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns if they fit, records if not."""
    rows = [row for row in rows if row]
    if not rows:
        return ["  (none)"]
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name, "")) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[i]) for line in cells))
              for i, name in enumerate(names)]
    if sum(widths) + 2 * len(widths) > WIDTH:
        return _records(rows)
    return ["  " + "  ".join(f"{text:<{width}}" for text, width in
                             zip(line, widths)).rstrip()
            for line in [names, *cells]]


def _rows(values: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows in an RPC's answer, however they are wrapped."""
    rows = []
    for value in values:
        if isinstance(value, list):
            rows += _rows(value)
        elif isinstance(value, dict):
            rows.append(value)
        else:
            rows.append({"": value})
    return rows


def rpc_table(edge: Edge, method: str) -> list[str]:
    """An RPC's answer as a table, or why there is none."""
    try:
        return table(_rows(edge.rpc(method)))
    except (RpcError, OSError) as error:
        return [f"  not available: {error}"]


def _environment(edge: Edge) -> dict[str, str]:
    """What edge-start gave to the running Kamailio."""
    pid = edge.rpc("core.psx")[0]["PID"]        # type: ignore[index]
    raw = Path(f"/proc/{pid}/environ").read_bytes()
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if entry)
    return {name.decode(): value.decode("utf-8", "replace")
            for name, _, value in pairs}


SETTING = r"\b(EDGE_[A-Z_]+|PBX_[A-Z_]+)\b"


def configuration(edge: Edge) -> list[str]:
    """The loadmodule and modparam lines of this very run, to be copied."""
    values = _environment(edge)
    folder = Path(values.get("EDGE_CFG_DIR", str(PROJECT / "cfg")))
    text = "".join(path.read_text("utf-8") for path in
                   sorted(folder.glob("*.cfg"),
                          key=lambda path: path.name != "kamailio.cfg"))
    lines = []
    for module in MODULES:
        for found in re.finditer(
                rf'^(loadmodule "{module}\.so"|modparam\("{module}",'
                r'(?:\s*(?:"[^"]*"|[\w-]+),?)+\))', text, re.M):
            line = " ".join(found[1].split())
            names = set(re.findall(SETTING, line))
            if names <= set(values):    # else it is not in use here
                lines.append("  " + re.sub(
                    SETTING, lambda m: f'"{values[m[1]]}"', line))
    return [f"{line}   # all TLS out needs tls_reuse_to() then"
            if '"default_expect"' in line else line for line in lines]
