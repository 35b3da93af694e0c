"""The page as one HTML file that stands alone: figures and styles are in it."""

import base64
import html
import re
from collections.abc import Mapping

import markdown

STYLE = """\
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: #24292f; background: #fff; max-width: 68rem; margin: 0 auto; padding: 1.5rem; }
h1, h2 { line-height: 1.25; color: #1b2a3a; }
h2 { margin-top: 2.6rem; padding-bottom: .3rem; border-bottom: 1px solid #d8dee4; }
p, li { max-width: 48rem; }
p.figure { max-width: none; }
img { display: block; max-width: 100%; height: auto; margin: 1.2rem auto; }
code { background: #f1f3f5; padding: .1em .3em; border-radius: 3px; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid #e4e8ec; vertical-align: top; }
th { background: #f4f6f8; vertical-align: bottom; line-height: 1.3; }
th:first-child { text-align: left !important; }
td { white-space: nowrap; }
td:first-child { white-space: normal; font-weight: 600; min-width: 9rem; overflow-wrap: anywhere; }
tbody tr:hover { background: #f8fafc; }
td small { display: block; color: #66707a; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; }
  img, tr { break-inside: avoid; } }
"""
IMAGE = re.compile(r'(<img [^>]*src=")([^"]+)"')
# A system's name; the other cells are aligned.
NAME = re.compile(r"<td>.*?</td>")
# An interval or a ratio behind a number.
BEHIND = re.compile(r'(<td style="text-align: right;">[^<]+?) ([\[(][^<]+[\])])</td>')


def web_page(text: str, figures: Mapping[str, bytes], title: str) -> str:
    """Turn a page of Markdown into HTML that refers to nothing outside itself.

    Args:
        text: the page.
        figures: `{name: bytes of a PNG file}` that it shows, by the names it shows them by.
        title: of the window.

    Returns:
        A whole HTML document.
    """
    body = markdown.markdown(text, extensions=["tables"])
    body = IMAGE.sub(lambda match: f'{match[1]}{_data(figures[match[2]])}"', body)
    body = body.replace("<p><img ", '<p class="figure"><img ').replace(" ↑", "&nbsp;↑")
    body = body.replace(" ↓", "&nbsp;↓").replace("<table>", '<div class="wide"><table>')
    body = body.replace("</table>", "</table></div>")
    body = NAME.sub(lambda match: match[0].replace("_", "_<wbr>"), body)
    body = BEHIND.sub(r"\1 <small>\2</small></td>", body)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _data(figure: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(figure).decode("ascii")
