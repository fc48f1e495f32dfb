"""The web application behind the page."""

from pathlib import Path

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from annotation.store import Annotation, Photos, Store
from sonovista.errors import InputError
from sonovista.generate.regions.protocol import DETAIL_CLASSES
from sonovista.generate.understanding.ontology import shipped_ontology
from sonovista.viewer.local_server import LocalOnly

LARGEST_BODY = 1_000_000
_PAGE = Path(__file__).parent / "page"
_TYPES = {"page.html": "text/html", "page.js": "text/javascript", "page.css": "text/css"}


def create_app(photos: Photos, store: Store) -> Starlette:
    """The page, the photos it shows, and what is marked on them."""

    def page(request: Request) -> Response:
        name = request.path_params.get("name", "page.html")
        if name not in _TYPES:
            raise HTTPException(404)
        return FileResponse(_PAGE / name, media_type=_TYPES[name])

    def words(_: Request) -> Response:
        things = [{"name": thing.name, "label": thing.label, "kind": thing.kind} for thing in shipped_ontology().things]
        return JSONResponse({"classes": list(DETAIL_CLASSES), "things": things})

    def listed(_: Request) -> Response:
        marked = store.marked()
        rows = [(name, *marked.get(name, (0, 0))) for name in photos.names]
        return JSONResponse([{"name": name, "strokes": strokes, "things": things} for name, strokes, things in rows])

    def known(request: Request) -> str:
        name = f"{request.path_params['collection']}/{request.path_params['name']}"
        if name not in photos:
            raise HTTPException(404, f"{name}: no such photo")
        return name

    def picture(request: Request) -> Response:
        return Response(photos.jpeg(known(request)), media_type="image/jpeg")

    def read(request: Request) -> Response:
        return JSONResponse(store.get(known(request)).model_dump(mode="json"))

    async def write(request: Request) -> Response:
        name = known(request)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_BODY:
                raise HTTPException(413, f"expected at most {LARGEST_BODY} bytes")
        try:
            annotation = Annotation.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            raise HTTPException(422, f"{where}: {first['msg'].lower()}") from error
        unknown = [thing.name for thing in annotation.things if shipped_ontology().find(thing.name) is None]
        if unknown:
            raise HTTPException(422, f"things: expected names of the ontology, found {unknown[0]!r}")
        await run_in_threadpool(store.put, name, annotation)
        return JSONResponse({"saved": name})

    def wrong(_: Request, error: Exception) -> Response:
        return Response(str(error), 409)

    routes = [
        Route("/", page),
        Route("/page/{name}", page),
        Route("/api/words", words),
        Route("/api/photos", listed),
        Route("/api/photos/{collection}/{name}/picture", picture),
        Route("/api/photos/{collection}/{name}", read),
        Route("/api/photos/{collection}/{name}", write, methods=["PUT"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(LocalOnly)], exception_handlers={InputError: wrong})
