from __future__ import annotations

import pytest

from pinfix.errors import InputError
from pinfix.requirements.tree import DocumentTree, read_tree


def tree(files: dict[str, str], *roots: str) -> DocumentTree:
    def read(path: str) -> bytes:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return files[path].encode()

    return read_tree(roots or (next(iter(files)),), read)


def refusal(files: dict[str, str], *roots: str) -> InputError:
    with pytest.raises(InputError) as caught:
        tree(files, *roots)
    return caught.value


def names(result: DocumentTree) -> list[str]:
    return [line.raw for _, line in result.requirements()]


def constraint_names(result: DocumentTree) -> list[str]:
    return [line.raw for _, line in result.constraint_requirements()]


def test_included_requirements_come_where_they_are_included() -> None:
    result = tree({"r.txt": "a\n-r sub/b.txt\nd\n", "sub/b.txt": "b\n-r c.txt\n", "sub/c.txt": "c"})
    assert names(result) == ["a", "b", "c", "d"]
    assert [document.path for document in result.documents] == ["r.txt", "sub/b.txt", "sub/c.txt"]


def test_roots_come_first_in_their_order() -> None:
    result = tree({"a.txt": "-r c.txt\n", "b.txt": "b", "c.txt": "c"}, "b.txt", "a.txt")
    assert [document.path for document in result.roots] == ["b.txt", "a.txt"]
    assert [document.path for document in result.documents] == ["b.txt", "a.txt", "c.txt"]


def test_paths_are_relative_to_the_including_file() -> None:
    result = tree({"dir/r.txt": "-r ../c.txt\n-r /abs.txt\n", "c.txt": "c", "/abs.txt": "x"})
    assert names(result) == ["c", "x"]


def test_file_url_is_a_path() -> None:
    assert names(tree({"r.txt": "-r file:///a%20b.txt\n", "/a b.txt": "c"})) == ["c"]


def test_constraints_are_kept_apart() -> None:
    result = tree({"r.txt": "-c c.txt\na\n", "c.txt": "b<2\n"})
    assert names(result) == ["a"]
    assert constraint_names(result) == ["b<2"]
    assert [document.path for document in result.constraints] == ["c.txt"]


def test_requirements_included_by_a_constraints_file_are_requirements() -> None:
    result = tree(
        {"r.txt": "-c c.txt\n", "c.txt": "-r d.txt\n-c e.txt", "d.txt": "d", "e.txt": "e"}
    )
    assert names(result) == ["d"]
    assert constraint_names(result) == ["e"]


def test_file_included_twice_counts_once() -> None:
    result = tree({"r.txt": "-r a.txt\n-r ./a.txt\n-c a.txt\n", "a.txt": "a"})
    assert names(result) == ["a"]
    assert constraint_names(result) == ["a"]
    assert len(result.documents) == 2


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"r.txt": "a\n-r ./r.txt\n"}, "r.txt:2"),
        ({"r.txt": "-r d/b.txt\n", "d/b.txt": "\n\n-c ../r.txt\n"}, "d/b.txt:3"),
    ],
)
def test_file_that_leads_back_to_itself_is_refused(files: dict[str, str], where: str) -> None:
    error = refusal(files)
    assert error.where == where
    assert "includes itself" in error.problem


def test_missing_include_names_the_line_that_includes_it() -> None:
    error = refusal({"r.txt": "a\n-r sub/gone.txt\n"})
    assert error.where == "r.txt:2"
    assert "sub/gone.txt cannot be read: No such file" in error.problem


def test_missing_root_is_named() -> None:
    assert refusal({}, "gone.txt").where == "gone.txt"


def test_remote_file_is_asked_for_by_its_address_and_known_without_credentials() -> None:
    files = {
        "r.txt": b"-r https://me:secret@h/one/c.txt\na==1\n",
        "https://me:secret@h/one/c.txt": b"-r ../two/d.txt\nb==1\n",
        "https://me:secret@h/two/d.txt": b"c==1\n",
    }
    tree = read_tree(["r.txt"], files.__getitem__, {})
    assert [document.path for document in tree.documents] == [
        "r.txt",
        "https://h/one/c.txt",
        "https://h/two/d.txt",
    ]
    assert [line.raw for _, line in tree.requirements()] == ["c==1", "b==1", "a==1"]
    assert tree.reached_from(tree.roots[0]) == {document.path for document in tree.documents}


def test_remote_file_that_includes_itself_is_refused_without_its_credentials() -> None:
    url = "https://me:secret@h/c.txt"
    error = refusal({"r.txt": f"-c {url}\n", url: "-r c.txt\n"})
    assert "https://h/c.txt includes itself" in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("line", "word"),
    [("-e .", "editable"), ("./x", "without a name"), ("foo[a]; os_name == 'nt'", "Extras")],
)
def test_what_pip_refuses_in_a_constraints_file(line: str, word: str) -> None:
    error = refusal({"r.txt": "-c c.txt\n", "c.txt": f"ok\n{line}\n"})
    assert error.where == "c.txt:2"
    assert word in error.problem


def test_variables_are_expanded_in_every_file() -> None:
    files = {"r.txt": b"-r ${DIR}/a.txt\n", "d/a.txt": b"foo==${V}\n"}
    result = read_tree(["r.txt"], files.__getitem__, {"DIR": "d", "V": "1.0"})
    ((document, line),) = result.requirements()
    assert (document.path, str(line.pin)) == ("d/a.txt", "1.0")
