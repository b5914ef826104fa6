import pytest
from bs4 import BeautifulSoup
from site_helpers import crawling, getchu_source, rows
from sites import faults
from sites.getchu import COOKIE, GetchuSite, Title, some_titles

from crawler.shared.errors import UserError
from crawler.sources.getchu import ADULT_COOKIE, FOR_ADULTS
from crawler.sources.getchu_pages import (
    cell_after,
    character_pictures,
    decode,
    is_for_adults,
    month_items,
    title_of,
)

PAGE = "https://www.getchu.com/item/77/"
MONTH = "https://www.getchu.com/all/month_title.html"
BRANDNEW = "https://www.getchu.com/brandnew/77/c77"


def soup(text):
    return BeautifulSoup(text, "html.parser")


# one tag of a title's page, and the picture that it leads to
TAGS = {
    "2016, relative": ('<img src="../../brandnew/77/c77chara1.jpg">', "chara1.jpg", "chara"),
    "2020": ('<img src="/brandnew/77/c77chara2.jpg" alt="キャラ2">', "chara2.jpg", "chara"),
    "2026, lazy": (
        '<img src="/x.gif" data-original="/brandnew/77/c77chara3.png" loading=lazy>',
        "chara3.png",
        "chara",
    ),
    "body, linked": (
        '<a class="highslide" href="/brandnew/77/c77charab1.jpg">x</a>',
        "charab1.jpg",
        "charab",
    ),
    "body, thumbnail only": (
        '<img src="/brandnew/77/c77charab12_s.jpg">',
        "charab12.jpg",
        "charab",
    ),
    "blanks around": ('<img src=" /brandnew/77/c77chara1.JPG ">', "chara1.JPG", "chara"),
    "event picture": ('<img src="/brandnew/77/c77sample1.jpg">', None, None),
    "package": ('<img src="/brandnew/77/c77package.jpg">', None, None),
    "gated placeholder": ('<img src="/common/images/r18.jpg">', None, None),
    "another id in the name": ('<img src="/brandnew/77/c78chara1.jpg">', None, None),
    "hidden in a query": ('<a href="/x?y=/brandnew/77/c77chara1.jpg&z=1">x</a>', None, None),
}


@pytest.mark.parametrize("name", TAGS)
def test_the_robust_rule(name):
    tag, file, role = TAGS[name]
    found = [(image.url, image.role) for image in character_pictures(soup(tag), PAGE)]
    assert found == ([(BRANDNEW + file, role)] if file else [])


def test_a_picture_that_is_named_twice_is_taken_once_and_in_full():
    text = (
        '<a class="highslide" href="/brandnew/77/c77charab1.jpg">'
        '<img src="/brandnew/77/c77charab1_s.jpg"></a><img src="/brandnew/77/c77chara1.jpg">'
    )
    urls = [image.url for image in character_pictures(soup(text), PAGE)]
    assert urls == [BRANDNEW + "charab1.jpg", BRANDNEW + "chara1.jpg"]


@pytest.mark.parametrize("year", [2017, 2020, 2025])
def test_three_generations_give_the_same_facts(tmp_path, year):
    title = Title(77, (year, 3), "星のかけら")
    with GetchuSite([title]) as site:
        make = getchu_source((year, 3), (year, 3))
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert rows(
                archive, "SELECT post_id, title, date, artist, rating, group_key, meta FROM posts"
            ) == [
                (
                    "77",
                    "星のかけら",
                    f"{year}-03-28",
                    "某 絵師",
                    "all-ages",
                    "getchu:ぱれっと/星のかけら",
                    '{"brand": "ぱれっと"}',
                )
            ]
            assert rows(archive, "SELECT role, character, state FROM images") == [
                ("chara", "姫野 永遠", "cut"),
                ("charab", "姫野 永遠", "cut"),
                ("chara", "佐々木 雪", "cut"),
                ("chara", "早坂 芹", "cut"),
            ]
            assert archive.n_faces() == 4


HEADING = '<div class="category_pc_t2">2017年1月27日発売タイトル</div>'
SIDEBAR = (
    '<div class="category_pc_t2"><a href="/g">ゲーム関連CD</a></div>'
    '<div class="category_pc_b"><a href="http://www.getchu.com/soft.phtml?id=6">x</a></div>'
)
MONTHS = {
    "blanks in the href": '<div class="category_pc_b"><a href=" /soft.phtml?id=5&gc=gc ">x</a>'
    "</div>",
    "another order": '<div class="category_pc_b"><a href="/soft.phtml?gc=gc&id=5">x</a></div>',
    "td.dd": '<td class="dd"><a href="https://www.getchu.com/soft.phtml?id=5">x</a></td>',
    "today's": '<div class="div_product"><a href="/item/5/?gc=gc">x</a></div>',
    "no block": '<p><a href="/item/5/">x</a></p>',
    "poisoned": '<div class="category_pc_b"><a href="http://[公式サイト]/">x</a>'
    '<a href="//x:port/soft.phtml?id=7">x</a><a href="https://x.invalid/item/8/">x</a>'
    '<a href="/soft.phtml?id=5">x</a></div>',
}


