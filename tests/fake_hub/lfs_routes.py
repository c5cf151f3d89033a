"""Routes of LFS: what to upload and where (git-lfs' batch API), and the storage behind it."""

from __future__ import annotations

from typing import Any

from tests.fake_hub.repositories import DatasetRepository
from tests.fake_hub.state import HubState
from tests.fake_hub.wire import Call, HubError, Reply, reply_bytes, reply_json

LFS_TYPE = {"Content-Type": "application/vnd.git-lfs+json"}


def plan_transfers(state: HubState, call: Call) -> Reply:
    """POST /datasets/{id}.git/info/lfs/objects/batch; an object that is there needs no action."""
    wanted = call.json()
    if wanted.get("hash_algo", "sha256") != "sha256":
        raise HubError(409, f"Unknown hash_algo {wanted['hash_algo']}")
    uploads = wanted.get("operation") == "upload"
    repository = state.open_to_write(call)[0] if uploads else state.open_to_read(call)
    if uploads and (name := wanted.get("ref", {}).get("name")):
        repository.require_commit(name)
    plan = _plan_upload if uploads else _plan_download
    parts = "multipart" in wanted.get("transfers", [])
    objects = [
        plan(state, repository, one["oid"], one["size"], parts=parts) for one in wanted["objects"]
    ]
    in_parts = any("chunk_size" in _upload_header(one) for one in objects)
    transfer = "multipart" if in_parts else "basic"
    return reply_json({"transfer": transfer, "objects": objects}, headers=LFS_TYPE)


def store_object(state: HubState, call: Call) -> Reply:
    """PUT at the storage: an object, or with `part` one part of it."""
    state.check_signature(call, "PUT")
    repository, sha256 = _find_object(state, call)
    part = int(call.argument("part", "0"))
    if part:
        return Reply(headers={"ETag": repository.lfs.add_part(sha256, part, call.body)})
    repository.lfs.add(sha256, int(call.argument("size")), call.body)
    return Reply(headers={"ETag": f'"{sha256}"'})


def send_object(state: HubState, call: Call) -> Reply:
    """GET at the storage, whole or a range."""
    state.check_signature(call, "GET")
    repository, sha256 = _find_object(state, call)
    content = repository.lfs.read(sha256)
    if content is None:
        raise HubError(404, "NoSuchKey")
    return reply_bytes(content, call, {"ETag": f'"{sha256}"'})


def complete_parts(state: HubState, call: Call) -> Reply:
    """POST the ETags of all parts: the object is there from now on."""
    state.check_signature(call, "POST")
    repository, sha256 = _find_object(state, call)
    sent = call.json()
    if sent.get("oid") != sha256:
        raise HubError(400, f"The address is for {sha256}, not {sent.get('oid')}")
    etags = {part["partNumber"]: part["etag"] for part in sent.get("parts", [])}
    repository.lfs.join_parts(sha256, int(call.argument("size")), etags)
    return reply_json({"success": True})


def verify_object(state: HubState, call: Call) -> Reply:
    """POST: did the upload arrive whole?"""
    repository, _ = state.open_to_write(call)
    sent = call.json()
    if repository.lfs.size_of(call.text("oid")) != sent.get("size"):
        raise HubError(404, f"Object {sent['oid']} of {sent.get('size')} bytes is not stored")
    return reply_json({"success": True})


def _plan_upload(
    state: HubState, repository: DatasetRepository, oid: str, size: int, *, parts: bool
) -> dict[str, Any]:
    told: dict[str, Any] = {"oid": oid, "size": size, "authenticated": True}
    if repository.lfs.size_of(oid) is not None:
        return told
    part_size = state.settings.part_size
    verify = {"href": f"{state.endpoint}/datasets/{repository.name}.git/info/lfs/objects/verify"}
    if not parts or part_size is None or size <= part_size:
        upload: dict[str, Any] = {
            "href": state.sign_storage("PUT", repository.name, oid, size=size)
        }
    else:
        count = -(-size // part_size)
        header = {"chunk_size": str(part_size)}
        for number in range(1, count + 1):
            header[f"{number:05}"] = state.sign_storage("PUT", repository.name, oid, part=number)
        upload = {"href": state.sign_completion(repository.name, oid, size), "header": header}
    return {**told, "actions": {"upload": upload, "verify": verify}}


def _plan_download(
    state: HubState, repository: DatasetRepository, oid: str, size: int, *, parts: bool
) -> dict[str, Any]:
    del parts  # a download is always whole
    told: dict[str, Any] = {"oid": oid, "size": size}
    if repository.lfs.size_of(oid) is None:
        return {**told, "error": {"code": 404, "message": "Object does not exist"}}
    href = state.sign_storage("GET", repository.name, oid)
    return {**told, "actions": {"download": {"href": href}}}


def _upload_header(planned: dict[str, Any]) -> dict[str, Any]:
    header: dict[str, Any] = planned.get("actions", {}).get("upload", {}).get("header", {})
    return header


def _find_object(state: HubState, call: Call) -> tuple[DatasetRepository, str]:
    repository = state.repositories.get(call.groups["repository"])
    if repository is None:
        raise HubError(404, "NoSuchBucket")
    return repository, call.groups["sha256"]
