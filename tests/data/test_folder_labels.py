import numpy as np
import pytest
from PIL import Image

from vae_tf.data import load
from vae_tf.data.batches import batch_at
from vae_tf.data.folder_labels import labels_of_folder
from vae_tf.process.errors import UserError


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


def save(root, *names):
    for number, name in enumerate(names):
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("L", (4, 4), 10 * number).save(root / name)


def test_sub_folders_are_labels(root):
    save(
        root,
        "dog/1.png",
        "cat/2.png",
        "cat/1.png",
        "cat/broken.png",
        *(f"b/{k}.png" for k in range(12)),
    )
    (root / "cat" / "broken.png").write_bytes(b"")
    images = load(f"folder:{root}")
    assert images.label_names == ("b", "cat", "dog") and images.num_classes == 3
    # A file that was left out leaves no label behind.
    assert images.labels.tolist() == [0] * 12 + [1, 1, 2] and len(images) == 15
    values = np.round(images.images(range(15))[:, 0, 0, 0] * 255)
    assert values[12:].tolist() == [20, 10, 0]
    np.testing.assert_array_equal(images.attributes["labels"], images.labels)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a/1.png", "b/c/1.png"), "none deeper. Received: 'b/c/1.png'"),
        (("a/1.png", "1.png"), "none beside the sub-folders. Received: '1.png'"),
        (("1.png", "2.png"), "labels.csv"),
    ],
)
def test_without_classes_it_is_said_why(root, names, message):
    save(root, *names)
    images = load(f"folder:{root}")
    assert images.labels is None and images.attributes is None and len(images) == 2
    with pytest.raises(UserError, match=message):
        batch_at(images, 2, 0, 0, ("image", "label"))


def test_a_table(root):
    save(root, "a.png", "deep/er/b.png", "c.png")
    lines = [
        "size,file,label",
        "10,a.png,two words",
        ' 9 ,./deep/er/b.png,"x,y"',
        ",c.png,",
        "1,d,x",
    ]
    (root / "labels.csv").write_text("\ufeff" + "\r\n".join(lines) + "\n\n")
    images = load(f"folder:{root}")
    assert images.label_names == ("two words", "x,y") and images.labels.tolist() == [0, -1, 1]
    assert images.attribute_names["size"] == ("9", "10")  # numbers in their order
    assert images.attributes["size"].tolist() == [1, -1, 0]
    with pytest.raises(UserError, match="1 unknown labels in <folder.*Add labels"):
        batch_at(images, 2, 0, 0, ("image", "label"))


@pytest.mark.parametrize("letter", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_line_ends_end_a_row(root, letter):
    save(root, "a.png", f"b{letter}.png")
    text = f"file,label\na.png,one{letter}cell\nb{letter}.png,other\n"
    (root / "labels.csv").write_text(text, encoding="utf-8", newline="")
    images = load(f"folder:{root}")
    assert images.label_names == (f"one{letter}cell", "other") and images.labels.tolist() == [0, 1]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quoted_line_ends_stay(root, end):
    save(root, "a.png", "b.png")
    text = f'file,label{end}a.png,"two{end}lines"{end}b.png,x{end}'
    (root / "labels.csv").write_bytes(text.encode())
    assert load(f"folder:{root}").label_names == (f"two{end}lines", "x")


def test_which_column_is_the_label(root):
    def of(header, *files):
        text = "".join(f"{file},{','.join('xyz'[: header.count(',')])}\n" for file in files)
        (root / "labels.csv").write_text(header + "\n" + text)
        found = labels_of_folder(root, list(files))
        return found.label_names, list(found.attributes)

    assert of("file,color", "1.png") == (("x",), [])
    assert of("file,color", "a/1.png") == (("a",), ["color"])
    assert of("file,color,class", "a/1.png") == (("y",), ["color"])
    assert of("file,color,form", "1.png") == (None, ["color", "form"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a table"),
        ("name,label\n1.png,a\n", "Received: .*name"),
        ("file,a,a\n1.png,1,2\n", "each once"),
        ("file,label\n\n1.png\n", "as line 3"),
        ("file,label\n2.png,a\n", "1 of 1 have none, such as '1.png'"),
    ],
)
def test_tables_that_are_none(root, text, message):
    (root / "labels.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        labels_of_folder(root, ["1.png"])