@pytest.mark.parametrize("name", MONTHS)
def test_the_titles_of_a_month(name):
    banner = '<a href="../soft.phtml?id=9">x</a><div><a href="/brand.html?id=8">y</a></div>'
    page = SIDEBAR + banner + (HEADING + MONTHS[name]) * 2 + SIDEBAR
    assert month_items(soup(page), MONTH) == [5]


def test_a_month_without_titles_has_its_heading_still():
    page = '<div class="pc_headword"><span>月別発売タイトル一覧・ゲーム</span></div>'
    assert month_items(soup(SIDEBAR + page + SIDEBAR), MONTH) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>maintenance</p>",
        "<title>2015年01月発売タイトル</title>",
        '<a href="/all/month_title.html">月別発売タイトル</a>',
        "<!-- 発売タイトル --><script>'発売タイトル'</script>",
        SIDEBAR,
    ],
)
def test_a_page_without_the_heading_is_no_list(text):
    assert month_items(soup(text), MONTH) is None


@pytest.mark.parametrize(
    ("text", "is_adult"),
    [
        ("<p>※18歳未満の方は購入できません</p>", True),
        ("<p>１８歳未満の方は購入できません</p>", True),
        ('<img src="/common/images/logo_getchu_adult_transparent.png">', True),
        ("<!-- 18歳未満の方は購入できません --><a>R18 TOP</a>", False),
    ],
)
def test_a_titles_own_page_tells_its_rating(text, is_adult):
    assert is_for_adults(soup(text)) is is_adult


def test_the_text_is_euc_jp_with_the_vendors_characters():
    assert decode("①姫野 ㈱〜".encode("euc_jis_2004")) == "①姫野 ㈱〜"
    assert "�" in decode(b"\xa4\xff\xff")


def test_title_and_cells():
    page = soup(
        '<h1 id="soft-title"> 星の \n かけら <nobr>（<a>関連</a>）</nobr></h1>'
        "<table><tr><td><table><tr><td>発売日：</td><td> <a>2016/01/29</a></td></tr></table></td>"
        "<td>x</td></tr><tr><td>原画：</td><td>a, b</td></tr></table>"
    )
    assert title_of(page) == "星の かけら"
    assert cell_after(page, "発売日") == "2016/01/29"
    assert cell_after(page, "原画") == "a, b" and cell_after(page, "定価") == ""


def test_months_from_since_to_until_each_once(tmp_path):
    with GetchuSite([]) as site:
        make = getchu_source((2016, 11), (2017, 2))
        with crawling(tmp_path, make, site) as (crawl, _):
            crawl.everything()
        months = [path for path in site.paths() if "month_title" in path]
        assert [path.split("year=")[1] for path in months] == [
            "2016&month=11",
            "2016&month=12",
            "2017&month=01",
            "2017&month=02",
        ]
        assert all("gage=normal" in path for path in months)


def test_all_ages_needs_and_sends_no_cookie_and_meets_no_gate(tmp_path):
    with GetchuSite(some_titles([(2017, 1), (2025, 3)])) as site:
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 1)), site) as (crawl, archive):
            crawl.everything()
            assert {r[0] for r in rows(archive, "SELECT rating FROM posts")} == {"all-ages"}
        assert not any("Cookie" in request.headers for request in site.log)
        assert not any("gc=gc" in path for path in site.paths())
        assert not any("attestation" in path for path in site.paths())


def test_adult_titles_only_with_the_cookie_and_then_only_character_pictures(tmp_path):
    assert ADULT_COOKIE == COOKIE
    with GetchuSite(some_titles([(2017, 1), (2017, 2)])) as site:
        make = getchu_source((2017, 1), (2017, 2), True)
        with crawling(tmp_path, make, site, cookie=ADULT_COOKIE) as (crawl, archive):
            crawl.everything()
            assert rows(archive, "SELECT rating, count(*) FROM posts GROUP BY 1") == [
                ("adult", 2),
                ("all-ages", 6),
            ]
        pictures = [path for path in site.paths() if path.endswith(".jpg")]
        assert pictures and all("chara" in path for path in pictures)
        ages = [path.split("gage=")[1].split("&")[0] for path in site.paths() if "gage" in path]
        assert ages == ["normal", "adult", "normal", "adult"]
        assert all("gc=gc" in p for p in site.paths() if "/item/" in p or "month_title" in p)


