"""A Safebooru on this machine: the API with its row variants, samples and originals."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from sites.pictures import picture, shrunk
from sites.server import Reply, Site

DEEPEST = 200_000
TAGS = "1girl solo blue_hair smile"


@dataclass(frozen=True)
class Post:
    id: int
    parent_id: int | None = None
    tags: str = TAGS
    rating: str = "general"
    status: str = "active"
    seed: int | None = None  # posts of one seed show the same picture
    has_sample: bool = True
    faces: tuple[tuple[int, int, int], ...] = ((60, 40, 110),)
    size: tuple[int, int] = (240, 300)
    sample_width: int = 200
    suffix: str = "jpg"
    is_old: bool = False  # an XML row of 2015: no `sample`, and sample_url is file_url
    file_url: str | None = None  # in place of the proper one

    @property
    def original(self) -> bytes:
        return picture(self.id if self.seed is None else self.seed, self.size, self.faces)

    @property
    def name(self) -> str:
        return hashlib.sha1(str(self.id).encode()).hexdigest()


def some_posts(n: int, first_id: int = 5_000_000) -> list[Post]:
    """Posts of every kind: samples or not, parents, duplicates, and some that do not fit."""
    posts = []
    for i in range(n):
        post = Post(first_id + 7 * i, has_sample=i % 3 != 1)
        if i % 10 == 4:  # the face is too small in the sample
            post = Post(post.id, size=(480, 600), faces=((150, 120, 110),), sample_width=220)
        elif i % 10 == 6:
            post = Post(post.id, parent_id=first_id + 7 * (i - 1))
        elif i % 10 == 7:
            post = Post(post.id, tags="1girl solo monochrome")
        elif i % 20 == 8:
            post = Post(post.id, rating="questionable")
        elif i % 20 == 9:
            post = Post(post.id, seed=first_id, has_sample=False)
        posts.append(post)
    return posts


class SafebooruSite(Site):
    """Serves ``posts``; whatever their order, the API lists the newest first."""

    def __init__(self, posts: list[Post], *, ignores_id: bool = False, key: str | None = None):
        super().__init__()
        self.key = key  # what the API wants, as sister sites do
        self.posts = posts
        self.ignores_id = ignores_id

    def reply(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        if path == "/index.php" and query.get("page") == "dapi":
            return self._api(query)
        match = re.fullmatch(r"/(images|samples)/(\d+)/(?:sample_)?(\w+)\.\w+", path)
        for post in self.posts:
            if match and post.name == match[3] and str(post.id % 4096) == match[2]:
                data = post.original
                if match[1] == "samples":
                    data = shrunk(data, post.sample_width)
                return Reply(data, "image/jpeg")
        return Reply(b"not found", status=404)

    def _api(self, query: dict[str, str]) -> Reply:
        if self.key and query.get("api_key") != self.key:
            return Reply(b"<error>Missing authentication.</error>", "text/xml", status=401)
        limit, pid = min(int(query.get("limit", 100)), 1000), int(query.get("pid", 0))
        if limit * pid > DEEPEST:
            reason = "Search error: API limited due to abuse."
            return Reply(f'<response success="false" reason="{reason}"/>'.encode(), "text/xml")
        words = query.get("tags", "").split()
        posts = sorted(self.posts, key=lambda post: -post.id)
        for word in words:
            if word.startswith("id:<") and not self.ignores_id:
                posts = [post for post in posts if post.id < int(word[4:])]
        rows = posts[limit * pid : limit * (pid + 1)]
        if "json" in query:
            return Reply(json.dumps([self._json(post) for post in rows]).encode(), "text/json")
        inner = "".join(self._xml(post) for post in rows)
        head = f'<posts count="{len(posts)}" offset="{limit * pid}">'
        body = f'<?xml version="1.0" encoding="UTF-8"?>{head}{inner}</posts>'
        return Reply(body.encode(), "text/xml")

    def _row(self, post: Post) -> dict:
        folder = post.id % 4096
        md5 = hashlib.md5(post.original).hexdigest()
        return {
            "id": post.id,
            "parent_id": post.parent_id or 0,
            "tags": post.tags,
            "rating": post.rating,
            "status": post.status,
            "width": post.size[0],
            "height": post.size[1],
            "directory": folder,
            "image": f"{post.name}.{post.suffix}",
            "hash": md5,
            "change": 1_700_000_000 + post.id,
            "score": None,
            "source": "https://example.invalid/art?a=1&amp;b=2",
            "owner": "someone",
            "sample": post.has_sample,
            "sample_width": post.sample_width if post.has_sample else 0,
            "file_url": f"{self.url}/images/{folder}/{post.name}.{post.suffix}",
            "sample_url": f"{self.url}/samples/{folder}/sample_{post.name}.jpg",
        } | ({"file_url": post.file_url} if post.file_url else {})

    def _json(self, post: Post) -> dict:
        """One of the forms in which rows were recorded, by the post's id."""
        row = self._row(post)
        variant = post.id % 5
        if variant == 1:
            row["directory"] = str(row["directory"])
            for key in ("file_url", "sample_url"):
                del row[key]
            row["sample"] = int(row["sample"])
        elif variant == 2:
            row["file_url"] = row["file_url"].removeprefix("http:").replace("/images", "//images")
            row["rating"] = {"general": "safe"}.get(row["rating"], row["rating"])
        elif variant == 3:
            row["tags"] = f" {row['tags']}  {row['tags'].split()[0]} it&#039;s_fine "
            row["score"] = 3
        return row

    def _xml(self, post: Post) -> str:
        row = self._row(post)
        row["md5"] = row.pop("hash")
        row["created_at"] = "Sat Nov 14 22:13:20 +0000 2023"
        row["rating"] = {"general": "s", "questionable": "q"}[row["rating"]]
        row["parent_id"] = post.parent_id or ""
        row["score"] = ""
        row["sample"] = str(row["sample"]).lower()
        if post.is_old:
            del row["sample"]
            row["sample_url"] = row["file_url"]
        values = " ".join(f"{key}={quoteattr(str(value))}" for key, value in row.items())
        return f"<post {values}/>"
