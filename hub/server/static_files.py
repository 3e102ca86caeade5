"""Static files under hashed names, which browsers cache for ever, and plain names, which they revalidate.

With `HUB_STATIC`, pages link the hashed names that collectstatic made in that folder, and nginx serves it.
Without it they link plain names, and nothing has to be collected. `serve` answers where there is no nginx.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import views
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views import static

HASH = re.compile(r"\.[0-9a-f]{12}(?=\.[0-9a-z]+$)")  # nginx.conf.template has the same
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


class HashedStaticFiles(ManifestStaticFilesStorage):
    """Django's storage for hashed names, with the rewriting that ES modules need.

    It rewrites imports, and `new URL("./…", import.meta.url)`. Scripts and style sheets get the same text
    under their plain names, so a page of another site that loads `bell.js` loads the rest of its release.
    """

    support_js_module_import_aggregation = True
    patterns = (
        *ManifestStaticFilesStorage.patterns,
        (
            "*.js",
            (
                (
                    r"""(?P<matched>new URL\("(?P<url>\.[^"]+)", import\.meta\.url\))""",
                    """new URL("%(url)s", import.meta.url)""",
                ),
            ),
        ),
    )
    # The hash of a module depends on those of its imports: each level of them takes a pass.
    max_post_process_passes = 20

    def stored_name(self, name: str) -> str:
        try:
            return super().stored_name(name)
        except ValueError:
            return name  # not collected

    def post_process(self, *args: Any, **options: Any) -> Iterator[Any]:
        yield from super().post_process(*args, **options)
        for name, hashed_name in self.hashed_files.items():
            if not name.endswith((".js", ".css")):
                continue
            with self.open(hashed_name) as hashed:
                text = ContentFile(hashed.read())
            self.delete(name)
            self.save(name, text)


def serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file by either of its names.

    A hash of another release is ignored: pages of both are served during a rolling restart.
    """
    plain = HASH.sub("", path)
    if plain != path:
        try:
            return _file(request, path, IMMUTABLE)
        except Http404:
            pass
    return _file(request, plain, REVALIDATE)


def _file(request: HttpRequest, path: str, cache_control: str) -> HttpResponseBase:
    if settings.HUB_STATIC:
        response: HttpResponseBase = static.serve(request, path, settings.HUB_STATIC)
    else:
        response = views.serve(request, path, insecure=True)
    response.headers["Cache-Control"] = cache_control
    return response