@pytest.mark.parametrize("confirm_adult", [False, True])
def test_a_title_is_judged_by_its_own_page_whatever_the_list_said(tmp_path, confirm_adult, caplog):
    titles = [Title(77, (2017, 1)), Title(78, (2017, 1), "夜", is_adult=True, listed_as="normal")]
    with GetchuSite(titles) as site:
        make = getchu_source((2017, 1), (2017, 1), confirm_adult)
        cookie = ADULT_COOKIE if confirm_adult else None
        with crawling(tmp_path, make, site, cookie=cookie) as (crawl, archive):
            crawl.everything()
            found = rows(archive, "SELECT post_id, rating, state, reason FROM posts")
            adult = ("done", None) if confirm_adult else ("skipped", FOR_ADULTS)
            assert found == [("77", "all-ages", "done", None), ("78", "adult", *adult)]
        fetched = any("/brandnew/78/" in path for path in site.paths())
        assert fetched is confirm_adult
        assert ("78/: 夜 is for adults" in caplog.text) is not confirm_adult


@pytest.mark.parametrize("n_titles", [3, 60])
def test_when_every_title_is_gated_the_user_is_told_that(tmp_path, n_titles):
    titles = [Title(100 + i, (2017, 1), f"空{i}") for i in range(n_titles)]
    with GetchuSite(titles) as site:
        site.gates_everything = True
        make = getchu_source((2017, 1), (2017, 1))
        with crawling(tmp_path, make, site) as (crawl, _):
            try:
                said = crawl.everything()
            except UserError as error:
                said = str(error)
        assert "age gate" in said and "--confirm-adult" in said and "layout" not in said
        make = getchu_source((2017, 1), (2017, 1), True)
        with crawling(tmp_path / "b", make, site, cookie=ADULT_COOKIE) as (crawl, archive):
            crawl.everything()
            assert archive.counts("posts") == {("done", None): n_titles}


def test_pictures_carry_the_titles_page_as_referer(tmp_path):
    with GetchuSite([Title(77, (2017, 1))]) as site:
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 1)), site) as (crawl, archive):
            crawl.everything()
            assert archive.counts("images") == {("cut", None): 4}
        referers = {r.headers.get("Referer") for r in site.log if r.path.endswith(".jpg")}
        assert referers == {f"{site.url}/item/77/"}


@pytest.mark.parametrize("fault", [faults.gate_redirect, faults.gate_page])
@pytest.mark.parametrize("where", ["item", "picture"])
def test_the_gate_before_one_thing_is_named_and_the_rest_goes_on(tmp_path, fault, where):
    with GetchuSite([Title(77, (2017, 1)), Title(78, (2017, 1), "空")]) as site:
        site.misbehave("/item/77" if where == "item" else "c77chara2", fault, always=True)
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 1)), site) as (crawl, archive):
            crawl.everything()
            table = "pages" if where == "item" else "images"
            assert archive.counts(table)[("failed", "age gate")] == 1
            assert archive.n_faces() == (4 if where == "item" else 7)
        assert not any("attestation" in path for path in site.paths())


def test_the_gate_before_a_month_ends_the_run(tmp_path):
    with GetchuSite([Title(77, (2017, 1))]) as site:
        site.misbehave("month_title", faults.gate_redirect)
        make = getchu_source((2017, 1), (2017, 1))
        with (
            crawling(tmp_path, make, site) as (crawl, _),
            pytest.raises(UserError, match="age gate.*--confirm-adult"),
        ):
            crawl.everything()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert archive.n_faces() == 4


def test_a_month_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    with GetchuSite([Title(77, (2017, 2))]) as site:
        site.misbehave("month=01", faults.server_error, always=True)
        make = getchu_source((2017, 1), (2017, 2))
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert archive.counts("pages") == {("done", None): 2, ("failed", "server error"): 1}
            site.behave()
            site.log.clear()
            crawl.retry_failed()
            assert archive.counts("pages") == {("done", None): 3}
            assert len(site.log) == 1  # the months after it were read before


