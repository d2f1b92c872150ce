"""Names that would run something, or leave the page, if they were taken for markup."""

from collections.abc import Iterable

MARK = "window.hacked=1"
HOSTILE = (
    f"<script>{MARK}</script>",
    f"</script><script>{MARK}</script>",
    f"<!--<script>{MARK}</script>",
    f"--><script>{MARK}</script>",
    f"]]><script>{MARK}</script>",
    f"</title><script>{MARK}</script>",
    f"</style><script>{MARK}</script>",
    f"</noscript><script>{MARK}</script>",
    f"</textarea><script>{MARK}</script>",
    f"<ScRiPt>{MARK}</sCrIpT>",
    f"<img src=x onerror={MARK}>",
    f"<IMG SRC=x ONERROR={MARK}>",
    f'"><img src=x onerror={MARK}>',
    f"'><img src=x onerror={MARK}>",
    f"<svg onload={MARK}>",
    f"\"><svg onload='{MARK}'>",
    f"<svg><script>{MARK}</script></svg>",
    f"<math><mi onclick={MARK}>",
    f"<iframe srcdoc='<script>parent.{MARK}</script>'>",
    f"<a href=javascript:{MARK}>x</a>",
    f"<a href='data:text/html,<script>{MARK}</script>'>x</a>",
    "<a href=https://example.com>x</a>",
    f"javascript:{MARK}",
    f'" onmouseover="{MARK}',
    f"' autofocus onfocus='{MARK}",
    f"`-{MARK}-`",
    f"${{{MARK}}}",
    "{{ 7 * 7 }} {% raw %} {n}",
    f'\\"];{MARK};//',
    f"\u2028{MARK}\u2029",
)


def as_comments(names: Iterable[str]) -> str:
    """Names in a file of TOML."""
    return "".join(f"# {ascii(name)[1:-1]}\n" for name in names)
