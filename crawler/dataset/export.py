"""A set in one file: a zip of PNGs, an npz with one array; shards and tables for others."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from crawler.dataset.export_shards import SHARD_NUMBER, write_parquet, write_shards
from crawler.dataset.labels import FILE_NAME as LABELS_FILE
from crawler.dataset.labels import dataset_json
from crawler.dataset.manifest import FILE_NAME, read_manifest
from crawler.dataset.records import Record
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

_DATE = (1980, 1, 1, 0, 0, 0)  # the least date that a zip can hold


def export(data_folder: Path, to: Path, *, split: str = "all") -> int:
    """Write the faces of a built set into one file; the same set gives the same bytes.

    Args:
        data_folder: The data set's folder.
        to: A ``.zip`` (PNGs and the manifest) or an ``.npz`` with ``images``, uint8
            (N, 3, H, W), RGB; ``ids``, str (N,); ``is_test``, bool (N,); or a
            ``.parquet``; or a name that ends in ``%06d.tar``, for webdataset's shards.  A zip
            of faces with tags holds NVlabs' ``dataset.json``, too.
        split: ``all``, ``train`` or ``test``.

    Returns:
        The number of faces.

    Raises:
        UserError: If the name's ending is another, the set is not built or incomplete, it has
            no face on that side of the split, or its faces do not go into one array.
    """
    write = next((write for end, write in FORMATS.items() if to.name.lower().endswith(end)), None)
    if write is None:
        raise UserError(
            f"--out {to} ends neither in .zip nor in .npz, .parquet or {SHARD_NUMBER}.tar: "
            "name one of these."
        )
    if not to.parent.is_dir():
        raise UserError(f"there is no folder {to.parent}: make it first.")
    _, records = read_manifest(data_folder / FILE_NAME)
    records = [record for record in records if split in ("all", record.split)]
    if not records:
        raise UserError(f"there is no face to export in {data_folder} (--split {split}).")
    try:
        write(data_folder, to, records)
    except FileNotFoundError as error:
        raise UserError(
            f"{error.filename} is missing: run `verify` to see what else is, and `rebuild`."
        ) from error
    return len(records)


def _write_zip(folder: Path, to: Path, records: Sequence[Record]) -> None:
    with replacing(to) as file, zipfile.ZipFile(file, "w") as archive:
        for record in tqdm(records, unit="face", disable=None):
            png = (folder / "faces" / f"{record.id}.png").read_bytes()
            archive.writestr(zipfile.ZipInfo(f"{record.id}.png", _DATE), png)
        manifest = zipfile.ZipInfo(FILE_NAME, _DATE)
        manifest.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(manifest, (folder / FILE_NAME).read_bytes())
        labels = dataset_json(records, [f"{record.id}.png" for record in records])
        if labels is not None:
            archive.writestr(zipfile.ZipInfo(LABELS_FILE, _DATE), labels)


def _write_npz(folder: Path, to: Path, records: Sequence[Record]) -> None:
    """As np.savez_compressed does it, but holding one face at a time in memory."""
    ids = np.array([record.id for record in records])
    is_test = np.array([record.split == "test" for record in records])
    shape = (len(records), *_read(folder, records[0]).shape)
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with replacing(to) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in (("ids", ids), ("is_test", is_test)):
            with archive.open(zipfile.ZipInfo(f"{name}.npy", _DATE), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        images = zipfile.ZipInfo("images.npy", _DATE)
        images.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(images, "w", force_zip64=True) as member:
            np.lib.format.write_array_header_1_0(member, header)
            for record in tqdm(records, unit="face", disable=None):
                face = _read(folder, record)
                if face.shape != shape[1:]:
                    raise UserError(
                        f"{record.id} is {_size(face.shape)} pixels and {records[0].id} "
                        f"{_size(shape[1:])}, which no array holds: run `rebuild` to cut all "
                        "faces in one size, or export a .zip."
                    )
                member.write(face.tobytes())


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[-1]}x{shape[-2]}"


def _read(folder: Path, record: Record) -> np.ndarray:
    with Image.open(folder / "faces" / f"{record.id}.png", formats=("PNG",)) as face:
        return np.ascontiguousarray(np.asarray(face.convert("RGB")).transpose(2, 0, 1))


FORMATS = {
    ".zip": _write_zip,
    ".npz": _write_npz,
    f"{SHARD_NUMBER}.tar": write_shards,
    ".parquet": write_parquet,
}