@pytest.mark.parametrize("fault", [faults.maintenance, faults.with_body(b"", 200, "text/html")])
def test_a_month_without_its_heading_is_kept_raw_and_asked_for_again(tmp_path, caplog, fault):
    with GetchuSite([Title(77, (2017, 1)), Title(78, (2017, 2))]) as site:
        site.misbehave("month=01", fault)
        make = getchu_source((2017, 1), (2017, 2))
        with crawling(tmp_path, make, site) as (crawl, archive):
            said = crawl.everything()
            assert archive.counts("pages")[("failed", "unexpected answer")] == 1
            assert archive.counts("posts") == {("done", None): 1}
            assert "1 pages could not be read" in said and "no heading 発売タイトル" in caplog.text
            if fault is faults.maintenance:
                kept = list((tmp_path / "failed").iterdir())
                assert [path.read_bytes() for path in kept] == [faults.MAINTENANCE_PAGE]
                assert f"kept as failed/{kept[0].name}" in caplog.text
            crawl.retry_failed()
            assert archive.failed_answers() == {}
            crawl.everything()
            assert archive.counts("posts") == {("done", None): 2}


def test_poisoned_links_and_side_columns_lose_and_add_nothing(tmp_path):
    months = [(2017, 1), (2020, 5), (2025, 3)]
    with GetchuSite(some_titles(months)) as site:
        site.is_poisoned = True
        for month in months:
            make = getchu_source(month, month)
            with crawling(tmp_path / str(month[0]), make, site) as (crawl, archive):
                crawl.everything()
                assert archive.failures() == []
                assert sum(archive.counts("posts").values()) == 3


def test_no_character_on_many_pages_in_a_row_stops_in_words(tmp_path):
    titles = [Title(100 + i, (2017, 1), f"雑貨{i}", characters=()) for i in range(4)]
    with GetchuSite(titles) as site:
        make = getchu_source((2017, 1), (2017, 1), max_barren_pages=3)
        with crawling(tmp_path, make, site) as (crawl, archive):
            with pytest.raises(UserError, match="no character on 3 pages .* layout may have"):
                crawl.everything()
            assert archive.counts("posts") == {("skipped", "no character picture"): 3}
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 1)), site) as (crawl, archive):
            crawl.everything()
            assert archive.counts("posts") == {("skipped", "no character picture"): 4}


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("/item/", faults.gate_redirect),
        ("/item/", faults.with_body(b"<html><p>all new</p></html>")),
        ("month_title", faults.with_body(b"<html><p>all new</p></html>")),
    ],
)
def test_whatever_keeps_characters_away_stops_it(tmp_path, pattern, fault):
    with GetchuSite(some_titles([(2017, 1), (2017, 2)])) as site:
        site.misbehave(pattern, fault, always=True)
        make = getchu_source((2017, 1), (2018, 1), max_barren_pages=4)
        expected = (
            "4 pages .*--confirm-adult" if fault is faults.gate_redirect else "layout|4 pages"
        )
        with (
            crawling(tmp_path, make, site) as (crawl, _),
            pytest.raises(UserError, match=expected),
        ):
            crawl.everything()
        assert sum(pattern in path for path in site.paths()) == 4


def test_titles_with_characters_between_them_count_anew(tmp_path):
    titles = [
        Title(100 + i, (2017, 1), f"雑貨{i}", characters=("a",) if i == 2 else (), n_bodies=0)
        for i in range(5)
    ]
    with GetchuSite(titles) as site:
        make = getchu_source((2017, 1), (2017, 1), max_barren_pages=3)
        with crawling(tmp_path, make, site) as (crawl, _):
            assert crawl.everything() == "nothing is left to crawl"


def test_a_page_without_its_title_is_no_title(tmp_path):
    with GetchuSite([Title(77, (2017, 1)), Title(78, (2017, 1))]) as site:
        site.misbehave("/item/77", faults.with_body(b"<html><p>maintenance</p></html>"))
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 1)), site) as (crawl, archive):
            crawl.everything()
            assert archive.failures()[0][1] == "unexpected answer (no #soft-title in it)"


def test_an_update_walks_back_until_titles_are_known(tmp_path):
    months = [(2017, m) for m in range(1, 7)]
    with GetchuSite(some_titles(months[:4])) as site:
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 4)), site) as (crawl, archive):
            crawl.everything()
        site.titles = some_titles(months)
        site.log.clear()
        with crawling(tmp_path, getchu_source((2017, 1), (2017, 6)), site) as (crawl, archive):
            crawl.update(3)
            assert archive.counts("posts")[("done", None)] == 12
        asked = [path for path in site.paths() if "month_title" in path]
        assert [path.split("month=")[1][:2] for path in asked] == ["06", "05", "04"]
