"""Where a project uses what its rules replace beside pydantic: listed with what is different there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name

from pinfix.migrate.changes import FileMigration, Note
from pinfix.migrate.code.migration import read_sources
from pinfix.migrate.code.names import Module, Project
from pinfix.records import record


@record
class Usage:
    """A use of a package that is worth a look: ``name`` is a dotted name, or the start of one."""

    name: str
    said: str


# By the normalized names of the packages, as the rules have them.
_USAGES: dict[str, tuple[Usage, ...]] = {
    "pyjwt": (
        Usage(
            "jwt.decode",
            "PyJWT below 2 checks `algorithms` only if they are given: keep naming them",
        ),
        Usage("jwt.encode", "PyJWT below 2 gives bytes, from 2 on a str"),
        Usage(
            "jwt.PyJWKClient",
            "keys of type RSA and EC need cryptography: without it, only HMAC (HS256 …) works",
        ),
        Usage("jwt.algorithms", "algorithms other than HMAC need cryptography"),
    ),
    "python-jose": (
        Usage("jose.jwt", "python-jose signs with rsa and ecdsa where cryptography is not there"),
        Usage("jose.jwk", "keys are made by rsa and ecdsa where cryptography is not there"),
        Usage("jose.jws", "python-jose signs with rsa and ecdsa where cryptography is not there"),
        Usage("jose.jwe", "JWE needs cryptography: without it, nothing is encrypted or decrypted"),
        Usage("jose.backends", "the backend of cryptography is not there without it"),
    ),
    "orjson": (
        Usage(
            "orjson",
            "json is slower, gives str and not bytes, and knows no dataclass, datetime or UUID",
        ),
        *(
            Usage(
                f"{package}.responses.ORJSONResponse",
                "ORJSONResponse needs orjson when it answers: use JSONResponse, which FastAPI's encoder"
                " serves",
            )
            for package in ("fastapi", "starlette")
        ),
    ),
    "passlib": (
        Usage(
            "passlib.hash.bcrypt",
            "bcrypt needs the package bcrypt below 5: without it, hashes of bcrypt cannot be checked",
        ),
        Usage("passlib.hash.argon2", "argon2 needs the package argon2-cffi"),
        Usage(
            "passlib.context.CryptContext",
            "a context with bcrypt needs the package bcrypt below 5, or another scheme such as"
            " pbkdf2_sha256 beside it",
        ),
    ),
}


def usages(files: Mapping[str, bytes], packages: Iterable[str]) -> tuple[FileMigration, ...]:
    """Where a project's files use these packages, in ways that differ when they go or move.

    Nothing is replaced: each file has its notes as ``todo``. Files that are not Python are left out.
    """
    asked = [one for name in packages for one in _USAGES.get(canonicalize_name(name), ())]
    sources, _ = read_sources(files)
    project = Project.of(sources)
    found = []
    for path, module in project.modules.items():
        notes = tuple(sorted(set(_notes(project, module, asked))))
        if notes:
            found.append(FileMigration(path, files[path], files[path], (), notes))
    return tuple(found)


def _notes(project: Project, module: Module, asked: list[Usage]) -> Iterator[Note]:
    for node in module.nodes(ast.Name, ast.Attribute):
        if isinstance(module.scopes.parents.get(node), ast.Attribute):
            continue
        name = project.name(module, node)
        for usage in asked:
            if name == usage.name or name.startswith(f"{usage.name}."):
                yield Note(module.source.line_of(node), f"`{name}`: {usage.said}")
