"""A Getchu on this machine: months, titles in three generations of the page, the age gate."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sites.faults import GATE_PAGE
from sites.pictures import picture
from sites.server import Reply, Site

COOKIE = "getchu_adalt_flag=getchu.com"
FACE = ((60, 40, 110),)
N_SIDEBAR = 15
# As on every recorded list: a menu whose words are the heading's, and titles of other months.
SIDEBAR = (
    '<div class="category_pc_t"><div class="category_pc_t2">メニュー</div></div>'
    '<div class="category_pc_b"><a href="/all/month_title.html">月別発売タイトル</a></div>'
    '<div class="category_pc_t"><div class="category_pc_t2"><a href="/all/genre.html">'
    'ゲーム関連CD</a></div></div><div class="category_pc_b" style="text-align:center;">'
    + "".join(
        f'<a href="http://www.getchu.com/soft.phtml?id={816056 + i}">CD</a>'
        for i in range(N_SIDEBAR)
    )
    + "</div>"
)


@dataclass(frozen=True)
class Title:
    id: int
    month: tuple[int, int]
    name: str = "星のかけら"
    brand: str = "ぱれっと"
    is_adult: bool = False
    characters: tuple[str, ...] = ("姫野 永遠", "佐々木 雪", "早坂 芹")
    n_bodies: int = 1
    seed: int | None = None  # editions show the same pictures
    listed_as: str | None = None  # the list that shows it, whatever its own page says

    @property
    def generation(self) -> int:
        return 2016 if self.month[0] < 2018 else 2020 if self.month[0] < 2024 else 2026


def some_titles(months: list[tuple[int, int]], n: int = 3) -> list[Title]:
    """Titles of each month: with figures, an edition of the first, without characters, adult."""
    titles = []
    for month in months:
        base = month[0] * 1000 + month[1] * 20
        name = f"星のかけら{month[0]}"
        titles.append(Title(base, month, name))
        titles.append(Title(base + 1, month, f"{name} 初回限定版", seed=base))
        titles.append(Title(base + 2, month, f"雑貨{month[1]}", characters=(), n_bodies=0))
        titles.append(Title(base + 3, month, f"夜の{month[1]}", is_adult=True))
        titles += [Title(base + 4 + i, month, f"空{month[1]}その{i}") for i in range(n - 3)]
    return titles


class GetchuSite(Site):
    """Serves ``titles``; pictures need a Referer, titles for adults a confirmation.

    That is the cookie, or what the gate's own link adds to the address.
    """

    def __init__(self, titles: list[Title]):
        super().__init__()
        self.titles = titles
        self.is_poisoned = False  # links that are no addresses, everywhere
        self.gates_everything = False

    def reply(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        if path == "/all/month_title.html":
            if query["gage"] != "normal" and not _is_confirmed(query, headers):
                return _gate()
            return _html(self._month(query))
        if path == "/soft.phtml":  # redirects to today's address and loses the query
            return Reply(status=302, headers={"Location": f"/item/{query['id']}/"})
        if path == "/php/attestation.html":
            return Reply(GATE_PAGE)
        if match := re.fullmatch(r"/item/(\d+)/", path):
            return self._item(int(match[1]), query, headers)
        if match := re.fullmatch(r"/brandnew/(\d+)/c\1(chara|charab)(\d+)\.jpg", path):
            return self._picture(int(match[1]), match[2], int(match[3]), headers)
        return Reply(b"not found", status=404)

    def _title(self, title_id: int) -> Title | None:
        return next((title for title in self.titles if title.id == title_id), None)

    def _month(self, query: dict[str, str]) -> str:
        month = (int(query["year"]), int(query["month"]))
        links = []
        for title in self.titles:
            wanted = {"normal": [False], "adult": [True], "all": [True, False]}[query["gage"]]
            is_listed_as_adult = title.is_adult
            if title.listed_as:
                is_listed_as_adult = title.listed_as == "adult"
            if title.month == month and is_listed_as_adult in wanted:
                links.append(title.id)
        banner = '<div><a href="../soft.phtml?id=1">今月の一本</a></div>' + SIDEBAR
        heading = f"{month[0]}年{month[1]}月28日発売タイトル"
        top = f'<div class="pc_headword"><span>月別発売タイトル一覧（{month[0]}年）</span></div>'
        if month[0] < 2018:
            items = "".join(
                f'<li><a href=" /soft.phtml?id={i} ">題</a><a href="/soft.phtml?id={i}">画'
                "</a></li>"
                for i in links
            )
            block = (
                f'<div class="category_pc_t2">\n{heading}</div>'
                f'<div class="category_pc_b"><ul>{items}</ul></div>'
            )
        elif month[0] < 2024:
            items = "".join(f'<a href="/soft.phtml?id={i}">題</a>' for i in links)
            block = f'<b>{heading}</b><table><tr><td class="dd">{items}</td></tr></table>'
        else:
            block = f"<h3>{heading}</h3>" + "".join(
                f'<div class="div_product"><a href="/item/{i}/">題</a></div>' for i in links
            )
        title = f"{month[0]}年{month[1]:02d}月発売タイトル - Getchu.com"
        block += '<a href="http://[公式サイト]/">公式</a>' if self.is_poisoned else ""
        return (
            f"<html><head><title>{title}</title></head><body>{banner}{top}{block}{SIDEBAR}"
            "</body></html>"
        )

    def _item(self, title_id: int, query: dict[str, str], headers: dict[str, str]) -> Reply:
        title = self._title(title_id)
        if title is None:
            return Reply(b"not found", status=404)
        is_gated = self.gates_everything or (title.is_adult and title.listed_as is None)
        if is_gated and not _is_confirmed(query, headers):
            return _gate()
        rows = "".join(
            self._row(title, k, name) for k, name in enumerate(title.characters, start=1)
        )
        if self.is_poisoned:
            rows = '<tr><td><a href="http://[公式サイト]/">公式</a></td></tr>' + rows
        adult = ""
        if title.is_adult:
            adult = '<img src="/common/images/logo_getchu_adult.gif">'
            adult += "<p>※１８歳未満の方は購入できません。</p>"
        heading = "h2" if title.generation == 2016 else "h1"
        return _html(
            f"<html><head><title>{title.name} | Getchu.com</title></head><body>"
            f"{adult}"
            f'<{heading} id="soft-title">{title.name} <nobr>（<a href="/x">関連商品</a>）</nobr>'
            f'</{heading}><table><tr><td>ブランド：</td><td><a id="brandsite" href="/b">'
            f"{title.brand}</a></td></tr><tr><td>発売日：</td><td><a>{title.month[0]}/"
            f"{title.month[1]:02d}/28</a></td></tr><tr><td>原画：</td><td><a>某 絵師</a></td></tr>"
            f'</table><img src="/brandnew/{title.id}/c{title.id}package.jpg">'
            f'<img src="/brandnew/{title.id}/c{title.id}sample1.jpg">'
            f'<img src="/common/images/r18.jpg"><table>{rows}</table></body></html>'
        )

    def _row(self, title: Title, k: int, name: str) -> str:
        src = f"/brandnew/{title.id}/c{title.id}chara{k}.jpg"
        body = src.replace("chara", "charab")
        figure = ""
        if k <= title.n_bodies:
            thumb = body.replace(".jpg", "_s.jpg")
            figure = f'<a class="highslide" href="{body}"><img src="{thumb}"></a>'
        if title.generation == 2016:
            image = f'<img src="../..{src}">'
            heading = f"<h2 class='chara-name'>{name}（よみ）　CV：声</h2>"
        elif title.generation == 2020:
            image = f'<img src="../..{src}" alt="キャラ{k}">'
            heading = f'<h2 class="chara-name">{name}</h2>'
        else:
            image = (
                f'<img src="/common/blank.gif" data-original="{src}" loading="lazy" '
                f'alt="{title.name} | キャラクター紹介-{k}">'
            )
            heading = f'<h4 class="chara-name">{name} CV：声</h4>'
        return f'<tr><td>{image}</td><td class="chara-text">{heading}</td><td>{figure}</td></tr>'

    def _picture(self, title_id: int, role: str, k: int, headers: dict[str, str]) -> Reply:
        title = self._title(title_id)
        if title is None:
            return Reply(b"not found", status=404)
        if f"/item/{title_id}/" not in headers.get("Referer", ""):
            return Reply(b"forbidden", status=403)
        seed = (title.seed or title.id) * 20 + k + (10 if role == "charab" else 0)
        return Reply(picture(seed, (230, 300), FACE), "image/jpeg")


def _is_confirmed(query: dict[str, str], headers: dict[str, str]) -> bool:
    return query.get("gc") == "gc" or COOKIE in headers.get("Cookie", "")


def _gate() -> Reply:
    return Reply(
        status=302, headers={"Location": "/php/attestation.html?aurl=https%3A%2F%2Fx.invalid%2F"}
    )


def _html(text: str) -> Reply:
    return Reply(text.encode("euc_jis_2004"), "text/html; charset=EUC-JP")
