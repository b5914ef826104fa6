import time

import pytest

from crawler.sources.getchu_names import character_name, edition_group


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("小金井悠斗  CV：伊瀬茉莉也", "小金井悠斗"),
        ("姫野 永遠（ひめの とわ）　CV：声", "姫野 永遠"),
        ("「明るい幼なじみ」\n姫野 永遠（ひめの とわ）\nCV：声", "姫野 永遠"),
        ("天真爛漫な妹　姫野 永遠 CV：声", "姫野 永遠"),
        ("みんなのアイドル！\n早坂 芹", "早坂 芹"),
        ("優しくて頼れる先輩\n橘 凛\nCV：声", "橘 凛"),
        ("『最強の剣士』アリス・リデル", "アリス・リデル"),
        ("佐々木 雪 〜雪の妖精〜", "佐々木 雪"),
        ("ツンデレ幼馴染 橘 凛", "橘 凛"),
        ("早乙女 まゆり", "早乙女 まゆり"),
        ("木之本 さくら", "木之本 さくら"),
        ("みんなの先輩", "みんなの先輩"),  # nothing else is there to call her by
        ("CV：声", None),
        ("", None),
    ],
)
def test_a_name_is_without_voice_reading_and_catchphrase(heading, name):
    assert character_name(heading) == name


def test_hostile_titles_take_no_time():
    began = time.process_time()
    for part in ("windows", "dl ", "(", "dvd版", "ps 1"):
        edition_group(part * 20_000, part * 100)
    for part in ("-a", "なのな", "「"):
        character_name(part * 3000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "name",
    [
        "星のかけら 初回限定版",
        "星のかけら　通常版",
        "星のかけら（初回限定特典付き版）",
        "星のかけら【豪華版】",
        "星のかけら DVD-ROM版".replace("-ROM", ""),
        "星のかけら Windows10対応版",
        "星のかけら 廉価版",
        "星のかけら STANDARD",
        "星のかけら　ＰＲＥＭＩＵＭ",
        "星のかけら PREMIUM EDITION",
        "星のかけら Perfect Edition",
        "星のかけら シンプル版",
        "星のかけら Nintendo Switch版",
        "星のかけら（Nintendo Switch）",
    ],
)
def test_editions_share_a_group(name):
    assert edition_group(name, "ぱれっと") == edition_group("星のかけら", "ぱれっと")


def test_different_titles_do_not():
    groups = {
        edition_group(name, brand)
        for name, brand in [
            ("星のかけら", "ぱれっと"),
            ("星のかけら2", "ぱれっと"),
            ("Premium星のかけら", "ぱれっと"),
            ("星のかけら", "別"),
            ("限定版", "ぱれっと"),
            ("初回版", "ぱれっと"),
        ]
    }
    assert len(groups) == 6
