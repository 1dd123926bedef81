"""The page on which a developer reads the "SMS" and everything else that was sent."""

from html import escape

from huizhen.kernel.fakes.desk import Post

STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2530}"
    "article{border:1px solid #d5dbe3;border-radius:.6rem;padding:.8rem 1rem;margin:.8rem 0}"
    "header{display:flex;gap:1rem;color:#5a6675;font-size:.9rem}b{color:#1c2530}pre{white-space:pre-wrap;font:inherit;margin:0}"
)
EMPTY = "<p>还没有收到消息。 / Nothing was sent yet.</p>"


def draw(posts: list[Post]) -> str:
    """All messages, newest first."""
    articles = "".join(_article(post) for post in reversed(posts))
    return (
        "<!doctype html><html lang='zh'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        "<meta http-equiv='refresh' content='5'>"
        f"<title>模拟收件箱 · Simulators</title><style>{STYLE}</style><h1>模拟收件箱 · Simulators</h1>"
        f"{articles or EMPTY}"
    )


def _article(post: Post) -> str:
    return (
        f"<article><header><b>{escape(post.channel)}</b><span>{escape(post.to)}</span><time>{escape(post.at)}</time>"
        f"</header><strong>{escape(post.title)}</strong><pre>{escape(post.text)}</pre></article>"
    )
