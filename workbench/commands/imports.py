"""Remembers which workflow a file became, so that running a file again makes no second one."""

import json
from typing import Any

from engine.graph import Document
from workbench.commands.api import Api, Refused
from workbench.embedded.layout import DataDir, read_json, write_private

_GONE, _CHANGED = 404, 409


class Imports:
    """Files and their workflows, kept in the data directory: path → workflow id and the revision we wrote."""

    def __init__(self, home: DataDir, api: Api) -> None:
        self._path = home.root / "imports.json"
        self._api = api

    async def bring(self, key: str, document: Document) -> str:
        """Make the workflow of the file `key` (its absolute path) hold `document` and return its id.

        A workflow that was deleted, or edited since we wrote it, is left alone, and a new one is made.
        """
        known = read_json(self._path).get(key)
        detail = await self._replace(known, document) if known else None
        if detail is None:
            body = {"name": document.name, "document": document.model_dump(mode="json")}
            detail = await self._api.send("POST", "/workflows", body)
        entry = {"workflow_id": detail["id"], "revision": detail["revision"]}
        write_private(self._path, json.dumps({**read_json(self._path), key: entry}, indent=2))
        return str(detail["id"])

    async def _replace(self, known: dict[str, Any], document: Document) -> dict[str, Any] | None:
        path = f"/workflows/{known['workflow_id']}"
        try:
            detail: dict[str, Any] = await self._api.get(path)
            if detail["revision"] != known["revision"]:
                return None
            if Document.model_validate(detail["document"]) == document:
                return detail
            body = {"document": document.model_dump(mode="json"), "revision": known["revision"]}
            replaced: dict[str, Any] = await self._api.send("PUT", f"{path}/draft", body)
            return replaced
        except Refused as error:
            if error.answered in (_GONE, _CHANGED):
                return None
            raise
