"""A set for other libraries: webdataset's shards, and a Parquet table."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from crawler.dataset.records import Record
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

SHARD_FACES = 10_000
SHARD_NUMBER = "%06d"  # in the name, as webdataset writes it
_ROWS_AT_ONCE = 1000  # of the table, in memory
_STRINGS = ("id", "split", "group", "title", "character", "tags", "rating", "date", "artist",
            "source", "post_id", "page_url", "image_url", "image_sha256")  # fmt: skip


def write_shards(folder: Path, to: Path, records: Sequence[Record]) -> None:
    """Write ``<name>000000.tar`` and on, each of 10,000 samples: ID.png and ID.json."""
    for number, first in enumerate(range(0, len(records), SHARD_FACES)):
        shard = to.with_name(to.name.replace(SHARD_NUMBER, f"{number:06d}"))
        with replacing(shard) as file, tarfile.open(fileobj=file, mode="w") as archive:
            for record in tqdm(records[first : first + SHARD_FACES], unit="face", disable=None):
                facts = json.dumps(dataclasses.asdict(record), ensure_ascii=False).encode()
                for suffix, content in (("png", _png(folder, record)), ("json", facts)):
                    member = tarfile.TarInfo(f"{record.id}.{suffix}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))


def write_parquet(folder: Path, to: Path, records: Sequence[Record]) -> None:
    """Write a table with a row a face, whose images Hugging Face's ``datasets`` decodes.

    Raises:
        UserError: pyarrow is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            'a .parquet needs pyarrow: pip install "chainer-gan-anime[parquet]".'
        ) from error
    image = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
    fields = [("image", image), *((name, pyarrow.string()) for name in _STRINGS)]
    fields += [("score", pyarrow.float64()), ("box", pyarrow.list_(pyarrow.int32()))]
    features = {"image": {"_type": "Image"}}
    features |= {name: {"dtype": "string", "_type": "Value"} for name in _STRINGS}
    features["score"] = {"dtype": "float64", "_type": "Value"}
    features["box"] = {"feature": {"dtype": "int32", "_type": "Value"}, "_type": "Sequence"}
    about = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pyarrow.schema(fields, metadata=about)
    with replacing(to) as file, pyarrow.parquet.ParquetWriter(file, schema) as writer:
        for rows in _rows(folder, records):
            writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))


def _rows(folder: Path, records: Sequence[Record]) -> Iterator[list[dict]]:
    rows = []
    for record in tqdm(records, unit="face", disable=None):
        row = {name: getattr(record, name) for name in (*_STRINGS, "score")}
        image = {"bytes": _png(folder, record), "path": f"{record.id}.png"}
        rows.append({**row, "image": image, "box": list(record.box)})
        if len(rows) == _ROWS_AT_ONCE:
            yield rows
            rows = []
    if rows:
        yield rows


def _png(folder: Path, record: Record) -> bytes:
    return (folder / "faces" / f"{record.id}.png").read_bytes()
