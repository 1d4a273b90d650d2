# SPDX-License-Identifier: BSD-3-Clause
"""What all Python tests share: modules built from C text, and reproducible property tests."""

import hashlib
import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import hypothesis
import pytest

import tenon
from tenon.bind.toolchain import Piece, Toolchain, extension_suffix

sys.path.insert(0, str(Path(__file__).parent))  # for what several tests share: exchange.py

# The same examples in every run, so that a failure seen once is seen again.
hypothesis.settings.register_profile("reproducible", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.load_profile("reproducible")


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """tenon.build keeps what it builds here, and leaves the user's own cache alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENON_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ModuleType]:
    """`build(source, **options)` compiles C text with tenon.build and returns the module; the same text only once."""
    folder: Path = tmp_path_factory.mktemp("modules")
    built: dict[str, ModuleType] = {}

    def build_text(source: str, **options: object) -> ModuleType:
        key = hashlib.sha256(repr((source, sorted(options.items()))).encode()).hexdigest()[:16]
        if key not in built:
            path = folder / f"case_{key}.c"
            path.write_text(source)
            built[key] = tenon.build(path, **options)
        return built[key]

    return build_text


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ModuleType]:
    """`extension(path, *flags)` compiles a hand-written module, named like its file, and imports it."""
    folder: Path = tmp_path_factory.mktemp("extensions")
    loaded: dict[Path, ModuleType] = {}

    def load(path: Path, *more: str) -> ModuleType:
        if path not in loaded:
            made = Path(tempfile.mkdtemp(dir=folder)) / (path.stem + extension_suffix())
            toolchain = Toolchain(["-std=c11", "-Wpedantic", "-Werror"])
            flags = [*more, *toolchain.python_flags(), *toolchain.flags.meaning]
            toolchain.build([Piece(path.name, flags, path=str(path))], path.stem, str(made), ["-pthread"])
            spec = importlib.util.spec_from_file_location(path.stem, made)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            loaded[path] = module
        return loaded[path]

    return load
