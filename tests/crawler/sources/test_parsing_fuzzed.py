"""No page, however broken, escapes as anything but a FetchError, and no title gets lost."""

import datetime
import json
from xml.sax.saxutils import quoteattr

from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.fetch import Answer, FetchError, Page
from crawler.schema import PageRow
from crawler.sources import getchu
from crawler.sources.booru_rows import parse_rows
from crawler.sources.getchu import Getchu
from crawler.sources.getchu_pages import month_items
from crawler.sources.safebooru import Query, Safebooru

few = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
PIECES = [
    "<",
    ">",
    "<td>",
    "</td>",
    "<tr>",
    '<div class="category_pc_b">',
    "</div>",
    "発売タイトル",
    '<div class="category_pc_t2">2017年1月27日発売タイトル</div>',
    '<h1 id="soft-title">',
    "</h1>",
    '<a href="/soft.phtml?id=5">',
    "</a>",
    '<a href="http://[公式サイト]/">',
    "&#xD800;",
    "&#0;",
    '<img src="/brandnew/7/c7chara1.jpg">',
    '<img src="http://[/brandnew/7/c7chara1.jpg">',
    "<img data-original>",
    '<h2 class="chara-name">',
    "</h2>",
    "「",
    "」",
    "CV：",
    "発売日：",
    "<!--",
    "-->",
    "<script>",
    "<![CDATA[",
    "\0",
    "²",
    "年齢認証ページ",
    "18歳未満の方は購入できません",
]
pages = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=40).map(
        lambda parts: "".join(parts).encode("euc_jis_2004", "replace")
    ),
)


class Answering:
    """A session that answers everything with the same bytes."""

    def __init__(self, body):
        self._body = body

    def page(self, url, *, judge, referer=None):
        page = Page(url, 200, {}, self._body)
        answer = judge(page)
        answer, detail = answer if isinstance(answer, tuple) else (answer, "")
        if answer is not Answer.OK:
            raise FetchError(answer, url, detail, self._body)
        return page


def read(source, page):
    """What a source makes of a page; None where it names what is wrong with it."""
    try:
        return source.read(page)
    except FetchError:
        return None


@few
@given(pages, st.sampled_from(["month", "item"]), st.booleans())
def test_getchus_pages(body, kind, confirm_adult):
    query = getchu.Query((2017, 1), (2017, 1), confirm_adult)
    source = Getchu(Answering(body), datetime.date(2026, 1, 1), query=query)
    cursor = {"month": [2017, 1], "age": "normal", "step": 1}
    read(source, PageRow(1, 0, kind, "https://www.getchu.com/item/7/", cursor))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
KEYS = [
    "id",
    "tags",
    "rating",
    "hash",
    "md5",
    "file_url",
    "sample_url",
    "sample",
    "image",
    "directory",
    "parent_id",
    "change",
    "created_at",
    "score",
    "width",
    "source",
    "status",
]
odd_rows = st.dictionaries(st.sampled_from(KEYS), junk)
bodies = st.one_of(
    st.binary(max_size=200),
    junk.map(lambda value: json.dumps(value).encode()),
    st.lists(odd_rows, max_size=4).map(lambda rows: json.dumps(rows).encode()),
    st.lists(odd_rows, max_size=4).map(lambda rows: json.dumps({"post": rows}).encode()),
    st.lists(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=9)), max_size=3).map(
        lambda rows: (
            "<posts count='3'>"
            + "".join(
                f"<post {' '.join(f'{k}={quoteattr(v)}' for k, v in row.items())}/>"
                for row in rows
            )
            + "</posts>"
        ).encode("utf-8", "replace")
    ),
    st.sampled_from([b"5", b'{"post": null}', b"<error/>", b"<posts", b'"x"', b"[" * 5000]),
)


@few
@given(bodies, st.sampled_from(["count", "listing"]))
def test_the_boorus_answers(body, kind):
    source = Safebooru(Answering(body), lambda seconds: None, query=Query("1girl"))
    reading = read(source, PageRow(1, 0, kind, "https://safebooru.org/index.php", {}))
    for post in reading.posts if reading else ():
        for image in post.images:
            image.url.encode()
        json.dumps(dict(post.meta), ensure_ascii=False).encode()  # what the archive stores
        f"{post.post_id}{post.tags}{post.rating}{post.date}{post.page_url}".encode()


good_rows = st.lists(st.integers(1, 1 << 40), unique=True, max_size=6)


@few
@given(good_rows, st.lists(st.tuples(st.integers(0, 6), junk), max_size=4))
def test_no_good_row_is_lost_among_bad_ones(ids, bad):
    rows = [{"id": n, "tags": "a", "image": "a.jpg", "directory": 1} for n in ids]
    for at, value in bad:
        if not (isinstance(value, dict) and value.get("id")):
            rows.insert(at, value)
    found = [row["id"] for row in parse_rows(json.dumps(rows).encode())]
    assert found == ids


@few
@given(
    st.lists(st.integers(1, 10**9), unique=True, max_size=8),
    st.lists(st.text(max_size=10).filter(lambda text: "<" not in text), max_size=8),
)
def test_no_title_of_a_month_is_lost_among_poisoned_links(ids, hrefs):
    links = [f'<a href="/soft.phtml?id={n}">x</a>' for n in ids]
    for at, href in enumerate(hrefs):
        links.insert(at, f"<a href={quoteattr('http://[' + href)}>x</a>")
    block = f'<div class="category_pc_b">{"".join(links)}</div>'
    page = f'<div class="category_pc_t2">2017年1月発売タイトル</div>{block}'
    soup = BeautifulSoup(page, "html.parser")
    assert month_items(soup, "https://www.getchu.com/all/month_title.html") == ids
