"""Names as Getchu writes them: editions of one title, characters with their catchphrases."""

from __future__ import annotations

import re
import unicodedata

_LONGEST_TITLE = 300  # characters that are looked at
_EDITION_WORD = (
    r"(?:初回|完全|数量|期間|予約|特別|特装|通常|豪華|廉価|普及|新装|復刻|限定|生産|特典|"
    r"ダウンロード|パッケージ|プレミアム|スタンダード|パーフェクト|シンプル|コンプリート|"
    r"standard|premium|perfect|complete|deluxe|limited|simple|dl|dvd|cd|bd|blu-?ray|"
    r"windows\s*(?:[0-9.]{1,4}|xp|vista|me)?(?:対応)?|(?:nintendo\s*)?switch|"
    r"playstation\s*(?:[1-5]|vita)?|ps\s*[1-5]|ps\s*vita|psp|xbox|android|steam)"
)
_EDITION = re.compile(
    rf"(?:{_EDITION_WORD}\s*)+(?:版|盤|パック|セット|付き?|edition)", re.IGNORECASE
)
# As the last word of a title these need no 版.
_LAST_WORD = re.compile(r"\s(?:standard|premium|perfect)\s*$", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[【〔〈<「『][^)\]】〕〉>」』]*[)\]】〕〉>」』]")
_ONLY_EDITION = re.compile(rf"\W*(?:{_EDITION_WORD}\s*)+\W*", re.IGNORECASE)

_QUOTED = re.compile(r"[「『“\"【〈《≪＜<][^」』”\"】〉》≫＞>]*[」』”\"】〉》≫＞>]")
_DASHED = re.compile(r"([~〜～―—─-])[^~〜～―—─-]{2,}\1")
_VOICE = re.compile(r"\s*(?:C\.?V\b|声優|[(（])")
_EXCLAIMED = re.compile(r"[、。，！？!?…♪☆★]")
# Kanji, a particle, and words after it: 天真爛漫な妹, as no name of a person is built.
_PHRASE = re.compile(r"[一-鿿々][ぁ-ん]*[なのをがにはで][一-鿿々ァ-ヶぁ-ん]")
_SHORTEST_PHRASE = 5
_ROLE = re.compile(
    r"(?:幼馴染|幼なじみ|先輩|後輩|委員長|会長|お嬢様|美少女|転校生|同級生|アイドル|ヒロイン|"
    r"女王|教師|メイド)$"
)


def edition_group(title: str, brand: str) -> str:
    """What the editions of one title have in common: its name and brand without the edition."""
    text = unicodedata.normalize("NFKC", title[:_LONGEST_TITLE])
    text = _BRACKETS.sub(lambda part: " " if _is_edition(part.group()) else part.group(), text)
    without = _LAST_WORD.sub(" ", _EDITION.sub(" ", text))
    plain = _letters(without) or _letters(text)
    return f"{_letters(unicodedata.normalize('NFKC', brand))}/{plain}"


def character_name(heading: str) -> str | None:
    """A character's name without voice, reading and catchphrase.

    Some pages put a catchphrase before or after the name: in quotes, on a line of its own, or
    as words that no name consists of.  Where nothing but such words is left they stay.

    Args:
        heading: The text of the heading, its parts on lines of their own.
    """
    lines: list[str] = []
    for line in filter(None, (" ".join(line.split()) for line in heading.split("\n"))):
        if lines and _VOICE.match(line):  # voice and reading belong to the name before them
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    names, phrases, of_voices = [], [], []
    for line in lines:
        name = _VOICE.split(line)[0].strip()
        words = _DASHED.sub(" ", _QUOTED.sub(" ", name)).split()
        kept = [word for word in words if not _is_phrase(word)]
        (names if kept else phrases).append(" ".join(kept) or name)
        if kept and name != line:
            of_voices.append(names[-1])
    return next(filter(None, of_voices + names + phrases), None)


def _is_phrase(word: str) -> bool:
    if _EXCLAIMED.search(word):
        return True
    if len(word) < _SHORTEST_PHRASE:
        return False
    return _PHRASE.search(word) is not None or _ROLE.search(word) is not None


def _is_edition(part: str) -> bool:
    return _EDITION.search(part) is not None or _ONLY_EDITION.fullmatch(part) is not None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()
