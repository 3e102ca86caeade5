"""Static files by hashed names, and by plain ones."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client, override_settings

from hub.server.static_files import HASH, HashedStaticFiles

pytestmark = pytest.mark.django_db

IMMUTABLE = "public, max-age=31536000, immutable"
# What a module or a style sheet names beside itself.
REFERENCE = re.compile(
    r"""(?:\bfrom |\bimport\(|\bimport |new URL\()["'](\.[^"']+)["']|\burl\(["']?([^"')]+)["']?\)"""
)
STATIC_IMPORT = re.compile(r"""^(?:import|export)\b[^;"']*["'](\.[^"']+)["'];""", re.MULTILINE)
MAX_BYTES_AT_LOAD = 15_000  # gzipped one by one
GZIP_LEVEL = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files of all apps, collected as for a deployment."""
    folder = tmp_path_factory.mktemp("static")
    with collected(folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


@pytest.fixture
def deployed(folder: Path) -> Iterator[HashedStaticFiles]:
    """The storage of an instance that has `HUB_STATIC`."""
    with collected(folder):
        yield HashedStaticFiles()


def collected(folder: Path) -> Any:
    backend = {"BACKEND": "hub.server.static_files.HashedStaticFiles"}
    storages = {**settings.STORAGES, "staticfiles": backend}
    return override_settings(HUB_STATIC=str(folder), STATIC_ROOT=str(folder), STORAGES=storages)


def get(path: str, **headers: str) -> Any:
    """The answer, whose file is closed."""
    answer = Client().get(f"/static/{path}", headers=headers)
    answer.close()
    return answer


def references(text: str) -> set[str]:
    found = {module or file for module, file in REFERENCE.findall(text)}
    return {name for name in found if not name.startswith("data:")}


def test_a_module_names_what_it_imports_by_hashes(deployed: HashedStaticFiles, folder: Path) -> None:
    text = (folder / deployed.stored_name("notifications/bell.js")).read_text()

    assert len(references(text)) > 5
    assert all(HASH.search(name) for name in references(text))


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("notifications/bell.js", r'import\("\./bell/panel\.[0-9a-f]{12}\.js"\)'),
        ("notifications/toasts.js", r'import\("\./toasts/announcer\.[0-9a-f]{12}\.js"\)'),
        ("notifications/toasts/announcer.js", r'import\("\./view\.[0-9a-f]{12}\.js"\)'),
        (
            "notifications/shared/i18n.js",
            r'new URL\("\.\./words/ar\.[0-9a-f]{12}\.json", import\.meta\.url\)',
        ),
        ("notifications/shared/hub.css", r'url\("bell\.[0-9a-f]{12}\.svg"\)'),
    ],
)
def test_what_loads_later_is_named_by_its_hash(
    deployed: HashedStaticFiles, folder: Path, name: str, reference: str
) -> None:
    assert re.search(reference, (folder / deployed.stored_name(name)).read_text())


def test_bell_and_toasts_with_all_that_they_import_at_load_are_under_15_kb(
    deployed: HashedStaticFiles, folder: Path
) -> None:
    names = ("notifications/bell.js", "notifications/toasts.js")
    files = {(folder / deployed.stored_name(name)).resolve() for name in names}
    sizes: dict[Path, int] = {}

    while files:
        file = files.pop()
        text = file.read_text()
        sizes[file] = len(gzip.compress(text.encode(), GZIP_LEVEL))
        files |= {(file.parent / name).resolve() for name in STATIC_IMPORT.findall(text)} - sizes.keys()

    assert len(sizes) > 10
    assert sum(sizes.values()) < MAX_BYTES_AT_LOAD, sorted((size, file.name) for file, size in sizes.items())


def test_everything_that_is_named_is_there(folder: Path) -> None:
    files = [*folder.glob("notifications/**/*.js"), *folder.glob("notifications/**/*.css")]

    missing = {
        (file.name, name)
        for file in files
        for name in references(file.read_text())
        if not (file.parent / name).exists()
    }

    assert len(files) > 100
    assert missing == set()


def test_a_module_has_another_name_when_what_it_imports_has_changed(tmp_path: Path) -> None:
    """Else a browser would go on with the old one."""
    (tmp_path / "source" / "shared").mkdir(parents=True)
    (tmp_path / "source" / "entry.js").write_text('import { a } from "./middle.js";\n')
    (tmp_path / "source" / "middle.js").write_text('export { a } from "./shared/deep.js";\n')
    deep = tmp_path / "source" / "shared" / "deep.js"

    def entry(text: str) -> str:
        deep.write_text(text)
        with (
            collected(tmp_path / "root"),
            override_settings(
                STATICFILES_DIRS=[tmp_path / "source"],
                STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"],
            ),
        ):
            call_command("collectstatic", interactive=False, verbosity=0)
            return HashedStaticFiles().stored_name("entry.js")

    assert entry("export const a = 1;\n") != entry("export const a = 2;\n")


def test_a_plain_name_has_the_same_text(deployed: HashedStaticFiles, folder: Path) -> None:
    """A page of another site loads one plain name, and everything else by hashes."""
    plain = folder / "notifications" / "toasts.js"

    assert plain.read_text() == (folder / deployed.stored_name("notifications/toasts.js")).read_text()


def test_a_page_links_names_with_a_hash(deployed: HashedStaticFiles) -> None:
    page = Client().get("/accounts/login/").content.decode()

    linked = re.findall(r'"/static/([^"#]+)[#"]', page)
    assert linked
    assert all(HASH.search(name) for name in linked)


def test_without_a_folder_a_page_links_plain_names() -> None:
    page = Client().get("/accounts/login/").content.decode()

    assert "/static/notifications/shared/hub.css" in page


def test_what_was_not_collected_is_linked_by_its_plain_name(tmp_path: Path) -> None:
    with collected(tmp_path):
        assert staticfiles_storage.url("notifications/bell.js") == "/static/notifications/bell.js"


def test_a_name_with_a_hash_is_cached_for_ever(deployed: HashedStaticFiles) -> None:
    answer = get(deployed.stored_name("notifications/bell.js"))

    assert answer["Cache-Control"] == IMMUTABLE
    assert answer["Content-Type"] == "text/javascript"


def test_a_plain_name_is_revalidated(deployed: HashedStaticFiles) -> None:
    first = get("notifications/bell.js")
    again = Client().get(
        "/static/notifications/bell.js", headers={"If-Modified-Since": first["Last-Modified"]}
    )

    assert first["Cache-Control"] == again["Cache-Control"] == "no-cache"
    assert again.status_code == 304


@pytest.mark.usefixtures("deployed")
def test_a_hash_of_another_release_has_the_file_of_this_one_for_now() -> None:
    answer = get("notifications/bell.0123456789ab.js")

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-cache"


def test_without_a_folder_every_file_is_served_and_revalidated() -> None:
    for name in ("notifications/bell.js", "notifications/bell.0123456789ab.js", "admin/css/base.css"):
        answer = get(name)

        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path",
    [
        "nothing.js",
        "nothing.0123456789ab.js",
        "notifications",
        "notifications/",
        "/etc/hostname",
    ],
)
@pytest.mark.parametrize("has_folder", [True, False])
def test_what_is_no_file_is_not_found(folder: Path, path: str, has_folder: bool) -> None:
    with collected(folder) if has_folder else override_settings():
        assert get(path).status_code == 404


@pytest.mark.parametrize("has_folder", [True, False])
def test_no_way_leads_out_of_the_folder(folder: Path, has_folder: bool) -> None:
    with collected(folder) if has_folder else override_settings():
        assert get("../manage.py").status_code == 400
