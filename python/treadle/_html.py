"""What notebooks show of a pool: one table, without scripts.

Colours are the page's own, thinned, and one hue that is legible on light and dark alike; so the
table fits every theme, whoever decides about it.
"""

import html
from typing import List, Sequence

from treadle import _stats

_STYLE = """<style>
.treadle-pool{font:13px/1.45 system-ui,sans-serif;max-width:60em;margin:.4em 0;padding:.7em 1em .8em;
border:1px solid rgba(128,128,128,.35);border-radius:8px;overflow-x:auto}
.treadle-pool header{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2em .8em;margin-bottom:.5em}
.treadle-pool b{font-size:14px}
.treadle-pool .dim{opacity:.75}
.treadle-pool .bar{display:block;height:6px;border-radius:3px;background:rgba(128,128,128,.25);
overflow:hidden;margin:.1em 0 .7em}
.treadle-pool .bar i{display:block;height:100%;background:#2f8f83}
.treadle-pool dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:0 0 .7em}
.treadle-pool dt{opacity:.75;font-weight:400}
.treadle-pool dd{margin:0}
.treadle-pool table{border-collapse:collapse;width:100%;margin:0;font-size:12.5px;
font-variant-numeric:tabular-nums}
.treadle-pool th,.treadle-pool td{padding:.18em .55em;text-align:right;white-space:nowrap;border:0;
background:none}
.treadle-pool thead th{font-weight:400;opacity:.75;border-bottom:1px solid rgba(128,128,128,.35)}
.treadle-pool th:first-child{text-align:left;font-weight:400;padding-left:0}
.treadle-pool tr.group th{font-weight:600;padding-top:.55em}
.treadle-pool tr.part th{opacity:.75;padding-left:1em}
</style>"""


def _row(label: str, cells: Sequence[str], kind: str) -> str:
    row = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f'<tr class="{kind}"><th scope="row">{html.escape(label)}</th>{row}</tr>'


def _group(name: str, wait: _stats.Distribution, run: _stats.Distribution) -> str:
    title = html.escape(name)
    head = (
        f'<tr class="group"><th scope="row" colspan="{len(_stats.COLUMNS) + 1}" title="{title}">'
        f"{html.escape(_stats.shorten(name, 60))}</th></tr>"
    )
    return head + _row("wait", _stats.cells(wait), "part") + _row("run", _stats.cells(run), "part")


def _table(stats: _stats.Stats) -> str:
    columns = "".join(f'<th scope="col">{name}</th>' for name in _stats.COLUMNS)
    rows = [_group("all calls", stats.wait, stats.run)]
    rows += [_group(name, group.wait, group.run) for name, group in _stats.groups(stats)]
    return (
        f"<table><thead><tr><th></th>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def of_stats(stats: _stats.Stats, name: str = "", is_shut_down: bool = False) -> str:
    """A snapshot as a fragment of a page; `name` is the pool's, for that of an executor."""
    title = "ThreadPoolExecutor" if name else "Stats"
    about: List[str] = [name] if name else []
    about.append("shut down" if is_shut_down else f"{_stats.seconds(stats.age)} old")
    share = min(max(stats.utilization, 0.0), 1.0)
    facts = "".join(
        f"<dt>{html.escape(what)}</dt><dd>{html.escape(much)}</dd>"
        for what, much in _stats.facts(stats)
    )
    return (
        f'{_STYLE}<div class="treadle-pool"><header><b>{title}</b>'
        f'<span class="dim">{html.escape(" · ".join(about))}</span></header>'
        f'<span class="bar" title="utilization {share:.0%}"><i style="width:{share:.1%}"></i></span>'
        f"<dl>{facts}</dl>{_table(stats)}</div>"
    )
